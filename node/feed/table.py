"""A list as rows of text, whether it came as CSV or XLSX; what the columns mean is not asked.

Bytes, rows, columns and characters are bounded. Invisible characters that could change what a
reader sees are taken out: control characters, and those that turn the writing direction.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from node.feed.item import Unreadable

list_bytes_max = 16 * 1024 * 1024
rows_max = 20_000
columns_max = 256
characters_max = 20_000_000

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = " \t\n　"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AGAIN = (
    "読める文字コードではありません。「CSV UTF-8」で保存し直してから、もう一度読ませてください。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, as a person counts them from 1."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The text in that column, "" past the end of the row."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows that say something, and in which year the file was last saved, 0 if unknown."""

    rows: tuple[Row, ...]
    saved_year: int = 0
    unread: tuple[str, ...] = ()  # other sheets that hold something


def csv_sheet(content: bytes) -> Sheet:
    """A CSV file: UTF-8 with or without BOM, else CP932, as FORMATS of 推奨データセット allow."""
    if len(content) > list_bytes_max:
        raise Unreadable(
            "ファイルが大きすぎて読めません（上限は16メガバイトです）。分けて読ませてください。"
        )
    reader = csv.reader(io.StringIO(_decoded(content), newline=""))
    try:
        return Sheet(rows=bounded(enumerate(reader, start=1)))
    except csv.Error as error:
        raise Unreadable(
            f"CSVとして読めません（{reader.line_num}行目のあたり）。"
            "引用符が閉じているか確かめ、CSVで保存し直してください。"
        ) from error


def bounded(numbered: Iterable[tuple[int, Sequence[str]]]) -> tuple[Row, ...]:
    """The rows that are not empty, tidied; Unreadable past a limit."""
    return tuple(_within_limits(numbered))


def _within_limits(numbered: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Row]:
    rows = characters = 0
    for number, raw in numbered:
        cells = [tidy(cell) for cell in raw]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        rows += 1
        characters += sum(map(len, cells))
        if rows > rows_max or characters > characters_max:
            raise Unreadable(f"行が多すぎます（上限は{rows_max}行です）。分けて読ませてください。")
        if len(cells) > columns_max:
            raise Unreadable(
                f"{number}行目の列が多すぎます（上限は{columns_max}列です）。表の形を確かめてください。"
            )
        yield Row(number=number, cells=tuple(cells))


def tidy(text: str) -> str:
    """A cell's text without what cannot be seen, and without white space around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", lines).strip(_SPACE)


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF_16):
        raise Unreadable(_SAVE_AGAIN)
    if b"\x00" in content:
        raise Unreadable(
            "文字の表ではないファイルです。CSV、XLSX、気象庁のXMLのどれかを選んでください。"
        )
    if content.startswith(_BOM):
        return _strictly(content.removeprefix(_BOM), "utf-8")
    # Never plain Shift_JIS: ①, ㈱, 髙 and ～ are in CP932 only.
    return _strictly(content, "utf-8", "cp932")


def _strictly(content: bytes, *encodings: str) -> str:
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_SAVE_AGAIN)
