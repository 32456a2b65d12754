"""A receipt's 66 bits as six words of hiragana, of 2,048, or as letters in a QR.

The first three letters of a word are enough, with or without voicing marks, large or small; and no
two words sound alike, so that they can be read out by telephone.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from sync.errors import Malformed
from sync.letters import letters, read_letters
from sync.machine import keys

BITS, WORDS = 66, 6
SLIP_BYTES = 9  # of 72 bits the first six are 0
BEGINNING = 3

_PER_WORD = 11
_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょ", "あいうえおつやゆよ")
_KATAKANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヴ"))}
_ROWS = ("あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの")
_MORE_ROWS = ("はひふへほ", "まみむめも", "や\0ゆ\0よ", "らりるれろ", "わ\0\0\0\0")


@cache
def words() -> Sequence[str]:
    """All of them, in the order that gives each its number."""
    return files("node.mail").joinpath("six_words.txt").read_text("utf-8").split()


@cache
def _by_beginning() -> Mapping[str, int]:
    return {plain(word)[:BEGINNING]: number for number, word in enumerate(words())}


@cache
def kana_rows() -> Sequence[Sequence[str]]:
    """The letters that words begin with, as on a chart; "" where none does."""
    known = {plain(word)[0] for word in words()}
    return [[kana if kana in known else "" for kana in row] for row in (*_ROWS, *_MORE_ROWS)]


def beginning_with(kana: str) -> Sequence[str]:
    """The words that begin with it, voiced or not."""
    return [word for word in words() if plain(word)[0] == kana]


def plain(text: str) -> str:
    """In large hiragana without voicing marks."""
    hiragana = unicodedata.normalize("NFKC", text).translate(_KATAKANA)
    parts = unicodedata.normalize("NFD", hiragana)
    bare = "".join(c for c in parts if c not in "\u3099\u309a")
    return bare.translate(_LARGE)


def new_slip() -> bytes:
    """A receipt that nobody has."""
    return keys.slip_bits(BITS).to_bytes(SLIP_BYTES, "big")


def as_words(slip: bytes) -> Sequence[str]:
    """The six words of a receipt."""
    number, list_ = int.from_bytes(slip, "big"), words()
    return [list_[number >> _PER_WORD * at & 2047] for at in reversed(range(WORDS))]


def as_letters(slip: bytes) -> str:
    """As a QR has it; nobody types that."""
    return letters(slip)


def read_word(typed: str) -> str:
    """The word that is meant. Raises Malformed."""
    number = _by_beginning().get(plain(typed)[:BEGINNING])
    if number is None:
        raise Malformed(typed)
    return words()[number]


def read_slip(typed: str) -> bytes:
    """The receipt that six words are, or a QR's letters. Raises Malformed with the wrong part."""
    parts = unicodedata.normalize("NFKC", typed).replace("、", " ").replace("・", " ").split()
    if len(parts) == 1 and parts[0].isascii():
        return _checked(read_letters(parts[0]))
    if len(parts) != WORDS:
        raise Malformed("")
    number = 0
    for part in parts:
        number = number << _PER_WORD | _by_beginning()[plain(read_word(part))[:BEGINNING]]
    return number.to_bytes(SLIP_BYTES, "big")


def _checked(slip: bytes) -> bytes:
    if len(slip) != SLIP_BYTES or int.from_bytes(slip, "big") >> BITS:
        raise Malformed("")
    return slip
