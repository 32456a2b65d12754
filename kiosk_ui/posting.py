"""`/boards/<name>/new`: a blank form, and a post; for this town, or for others that read it too."""

from flask import Blueprint, Response, abort, request, url_for

from kiosk_ui import forms
from kiosk_ui.controls import defaults
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in
from node.boards.declaration import Board, Choice, Field, FieldType
from node.mail.letters import open_for_letters
from node.moderation.waiting import Full, WaitingPost
from node.node import NotAllowed, NotSignedIn
from node.post import Post
from node.words import say
from sync.errors import TooLarge

OPENED = "open"
FULL = say(
    "確認を待つ投稿がいっぱいで、いまは受け取れません。書かれたものは、このまま残してあります。"
    "しばらくして、もう一度送ってください。お急ぎのときは、公民館の人にお話しください。"
)
READERS = Field(
    name="readers",
    label=say("だれに見せますか"),
    type=FieldType.CHOICE,
    hint=(
        say(
            "「ほかの町にも」をえらぶと、この町のお知らせを読むことにした町の掲示板にも出ます。"
            "あとで変えるときは、取り下げて、のせなおしてください。"
        )
    ),
    default="town",
    choices=(
        Choice(key="town", label=say("この町だけに見せる")),
        Choice(key=OPENED, label=say("ほかの町にも見せる")),
    ),
)
"""No field of the post: it says in which lane it is written."""


def posting_pages(screen: Screen) -> Blueprint:
    """`/boards/<name>/new`."""
    pages = Blueprint("posting", __name__)

    @pages.get("/boards/<name>/new")
    def blank(name: str) -> Response:
        board = screen.board(name) or abort(404)
        return refused(screen, board) or forms.form_page(form_of(screen, board), defaults(board))

    @pages.post("/boards/<name>/new")
    def post(name: str) -> Response:
        board = screen.board(name) or abort(404)
        if no := may_not_post(screen, board):
            return no
        form = form_of(screen, board)
        return forms.looked_at(screen, form) or forms.sent(
            screen, form, lambda fields: take(screen, form, fields)
        )

    return pages


def refused(screen: Screen, board: Board) -> Response | None:
    """Why this visitor can't post there; None if they can."""
    if no := may_not_post(screen, board):
        return no
    if not (board.open_to_anyone or screen.node.lets(screen.signed_in(), board)):
        return ask_to_sign_in(screen)
    return None


def may_not_post(screen: Screen, board: Board) -> Response | None:
    """Why nobody can there; None if somebody can."""
    if screen.node.may_post(board):
        return None
    return message_page("mute" if screen.node.identity.is_closed else "may_not_post", 403)


def asked_of(screen: Screen, board: Board) -> tuple[Field, ...]:
    """What is asked beside the board's own fields."""
    return (READERS,) if screen.node.may_open(board) else ()


def form_of(screen: Screen, board: Board) -> forms.Form:
    """The form for a new post there."""
    return forms.Form(
        board=board,
        heading=say("{label}にのせる", label=board.label),
        send=say("のせる"),
        back=url_for("lists.board", name=board.name),
        beside=asked_of(screen, board),
        pictures=board.pictures,
    )


def take(screen: Screen, form: forms.Form, fields: dict[str, object]) -> Response:
    """Post it, and lead there."""
    try:
        opened = bool(form.beside) and request.form.get(READERS.name) == OPENED
        taken = screen.desk.take_in(
            form.board,
            fields,
            opened=opened,
            by=screen.signed_in(),
            source=screen.source(),
            pictures=screen.tray.named_in(fields),
        )
    except NotAllowed:
        return message_page("may_not_post", 403)
    except NotSignedIn:
        return ask_to_sign_in(screen)
    except TooLarge:
        return forms.form_page(form, forms.typed(), trouble=forms.TOO_LONG, status=422)
    except Full:
        return forms.form_page(form, forms.typed(), trouble=FULL, status=503)
    match taken:
        case Post(address=address) as post:
            open_for_letters(screen.node, post)
            return forms.see_other(url_for("records.record", address=address, done="posted"))
        case WaitingPost(code=code):
            return forms.see_other(url_for("receipts.receipt", code=code))
