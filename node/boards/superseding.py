"""Which telegrams only stand in for newer ones that are held too.

Since 2026-05 a region's warnings come as VPWW55-61, one telegram per hazard; VPWW54, and 53
and 50 before it, go on as transitional copies of them all (配信資料に関する技術情報 第634号).
Read beside the new ones they would show everything twice. They are shown again where they are
the newest word: if the new telegrams stop coming, nobody must be left without a warning.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

minutes_apart_max = 10
"""So far apart, old and new form may be of one and the same announcement."""

_NEW = "気象警報・注意報（Ｒ０６）"
_OLD = ("気象警報・注意報（Ｈ２７）", "気象特別警報・警報・注意報", "気象警報・注意報")


def superseded(held: Mapping[str, str]) -> frozenset[str]:
    """The keys to leave out, of `held`: outside key to the issuer's time of what it stands for."""
    latest: dict[tuple[str, str, int], datetime] = {}
    for key, issued in held.items():
        if place := _place(key):
            at = _moment(issued)
            latest[place] = max(at, latest.get(place, at))
    return frozenset(
        key
        for key, issued in held.items()
        if (place := _place(key)) and _newer_form_held(place, _moment(issued), latest)
    )


def _newer_form_held(
    place: tuple[str, str, int], issued: datetime, latest: Mapping[tuple[str, str, int], datetime]
) -> bool:
    operation, region, age = place
    slack = timedelta(minutes=minutes_apart_max)
    return any(
        latest[newer] >= issued - slack
        for form in range(age)
        if (newer := (operation, region, form)) in latest
    )


def _place(key: str) -> tuple[str, str, int] | None:
    """Operation, region and how old the form is, 0 the newest; None if it is no warning."""
    match key.split("/"):
        case ["jma", title, region]:
            operation = ""
        case ["jma", operation, title, region]:
            pass
        case _:
            return None
    if title.startswith(_NEW):
        return operation, region, 0
    if title in _OLD:
        return operation, region, 1 + _OLD.index(title)
    return None


def _moment(issued: str) -> datetime:
    try:
        return datetime.fromisoformat(issued).replace(tzinfo=None)
    except ValueError:
        return datetime.min + timedelta(days=1)
