"""What in a text is hard for those who are learning Japanese, and how it might be said.

By a list of words of our own (`easier.txt`) and a few rules, so it is a hint and no verdict: who
writes decides. It says nothing of which kanji are hard; readers of やさしい日本語 see kana over all
of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files

TEXT_LETTERS_MAX = 4_000
SENTENCE_LETTERS_MAX = 35
"""As guides to やさしい日本語 have it; the gaps between words don't count."""


class Kind(Enum):
    """Why something is hard."""

    WORD = "word"
    SIGN = "sign"  # a date or a time in a short form
    NEGATIVE = "negative"  # two of them, which say yes
    LONG = "long"  # a sentence


@dataclass(frozen=True, slots=True)
class Hint:
    """One stretch of the text, and what might stand there; "" where that can't be told."""

    start: int
    end: int
    kind: Kind
    easier: str = ""


def hints(text: str) -> list[Hint]:
    """All of them in the order of the text; a long sentence stands around others."""
    text = text[:TEXT_LETTERS_MAX]
    apart = _apart([*_negatives(text), *_signs(text), *_words(text)], len(text))
    return sorted([*apart, *_long(text)], key=lambda hint: (hint.start, -hint.end))


@cache
def words() -> Mapping[str, str]:
    """The list: a hard word, and what says the same."""
    lines = files("node.language").joinpath("easier.txt").read_text().splitlines()
    pairs = (line.partition(" → ") for line in lines if line and not line.startswith("#"))
    return {hard: easier for hard, _, easier in pairs}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(_whole, sorted(words(), key=len, reverse=True))))


def _whole(word: str) -> str:
    """A word in カタカナ only where it isn't a part of another one."""
    katakana = "[ァ-ヴー]"
    escaped = re.escape(word)
    return (
        f"(?<!{katakana}){escaped}(?!{katakana})" if re.fullmatch(f"{katakana}+", word) else escaped
    )


def _words(text: str) -> Iterator[Hint]:
    for found in _pattern().finditer(text):
        yield Hint(found.start(), found.end(), Kind.WORD, words()[found.group()])


_NOT = r"(?:ない|ません|なかった)"
_GAP = r"[ 　]*"
_SAME_SENTENCE = r"[^。！？\n]{0,20}?"
_SURE = r"(?:限り|かぎり|限ら|かぎら|言い切れ|言え|いえ)"
_NEGATIVES = {
    rf"ない{_GAP}(?:わけ|こと|もの){_GAP}(?:では|じゃ|は|も){_GAP}(?:あり)?{_NOT}": "〜ます",
    rf"なく{_GAP}[はも]{_GAP}(?:あり)?{_NOT}": "〜ます",
    rf"ない{_GAP}と[はも]{_GAP}{_SURE}{_NOT}": "〜かもしれません",
    rf"ざるを{_GAP}[得え]{_NOT}": "〜します",
    rf"(?:なければ|なくては|ないと){_GAP}(?:なり|なら|いけ){_NOT}": "〜てください",
    rf"以外{_SAME_SENTENCE}{_NOT}": "〜だけ、〜ます",
    rf"(?:なければ|なくては|ないと|ずに){_GAP}、?{_SAME_SENTENCE}{_NOT}": "〜てください。〜ます",
}
"""Pattern to the form that says the same without them."""


def _negatives(text: str) -> Iterator[Hint]:
    for pattern, easier in _NEGATIVES.items():
        for found in re.finditer(pattern, text):
            yield Hint(found.start(), found.end(), Kind.NEGATIVE, easier)


_NARROW = str.maketrans("０１２３４５６７８９：／", "0123456789:/")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}


def _western(found: re.Match[str]) -> str:
    return f"{_ERAS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年"


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), int(found[2])
    half = "午前" if hour < 12 else "午後"
    return f"{half}{hour % 12}時" + (f"{minute}分" if minute else "")


_SIGNS: Mapping[str, Callable[[re.Match[str]], str]] = {
    r"(令和|平成|昭和)[ 　]*(\d{1,2}|元)年": _western,
    r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])": _clock,
    r"(?<![\d/])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![\d/])": (
        lambda found: f"{int(found[1])}月{int(found[2])}日"
    ),
    "[～〜]": lambda _: "から",
    "※": lambda _: "",
}


def _signs(text: str) -> Iterator[Hint]:
    narrow = text.translate(_NARROW)  # letter for letter
    for pattern, easier in _SIGNS.items():
        for found in re.finditer(pattern, narrow):
            yield Hint(found.start(), found.end(), Kind.SIGN, easier(found))


def _long(text: str) -> Iterator[Hint]:
    for found in re.finditer(r"[^。！？\n]+[。！？]?", text):
        if len(re.sub(r"\s", "", found.group())) > SENTENCE_LETTERS_MAX:
            yield Hint(found.start(), found.end(), Kind.LONG)


def _apart(found: Iterable[Hint], length: int) -> Iterator[Hint]:
    """Of those that lie over each other the one that comes first here."""
    taken = bytearray(length)
    for hint in found:
        if not any(taken[hint.start : hint.end]):
            taken[hint.start : hint.end] = b"\1" * (hint.end - hint.start)
            yield hint
