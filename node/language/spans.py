"""The reading of a text: which of its characters are read how, in hiragana.

A reading lies beside its text and says nothing without it (docs/spec/1-entries.md, "Readings").
What comes from elsewhere is checked here, once: what doesn't fit its text is no reading.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from node.language.kana import plain

KANJI = r"[々〆〇ヶヵ\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
KANA_MAX = 64  # one span's
SPANS_MAX = 8_000  # one text's

_HAS_KANJI = re.compile(KANJI)
_RUNS = re.compile(f"({KANJI}+)")
_KANA = re.compile(r"[ぁ-ゖー]+")
_SPAN = re.compile(r"(0|[1-9][0-9]{0,5})\.([1-9][0-9]{0,5})([ぁ-ゖー]+)")


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
    spans: list[Span] = []
    at = place = 0
    while isinstance(packed, str) and place < len(packed):
        found = _SPAN.match(packed, place)
        if found is None:
            return ()
        span = Span(at + int(found[1]), int(found[2]), found[3])
        at, place = span.end, found.end()
        if at > len(text) or len(span.kana) > KANA_MAX or len(spans) == SPANS_MAX:
            return ()
        spans.append(span)
    return tuple(spans)


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


def in_kana(text: str, spans: Sequence[Span]) -> str:
    """The text with its kana in the place of what is read so."""
    return "".join(kana or stretch for stretch, kana in pieces(text, spans))


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
