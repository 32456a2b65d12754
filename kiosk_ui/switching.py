"""`/switches/<what>`: what the law leaves to the town, switched off and on by the office's staff.

Switching off asks for a reason, shows once more what it does, and only then is done.
"""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in, only_staff
from node.boards.declaration import Board
from node.node import NotAllowed, NotSignedIn
from node.switching import (
    NoReason,
    letters_are_off,
    readable_reason,
    switch_off,
    switch_on,
    switches,
    why_letters_are_off,
)
from node.words import say
from sync.decision import REASON_CHARACTERS_MAX

_NO_REASON = say(
    "わけを、{REASON_CHARACTERS_MAX}文字までで書いてください。",
    REASON_CHARACTERS_MAX=REASON_CHARACTERS_MAX,
)


def switching_pages(screen: Screen) -> Blueprint:
    """For the office's staff, signed in."""
    pages = Blueprint("switching", __name__)
    pages.before_request(lambda: only_staff(screen))

    @pages.get("/switches/<path:what>")
    def ask(what: str) -> Response:
        return _page(screen, what)

    @pages.post("/switches/<path:what>/off")
    def off(what: str) -> Response:
        _board(screen, what)
        try:
            reason = readable_reason(request.form.get("reason", ""))
        except NoReason:
            return _page(screen, what, trouble=_NO_REASON, status=422)
        if "sure" not in request.form:
            return _page(screen, what, reason=reason)
        try:
            switch_off(screen.node, what, reason, by=screen.signed_in())
        except NotSignedIn:
            return ask_to_sign_in(screen)
        except NotAllowed:
            return message_page("not_a_member", 403)
        return forms.see_other(url_for("handling.shown", done="switched_off"))

    @pages.post("/switches/<path:what>/on")
    def on(what: str) -> Response:
        _board(screen, what)
        try:
            switch_on(screen.node, what, by=screen.signed_in())
        except NotSignedIn:
            return ask_to_sign_in(screen)
        except NotAllowed:
            return message_page("not_a_member", 403)
        return forms.see_other(url_for("handling.shown", done="switched_on"))

    return pages


def _board(screen: Screen, what: str) -> Board:
    return switches(screen.node).get(what) or abort(404)


def _page(
    screen: Screen, what: str, *, reason: str = "", trouble: str = "", status: int = 200
) -> Response:
    """`reason`: it was given, and is shown once more before anything is done."""
    board = _board(screen, what)
    page = render_template(
        "switch.html",
        what=what,
        board=board,
        is_off=letters_are_off(screen.node, board),
        why=why_letters_are_off(screen.node, board),
        reason=reason,
        typed=request.form.get("reason", ""),
        trouble=trouble,
        letters_max=REASON_CHARACTERS_MAX,
        back=url_for("handling.shown"),
    )
    return make_response(page, status)
