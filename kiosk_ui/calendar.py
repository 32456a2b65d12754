"""A board that goes by days, as people look for days: today, this week, a month on one sheet."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import render_template, request, url_for

from kiosk_ui import current, dates
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown
from node.boards.declaration import Board
from node.words import say

VIEWS = {"day": say("今日"), "week": say("今週"), "month": say("月のこよみ")}
_WEEKS = calendar.Calendar(firstweekday=6)  # Sunday first, as calendars on Japanese walls have it
_FIRST, _LAST = date(1950, 1, 1), date(2150, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day, and what is on."""

    date: date
    items: Sequence[Shown]
    words: str
    inside: bool = True  # of the month that is shown
    today: bool = False


def calendar_page(screen: Screen, board: Board, view: str) -> str:
    """The days around the one asked for."""
    on = _asked(screen)
    first, last = _span(view, on)
    days = list(_days(screen, board, first, last, month=on.month if view == "month" else 0))
    return render_template(
        "calendar.html",
        board=board,
        view=view,
        views=VIEWS,
        heading=_heading(screen, view, on, first, last),
        days=days,
        weeks=[days[at : at + 7] for at in range(0, len(days), 7)],
        anything=any(day.items and day.inside for day in days),
        earlier=_address(board, view, _step(view, on, -1)),
        later=_address(board, view, _step(view, on, 1)),
        now=url_for("lists.board", name=board.name, view=view),
        is_now=first <= dates.today(screen.now()) <= last,
        back=url_for("lists.board", name=board.name),
        address=screen.outside_address(request.full_path.rstrip("?")),
    )


def _asked(screen: Screen) -> date:
    asked = dates.read_date(request.args.get("on", ""))
    return min(max(asked, _FIRST), _LAST) if asked else dates.today(screen.now())


def _span(view: str, on: date) -> tuple[date, date]:
    match view:
        case "week":
            first = on - timedelta(days=(on.weekday() + 1) % 7)
            return first, first + timedelta(days=6)
        case "month":
            weeks = _WEEKS.monthdatescalendar(on.year, on.month)
            return weeks[0][0], weeks[-1][-1]
    return on, on


def _step(view: str, on: date, by: int) -> date:
    match view:
        case "week":
            return on + timedelta(days=7 * by)
        case "month":
            middle = on.replace(day=15) + timedelta(days=30 * by)
            return middle.replace(day=1)
    return on + timedelta(days=by)


def _days(screen: Screen, board: Board, first: date, last: date, *, month: int) -> Iterator[Day]:
    found = current.between(screen, board, first, last)
    for at in range((last - first).days + 1):
        day = first + timedelta(days=at)
        yield Day(
            date=day,
            items=[item for item in found if current.is_on(item, day)],
            words=dates.day_in_words(day, screen.now()),
            inside=not month or day.month == month,
            today=day == dates.today(screen.now()),
        )


def _heading(screen: Screen, view: str, on: date, first: date, last: date) -> str:
    if view == "month":
        return say("{year}年{month}月", year=on.year, month=on.month)
    if view == "week":
        now = screen.now()
        return say(
            "{day_in_words}から{day_in_words2}",
            day_in_words=dates.day_in_words(first, now),
            day_in_words2=dates.day_in_words(last, now),
        )
    return dates.day_in_words(on, screen.now())


def _address(board: Board, view: str, on: date) -> str:
    return url_for("lists.board", name=board.name, view=view, on=on.isoformat())
