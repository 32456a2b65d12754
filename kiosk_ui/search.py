"""`/search`: what is shown on the boards, by its words, perhaps of one board or of these days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from kiosk_ui import dates
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.finding import TYPED_MAX, Place, places, words_of
from node.post import Post
from node.short_code import read_code
from node.views.search import COUNTED_MAX
from node.words import say

PAGE_POSTS = 20
PAGES_MAX = COUNTED_MAX // PAGE_POSTS

WHEN = {"": say("いつでも"), "today": say("今日"), "week": say("今日から7日")}
_DAYS = {"": 0, "today": 1, "week": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One post that was found, and why."""

    shown: Shown
    address: str  # of its page, which leads back here
    written: str  # the day it was posted; "" where the day it is about is said
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
    days = _days(dates.today(screen.now()), when)
    page = min(max(request.args.get("page", 1, int), 1), PAGES_MAX)
    posts = screen.node.search(
        words, board=name, days=days, limit=PAGE_POSTS, offset=(page - 1) * PAGE_POSTS
    )
    if page == 1 and len(posts) < PAGE_POSTS:
        total = len(posts)  # what a count would look for once more
    else:
        total = screen.node.search_count(words, board=name, days=days)
    by_code = _by_code(screen, typed, name) if page == 1 and not when else []
    total += len([post for post in by_code if post.id not in {each.id for each in posts}])
    last = max(1, -(-total // PAGE_POSTS))
    asked: dict[str, Any] = {"q": typed, "board": name or None, "when": when or None}
    came_from = asked | {"from": "search", "page": page if page > 1 else None}
    return render_template(
        "search.html",
        typed=typed,
        words=words,
        found=[
            *(_found(screen, screen.draw(post), words, came_from, code=True) for post in by_code),
            *(
                _found(screen, screen.draw(post), words, came_from)
                for post in posts
                if post.id not in {each.id for each in by_code}
            ),
        ],
        total=total,
        many=total >= COUNTED_MAX,
        page=page,
        last=last,
        asked=asked,
        board=board,
        when=when,
        by_board=[
            Way(
                label=label,
                address=url_for("search.search", **asked | {"board": key or None}),
                chosen=key == name,
            )
            for key, label in [
                ("", say("全部")),
                *((b.name, b.label) for b in screen.node.boards.values()),
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
        why=[
            *([_by_its_code(shown)] if code else []),
            *(each for each in places(shown.board, shown.post, words) if each.field != "title"),
        ],
    )


def _by_its_code(shown: Shown) -> Place:
    return Place(field="", label=say("番号"), before="", word=shown.code, after="")
