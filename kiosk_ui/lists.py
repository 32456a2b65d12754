"""A board's list, page by page: cut into sections, or into what is to come and what is past."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request, url_for

from kiosk_ui import current
from kiosk_ui.calendar import VIEWS, calendar_page
from kiosk_ui.done import said
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.narrowing import Narrowed, narrowed
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.retaining import in_words
from node.words import say

PAGE_POSTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of a list."""

    items: Sequence[Shown]
    number: int  # from 1
    pages: int
    total: int

    @property
    def first(self) -> int:
        """The number in the whole list of the first post on this page."""
        return (self.number - 1) * PAGE_POSTS + 1


def list_pages(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/boards/<name>`."""
    pages = Blueprint("lists", __name__)

    @pages.get("/boards/<name>")
    @kept.page
    def board(name: str) -> str:
        board = screen.board(name) or abort(404)
        section = request.args.get("section")
        if board.section and section is None:
            return _sections_page(screen, board)
        if (view := request.args.get("view")) in VIEWS and current.is_by_day(board):
            return calendar_page(screen, board, view)
        return _list_page(screen, board, section, past="past" in request.args)

    return pages


def _sections_page(screen: Screen, board: Board) -> str:
    return render_template(
        "sections.html",
        board=board,
        stays=in_words(board),
        sections=sections(screen, board),
        may_post=screen.node.may_post(board),
        done=said(),
        address=screen.outside_address(request.path),
    )


def _list_page(screen: Screen, board: Board, section: str | None, *, past: bool) -> str:
    past = past and current.is_by_day(board)
    narrow = narrowed(screen, board)
    return render_template(
        "board.html",
        board=board,
        stays=in_words(board),
        section=section,
        section_label=section_label(board, section) if section is not None else "",
        listed=_listed(screen, board, section, narrow, past=past),
        narrow=narrow,
        views=VIEWS,
        by_day=current.is_by_day(board),
        past=past,
        alerts=current.alerts(screen, board) if board.lane_class == "alert" else None,
        may_post=screen.node.may_post(board),
        done=said(),
        back=url_for("lists.board", name=board.name)
        if section is not None or past or (narrow and narrow.chosen)
        else "/",
        address=screen.outside_address(request.full_path.rstrip("?")),
    )


def _listed(
    screen: Screen, board: Board, section: str | None, narrow: Narrowed | None, *, past: bool
) -> Listed:
    if narrow and narrow.chosen:
        number, pages = _number(len(narrow.posts))
        first = (number - 1) * PAGE_POSTS
        left = narrow.posts[first : first + PAGE_POSTS]
        items = [screen.draw(post) for post in left]
        return Listed(items=items, number=number, pages=pages, total=len(narrow.posts))
    if current.is_by_day(board):
        drawn = (current.past if past else current.to_come)(screen, board)
        number, pages = _number(len(drawn))
        first = (number - 1) * PAGE_POSTS
        on_page = drawn[first : first + PAGE_POSTS]
        return Listed(items=on_page, number=number, pages=pages, total=len(drawn))
    counts = screen.node.sections(board)
    total = sum(counts.values()) if section is None else counts.get(section, 0)
    number, pages = _number(total)
    first = (number - 1) * PAGE_POSTS
    if board.lane_class == "alert" and first < current.ALERTS_MAX:
        on_page = current.all_alerts(screen, board)[first : first + PAGE_POSTS]
        return Listed(items=on_page, number=number, pages=pages, total=total)
    posts = screen.node.posts(board, limit=PAGE_POSTS, offset=first, section=section)
    items = [screen.draw(post) for post in posts]
    return Listed(items=items, number=number, pages=pages, total=total)


def _number(total: int) -> tuple[int, int]:
    """The page asked for, and how many there are; the last one for whoever asks too far."""
    pages = max(1, -(-total // PAGE_POSTS))
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return min(max(number, 1), pages), pages


def sections(screen: Screen, board: Board) -> Sequence[tuple[str, str, int]]:
    """Those that something stands in: what people read, the key, and how many posts."""
    counts = screen.node.sections(board)
    keys = sorted(counts, key=lambda key: _place(board, key))
    return [(section_label(board, key), key, counts[key]) for key in keys]


def in_sections(board: Board, items: Sequence[Shown]) -> dict[str, list[Shown]]:
    """What people read for each section, in the same order; all under "" where there are none."""
    if not board.section:
        return {"": [*items]}
    found: dict[str, list[Shown]] = {}
    for item in sorted(items, key=lambda item: _place(board, item.post.text(board.section))):
        label = section_label(board, item.post.text(board.section))
        found.setdefault(label, []).append(item)
    return found


def section_label(board: Board, key: str) -> str:
    """What people read for a section."""
    field = board.field(board.section)
    labels = {choice.key: choice.label for choice in field.choices} if field else {}
    return labels.get(key) or key or say("そのほか")


def _place(board: Board, key: str) -> tuple[int, str]:
    """In the order of the declaration, then the others."""
    field = board.field(board.section)
    keys = [choice.key for choice in field.choices] if field else []
    return (keys.index(key) if key in keys else len(keys), key)
