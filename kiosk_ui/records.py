"""One page per record, however it stands."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk_ui import dates, pictures
from kiosk_ui.calendar import VIEWS
from kiosk_ui.current import is_past
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.screen import Screen
from node.appointment import has_appointment
from node.contact_card import has_contact
from node.erasing import may_erase
from node.erasure_requests import may_ask
from node.hiding import may_hide, why
from node.mail.letters import are_off, may_write
from node.moderation.desk import MENDED
from node.post import Post, PostState
from node.switching import why_letters_are_off
from node.taking_down import taken_down_in_words
from node.words import say


def record_pages(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/records/<address>`."""
    pages = Blueprint("records", __name__)

    @pages.get("/records/<address>")
    @kept.page
    def record(address: str) -> ResponseReturnValue:
        post = screen.node.post(address) or abort(404)
        match post.state:
            case PostState.SHOWN | PostState.SUPERSEDED | PostState.STANDBY:
                return _record_page(screen, post)
            case PostState.WITHDRAWN:
                return _withdrawn_page(screen, post)
            case PostState.ERASED:
                return message_page("erased", 410)
            case PostState.HIDDEN:
                return _hidden_page(screen, post)
            case PostState.INCOMPLETE:
                return message_page("incomplete", 200)
            case PostState.NOT_UNDERSTOOD:
                return message_page("not_understood", 200)
            case PostState.NOT_ALLOWED | PostState.NO_BOARD:
                abort(404)

    return pages


def _withdrawn_page(screen: Screen, post: Post) -> ResponseReturnValue:
    """That it is taken down; where that was not its owner, why and by whom."""
    if why := taken_down_in_words(screen.node, post):
        return render_template("is_withdrawn.html", why=why), 410
    return message_page("withdrawn", 410)


def _hidden_page(screen: Screen, post: Post) -> ResponseReturnValue:
    """That it is hidden, why and by whom; nothing of what it says."""
    name = screen.node.ledger.trust().name
    told = {(name(each.author), say(each.reason)) for each in why(screen.node, post)}
    return render_template("is_hidden.html", why=sorted(told)), 403


def _record_page(screen: Screen, post: Post) -> str:
    shown, node = screen.draw(post), screen.node
    return render_template(
        "record.html",
        shown=shown,
        board=shown.board,
        rows=[row for row in shown.rows if row not in shown.list_rows],
        pictures=pictures.of_post(screen, post),
        speaks=screen.voice.is_here,
        past=is_past(shown, screen.now()),
        replaced=post.state is not PostState.SHOWN,
        newer=node.newer(post) if post.state is PostState.SUPERSEDED else None,
        takes=has_appointment(shown.board, post) or has_contact(shown.board, post),
        may_change=node.may_change(post),
        letters=shown.board.letters if may_write(node, post) else "",
        letters_off=why_letters_are_off(node, shown.board) if are_off(node, post) else "",
        may_hide=may_hide(node, post, screen.signed_in()),
        may_erase=may_erase(node, post, screen.signed_in()),
        may_ask=may_ask(node, post),
        posted_at=node.author_name(post),
        opened=post.opened and not shown.town,
        mended=post.fields.get(MENDED) is True,
        written=dates.written_in_words(post.written, screen.now()),
        changed=dates.written_in_words(post.changed, screen.now())
        if post.changed != post.written
        else "",
        done=said(),
        back=_back(post, shown.board.section),
        address=screen.outside_address(url_for("records.record", address=post.address)),
    )


def _back(post: Post, section: str) -> str:
    """Where もどる leads: to the list it was found in."""
    came_from = request.args.get("from", "")
    if came_from == "home":
        return "/"
    view, _, day = came_from.partition("-")
    if view in VIEWS:
        return url_for("lists.board", name=post.board, view=view, on=day)
    if came_from == "search":
        asked: dict[str, Any] = {n: request.args.get(n) for n in ("q", "board", "when", "page")}
        return url_for("search.search", **asked)
    return url_for(
        "lists.board",
        name=post.board,
        section=post.text(section) if section else None,
        past="" if came_from.startswith("past") else None,
        page=came_from.removeprefix("past") or None,
    )
