"""The reading of any Japanese text: names as the town reads them, then rules, then the dictionary.

Loads a dictionary of 200 MB, so it is for `kairan language` alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from sudachipy import Dictionary, SplitMode, Tokenizer

from node.language.dates import read_dates
from node.language.kana import to_hiragana
from node.language.spans import SPANS_MAX, Span, has_kanji, spread
from node.language.words import AFTER_KANJI, ALONE, PHRASES

_STRETCH_MAX = 4_000  # characters the dictionary is given at once
_BREAKS = re.compile(r"(?<=[\n。！？])")


class Reader:
    """Reads texts in one thread."""

    def __init__(self) -> None:
        """Opens the dictionary."""
        self._tokenizer: Tokenizer = Dictionary(dict="core").tokenizer(mode=SplitMode.C)
        self._read_word = lru_cache(maxsize=20_000)(spread)

    def read_all(self, texts: Iterable[str], names: Mapping[str, str]) -> list[list[Span]]:
        """Of each text what is read otherwise than it is written.

        `names`: words to how they are read here, which go before all else.
        """
        here = {**PHRASES, **names}
        words = sorted(map(re.escape, here), key=len, reverse=True)
        named = re.compile("|".join(words))
        return [self._read(text, named, here) for text in texts]

    def _read(self, text: str, named: re.Pattern[str], here: Mapping[str, str]) -> list[Span]:
        if not has_kanji(text):
            return []
        known = list(self._known(text, named, here))
        spans: list[Span] = []
        at = 0
        for span in [*known, Span(len(text), 0, "")]:
            follows = at > 0 and has_kanji(text[at - 1])
            for start, stretch in _stretches(text[at : span.start], at):
                spans += self._looked_up(stretch, start, follows=follows)
            spans += [span] if span.length else []
            at = span.end
        return spans[:SPANS_MAX]

    def _known(self, text: str, named: re.Pattern[str], here: Mapping[str, str]) -> Iterator[Span]:
        """Names, and between them dates."""
        at = 0
        for found in named.finditer(text):
            word = found.group()
            yield from _moved(read_dates(text[at : found.start()]), at)
            yield from _moved(self._read_word(word, here[word]), found.start())
            at = found.end()
        yield from _moved(read_dates(text[at:]), at)

    def _looked_up(self, text: str, offset: int, *, follows: bool) -> Iterator[Span]:
        """`follows`: whether there are kanji right before it."""
        if not has_kanji(text):
            return
        for word in self._tokenizer.tokenize(text):
            surface = word.surface()
            if has_kanji(surface):
                otherwise = AFTER_KANJI if follows else ALONE
                kana = otherwise.get(surface) or to_hiragana(word.reading_form())
                yield from _moved(self._read_word(surface, kana), offset + word.begin())
            follows = has_kanji(surface[-1:])


def _moved(spans: Iterable[Span], by: int) -> Iterator[Span]:
    return (Span(span.start + by, span.length, span.kana) for span in spans)


def _stretches(text: str, offset: int) -> Iterator[tuple[int, str]]:
    """Cut at the ends of sentences where it is too long for one look."""
    if len(text) <= _STRETCH_MAX:
        yield offset, text
        return
    for sentence in _BREAKS.split(text):
        for at in range(0, len(sentence), _STRETCH_MAX):
            stretch = sentence[at : at + _STRETCH_MAX]
            yield offset, stretch
            offset += len(stretch)
