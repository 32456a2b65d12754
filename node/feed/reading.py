"""One file in, what it holds out. What a file is, is decided by its content; a name can lie."""

from node.feed.item import Taken, Unreadable
from node.feed.jma import telegram
from node.feed.lists import listed
from node.feed.table import csv_sheet
from node.feed.workbook import xlsx_sheet

_BOM = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(name: str, content: bytes) -> Taken:
    """What the file holds: a telegram's record, or a list's records and doubts.

    Raises:
        Unreadable: the message says what is wrong with the file, and what to do.
    """
    start = content[:64].removeprefix(_BOM).lstrip()
    if not content.strip():
        raise Unreadable("ファイルが空です。もう一度受け取ってください。")
    if content.startswith(_ZIP):
        return listed(xlsx_sheet(content))
    if content.startswith(_OLD_EXCEL):
        raise Unreadable("古い形のExcelのファイルです。XLSXかCSVで保存し直してください。")
    if start.startswith(b"<"):
        return telegram(name, content)
    return listed(csv_sheet(content))
