"""Lists made up for a test, and 高松市's own."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook

from node.feed.item import Item, Taken
from node.feed.reading import read


def taken(text: str, name: str = "list.csv") -> Taken:
    return read(name, text.encode())


def only(found: Taken) -> Item:
    assert len(found.items) == 1
    return found.items[0]


def workbook(*rows: Sequence[object], saved: datetime | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    # openpyxl writes the time of now.
    stamp = (saved or datetime(2024, 6, 11)).isoformat().encode()
    return replaced(
        stream.getvalue(),
        "docProps/core.xml",
        lambda xml: re.sub(
            rb"(W3CDTF\">)[^<]*(</dcterms:modified>)", rb"\g<1>" + stamp + rb"\2", xml
        ),
    )


def replaced(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as original:
        parts = {name: original.read(name) for name in original.namelist()}
    return zipped({**parts, part: change(parts[part])})


def zipped(parts: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in parts.items():
            written.writestr(name, data)
    return stream.getvalue()


def town_lists(shared_data: Path) -> list[Path]:
    """All lists that hold rows."""
    folder = shared_data / "opendata-csv"
    found = sorted([*folder.glob("takamatsu-city/*.*"), *folder.glob("takamatsu-city-events/*.*")])
    assert len(found) >= 23
    return found


def data_rows(path: Path) -> list[list[str]]:
    """The rows of a file that say something, below its heading, by a way of our own."""
    if path.suffix == ".xlsx":
        sheet = load_workbook(path).worksheets[0]
        rows = [["" if c is None else str(c) for c in row] for row in sheet.values]
    else:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    heading = next(
        n for n, row in enumerate(rows) if {"name", "名称", "行事名"} & {c.strip() for c in row}
    )
    return [
        row
        for row in rows[heading + 1 :]
        if any(cell.strip() for cell in row) and not row[0].startswith("#")
    ]
