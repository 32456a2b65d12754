"""Rules for what no dictionary reads right: dates, weekdays, numbers with what they count.

A number of three digits or more keeps its digits, and only what it counts is spelled: the kana over
2026年 would be wider than the line needs.
"""

import re
from collections.abc import Iterator

from node.language.counters import COUNTERS, Counter
from node.language.numbers import NUMBER_MAX, read_counted, read_number
from node.language.spans import Span

_WEEKDAYS = {
    "月": "げつ",
    "火": "か",
    "水": "すい",
    "木": "もく",
    "金": "きん",
    "土": "ど",
    "日": "にち",
    "祝": "しゅく",
    "休": "きゅう",
}
_DIGITS = str.maketrans("０１２３４５６７８９，．", "0123456789,.")
_KANJI_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")}
_KANJI_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_UNITS = "|".join(sorted(map(re.escape, COUNTERS), key=len, reverse=True))
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_KANJI_NUMBER = "[〇一二三四五六七八九十百千]+"
_FRACTION = re.compile(
    rf"(?P<below>\d{{1,2}}|{_KANJI_NUMBER})分の(?P<above>\d{{1,2}}|{_KANJI_NUMBER})"
)
# What follows makes another word of it: 2人口, 三日月, 四日市.
_NOT = r"(?!本(?!人)|市|月|り|曜|般|方|緒)"
_COUNTED = re.compile(
    rf"(?P<number>{_NUMBER})(?P<size>[万億]?)(?P<unit>{_UNITS}){_NOT}"
    rf"|(?<![一-龠])(?P<kanji>{_KANJI_NUMBER})(?P<after>{_UNITS}){_NOT}"
    rf"|(?<=[月第年和成])(?P<kanji2>{_KANJI_NUMBER})(?P<after2>{_UNITS}){_NOT}"
)
_DATE_DAY = re.compile(r"(?<=月)(?:1|一)日(?![間分目])|(?<!\d)1日(?=[（(][月火水木金土日])")
_IN_BRACKETS = re.compile(
    r"[（(]\s*(?P<days>[月火水木金土日祝](?:[・･、,，／/～~〜－-][月火水木金土日祝休])*)\s*[）)]"
)
_LISTED = re.compile(
    r"(?:(?<=週)|(?<![一-龠\d]))[月火水木金土日](?:[・･、,，～〜][月火水木金土日])+"
    r"(?P<ending>曜日?)?(?![一-龠])"
)
_MINUTES = re.compile(
    "(?<![一-龠])(?P<number>[一二三四五六七八九十]+)分(?=ほど|前|後|以内|おき|間|くらい|ぐらい)"
)
_ORDINAL = re.compile(r"第(?=[\d０-９一二三四五六七八九十])")


def read_dates(text: str, *, to_the_ear: bool = False) -> list[Span]:
    """What the rules know of a text, in its order; nothing overlaps.

    `to_the_ear`: numbers before what they count are spelled too, however long they are.
    """
    plain = text.translate(_DIGITS)
    found: list[Span] = []
    taken = bytearray(len(plain))
    counted = _counted_aloud if to_the_ear else _counted
    for rule in (_brackets, _lists, _first_days, _fractions, _minutes, counted, _ordinals):
        for span in rule(plain):
            if not any(taken[span.start : span.end]):
                taken[span.start : span.end] = b"1" * span.length
                found.append(span)
    return sorted(found)


def _brackets(text: str) -> Iterator[Span]:
    for found in _IN_BRACKETS.finditer(text):
        yield from _days(text, found.start("days"), found.end("days"))


def _lists(text: str) -> Iterator[Span]:
    for found in _LISTED.finditer(text):
        end = found.start("ending") if found["ending"] else found.end()
        *days, last = _days(text, found.start(), end)
        yield from days
        if found["ending"]:
            ending = "ようび" if found["ending"].endswith("日") else "よう"
            last = Span(last.start, last.length + len(found["ending"]), last.kana + ending)
        yield last


def _days(text: str, start: int, end: int) -> Iterator[Span]:
    for at in range(start, end):
        if text[at] in _WEEKDAYS:
            yield Span(at, 1, _WEEKDAYS[text[at]])


def _first_days(text: str) -> Iterator[Span]:
    for found in _DATE_DAY.finditer(text):
        yield Span(found.start(), len(found.group()), "ついたち")


def _fractions(text: str) -> Iterator[Span]:
    for found in _FRACTION.finditer(text):
        below, above = (_value(found[name]) for name in ("below", "above"))
        kana = f"{read_number(below)}ぶんの{read_number(above)}"
        yield Span(found.start(), len(found.group()), kana)


def _minutes(text: str) -> Iterator[Span]:
    """十分 is じゅうぶん, enough, unless what follows says that it is a time."""
    for found in _MINUTES.finditer(text):
        kana = "".join(_read(_value(found["number"]), COUNTERS["分"]))
        yield Span(found.start(), len(found.group()), kana)


def read_time(hour: int, minute: int) -> str:
    """午前 and 午後 aside: 10:30 as it is said."""
    told = "".join(_read(hour, COUNTERS["時"]))
    return told + "".join(_read(minute, COUNTERS["分"])) if minute else told


def _counted_aloud(text: str) -> Iterator[Span]:
    yield from _counted(text, to_the_ear=True)


def _counted(text: str, *, to_the_ear: bool = False) -> Iterator[Span]:
    for found in _COUNTED.finditer(text):
        kanji, unit = found["kanji"] or found["kanji2"], found["after"] or found["after2"]
        if kanji is None:
            span = _after_digits(found, to_the_ear=to_the_ear)
        else:
            counter = COUNTERS[unit]
            if not counter.in_kanji:
                continue
            kana = "".join(_read(_value(kanji), counter))
            span = Span(found.start(), len(found.group()), kana)
        if span is not None:
            yield span


def _after_digits(found: re.Match[str], *, to_the_ear: bool) -> Span | None:
    counter = COUNTERS[found["unit"]]
    digits = found["number"].replace(",", "")
    whole, _, decimals = digits.partition(".")
    number = (
        int(decimals[-1] if decimals else whole) * {"": 1, "万": 10**4, "億": 10**8}[found["size"]]
    )
    if number >= NUMBER_MAX:
        return None
    before, kana = _read(number, counter)
    if (len(digits) <= 2 and not found["size"]) or (to_the_ear and not decimals):
        return Span(found.start(), len(found.group()), before + kana)
    start = found.start("size") if found["size"] else found.start("unit")
    size = {"": "", "万": "まん", "億": "おく"}[found["size"]]
    return Span(start, found.end() - start, size + kana)


def _ordinals(text: str) -> Iterator[Span]:
    for found in _ORDINAL.finditer(text):
        yield Span(found.start(), 1, "だい")


def _read(number: int, counter: Counter) -> tuple[str, str]:
    """Before what it counts, and that; all in the second where both are one word."""
    if number in counter.whole:
        return "", counter.whole[number]
    return read_counted(number, counter.kana, counter.sound, counter.ones)


def _value(digits: str) -> int:
    if digits.isascii():
        return int(digits)
    if not any(c in _KANJI_SIZES for c in digits):  # 二〇二六
        return int("".join(str(_KANJI_DIGITS[c]) for c in digits))
    total = last = 0
    for c in digits:
        if c in _KANJI_SIZES:
            total, last = total + (last or 1) * _KANJI_SIZES[c], 0
        else:
            last = _KANJI_DIGITS[c]
    return total + last
