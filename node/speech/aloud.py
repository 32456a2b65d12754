"""What a text says to the ear: its readings, and what one sees at a glance but has to be told.

Pure. What is read how was said by the text's own readings, which go before all rules here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from node.language.dates import read_dates, read_time
from node.language.spans import Piece, Span, pieces

Sentence = tuple[Piece, ...]
"""What is said in one breath: stretches of text, each with its kana where those are known."""

SENTENCE_LETTERS_MAX = 120

_DIGITS = {
    **{"0": "ぜろ", "1": "いち", "2": "にー", "3": "さん", "4": "よん"},
    **{"5": "ごー", "6": "ろく", "7": "なな", "8": "はち", "9": "きゅう"},
}
_TELEPHONE = re.compile(r"(?<![\d-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\d-])|(?<!\d)0\d{9,10}(?!\d)")
_TIME = re.compile(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_UNTIL = re.compile(r"(?<=[\d時分日月年円歳名人回)])[~〜～](?=[\d午正月火水木金土日])")
_ADDRESS = re.compile(r"(?:https?://|www\.)[\x21-\x7e]+|[\w.+-]+@[\w.-]+\.\w+", re.ASCII)
_SEEN = "画面のアドレス"
_STOPS = ("。", "！", "？", "!", "?", "\n")
_ENDS = re.compile(rf"(?<=[{''.join(_STOPS)}])")
_PAUSES = re.compile(r"(?<=[、,・\s）)])")
_DASHES = str.maketrans("－‐–—−：", "-----:")
_SAID = re.compile(r"[^\w、。！？!?%&+.,・ー〜～~（）「」()\s-]")
"""All else is a mark for the eye."""


def sentences(text: str, spans: Sequence[Span]) -> Iterator[Sentence]:
    """One after the other; none is longer than a breath."""
    text, spans = _without_addresses(text, spans)
    told: list[Piece] = []
    size = 0
    for stretch, kana in pieces(text, aloud(text, spans)):
        for part in [stretch] if kana else _ENDS.split(stretch):
            for bit in [part] if kana or len(part) <= SENTENCE_LETTERS_MAX else _short(part):
                if told and size + len(bit) > SENTENCE_LETTERS_MAX:
                    yield from _sentence(told)
                    told, size = [], 0
                told.append((bit, kana))
                size += len(bit)
                if not kana and bit.endswith(_STOPS):
                    yield from _sentence(told)
                    told, size = [], 0
    yield from _sentence(told)


def aloud(text: str, spans: Sequence[Span]) -> list[Span]:
    """The readings of a text, and by rule of what they leave to the eye: 300円, 10:30, 9時〜."""
    plain = unicodedata.normalize("NFKC", text.translate(_DASHES))
    told = list(spans)
    if len(plain) != len(text):  # ㍿ is four letters then, and places would no longer fit
        plain = text
    for rule in _rules(plain):
        within = [each for each in told if each.start < rule.end and rule.start < each.end]
        fits = all(rule.start <= each.start and each.end <= rule.end for each in within)
        if not within or (fits and rule.start < within[0].start):
            told = sorted([*(each for each in told if each not in within), rule])
    return told


def _rules(text: str) -> Iterator[Span]:
    for found in _TELEPHONE.finditer(text):
        groups = found.group().split("-")
        kana = "の".join("".join(_DIGITS[digit] for digit in group) for group in groups)
        yield Span(found.start(), len(found.group()), kana)
    for found in _TIME.finditer(text):
        kana = read_time(int(found[1]), int(found[2]))
        yield Span(found.start(), len(found.group()), kana)
    for found in _UNTIL.finditer(text):
        yield Span(found.start(), 1, "から")
    yield from read_dates(text, to_the_ear=True)


def _without_addresses(text: str, spans: Sequence[Span]) -> tuple[str, Sequence[Span]]:
    """What nobody writes down by ear is pointed to."""
    for found in reversed(list(_ADDRESS.finditer(text))):
        by = len(_SEEN) - len(found.group())
        text = text[: found.start()] + _SEEN + text[found.end() :]
        spans = [
            each if each.end <= found.start() else Span(each.start + by, each.length, each.kana)
            for each in spans
            if each.end <= found.start() or each.start >= found.end()
        ]
    return text, spans


def _short(text: str) -> Iterator[str]:
    for part in _PAUSES.split(text):
        for at in range(0, len(part), SENTENCE_LETTERS_MAX):
            yield part[at : at + SENTENCE_LETTERS_MAX]


def _sentence(told: Iterable[Piece]) -> Iterator[Sentence]:
    said = tuple(
        (cleaned, kana)
        for text, kana in told
        if (cleaned := text if kana else _SAID.sub(" ", unicodedata.normalize("NFKC", text)))
    )
    if any(kana or any(letter.isalnum() for letter in text) for text, kana in said):
        yield said
