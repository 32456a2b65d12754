"""Hiding or lifting many posts at once: choosing them, saying why, and a second person's PIN.

Over some twenty it takes two people at this screen; all of them are done, or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.second_person import second_person
from kiosk_ui.signing_in import ask_to_sign_in, only_keepers
from node.hiding import MANY, MOST, REASONS, TakesTwo, hidden, hide_all, lift_all, may_hide
from node.node import NotAllowed, NotSignedIn
from node.post import Post
from node.words import say
from sync.account import Account

_NOTHING = say("投稿を、1つ以上えらんでください。")
_TOO_MANY = say("1回に{MOST}件までです。", MOST=MOST)
_LIFT = "lift"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    post: Post
    title: str
    place: str
    place_key: str
    day: str


def choosing_pages(screen: Screen) -> Blueprint:
    """`/boards/<name>/choose`, `/hidden/choose`."""
    pages = Blueprint("choosing", __name__)
    pages.before_request(lambda: only_keepers(screen))

    @pages.get("/boards/<name>/choose")
    def to_hide(name: str) -> Response:
        return _page(screen, name)

    @pages.post("/boards/<name>/choose")
    def hide(name: str) -> Response:
        return _do(screen, name)

    @pages.get("/hidden/choose")
    def to_lift() -> Response:
        return _page(screen, "")

    @pages.post("/hidden/choose")
    def lift() -> Response:
        return _do(screen, "")

    return pages


def _rows(screen: Screen, name: str) -> Sequence[_Row]:
    """What may be chosen: of that board to hide; where none is named, to lift."""
    node, person = screen.node, screen.keeper()
    if name:
        board = screen.board(name) or abort(404)
        posts = [post for post in node.posts(board) if may_hide(node, post, person)]
    else:
        posts = [*{post.id: post for _, post in hidden(node)}.values()]
    return [
        _Row(
            post=post,
            title=screen.draw(post).title,
            place=node.author_name(post),
            place_key=post.author.hex(),
            day=dates.day_of(post.written, screen.now()),
        )
        for post in posts
        if post.board in node.boards
    ]


def _page(screen: Screen, name: str, *, trouble: str = "", status: int = 200) -> Response:
    rows = _rows(screen, name)
    place, day = request.args.get("place", ""), request.args.get("day", "")
    chosen = [
        row for row in rows if (not place or row.place_key == place) and (not day or row.day == day)
    ]
    page = render_template(
        "choose.html",
        rows=chosen[:MOST],
        more=len(chosen) > MOST,
        places=sorted({(row.place, row.place_key) for row in rows}),
        days=list(dict.fromkeys(row.day for row in rows))[:31],
        place_chosen=place,
        day_chosen=day,
        checked=request.form.getlist("post") if trouble else [],
        all="all" in request.args,
        reasons=REASONS if name else {},
        many=MANY,
        trouble=trouble,
        done=said(),
        back=url_for("lists.board", name=name) if name else url_for("hiding.listed"),
    )
    return make_response(page, status)


def _do(screen: Screen, name: str) -> Response:
    chosen = list(dict.fromkeys(request.form.getlist("post")))
    reason = request.form.get("reason", "") if name else _LIFT
    if name and reason not in REASONS:
        abort(400)
    if not chosen:
        return _page(screen, name, trouble=_NOTHING, status=422)
    if len(chosen) > MOST:
        return _page(screen, name, trouble=_TOO_MANY, status=422)
    second: Account | None = None
    if len(chosen) > MANY:
        carried = [*(("post", each) for each in chosen), ("reason", reason)]
        answer = second_person(screen, len(chosen), carried)
        if isinstance(answer, Response):
            return answer
        second = answer
    try:
        if name:
            hide_all(screen.node, chosen, reason, by=screen.signed_in(), second=second)
        else:
            lift_all(screen.node, chosen, by=screen.signed_in(), second=second)
    except NotSignedIn:
        return ask_to_sign_in(screen)
    except (NotAllowed, TakesTwo):
        return message_page("not_all", 409)
    return forms.see_other(url_for("hiding.listed", done="hidden" if name else "lifted"))
