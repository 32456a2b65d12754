"""What one row of a list says, before it is named and fitted into a record."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from node.feed.columns import Columns, Role
from node.feed.item import Value
from node.feed.table import Row

link_characters_max = 500

_LINK = re.compile(r"https?://[^\s<>\"'「」（）　]+")
_PHONE = re.compile(r"\(?0\d{1,4}[-()]{0,2}\d{1,4}[-()]?\d{3,4}")
_DASHES = re.compile(r"[‐－−–ー]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """The fields of a record, none if none can be made, and what a person must look at."""

    fields: Mapping[str, Value]
    doubts: tuple[str, ...]


NAMELESS = ReadRow(
    fields={}, doubts=("名前が書かれていない行です。必要なら、手で書き込んでください。",)
)


def link(text: str) -> str:
    """The one address a cell holds, "" where it holds none or several."""
    found = _LINK.findall(text)
    return found[0] if len(found) == 1 and len(found[0]) <= link_characters_max else ""


def phone(text: str) -> str:
    """The cell as it came, where it is one telephone number and nothing else."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    return text if _PHONE.fullmatch(plain) else ""


def reading(kana: str) -> str:
    """Katakana of any width as hiragana."""
    wide = unicodedata.normalize("NFKC", kana)
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in wide)


def told(row: Row, found: Columns, *roles: Role) -> list[str]:
    """What the row says in these columns, a line each, with the column's name."""
    return [f"{name}：{text}" for name, text in found.labelled(row, *roles)]
