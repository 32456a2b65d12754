"""XLSX as rows of text, as its cells show them; formulas are not computed.

A workbook is a zip of XML from who knows where: what it would unpack to is counted before
anything is unpacked, and XML is read without entities (defusedxml, which openpyxl uses).
"""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any

from defusedxml.ElementTree import fromstring

from node.feed.item import Unreadable
from node.feed.table import Row, Sheet, bounded, columns_max, list_bytes_max

unpacked_bytes_max = 32 * 1024 * 1024
parts_max = 1_000
sheets_max = 10

_last_row = 1_048_576  # of any sheet; a row beyond it would only make the reader count
_PROPERTIES = "docProps/core.xml"
_MODIFIED = "{http://purl.org/dc/terms/}modified"
_BROKEN = "XLSXとして読めません。Excelで開いて、保存し直してから、もう一度読ませてください。"


def xlsx_sheet(content: bytes) -> Sheet:
    """The first visible sheet that holds something."""
    if len(content) > list_bytes_max:
        raise Unreadable("ファイルが大きすぎて読めません（上限は16メガバイトです）。")
    try:
        saved_year = _year_saved(content)
        # openpyxl warns of styles and rules it leaves out; a list needs none of them.
        with warnings.catch_warnings(action="ignore"):
            sheets = _sheets(content)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever a broken part leads it to
        raise Unreadable(_BROKEN) from error
    if not sheets:
        return Sheet(rows=(), saved_year=saved_year)
    return Sheet(
        rows=sheets[0][1], saved_year=saved_year, unread=tuple(title for title, _ in sheets[1:])
    )


def _sheets(content: bytes) -> list[tuple[str, tuple[Row, ...]]]:
    from openpyxl import DEFUSEDXML, load_workbook  # large, and rarely wanted

    if not DEFUSEDXML:
        raise RuntimeError("openpyxl would read XML without defusedxml")
    with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=True)) as book:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if len(visible) > sheets_max:
            raise Unreadable("シートが多すぎます。一覧のシートだけのファイルにしてください。")
        return [(sheet.title, rows) for sheet in visible if (rows := bounded(_numbered(sheet)))]


def shown(value: object) -> str:
    """A cell's value as text: 2024-06-12, 10:30, 238."""
    match value:
        case None:
            return ""
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat(timespec="minutes")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)


def _numbered(sheet: Any) -> Iterator[tuple[int, Sequence[str]]]:
    # What the sheet says of its own size may be wrong, or made to hurt.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_last_row, max_col=columns_max + 1, values_only=True)
    for number, values in enumerate(rows, start=1):
        # Counting is quick: some programs end every sheet with row 1,048,576.
        if values.count(None) < len(values):
            yield number, [shown(value) for value in values]


def _year_saved(content: bytes) -> int:
    """The year in which the workbook was last saved; also where its size is looked at."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        listed = parts.infolist()
        if len(listed) > parts_max or sum(p.file_size for p in listed) > unpacked_bytes_max:
            raise Unreadable(
                "開くと大きくなりすぎるファイルのため、読みません。表を分けてください。"
            )
        if _PROPERTIES not in parts.namelist():
            return 0
        modified = fromstring(parts.read(_PROPERTIES)).findtext(_MODIFIED) or ""
    year = modified[:4]
    return int(year) if year.isascii() and year.isdigit() else 0
