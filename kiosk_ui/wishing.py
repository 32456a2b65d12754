"""`/wishes`: what waits for a look here, and how many a day don't; for who keeps the place."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import only_keepers
from node.moderation import wishing
from node.moderation.wishing import TooMany, places, wish_of
from node.node import NotAllowed
from node.words import say
from sync.admission import ALLOWANCE_MAX

_NO_NUMBER = say(
    "1日の数は、0から{ALLOWANCE_MAX:,}までの数字で書いてください。", ALLOWANCE_MAX=ALLOWANCE_MAX
)


def wishing_pages(screen: Screen) -> Blueprint:
    """`/wishes`."""
    pages = Blueprint("wishing", __name__)
    pages.before_request(lambda: only_keepers(screen))

    @pages.get("/wishes")
    def wishes() -> Response:
        return _page(screen)

    @pages.post("/wishes")
    def said_anew() -> Response:
        typed = request.form.get("allowance", "")
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
            return _page(screen, trouble=_NO_NUMBER, status=422)
        place = places(screen.node).get(request.form.get("place", "")) or abort(400)
        waits = frozenset(request.form.getlist("board")) & _open_boards(screen)
        try:
            wishing.say(
                screen.node,
                place,
                waits=waits,
                allowance=int(typed),
                by=screen.keeper(),
            )
        except TooMany:
            return _page(screen, trouble=_NO_NUMBER, status=422)
        except NotAllowed:
            return message_page("not_a_member", 403)
        return forms.see_other(url_for("wishing.wishes", done="wished"))

    return pages


def _open_boards(screen: Screen) -> frozenset[str]:
    """Where residents post at all."""
    return frozenset(b.name for b in screen.node.boards.values() if b.open_to_anyone)


def _page(screen: Screen, *, trouble: str = "", status: int = 200) -> Response:
    node, open_boards = screen.node, _open_boards(screen)
    name = node.ledger.trust().name
    listed = [
        {
            "key": key,
            "name": name(place) if place != node.identity.public else node.settings.name,
            "wish": wish_of(node, place),
        }
        for key, place in places(node).items()
    ]
    page = render_template(
        "wishes.html",
        listed=listed,
        open_boards=[board for board in node.boards.values() if board.name in open_boards],
        used={b.name: screen.desk.used(b) for b in node.boards.values()},
        here=node.identity.public.hex(),
        trouble=trouble,
        done=said(),
    )
    return make_response(page, status)
