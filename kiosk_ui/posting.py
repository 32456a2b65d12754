"""`/boards/<name>/new`: a blank form, and a post."""

from flask import Blueprint, Response, abort, url_for

from kiosk_ui import forms
from kiosk_ui.controls import defaults
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from node.boards.declaration import Board
from node.node import NotAllowed
from sync.errors import TooLarge


def posting_pages(screen: Screen) -> Blueprint:
    """`/boards/<name>/new`."""
    pages = Blueprint("posting", __name__)

    @pages.get("/boards/<name>/new")
    def blank(name: str) -> Response:
        board = screen.board(name) or abort(404)
        if not screen.node.may_post(board):
            return message_page("may_not_post", 403)
        return forms.form_page(_form(board), defaults(board))

    @pages.post("/boards/<name>/new")
    def post(name: str) -> Response:
        board = screen.board(name) or abort(404)
        if not screen.node.may_post(board):
            return message_page("may_not_post", 403)
        form = _form(board)
        return forms.resized(form) or forms.sent(
            screen, form, lambda fields: _add(screen, form, fields)
        )

    return pages


def _form(board: Board) -> forms.Form:
    return forms.Form(
        board=board,
        heading=f"{board.label}にのせる",
        send="のせる",
        back=url_for("lists.board", name=board.name),
    )


def _add(screen: Screen, form: forms.Form, fields: dict[str, object]) -> Response:
    try:
        post = screen.node.add(form.board, fields)
    except NotAllowed:
        return message_page("may_not_post", 403)
    except TooLarge:
        return forms.form_page(form, forms.typed(), trouble=forms.TOO_LONG, status=422)
    return forms.see_other(url_for("records.record", address=post.address, done="posted"))
