"""The reading of a text: which of its characters are read how, in hiragana.

A reading lies beside its text and says nothing without it (docs/spec/1-entries.md, "Readings").
What comes from elsewhere is checked here, once: what doesn't fit its text is no reading.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from typing import NamedTuple

from node.language.kana import plain

KANJI = r"[々〆〇ヶヵ\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
KANA_MAX = 64  # one span's; as `_SPAN` has it
SPANS_MAX = 8_000  # one text's

_HAS_KANJI = re.compile(KANJI)
_RUNS = re.compile(f"({KANJI}+)")
_KANA = re.compile(r"[ぁ-ゖー]+")
_SPAN = re.compile(r"((0|[1-9][0-9]{0,5})\.([1-9][0-9]{0,5})([ぁ-ゖー]{1,64}))")


class Span(NamedTuple):
    """Some characters of a text, and what they are read as."""

    start: int  # in Unicode code points, as `length`
    length: int
    kana: str

    @property
    def end(self) -> int:
        """Where the next one may begin."""
        return self.start + self.length


Piece = tuple[str, str]
"""A stretch of text, and its kana: empty where it is read as it is written."""


def has_kanji(text: str) -> bool:
    """Whether anything in it needs a reading."""
    return _HAS_KANJI.search(text) is not None


def is_kana(text: str) -> bool:
    """Whether it is hiragana alone, and not too long for one word."""
    return len(text) <= KANA_MAX and _KANA.fullmatch(text) is not None


def pack(spans: Iterable[Span]) -> str:
    """As it is written into a record: how far from the last, how long, how read; and again."""
    packed: list[str] = []
    at = 0
    for span in spans:
        packed.append(f"{span.start - at}.{span.length}{span.kana}")
        at = span.end
    return "".join(packed)


def unpack(packed: object, text: str) -> tuple[Span, ...]:
    """The spans of that text; none at all if one of them can't be."""
    return tuple(starmap(Span, _places(packed, text)))


def _places(packed: object, text: str) -> list[tuple[int, int, str]]:
    """Start, length and kana of each."""
    if not isinstance(packed, str):
        return []
    places: list[tuple[int, int, str]] = []
    at = size = 0
    for whole, gap, length, kana in _SPAN.findall(packed):
        start = at + int(gap)
        at = start + int(length)
        size += len(whole)
        places.append((start, at - start, kana))
    fits = size == len(packed) and at <= len(text) and len(places) <= SPANS_MAX
    return places if fits else []


def pieces(text: str, spans: Sequence[Span]) -> Iterator[Piece]:
    """The text from end to end, each stretch with its kana."""
    at = 0
    for span in spans:
        if at < span.start:
            yield text[at : span.start], ""
        yield text[span.start : span.end], span.kana
        at = span.end
    if at < len(text):
        yield text[at:], ""


def aloud(text: str, packed: object) -> str:
    """As `in_kana`, of what `pack` made."""
    return in_kana(text, _places(packed, text))


def in_kana(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """The text with its kana in the place of what is read so."""
    parts: list[str] = []
    at = 0
    for start, length, kana in spans:  # once for each post that is searched for: it has to be quick
        parts += (text[at:start], kana)
        at = start + length
    parts.append(text[at:])
    return "".join(parts)


def spread(word: str, kana: str) -> tuple[Span, ...]:
    """A word's kana over its kanji alone: 取り組み とりくみ becomes 取 と, 組 く."""
    parts = [part for part in _RUNS.split(word) if part]
    pattern = "".join("(.+?)" if has_kanji(part) else re.escape(plain(part)) for part in parts)
    found = re.fullmatch(pattern, kana)
    if found is None:
        return (Span(0, len(word), kana),) if is_kana(kana) else ()
    spans, at, group = [], 0, 0
    for part in parts:
        if has_kanji(part):
            group += 1
            if is_kana(found[group]):
                spans.append(Span(at, len(part), found[group]))
        at += len(part)
    return tuple(spans)
