"""How names are read here: by this machine's own list, and by the office's own posts.

`readings.txt` in the machine's folder has a word and its kana on each line. It is a plain file and
not a record, because it is about how this machine writes: what it made of a text travels in the
record, so nobody else needs the list (docs/decisions/0032-readings.md). Names that the whole town
must read alike are posts of the guide with their よみがな, and those are signed.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from node.language.kana import plain
from node.language.spans import has_kanji, is_kana

NAMES_FILE = "readings.txt"
NAMES_MAX = 20_000
_BYTES_MAX = 1 << 20
_WORD_MAX = 64


def read_names(folder: Path) -> dict[str, str]:
    """The words of that machine's file; lines that say nothing are passed over."""
    try:
        with (folder / NAMES_FILE).open("rb") as file:
            lines = file.read(_BYTES_MAX).decode("utf-8-sig", errors="replace").splitlines()
    except OSError:
        return {}
    return named(tuple(line.split(None, 1)) for line in lines if not line.startswith("#"))


def named(pairs: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Of pairs of a word and its kana those that say how kanji are read."""
    names: dict[str, str] = {}
    for pair in pairs:
        if len(pair) != 2 or len(names) >= NAMES_MAX:
            continue
        word, kana = pair[0].strip(), kana_of(pair[1])
        if kana and 2 <= len(word) <= _WORD_MAX and has_kanji(word):
            names.setdefault(word, kana)
    return names


def kana_of(typed: str) -> str:
    """What somebody wrote as kana, as hiragana without spaces; empty if it isn't kana."""
    kana = "".join(plain(typed).split())
    return kana if is_kana(kana) else ""


def occurring(names: Mapping[str, str], texts: Iterable[str]) -> dict[str, str]:
    """Those that the texts may need."""
    together = "\n".join(texts)
    return {word: kana for word, kana in names.items() if word in together}
