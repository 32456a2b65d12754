"""A row about a place, or about a kind of garbage, becomes a page of the guide."""

from node.feed.columns import Columns, Role
from node.feed.item import Value
from node.feed.position import position
from node.feed.read_row import NAMELESS, ReadRow, link, phone, reading, told
from node.feed.table import Row

_YES = frozenset({"○", "〇", "◯", "1", "1.0", "有", "あり", "可", "true"})
_NO = frozenset({"×", "✕", "0", "0.0", "無", "なし", "不可", "false"})


def read(row: Row, found: Columns, *, category: str) -> ReadRow:
    """The guide's fields for this row."""
    title = found.text(row, Role.TITLE)
    if not title:
        return NAMELESS
    numbers = found.texts(row, Role.PHONE)
    number = phone(numbers[0]) if numbers else ""
    fields: dict[str, Value] = {
        "title": title,
        "title_reading": reading(found.text(row, Role.READING)),
        "category": category,
        "address": address(row, found),
        "phone": number,
        "hours": _hours(row, found),
        "hazards": _hazards(row, found),
        "capacity": found.text(row, Role.CAPACITY),
        "description": "\n".join(
            [
                *found.texts(row, Role.DESCRIPTION),
                *told(row, found, Role.TOLD, Role.FEE, Role.AUDIENCE, Role.EXTENSION),
                *([] if number else told(row, found, Role.PHONE)),
                *found.texts(row, Role.NOTE),
            ]
        ),
        "link": link("\n".join(found.texts(row, Role.LINK))),
    }
    where = position(
        found.text(row, Role.LATITUDE),
        found.text(row, Role.LONGITUDE),
        found.text(row, Role.LOCATION),
    )
    if where is None:
        return ReadRow(
            fields=fields,
            doubts=(
                "緯度と経度が日本の中の場所になりません。地図には載せません。確かめてください。",
            ),
        )
    fields |= {"latitude": where.latitude, "longitude": where.longitude}
    return ReadRow(fields=fields, doubts=())


def address(row: Row, found: Columns) -> str:
    """The address in one line, put together where the list has it in parts."""
    whole = found.text(row, Role.ADDRESS) or "".join(found.texts(row, Role.ADDRESS_PART))
    return "　".join(part for part in (whole, found.text(row, Role.BUILDING)) if part)


def _hours(row: Row, found: Columns) -> str:
    opens, closes = found.text(row, Role.STARTS_AT), found.text(row, Role.ENDS_AT)
    return "　".join(
        part
        for part in (
            found.text(row, Role.DAYS),
            f"{opens}～{closes}" if opens or closes else "",
            *found.texts(row, Role.WHEN_NOTE),
        )
        if part
    )


def _hazards(row: Row, found: Columns) -> str:
    """What the place may be used for; a mark that is neither yes nor no is shown as it is."""
    usable: list[str] = []
    marked: dict[str, list[str]] = {}
    for name, mark in found.labelled(row, Role.HAZARD):
        hazard = name.removeprefix("災害種別_")
        if mark.casefold() in _YES:
            usable.append(hazard)
        elif mark.casefold() not in _NO:
            marked.setdefault(mark, []).append(hazard)
    return "　".join(
        part
        for part in (
            "、".join(usable),
            *(f"（{mark}：{'、'.join(names)}）" for mark, names in marked.items()),
        )
        if part
    )
