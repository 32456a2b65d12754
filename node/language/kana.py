"""Letters that mean the same to whoever types them."""

import unicodedata
from collections.abc import Callable

GAP = "\ue000"
"""A letter like no other: between texts, so that no word reaches from one into the next."""

_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_KATAKANA = {plain: code for code, plain in _HIRAGANA.items()}
_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")


class Letters(dict[int, str | None]):
    """A table for `str.translate` that learns each letter when it meets it."""

    def __init__(self, make: Callable[[str], str]) -> None:
        """`make`: of one letter."""
        super().__init__()
        self._make = make

    def __missing__(self, code: int) -> str | None:
        self[code] = made = self._make(chr(code)) or None
        return made


def to_hiragana(text: str) -> str:
    """Katakana become hiragana, nothing else changes."""
    return text.translate(_HIRAGANA)


def to_katakana(text: str) -> str:
    """Hiragana become katakana, nothing else changes."""
    return text.translate(_KATAKANA)


def plain(text: str) -> str:
    """One form for full and half width, large and small Latin letters, both kana, か゛ and が."""
    return to_hiragana(one_width(text))


def letters(text: str) -> str:
    """What a search compares: letters and digits alone, in one form, small kana as large ones."""
    return one_width(text).translate(_SAME)


def sound(text: str) -> str:
    """Likewise for what is read aloud: ひなんじょ, ひなんしょ and ひなんしよ are one."""
    return one_width(text).translate(_SOUND)


def one_width(text: str) -> str:
    """One form for full and half width, large and small Latin letters, か゛ and が."""
    if "゛" in text or "゜" in text:
        text = text.replace("゛", "\u3099").replace("゜", "\u309a")
    return unicodedata.normalize("NFKC", text).casefold()


def _same(letter: str) -> str:
    return to_hiragana(letter).translate(_LARGE) if letter.isalnum() or letter == GAP else ""


def _bare(letter: str) -> str:
    return unicodedata.normalize("NFD", _same(letter))[:1]


_SAME, _SOUND = Letters(_same), Letters(_bare)
