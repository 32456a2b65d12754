"""Editing and removing: only over what was read, and only where it is allowed."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms, picture_slots
from kiosk_ui.controls import as_typed
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.shown import UNTITLED
from kiosk_ui.signing_in import ask_to_sign_in
from node.boards.declaration import PICTURES, Board
from node.node import ChangedMeanwhile, NotAllowed, NotSignedIn, edition
from node.pictures.picture import pictures_in
from node.post import Post, PostState
from node.taking_down import REASONS, NoReason, take_down, takes_reason
from node.words import say
from sync.errors import TooLarge

MEANWHILE = say(
    "書いているあいだに、ほかの人がこの投稿をなおしました。"
    "いまの内容を、ちがうところの下に示します。確かめて、よければもう一度送ってください。"
)
MEANWHILE_REMOVE = say(
    "ほかの人がこの投稿をなおしました。内容を確かめてから、もう一度えらんでください。"
)

_NO_REASON = say("わけを、1つえらんでください。")


def changing_pages(screen: Screen) -> Blueprint:
    """`/records/<address>/edit` and `/records/<address>/remove`."""
    pages = Blueprint("changing", __name__)

    @pages.get("/records/<address>/edit")
    def edit(address: str) -> Response:
        post = _post(screen, address)
        if refused := _refused(screen, post):
            return refused
        form = _form(screen, post)
        typed = as_typed(form.board, post.fields) | picture_slots.as_typed(post.fields)
        return forms.form_page(form, typed)

    @pages.post("/records/<address>/edit")
    def change(address: str) -> Response:
        post = _post(screen, address)
        if refused := _sent_before(screen) or _refused(screen, post):
            return refused
        form = _form(screen, post, seen=request.form.get(forms.SEEN, ""))
        return forms.looked_at(screen, form) or forms.sent(
            screen, form, lambda fields: _change(screen, form, post, fields)
        )

    @pages.get("/records/<address>/remove")
    def ask(address: str) -> Response:
        post = _post(screen, address)
        return _refused(screen, post) or _ask_page(screen, post)

    @pages.post("/records/<address>/remove")
    def remove(address: str) -> Response:
        with screen.sent_before.one_at_a_time():
            post = _post(screen, address)
            return _sent_before(screen) or _refused(screen, post) or _remove(screen, post)

    return pages


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or post.board not in screen.node.boards:
        abort(404)
    return post


def _sent_before(screen: Screen) -> Response | None:
    led_to = screen.sent_before.led_to(request.form.get(forms.TOKEN, ""))
    return forms.see_other(led_to) if led_to else None


def _refused(screen: Screen, post: Post) -> Response | None:
    """Why it can't be changed here; None if it can."""
    if post.state is not PostState.SHOWN:
        return forms.see_other(url_for("records.record", address=post.address))
    if not screen.node.may_change(post):
        return _not_here(screen, post)
    board = screen.node.boards[post.board]
    return None if screen.node.lets(screen.signed_in(), board) else ask_to_sign_in(screen)


def _not_here(screen: Screen, post: Post) -> Response:
    page = render_template(
        "not_here.html",
        posted_at=screen.node.author_name(post),
        back=url_for("records.record", address=post.address),
    )
    return make_response(page, 403)


def _form(screen: Screen, post: Post, *, seen: str | None = None) -> forms.Form:
    board = screen.node.boards[post.board]
    return forms.Form(
        board=board,
        heading=say("「{text}」をなおす", text=post.text(board.title) or UNTITLED),
        send=say("なおした内容をのせる"),
        back=url_for("records.record", address=post.address),
        seen=edition(post) if seen is None else seen,
        pictures=board.pictures,
        of=post,
    )


def _change(screen: Screen, form: forms.Form, post: Post, fields: dict[str, object]) -> Response:
    try:
        screen.node.edit(
            post,
            fields,
            seen=form.seen,
            by=screen.signed_in(),
            pictures=_new_pictures(screen, post, fields),
        )
    except ChangedMeanwhile:
        return _changed_meanwhile(screen, post)
    except NotAllowed:
        return _not_here(screen, post)
    except NotSignedIn:
        return ask_to_sign_in(screen)
    except TooLarge:
        return forms.form_page(form, forms.typed(), trouble=forms.TOO_LONG, status=422)
    return forms.see_other(url_for("records.record", address=post.address, done="changed"))


def _new_pictures(screen: Screen, post: Post, fields: dict[str, object]) -> list[bytes]:
    """Those that the post doesn't have yet."""
    there = {picture.digest for picture in pictures_in(post.fields)}
    new = [picture.item for picture in pictures_in(fields) if picture.digest not in there]
    return screen.tray.named_in({PICTURES: new})


def _changed_meanwhile(screen: Screen, post: Post) -> Response:
    """What was typed, and beside it what is there now; sent again it goes over that."""
    now = _post(screen, post.address)
    form = _form(screen, now)
    return forms.form_page(
        form,
        forms.typed(),
        present=_differences(form.board, screen, now),
        trouble=MEANWHILE,
        status=409,
    )


def _differences(board: Board, screen: Screen, now: Post) -> dict[str, str]:
    typed = forms.typed()
    words = {row.label: row.text for row in screen.draw(now).rows}
    there = as_typed(board, now.fields)
    return {
        field.name: words.get(field.label) or there[field.name] or say("（何も書かれていません）")
        for field in board.form_fields()
        if there[field.name] != typed.get(field.name, "")
    }


def _ask_page(screen: Screen, post: Post, *, trouble: str = "", status: int = 200) -> Response:
    page = render_template(
        "remove.html",
        shown=screen.draw(post),
        reasons=REASONS if takes_reason(screen.node, post, screen.signed_in()) else {},
        chosen_reason=request.form.get("reason", ""),
        trouble=trouble,
        seen=edition(post),
        token=new_token(),
        back=url_for("records.record", address=post.address),
    )
    return make_response(page, status)


def _remove(screen: Screen, post: Post) -> Response:
    try:
        take_down(
            screen.node,
            post,
            seen=request.form.get(forms.SEEN, ""),
            by=screen.signed_in(),
            reason=request.form.get("reason", ""),
        )
    except NoReason:
        return _ask_page(screen, post, trouble=_NO_REASON, status=422)
    except ChangedMeanwhile:
        return _ask_page(screen, _post(screen, post.address), trouble=MEANWHILE_REMOVE, status=409)
    except NotAllowed:
        return _not_here(screen, post)
    except NotSignedIn:
        return ask_to_sign_in(screen)
    led_to = url_for("lists.board", name=post.board, done="removed")
    screen.sent_before.remember(request.form.get(forms.TOKEN, ""), led_to)
    return forms.see_other(led_to)
