"""A row about something that is on becomes a post of the event board.

Days and times are filled in only where they are certain; what the list says of them is always
kept in its own words, and a person is asked to look where the words were not understood.
"""

import re
from collections.abc import Sequence

from node.feed.columns import Columns, Role
from node.feed.dates import Span, span, years_around
from node.feed.item import Value
from node.feed.places import address
from node.feed.read_row import NAMELESS, ReadRow, link, phone, reading, told
from node.feed.table import Row
from node.feed.times import clock

_OFF = {"中止": "cancelled", "延期": "postponed"}
_OFF_IN_TITLE = re.compile(r"[【\[（(［](中止|延期)[】\]）)］]")


def years(saved: int, rows: Sequence[Row], found: Columns) -> tuple[int, ...]:
    """The years this edition can mean: by when the workbook was saved, or by its dated rows."""
    stated = [
        text
        for row in rows
        for role in (Role.WHEN, Role.STARTS_ON)
        for text in found.texts(row, role)
    ]
    return years_around(saved, stated)


def read(row: Row, found: Columns, years: Sequence[int]) -> ReadRow:
    """The event's fields for this row."""
    title = found.text(row, Role.TITLE)
    if not title:
        return NAMELESS
    numbers = found.texts(row, Role.PHONE)
    number = phone(numbers[0]) if len(numbers) == 1 else ""
    when, doubts = _when(row, found, years)
    place = found.text(row, Role.PLACE) or address(row, found)
    fields: dict[str, Value] = {
        "title": title,
        "title_reading": reading(found.text(row, Role.READING)),
        "state": _state(title, found.text(row, Role.STATE)),
        **when,
        "place": place,
        "address": address(row, found),
        "organiser": _joined(found.texts(row, Role.ORGANISER)),
        "fee": _joined(found.texts(row, Role.FEE)),
        "bring": _joined(found.texts(row, Role.BRING)),
        "audience": _joined(found.texts(row, Role.AUDIENCE)),
        "capacity": _joined(found.texts(row, Role.CAPACITY)),
        "apply": _joined(found.texts(row, Role.APPLY)),
        "contact": _joined([*found.texts(row, Role.CONTACT), *([] if number else numbers)]),
        "phone": number,
        "description": "\n".join(
            [
                *found.texts(row, Role.DESCRIPTION),
                *told(row, found, Role.TOLD, Role.DAYS, Role.EXTENSION),
                *found.texts(row, Role.NOTE),
            ]
        ),
        "link": link("\n".join(found.texts(row, Role.LINK))),
    }
    if not place:
        doubts.append("場所が書かれていません。確かめて書き足してください。")
    return ReadRow(fields=fields, doubts=tuple(doubts))


def _when(row: Row, found: Columns, years: Sequence[int]) -> tuple[dict[str, Value], list[str]]:
    """When it is on: the certain part as dates and times, the rest in the list's own words."""
    fields: dict[str, Value] = {}
    doubts: list[str] = []
    days, plain = _days(row, found, years)
    if days and days.first:
        fields["starts_on"] = days.first.isoformat()
    else:
        doubts.append("始まる日がはっきりしません。日にちを確かめて書き込んでください。")
    if days and days.last and days.last != days.first:
        fields["ends_on"] = days.last.isoformat()
    in_words = [] if plain else told(row, found, Role.WHEN, Role.STARTS_ON, Role.ENDS_ON)

    starts, ends = found.texts(row, Role.STARTS_AT), found.texts(row, Role.ENDS_AT)
    times = {"starts_at": clock("".join(starts)), "ends_at": clock("".join(ends))}
    one_day = "ends_on" not in fields
    if (
        one_day
        and times["starts_at"]
        and times["ends_at"]
        and times["ends_at"] < times["starts_at"]
    ):
        times = {"starts_at": "", "ends_at": ""}
    fields |= times
    unread = [
        name
        for name, texts in (("starts_at", starts), ("ends_at", ends))
        if texts and not times[name]
    ]
    if unread:
        doubts.append("時刻がはっきりしません。もとの記載を見て、書き込んでください。")
        in_words += told(row, found, Role.STARTS_AT, Role.ENDS_AT)
    in_words += told(row, found, Role.WHEN_NOTE)
    fields["when_note"] = "　".join(in_words)
    return fields, doubts


def _days(row: Row, found: Columns, years: Sequence[int]) -> tuple[Span | None, bool]:
    """The days, and whether the list says this and no more."""
    start = found.text(row, Role.STARTS_ON) or found.text(row, Role.WHEN)
    end = found.text(row, Role.ENDS_ON)
    days = span(start, years=years)
    if not end or days is None:
        return days, bool(days and days.plain and not end)
    until = span(end, years=years)
    if until is None or until.last is None or days.first is None or until.last < days.first:
        return Span(first=days.first, last=None, plain=False), False
    return Span(first=days.first, last=until.last, plain=True), days.plain and until.plain


def _state(title: str, stated: str) -> str:
    in_title = _OFF_IN_TITLE.search(title)
    return _OFF.get(stated, _OFF[in_title[1]] if in_title else "")


def _joined(texts: Sequence[str]) -> str:
    return "　".join(texts)
