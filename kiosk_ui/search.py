"""`/search`: what is shown on the boards, by its words, perhaps of one board or of these days.

What is in force stands first, then what is called so, then what has the words in its title; what
comes next before what comes later, and what is over last of all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for

from kiosk_ui import dates
from kiosk_ui.calendar import VIEWS
from kiosk_ui.current import is_by_day, is_of_no_use, is_past, presses
from kiosk_ui.lists import sections
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.finding import TYPED_MAX, Place, places, words_of
from node.post import Post
from node.short_code import read_code
from node.views.search import FOUND_MAX, Hit, Match
from node.words import say

PAGE_POSTS = 20
PAGES_MAX = -(-FOUND_MAX // PAGE_POSTS)

WHEN = {"": say("いつでも"), "today": say("今日"), "week": say("今日から7日")}
_DAYS = {"": 0, "today": 1, "week": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One post that was found, and why."""

    shown: Shown
    address: str  # of its page, which leads back here
    written: str  # the day it was posted; "" where the day it is about is said
    past: bool
    why: Sequence[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A narrower or wider search, one touch away."""

    label: str
    address: str
    chosen: bool


def search_page(screen: Screen) -> Blueprint:
    """`/search?q=&board=&when=&page=`."""
    pages = Blueprint("search", __name__)

    @pages.get("/search")
    def search() -> str:
        typed = request.args.get("q", "")[:TYPED_MAX]
        board = screen.board(request.args.get("board", ""))
        when = request.args.get("when", "")
        when = when if when in WHEN else ""
        return _page(screen, typed, board, when)

    return pages


def _page(screen: Screen, typed: str, board: Board | None, when: str) -> str:
    words, name = words_of(typed), board.name if board else ""
    boards = screen.node.boards.values()
    days = _days(dates.today(screen.now()), when)
    page = min(max(request.args.get("page", 1, int), 1), PAGES_MAX)
    hits = screen.node.search(words, board=name, days=days)
    by_code = [] if when else [screen.draw(post) for post in _by_code(screen, typed, name)]
    called = {shown.post.id for shown in by_code}
    every = by_code + [each for each in _in_order(screen, hits) if each.post.id not in called]
    here = every[(page - 1) * PAGE_POSTS :][:PAGE_POSTS]
    asked: dict[str, Any] = {"q": typed, "board": name or None, "when": when or None}
    came_from = asked | {"from": "search", "page": page if page > 1 else None}
    return render_template(
        "search.html",
        typed=typed,
        words=words,
        found=[
            _found(screen, shown, words, came_from, code=shown.post.id in called) for shown in here
        ],
        total=len(every),
        many=len(hits) >= FOUND_MAX,
        page=page,
        last=max(1, min(PAGES_MAX, -(-len(every) // PAGE_POSTS))),
        asked=asked,
        board=board,
        when=when,
        topics=[] if words else [(each, _topics(screen, each)) for each in boards],
        by_board=[
            Way(
                label=label,
                address=url_for("search.search", **asked | {"board": key or None}),
                chosen=key == name,
            )
            for key, label in [
                ("", say("全部")),
                *((each.name, each.label) for each in boards),
            ]
        ],
        by_day=[
            Way(
                label=label,
                address=url_for("search.search", **asked | {"when": key or None}),
                chosen=key == when,
            )
            for key, label in WHEN.items()
        ],
    )


def _topics(screen: Screen, board: Board) -> Sequence[tuple[str, str]]:
    """What is found on it by touches alone: labels and addresses."""
    here = partial(url_for, "lists.board", name=board.name)
    if board.section:
        return [(label, here(section=key)) for label, key, _ in sections(screen, board)]
    ways = [(say("全部"), here())]
    if is_by_day(board):
        ways += [(label, here(view=view)) for view, label in VIEWS.items()]
    if any(field.narrows for field in board.fields):
        ways.append((say("条件でさがす"), here(narrow="")))
    return ways


def _in_order(screen: Screen, hits: Sequence[Hit]) -> list[Shown]:
    drawn = [(hit.match, screen.draw(hit.post)) for hit in hits]
    return [
        shown for _, shown in sorted(drawn, key=lambda each: _place(each[0], each[1], screen.now()))
    ]


def _place(match: Match, shown: Shown, now: datetime) -> tuple[bool, bool, bool, Match, date]:
    """Where it stands; of one place the newest is first, as it was found."""
    is_over = is_of_no_use(shown, now)
    day = max(shown.day, dates.today(now)) if shown.day and not is_over else date.max
    return is_over, shown.practice, not presses(shown, now), match, day


def _by_code(screen: Screen, typed: str, board: str) -> Sequence[Post]:
    """What has the short code that was typed, if it was one."""
    code = read_code(typed)
    posts = screen.node.by_code(code) if code else []
    return [post for post in posts if board in ("", post.board)]


def _days(today: date, when: str) -> list[date]:
    return [today + timedelta(days=day) for day in range(_DAYS[when])]


def _found(
    screen: Screen,
    shown: Shown,
    words: Sequence[str],
    came_from: Mapping[str, Any],
    *,
    code: bool = False,
) -> Found:
    written = dates.from_seconds(shown.post.written.seconds)
    return Found(
        shown=shown,
        address=url_for("records.record", address=shown.post.address, **came_from),
        written=""
        if shown.day or shown.age or written is None
        else dates.day_in_words(written.date(), screen.now()),
        past=is_past(shown, screen.now()),
        why=[
            *([_by_its_code(shown)] if code else []),
            *(each for each in places(shown.board, shown.post, words) if each.field != "title"),
        ],
    )


def _by_its_code(shown: Shown) -> Place:
    return Place(field="", label=say("番号"), before="", word=shown.code, after="")
