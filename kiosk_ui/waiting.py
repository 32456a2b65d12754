"""`/waiting`: residents' posts that wait for a look; for those who keep the place.

Each takes two touches: to open it, and to say what becomes of it. At the office, also those of
places where nobody looks.
"""

from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms, pictures
from kiosk_ui.controls import as_typed
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in, only_keepers
from node.mail.letters import open_for_letters
from node.moderation.desk import REASONS
from node.moderation.elsewhere import (
    Elsewhere,
    Gone,
    decline_elsewhere,
    elsewhere,
    let_in_elsewhere,
    one_elsewhere,
)
from node.moderation.waiting import WAITS_DAYS, State, WaitingPost
from node.node import NotAllowed, NotSignedIn
from node.pictures.picture import pictures_in
from node.words import say
from sync.errors import TooLarge


def waiting_pages(screen: Screen) -> Blueprint:
    """`/waiting`, `/waiting/<id>`, and what is done there."""
    pages = Blueprint("waiting", __name__)
    pages.before_request(lambda: only_keepers(screen))
    desk = screen.desk

    @pages.get("/waiting")
    def listed() -> Response:
        person = screen.keeper()
        page = render_template(
            "waiting.html",
            waiting=[_told(screen, each) for each in desk.waiting(person)],
            declined=[_told(screen, each) for each in desk.declined(person)],
            elsewhere=[
                {**_told(screen, each.as_waiting), **_there(screen, each)}
                for each in elsewhere(screen.node, person)
                if each.said.board in screen.node.boards
            ],
            waits_days=WAITS_DAYS,
            done=said(),
        )
        return make_response(page)

    @pages.get("/waiting/<int:id_>")
    def one(id_: int) -> Response:
        found = _one(screen, id_)
        shown = screen.draw_waiting(found)
        page = render_template(
            "waiting_one.html",
            each=_told(screen, found),
            shown=shown,
            pictures=pictures.of_waiting(screen, found, shown.post),
            reasons=REASONS,
            was_declined=found.state is State.DECLINED,
            let_in_at=url_for("waiting.let_in", id_=id_),
            decline_at=url_for("waiting.decline", id_=id_),
            mend_at=url_for("waiting.mend", id_=id_),
            back=url_for("waiting.listed"),
        )
        return make_response(page)

    @pages.post("/waiting/<int:id_>/let-in")
    def let_in(id_: int) -> Response:
        return _let_in(screen, id_, None)

    @pages.post("/waiting/<int:id_>/decline")
    def decline(id_: int) -> Response:
        if request.form.get("reason", "") not in REASONS:
            abort(400)
        try:
            desk.decline(id_, request.form["reason"], by=screen.signed_in())
        except Gone:
            return forms.see_other(url_for("waiting.listed", done="gone"))
        except (NotAllowed, NotSignedIn):
            return ask_to_sign_in(screen)
        return forms.see_other(url_for("waiting.listed", done="declined"))

    @pages.get("/waiting/<int:id_>/mend")
    def mend(id_: int) -> Response:
        found = _one(screen, id_)
        form = _form(screen, found)
        return forms.form_page(form, as_typed(form.board, found.fields or {}))

    @pages.post("/waiting/<int:id_>/mend")
    def mended(id_: int) -> Response:
        form = _form(screen, _one(screen, id_))
        return forms.looked_at(screen, form) or forms.sent(
            screen, form, lambda fields: _let_in(screen, id_, fields, form)
        )

    @pages.get("/waiting/elsewhere/<address>")
    def one_there(address: str) -> Response:
        try:
            found = one_elsewhere(screen.node, address, by=screen.signed_in())
        except Gone:
            return forms.see_other(url_for("waiting.listed", done="gone"))
        except (NotAllowed, NotSignedIn):
            abort(403)
        if found.said.board not in screen.node.boards:
            abort(404)
        page = render_template(
            "waiting_one.html",
            each={**_told(screen, found.as_waiting), **_there(screen, found)},
            shown=screen.draw_waiting(found.as_waiting),
            pictures=(),
            left_out=bool(pictures_in(found.said.fields)),
            reasons=REASONS,
            was_declined=False,
            let_in_at=url_for("waiting.let_in_there", address=address),
            decline_at=url_for("waiting.decline_there", address=address),
            mend_at="",
            back=url_for("waiting.listed"),
        )
        return make_response(page)

    @pages.post("/waiting/elsewhere/<address>/let-in")
    def let_in_there(address: str) -> Response:
        return _decide_there(
            screen,
            lambda: let_in_elsewhere(screen.node, address, by=screen.signed_in()),
            done="let_in_there",
        )

    @pages.post("/waiting/elsewhere/<address>/decline")
    def decline_there(address: str) -> Response:
        if (reason := REASONS.get(request.form.get("reason", ""))) is None:
            abort(400)
        return _decide_there(
            screen,
            lambda: decline_elsewhere(screen.node, address, reason, by=screen.signed_in()),
            done="declined",
        )

    return pages


def _decide_there(screen: Screen, decide: Callable[[], None], *, done: str) -> Response:
    try:
        decide()
    except Gone:
        done = "gone"
    except (NotAllowed, NotSignedIn):
        return ask_to_sign_in(screen)
    return forms.see_other(url_for("waiting.listed", done=done))


def _one(screen: Screen, id_: int) -> WaitingPost:
    try:
        found = screen.desk.one(id_, by=screen.signed_in())
    except Gone:
        abort(404)
    except (NotAllowed, NotSignedIn):
        abort(403)
    if found.board not in screen.node.boards:
        abort(404)
    return found


def _let_in(
    screen: Screen,
    id_: int,
    fields: dict[str, object] | None,
    form: forms.Form | None = None,
) -> Response:
    try:
        address = screen.desk.let_in(id_, by=screen.signed_in(), fields=fields)
    except Gone:
        return forms.see_other(url_for("waiting.listed", done="gone"))
    except NotSignedIn:
        return ask_to_sign_in(screen)
    except NotAllowed:
        return message_page("not_yours", 403)
    except TooLarge:
        if form is None:
            raise
        return forms.form_page(form, forms.typed(), trouble=forms.TOO_LONG, status=422)
    if (post := screen.node.post(address)) is not None:
        open_for_letters(screen.node, post)
    return forms.see_other(url_for("waiting.listed", done="let_in"))


def _form(screen: Screen, found: WaitingPost) -> forms.Form:
    board = screen.node.boards[found.board]
    return forms.Form(
        board=board,
        heading=say("なおしてのせる"),
        send=say("なおした内容でのせる"),
        back=url_for("waiting.one", id_=found.id),
        advice=say(
            "はっきりした誤り（電話番号や日付の書きまちがいなど）だけをなおしてください。"
            "なおしたことは、投稿と、のせた人の控えに示されます。"
        ),
        for_few=True,
    )


def _there(screen: Screen, each: Elsewhere) -> dict[str, object]:
    """Where it waits."""
    name = screen.node.ledger.trust().name(each.record.author)
    return {"address": each.address, "place": name}


def _told(screen: Screen, each: WaitingPost) -> dict[str, object]:
    shown = screen.draw_waiting(each)
    return {
        "id": each.id,
        "title": shown.title if shown else "",
        "board": shown.board.label if shown else each.board,
        "since": dates.written_in_words(each.since, screen.now()),
        "reason": say(each.reason),
    }
