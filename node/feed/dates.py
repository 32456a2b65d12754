"""Dates as people write them in lists: 8月5日（水）～8月16日（日）※10日（月）.

A date is certain or it is not there. A year that is not written is certain only where the day
of the week is: in the years around the file's own, the same day and month fall on a given
weekday once. Words that are not understood make the whole text uncertain.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

days_max = 800
"""No event lasts longer; what seems to is misread."""

_WEEKDAYS = "月火水木金土日"
_CIRCLED = re.compile(r"[①-⑳❶-❿]")
_NOTE = re.compile(r"[※＊*].*", re.DOTALL)
_TOKEN = re.compile(
    r"""
      (?P<numbering>\(\d{1,2}\))
    | (?P<times>\((?:全)?\d+(?:回|日)(?:間|開催)?\))
    | (?:(?P<year>\d{4})[年/.-]|令和(?P<reiwa>元|\d{1,2})年)
        (?P<ymonth>\d{1,2})[月/.-](?P<yday>\d{1,2})(?:日|(?!\d))
    | (?P<month>\d{1,2})月(?P<mday>\d{1,2})日?(?!\d)
    | (?P<smonth>\d{1,2})/(?P<sday>\d{1,2})(?![\d/])
    | (?P<day>\d{1,2})日
    | \((?P<weekday>[月火水木金土日])(?:曜日?)?(?:[・/,、]?(?:祝日?|振替?休?日?|休日?))?\)
    | いずれも\(?(?P<all>[月火水木金土日])(?:曜日?)?\)?
    | (?P<limit>の(?:毎週)?[月火水木金土日]曜日?(?:(?:及び|および|[・、と])[月火水木金土日]曜日?)*)
    | (?P<to>[~〜\-ー－―–—]|から)
    | (?P<until>まで)
    | (?P<between>[、,・/()\s]|及び|および)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first day to the last; None for an end that is left open."""

    first: date | None
    last: date | None
    plain: bool  # the text says this and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    year: int | None
    month: int
    day: int
    weekday: int | None
    found: date | None = None


class _Unclear(Exception):
    """The text cannot be read for certain."""


def span(text: str, *, years: Sequence[int]) -> Span | None:
    """The days the text names, where certain. `years` are those the file is known to speak of."""
    try:
        return _span(text, years)
    except _Unclear:
        return None


def years_around(saved: int, stated: Sequence[str]) -> tuple[int, ...]:
    """The years a file can mean: around the one it was saved in, else around dates it states."""
    written = sorted({int(year[:4]) for year in stated if re.match(r"\d{4}-\d", year)})
    known = [saved] if saved else written
    # A weekday comes back on the same day of the year after five years at the soonest.
    if not known or known[-1] - known[0] > 2 or not 1990 <= known[0] <= 2200:
        return ()
    years = tuple(range(known[0] - 1, known[-1] + 2))
    # An old list saved again years later would be read for the wrong year.
    return years if set(written) <= set(years) else ()


def _span(text: str, years: Sequence[int]) -> Span:
    body = _NOTE.sub("", text)
    # NFKC would make ① part of the number that follows.
    numbered = bool(_CIRCLED.search(body))
    tokens = list(_tokens(unicodedata.normalize("NFKC", _CIRCLED.sub(" ", body)).strip()))
    days = [day for day in tokens if isinstance(day, _Day)]
    if not days:
        raise _Unclear
    resolved = _resolved(days, years)
    if any(a >= b for a, b in pairwise(resolved)):
        raise _Unclear
    if resolved[-1] - resolved[0] > timedelta(days=days_max):
        raise _Unclear
    marks = [token for token in tokens if isinstance(token, str)]
    opens = tokens[0] == "to" or (len(days) == 1 and "until" in marks)
    stays_open = tokens[-1] == "to"
    if opens and stays_open:
        raise _Unclear
    extra = {"numbering", "times", "limit", "until"} & set(marks)
    simple = (len(days), marks) in ((1, []), (2, ["to"]))
    return Span(
        first=None if opens else resolved[0],
        last=None if stays_open else resolved[-1],
        plain=simple and body == text and not numbered and not extra,
    )


def _tokens(text: str) -> Iterator[_Day | str]:
    """Days, each with its weekday, and the marks between them."""
    position = 0
    month = 0
    pending: list[_Day | str] = []
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise _Unclear
        position = found.end()
        got = found.groupdict()
        if got["weekday"] or got["all"]:
            _give_weekday(pending, _WEEKDAYS.index(got["weekday"] or got["all"]), bool(got["all"]))
            continue
        day = _day(got, month)
        if day:
            month = day.month
            pending.append(day)
        elif not (found.lastgroup == "between" and not found[0].strip()):
            pending.append(found.lastgroup or "")
    yield from pending


def _give_weekday(tokens: list[_Day | str], weekday: int, every: bool) -> None:
    """To the day just before; いずれも gives it to all that have none."""
    places = [n for n, token in enumerate(tokens) if isinstance(token, _Day)]
    if not places:
        raise _Unclear
    for place in places if every else places[-1:]:
        day = tokens[place]
        assert isinstance(day, _Day)
        if day.weekday is None:
            tokens[place] = replace(day, weekday=weekday)
        elif not every:
            raise _Unclear


def _day(got: dict[str, str | None], month: int) -> _Day | None:
    year = int(got["year"]) if got["year"] else None
    if got["reiwa"]:
        year = 2018 + (1 if got["reiwa"] == "元" else int(got["reiwa"]))
    for month_part, day_part in (("ymonth", "yday"), ("month", "mday"), ("smonth", "sday")):
        if got[month_part]:
            month, day = int(got[month_part] or 0), int(got[day_part] or 0)
            return _Day(year=year, month=month, day=day, weekday=None)
    if got["day"]:
        if not month:
            raise _Unclear
        return _Day(year=None, month=month, day=int(got["day"]), weekday=None)
    return None


def _resolved(days: list[_Day], years: Sequence[int]) -> list[date]:
    """Each day with its year: written, or told by its weekday, or following from a neighbour."""
    if any(day.year for day in days):
        known = [replace(d, found=_date(d.year, d)) if d.year else d for d in days]
    else:
        known = [
            replace(d, found=_by_weekday(d, years)) if d.weekday is not None else d for d in days
        ]
    if not any(day.found for day in known):
        raise _Unclear
    for n in range(1, len(known)):
        if not known[n].found and (before := known[n - 1].found):
            later = (known[n].month, known[n].day) >= (before.month, before.day)
            known[n] = replace(known[n], found=_date(before.year + (not later), known[n]))
    for n in range(len(known) - 2, -1, -1):
        if not known[n].found and (after := known[n + 1].found):
            earlier = (known[n].month, known[n].day) <= (after.month, after.day)
            known[n] = replace(known[n], found=_date(after.year - (not earlier), known[n]))
    dates = [day.found for day in known if day.found]
    if any(
        day.weekday is not None and day.found and day.found.weekday() != day.weekday
        for day in known
    ):
        raise _Unclear
    return dates


def _by_weekday(day: _Day, years: Sequence[int]) -> date:
    fitting = []
    for year in years:
        try:
            candidate = date(year, day.month, day.day)
        except ValueError:
            continue
        if candidate.weekday() == day.weekday:
            fitting.append(candidate)
    if len(fitting) != 1:
        raise _Unclear
    return fitting[0]


def _date(year: int | None, day: _Day) -> date:
    try:
        return date(year or 0, day.month, day.day)
    except ValueError as error:
        raise _Unclear from error
