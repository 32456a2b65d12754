"""Kana that mean the same to whoever types them."""

import unicodedata

_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def to_hiragana(text: str) -> str:
    """Katakana become hiragana, nothing else changes."""
    return text.translate(_HIRAGANA)


def plain(text: str) -> str:
    """One form for full and half width, large and small Latin letters, both kana, か゛ and が."""
    joined = text.replace("゛", "\u3099").replace("゜", "\u309a")
    return to_hiragana(unicodedata.normalize("NFKC", joined).casefold())
