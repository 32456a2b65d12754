"""`/paper`: what hangs on a wall or goes from house to house, as PDF.

A post as a poster or as slips to tear off, a board as a list, the week as a 回覧板 in large type, a
board in sections as a book: on sheets to fold, or in large type.
Every sheet says of when it is, and leads to what is newer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import current, dates, pictures
from kiosk_ui.errors import message_page
from kiosk_ui.lists import in_sections
from kiosk_ui.press import FOLDED, NoPress
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.errand import Busy
from node.post import PostState

WEEK = timedelta(days=7)
SLIPS = 10
"""On a sheet, two by two."""

LISTED_MAX = 200
"""Posts on one paper: some twenty sheets, which nobody passes round."""


IN_A_BOOK_MAX = 300
"""Entries: some 27 sheets, which can just be folded; the press draws them in half a minute."""

NAMES_IN_CONTENTS_MAX = 150
"""Where there are more, contents have only the sections: they would be a book themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One heading of a paper, and what stands below it."""

    heading: str
    items: Sequence[Shown]
    more: int = 0  # that found no room


def paper_pages(screen: Screen) -> Blueprint:
    """A page that tells what can be printed, and the papers."""
    pages = Blueprint("papers", __name__)

    def paper(template: str, name: str, path: str, **told: object) -> Response:
        html = render_template(
            template,
            address=screen.outside_address(path),
            printed=current.hour_in_words(screen),
            **told,
        )
        try:
            response = make_response(screen.press.draw(html))
        except Busy:
            return message_page("printing_others", 503)
        except NoPress:
            return message_page("no_press", 501)
        response.content_type = "application/pdf"
        response.headers["Content-Disposition"] = f"inline; filename={name}.pdf"
        return response

    @pages.get("/paper")
    def choose() -> str:
        return render_template(
            "papers.html",
            address=screen.outside_address(request.path),
            may_print=[
                board for board in screen.node.boards.values() if board.lane_class != "alert"
            ],
        )

    @pages.get("/paper/week.pdf")
    def week() -> Response:
        today = dates.today(screen.now())
        until = today + WEEK - timedelta(days=1)
        return paper(
            "paper/week.html",
            "kairan-week",
            "/",
            since=dates.day_in_words(today, screen.now()),
            until=dates.day_in_words(until, screen.now()),
            parts=list(_week(screen)),
        )

    @pages.get("/paper/boards/<name>.pdf")
    def of_board(name: str) -> Response:
        board = screen.board(name) or abort(404)
        items = current.standing(screen, board, limit=LISTED_MAX + 1_000)
        part = Part(heading="", items=items[:LISTED_MAX], more=len(items[LISTED_MAX:]))
        path = url_for("lists.board", name=name)
        return paper("paper/board.html", f"kairan-{name}", path, board=board, part=part)

    @pages.get("/paper/boards/<name>/booklet.pdf")
    def booklet(name: str) -> Response:
        return book(name, folded=True)

    @pages.get("/paper/boards/<name>/large.pdf")
    def large(name: str) -> Response:
        return book(name, folded=False)

    def book(name: str, *, folded: bool) -> Response:
        board = screen.board(name) or abort(404)
        if not board.section:
            abort(404)
        items = current.standing(screen, board, limit=IN_A_BOOK_MAX + 1_000)
        parts = in_sections(board, items[:IN_A_BOOK_MAX])
        return paper(
            "paper/book.html",
            f"kairan-{name}-{'booklet' if folded else 'large'}",
            url_for("lists.board", name=name),
            board=board,
            parts=[Part(heading=heading, items=each) for heading, each in parts.items()],
            more=len(items[IN_A_BOOK_MAX:]),
            names_in_contents=len(items) <= NAMES_IN_CONTENTS_MAX,
            today=dates.today(screen.now()),
            folded=FOLDED if folded else "",
        )

    @pages.get("/paper/records/<address>.pdf")
    def of_post(address: str) -> Response:
        shown = _shown(screen, address)
        post = shown.post
        return paper(
            "paper/post.html",
            f"kairan-{post.address}",
            url_for("records.record", address=post.address),
            shown=shown,
            rows=[row for row in shown.rows if row not in shown.list_rows],
            pictures=pictures.of_post(screen, post, whole=True),
            posted_at=screen.node.author_name(post),
        )

    @pages.get("/paper/records/<address>/slips.pdf")
    def slips(address: str) -> Response:
        shown = _shown(screen, address)
        path = url_for("records.record", address=address)
        return paper("paper/slips.html", f"kairan-{address}-slips", path, shown=shown, slips=SLIPS)

    return pages


def _shown(screen: Screen, address: str) -> Shown:
    post = screen.node.post(address)
    if post is None or post.state is not PostState.SHOWN:
        abort(404)
    return screen.draw(post)


def _week(screen: Screen) -> Iterator[Part]:
    """What stands, what is on in seven days, what came in the last seven; by each board's order."""
    today = dates.today(screen.now())
    for board in screen.node.boards.values():
        if board.lane_class == "alert":
            alerts = current.alerts(screen, board)
            yield Part(
                heading=f"いま出ている{board.label}の情報", items=alerts.real, more=alerts.more
            )
        elif current.is_by_day(board):
            items = [
                item
                for item in current.to_come(screen, board)
                if item.day is not None and item.day < today + WEEK
            ]
            yield _part(f"これから7日の{board.label}", items)
        elif current.is_by_arrival(board):
            since = screen.now() - WEEK
            items = [
                item
                for item in current.newest(screen, board, limit=LISTED_MAX)
                if (written := dates.from_seconds(item.post.written.seconds)) and written >= since
            ]
            yield _part(f"新しい{board.label}", items)


def _part(heading: str, items: Sequence[Shown]) -> Part:
    return Part(heading=heading, items=items[:LISTED_MAX], more=len(items[LISTED_MAX:]))
