"""`/records/<address>/take`: a post into one's own phone, with no network if need be.

A QR code can hold the thing itself: an entry of the calendar, of the address book, or the words. A
phone that reads the page gets the same as files.
"""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from werkzeug.http import dump_options_header

from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.appointment import appointment, appointments, has_appointment
from node.boards.declaration import Board
from node.contact_card import contact_card, has_contact
from node.post import Post, PostState

TEXT_BYTES_MAX = 500
"""A code of some hundred bytes is read by any camera; one of two thousand isn't."""
APPOINTMENTS_MAX = 1_000


def taking_pages(screen: Screen, kept: KeptPages) -> Blueprint:
    """Codes to read, and files to take."""
    pages = Blueprint("taking", __name__)

    @pages.get("/records/<address>/take")
    @kept.page
    def take(address: str) -> str:
        post, board = _post(screen, address)
        shown = screen.draw(post)
        path = url_for("records.record", address=post.address)
        return render_template(
            "take.html",
            shown=shown,
            calendar=appointment(board, post).decode() if has_appointment(board, post) else "",
            contact=contact_card(board, post) if has_contact(board, post) else "",
            text=in_short(shown, screen.node.settings.name),
            addresses=_addresses(screen, path),
            wifi=screen.node.settings.wifi if at_the_kiosk() else None,
            back=path,
        )

    @pages.get("/records/<address>/calendar.ics")
    def calendar(address: str) -> Response:
        post, board = _post(screen, address)
        if not has_appointment(board, post):
            abort(404)
        return _file(appointment(board, post), "text/calendar", f"{post.address}.ics")

    @pages.get("/records/<address>/contact.vcf")
    def contact(address: str) -> Response:
        post, board = _post(screen, address)
        if not has_contact(board, post):
            abort(404)
        return _file(contact_card(board, post).encode(), "text/vcard", f"{post.address}.vcf")

    @pages.get("/boards/<name>/calendar.ics")
    def of_board(name: str) -> Response:
        board = screen.board(name)
        if board is None or board.appointment is None:
            abort(404)
        posts = screen.node.posts(board, limit=APPOINTMENTS_MAX)
        called = f"{screen.node.town_name} {board.label}"
        return _file(appointments(board, posts, name=called), "text/calendar")

    return pages


def in_short(shown: Shown, place: str) -> str:
    """What a post says, as text that a code can hold; what is too long is left to its page."""
    marks = "".join(f"【{mark.label}】" for mark in shown.loud)
    lines = [f"{marks}{shown.title}"]
    lines += [f"{row.label}：{row.text}" for row in shown.list_rows if row.text]
    lines += [
        f"{row.label}：{' '.join(row.text.split())}"
        for row in shown.rows
        if row not in shown.list_rows and row.text
    ]
    end = f"（{place}の回覧より）"
    taken, left = "", TEXT_BYTES_MAX - len(end.encode())
    for line in lines:
        if len(f"{line}\n".encode()) > left:
            if not taken:
                taken = line.encode()[: left - 4].decode(errors="ignore") + "…\n"
            break
        taken += f"{line}\n"
        left -= len(f"{line}\n".encode())
    return taken + end


def wifi_code(name: str, password: str) -> str:
    """What makes a phone join a network (the form that ZXing began and phones read)."""
    if not password:
        return f"WIFI:T:nopass;S:{_escaped(name)};;"
    return f"WIFI:T:WPA;S:{_escaped(name)};P:{_escaped(password)};;"


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in '\\;,":' else sign for sign in text)


def _addresses(screen: Screen, path: str) -> list[str]:
    """Every address under which a phone may find the page, the best first."""
    return [f"{each}{path}" for each in screen.reach.addresses()] or [screen.outside_address(path)]


def _post(screen: Screen, address: str) -> tuple[Post, Board]:
    post = screen.node.post(address)
    board = screen.board(post.board) if post else None
    if post is None or board is None or post.state is not PostState.SHOWN:
        abort(404)
    return post, board


def _file(body: bytes, kind: str, name: str = "") -> Response:
    response = make_response(body)
    response.content_type = f"{kind}; charset=utf-8"
    if name:
        response.headers["Content-Disposition"] = dump_options_header(
            "attachment", {"filename": name}
        )
    response.cache_control.no_cache = True
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response
