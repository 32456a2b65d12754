"""Days and times by touch, at the kiosk, where a browser's own calendar is too small.

Each key is a button of the form in which it stands: the page comes back with that chosen and all
else as it was typed, so nothing here needs a script. Phones have good calendars of their own, and
never see this.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import request

from kiosk_ui import dates
from kiosk_ui.controls import Control
from node.boards.declaration import Field, FieldType
from node.words import say

PICK = "pick"
"""The name of every key; its value says of which field, what, and which: "starts_on:hour:9"."""

MINUTES = (0, 15, 30, 45)
HOURS = (*range(6, 24), *range(6))
"""As they are offered: the night comes last."""

_WEEKS = calendar.Calendar(firstweekday=6)  # Sunday first, as calendars on Japanese walls have it
_FIRST, _LAST = date(1950, 1, 1), date(2150, 12, 31)
_DAYS = frozenset({FieldType.DATE, FieldType.MOMENT})
_TIMES = frozenset({FieldType.TIME, FieldType.MOMENT})
_TURNS = frozenset({"earlier", "later"})
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One button."""

    label: str
    value: str
    day: str = ""  # in words, where the label alone doesn't say which
    chosen: bool = False
    pressed: bool = False  # just now: where whoever uses a keyboard goes on
    off: bool = False  # that can't be chosen
    kind: str = ""  # "sunday", "saturday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A month on a sheet, and the days that are meant most often."""

    near: Sequence[Key]
    month: str
    earlier: Key | None
    later: Key | None
    weekdays: Sequence[str]
    weeks: Sequence[Sequence[Key | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The hours of a day, and quarters once there is an hour."""

    hours: Sequence[Key]
    minutes: Sequence[Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """The keys of one field."""

    chosen: str  # in words; "" for nothing yet
    none: Key | None  # that takes it back
    now: Key | None  # a moment that is this one: day and time by one touch
    days: Days | None
    times: Times | None
    open: bool  # one of its keys was pressed just now


def picked(fields: Iterable[Field], typed: Mapping[str, str], now: datetime) -> dict[str, str]:
    """What is typed once the key that was pressed is counted in."""
    name, what, which = _read(typed.get(PICK, ""))
    field = next((each for each in fields if each.name == name), None)
    if field is None or field.type not in _DAYS | _TIMES:
        return dict(typed)
    return {**typed, name: _with(field.type, typed.get(name, ""), what, which, now)}


def picker(control: Control, others: Iterable[Control], now: datetime) -> Picker | None:
    """The keys of that field; None where it is no day and no time, or holds what is neither."""
    kind = control.field.type
    if kind not in _DAYS | _TIMES or control.shape == "text":
        return None
    pressed = request.form.get(PICK, "")
    of, what, which = _read(pressed)
    day, at = _parts(kind, control.typed)
    keys = _Keys(field=control.field.name, pressed=pressed, now=now)
    here = of == control.field.name
    shown = _month(which) if here and what in _TURNS else None
    may_be_none = bool(control.typed) and not control.field.required
    return Picker(
        chosen=_in_words(day, at, now),
        none=keys.key("none", "", say("えらばない")) if may_be_none else None,
        now=keys.now_key(day, at) if kind is FieldType.MOMENT else None,
        days=keys.days(kind, day, shown, _earliest(control.field, others))
        if kind in _DAYS
        else None,
        times=keys.times(at) if kind in _TIMES else None,
        open=here,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """Makes those of one field."""

    field: str
    pressed: str
    now: datetime

    def key(
        self,
        what: str,
        which: object,
        label: str,
        *,
        day: str = "",
        chosen: bool = False,
        off: bool = False,
        kind: str = "",
    ) -> Key:
        value = f"{self.field}:{what}:{which}"
        again = what in _TURNS and self.pressed.startswith(f"{self.field}:{what}:")
        return Key(
            label=label,
            value=value,
            day=day,
            chosen=chosen,
            pressed=again or value == self.pressed,
            off=off,
            kind=kind,
        )

    def now_key(self, day: date | None, at: time | None) -> Key:
        here = self.now.astimezone(dates.JAPAN)
        this = here.time().replace(second=0, microsecond=0)
        chosen = (day, at) == (here.date(), this)
        return self.key("now", "", say("いま"), day=dates.time_in_words(this), chosen=chosen)

    def days(
        self,
        kind: FieldType,
        chosen: date | None,
        shown: date | None,
        earliest: date | None,
    ) -> Days:
        today = dates.today(self.now)
        first = (shown or chosen or earliest or today).replace(day=1)
        weeks = _WEEKS.monthdatescalendar(first.year, first.month)
        return Days(
            near=[
                self.key("day", day, label, day=self._words(day), chosen=day == chosen)
                for day, label in _near(kind, today, earliest).items()
            ],
            month=say("{year}年{month}月", year=first.year, month=first.month),
            earlier=self._turn("earlier", first - timedelta(days=1), say("前の月")),
            later=self._turn("later", first + timedelta(days=31), say("次の月")),
            weekdays=[dates.weekday(day) for day in weeks[0]],
            weeks=[
                [
                    self._day(day, chosen, earliest) if day.month == first.month else None
                    for day in week
                ]
                for week in weeks
            ],
        )

    def times(self, at: time | None) -> Times:
        return Times(
            hours=[self._time("hour", time(hour), at and at.replace(minute=0)) for hour in HOURS],
            minutes=[self._time("minute", at.replace(minute=each), at) for each in MINUTES]
            if at
            else [],
        )

    def _time(self, what: str, at: time, chosen: time | None) -> Key:
        which = at.hour if what == "hour" else at.minute
        return self.key(what, which, dates.time_in_words(at), chosen=at == chosen)

    def _turn(self, what: str, day: date, label: str) -> Key | None:
        return self.key(what, f"{day:%Y-%m}", label) if _FIRST <= day <= _LAST else None

    def _day(self, day: date, chosen: date | None, earliest: date | None) -> Key:
        kinds = {_SATURDAY: "saturday", _SUNDAY: "sunday"}
        return self.key(
            "day",
            day,
            str(day.day),
            day=self._words(day),
            chosen=day == chosen,
            off=earliest is not None and day < earliest,
            kind=kinds.get(day.weekday(), ""),
        )

    def _words(self, day: date) -> str:
        return dates.day_in_words(day, self.now)


def _near(kind: FieldType, today: date, earliest: date | None) -> dict[date, str]:
    """The days that are meant most often."""
    if earliest is not None:
        return {
            earliest: say("同じ日"),
            earliest + timedelta(days=1): say("次の日"),
            earliest + timedelta(days=2): say("その次の日"),
        }
    near: dict[date, str] = {
        today: say("今日"),
        today + timedelta(days=1): say("明日"),
        today + timedelta(days=2): say("あさって"),
    }
    if kind is FieldType.MOMENT:
        return near  # beside the key for now: weekends are for what is planned
    for weekday, label in ((_SATURDAY, say("次の土曜日")), (_SUNDAY, say("次の日曜日"))):
        days = (weekday - today.weekday()) % 7 or 7
        near.setdefault(today + timedelta(days=days), label)
    return near


def _earliest(field: Field, others: Iterable[Control]) -> date | None:
    """The day that it can't come before."""
    typed = next((each.typed for each in others if each.field.name == field.not_before), "")
    day = _parts(field.type, typed)[0] if field.not_before else None
    return day if day and _FIRST < day < _LAST else None


def _read(pressed: str) -> tuple[str, str, str]:
    name, _, rest = pressed.partition(":")
    what, _, which = rest.partition(":")
    return name, what, which


def _month(text: str) -> date | None:
    day = dates.read_date(f"{text}-01") if len(text) == 7 else None
    return day if day and _FIRST <= day <= _LAST else None


def _parts(kind: FieldType, typed: str) -> tuple[date | None, time | None]:
    """The day and the time in what is typed so far."""
    match kind:
        case FieldType.DATE:
            return _bounded(dates.read_date(typed)), None
        case FieldType.TIME:
            return None, _time(typed)
    day, _, at = typed.partition("T")
    return _bounded(dates.read_date(day)), _time(at)


def _bounded(day: date | None) -> date | None:
    return day if day and _FIRST <= day <= _LAST else None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if len(text) == 5 else None
    except ValueError:
        return None


def _with(kind: FieldType, typed: str, what: str, which: str, now: datetime) -> str:
    """What is typed, with that pressed. Of a moment neither half is left open: it is now."""
    day, at = _parts(kind, typed)
    here = now.astimezone(dates.JAPAN)
    number = int(which) if which.isascii() and which.isdigit() and len(which) < 3 else -1
    match what:
        case "none":
            return ""
        case "now" if kind is FieldType.MOMENT:
            day, at = here.date(), here.time()
        case "day" if kind in _DAYS and (chosen := _bounded(dates.read_date(which))):
            day, at = chosen, at or here.time()
        case "hour" if 0 <= number < 24:
            at = time(number, at.minute if at else 0)
        case "minute" if number in MINUTES and at:
            at = at.replace(minute=number)
        case _:
            return typed
    match kind:
        case FieldType.DATE:
            return day.isoformat() if day else typed
        case FieldType.TIME:
            return f"{at:%H:%M}" if at else typed
    return f"{day or here.date()}T{at:%H:%M}"


def _in_words(day: date | None, at: time | None, now: datetime) -> str:
    if day and at:
        return dates.beside(dates.day_in_words(day, now), dates.time_in_words(at))
    if day:
        return dates.day_in_words(day, now)
    return dates.time_in_words(at) if at else ""
