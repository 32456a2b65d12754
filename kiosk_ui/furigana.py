"""Kana over kanji, where somebody chose them: over posts from the readings they carry, over the
screens' own words from a table, over dates by rule.

Templates write words and know nothing of it. A text that has a reading carries it along as a
`Read`, in letters that nobody can type; when the whole page is drawn, `Furigana` makes ruby of them
where there can be ruby, and takes them out where there can't, as in attributes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files

from flask import g
from markupsafe import Markup, escape

from kiosk_ui.languages import EASY
from kiosk_ui.looks import chosen_looks
from node.language.asking import Spans
from node.language.dates import read_dates
from node.language.spans import Span, pieces, spread

TABLE = "furigana.txt"
"""The words of the screens, each with its kana."""

_BASE, _KANA, _END, _POST, _POST_END = "\ue001", "\ue002", "\ue003", "\ue004", "\ue005"
_LETTERS = str.maketrans("", "", _BASE + _KANA + _END + _POST + _POST_END)
_MARKED = re.compile(f"{_BASE}([^{_KANA}<]*){_KANA}([^{_END}<]*){_END}")
_PARTS = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_POSTS = re.compile(f"({_POST}[^{_POST_END}<]*{_POST_END})")
_TAG = re.compile(r"</?\s*([a-zA-Z0-9]+)")
_EXPECTED = "furigana_expected"
_SEAL = 'seal"'
_FOREIGN = re.compile(r'\slang="(?!ja")')
_BARE = frozenset({"title", "script", "style", "textarea", "option", "svg", "ruby"})
"""In these no ruby may stand."""


class Read(str):
    """A text of a post, with how it is read."""

    __slots__ = ("spans",)
    spans: Spans

    def __html__(self) -> str:
        """As templates write it."""
        if not is_expected():
            return str(escape(str(self)))
        marked = "".join(
            f"{_BASE}{escape(text)}{_KANA}{kana}{_END}" if kana else str(escape(text))
            for text, kana in pieces(str(self).translate(_LETTERS), self.spans)
        )
        return f"{_POST}{marked}{_POST_END}"


def read(text: str, spans: Spans) -> str:
    """The text, and its reading where that is wanted."""
    whole = Read(text)
    whole.spans = spans if text == text.translate(_LETTERS) else ()
    return whole


def expect() -> str:
    """At the top of a template whose whole text goes to `Furigana.over`; writes nothing."""
    setattr(g, _EXPECTED, is_chosen())
    return ""


def is_expected() -> bool:
    """Whether what is drawn now goes there."""
    return bool(g.get(_EXPECTED))


def is_chosen() -> bool:
    """Whether this person wants to see readings, of the Japanese that is on the page."""
    chosen = chosen_looks()
    return chosen["furigana"] == "on" or chosen["language"] == EASY


class Furigana:
    """The screens' words and the names of this place, with their kana."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: how names are read here."""
        lines = files("kiosk_ui").joinpath(TABLE).read_text().splitlines()
        words = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
        self._table = dict(words) | dict(names)
        self._place = names

    @cached_property
    def _words(self) -> re.Pattern[str]:
        """All of them; made only once somebody wants to see readings."""
        return _any_of(self._table)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return _any_of(self._place)

    def over(self, page: str) -> Markup:
        """The page as it is sent: for the template that all others extend."""
        whole = "".join(self._over(page)) if is_chosen() else page
        return Markup(whole)  # noqa: S704  # what is in it was escaped where it was written

    def _over(self, page: str) -> Iterator[str]:
        bare: list[str] = []
        seal = False
        for part in _PARTS.split(page):
            if not part.startswith("<"):
                yield _without(part) if bare or seal else _together(self._over_text(part))
                continue
            seal = _SEAL in part  # one letter of a word, for the eye alone
            yield _without(part)
            if (tag := _TAG.match(part)) is None:
                continue
            name = tag[1].lower()
            if part.startswith("</"):
                if bare and bare[-1] == name:
                    bare.pop()
            elif name in _BARE or (name != "html" and _FOREIGN.search(part)):
                bare.append(name)

    def _over_text(self, text: str) -> Iterator[str]:
        for part in _POSTS.split(text):
            if part.startswith(_POST):
                yield _MARKED.sub(lambda found: _ruby(found[1], found[2]), part).translate(_LETTERS)
            else:
                for stretch, kana in pieces(part, self.read(part)):
                    yield _ruby(stretch, kana) if kana else stretch

    def read(self, text: str) -> list[Span]:
        """How the screens' own words are read: dates by rule, the others by the table."""
        return self._read(text, self._words)

    def read_names(self, text: str) -> list[Span]:
        """What is known of words that aren't the screens': dates, and the names of this place."""
        return self._read(text, self._names)

    def _read(self, text: str, words: re.Pattern[str]) -> list[Span]:
        spans: list[Span] = []
        at = 0
        for date in [*read_dates(text), Span(len(text), 0, "")]:
            for found in words.finditer(text, at, date.start):
                for span in spread(found.group(), self._table[found.group()]):
                    spans.append(Span(found.start() + span.start, span.length, span.kana))
            spans += [date] if date.length else []
            at = date.end
        return spans


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile("|".join(longest_first) or "(?!)")


def _together(parts: Iterable[str]) -> str:
    """As one piece, also where a page puts its pieces side by side."""
    text = "".join(parts)
    return f"<span>{text}</span>" if "<ruby>" in text else text


def _without(text: str) -> str:
    return _MARKED.sub(r"\1", text).translate(_LETTERS)


def _ruby(text: str, kana: str) -> str:
    return f"<ruby>{text}<rp>（</rp><rt>{kana}</rt><rp>）</rp></ruby>"
