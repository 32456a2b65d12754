from datetime import datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.feed.document import document_bytes_max
from node.feed.fitting import fitted_rows, fitted_text
from node.feed.item import Unreadable
from node.feed.reading import read
from node.feed.table import columns_max, list_bytes_max, rows_max
from node.feed.workbook import unpacked_bytes_max
from tests.node.feed.lists import only, replaced, taken, workbook, zipped
from tests.node.feed.telegrams import telegram

BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Report xmlns="http://xml.kishou.go.jp/jmaxml1/">&b;</Report>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">&a;</Report>"""


def refused(content: bytes, why: str, name: str = "x") -> None:
    with pytest.raises(Unreadable, match=why):
        read(name, content)


def test_entities_are_not_unfolded_and_no_file_is_read_through_them() -> None:
    refused(BOMB, "安全のため")
    refused(OUTSIDE, "安全のため")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空です"),
        (b" \n", "空です"),
        (b"<html><body>404</body></html>", "気象庁防災情報XMLではありません"),
        (b"<Report/>", "気象庁防災情報XMLではありません"),
        (telegram()[:-40], "途中で切れているか"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "XMLとして読めません"),
        (b"<a>" * 100_000, "XMLとして読めません"),
        (b"<" + b"a" * document_bytes_max, "大きすぎて"),
        (b"x," * (list_bytes_max // 2 + 1), "大きすぎて"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "古い形のExcel"),
        (b"%PDF-1.7\x00\x01", "表ではないファイル"),
        (b"\xff\xfe\xff", "読める文字コードではありません"),
        (b"\xef\xbb\xbf\x82\xa0", "読める文字コードではありません"),
        (b"PK\x03\x04 cut", "XLSXとして読めません"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(content: bytes, why: str) -> None:
    refused(content, why)


def test_nul_bytes_are_no_part_of_a_list() -> None:
    refused("名称,住所\n公\0園,高松市\n".encode(), "表ではないファイル")


def test_a_telegram_without_its_parts_is_refused() -> None:
    refused(b'<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"/>', "表題が")


def test_a_table_past_its_limits_is_refused() -> None:
    refused(b"name,address\n" + b"a,b\n" * (rows_max + 1), "行が多すぎます")
    refused(b"name,address\n" + b"a," * columns_max + b"z\n", "列が多すぎます")


def test_a_quote_that_is_never_closed_is_refused() -> None:
    refused(b'name,address\n"a,' + b"b" * 200_000, "CSVとして読めません")


def test_a_zip_that_would_fill_the_memory_is_not_unpacked() -> None:
    bomb = zipped({"xl/sharedStrings.xml": b"0" * (unpacked_bytes_max + 1)})
    assert len(bomb) < 100_000
    refused(bomb, "大きくなりすぎる")


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    refused(zipped({"readme.txt": b"hello"}), "XLSXとして読めません")


def _with_ending(ending: bytes, xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", ending)


LIST = workbook(["名称", "住所"], ["公園", "高松市"])
SHEET = "xl/worksheets/sheet1.xml"


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is() -> None:
    lying = replaced(LIST, SHEET, lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert lying != LIST
    assert only(read("x.xlsx", lying)).fields["title"] == "公園"


def test_a_sheet_that_ends_with_row_a_million_is_read() -> None:
    for row in (b'<row r="1048576"/>', b'<row r="99999999999"><c r="A99999999999"/></row>'):
        ending = row + b"</sheetData>"
        long = replaced(LIST, SHEET, partial(_with_ending, ending))
        assert only(read("x.xlsx", long)).fields["title"] == "公園"


def test_entities_in_a_workbook_are_not_unfolded() -> None:
    for part in (SHEET, "docProps/core.xml", "xl/workbook.xml"):
        refused(replaced(LIST, part, lambda _: BOMB), "XLSXとして読めません")


def test_a_workbook_that_does_not_say_when_it_was_saved_asks_no_clock() -> None:
    dated = workbook(
        ["行事名", "開催日", "場所"], ["会", "6月12日(水)", "館"], saved=datetime(2024, 6, 1)
    )
    assert only(read("x.xlsx", dated)).fields["starts_on"] == "2024-06-12"
    undated = replaced(dated, "docProps/core.xml", lambda _: b"<a/>")
    assert "starts_on" not in only(read("x.xlsx", undated)).fields


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read_or_refused(content)


@given(st.binary(max_size=200), st.sampled_from([b"PK\x03\x04", b"<?xml ", b"\xef\xbb\xbf", b"<"]))
def test_any_bytes_that_begin_well_are_read_or_refused(rest: bytes, start: bytes) -> None:
    read_or_refused(start + rest)


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([telegram(), LIST, "名称,住所\n公園,高松市\n".encode()]))
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(damaged))


@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=6))
def test_any_table_below_a_heading_becomes_records_or_doubts(rows: list[list[str]]) -> None:
    text = "行事名,開催日,開始時間,場所,緯度\n" + "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows
    )
    try:
        found = taken(text.encode(errors="replace").decode())
    except Unreadable:
        assert "\x00" in text
        return
    said = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(found.items) + len(found.doubts) <= 2 * len(said)


def read_or_refused(content: bytes) -> None:
    refusal = "。"
    try:
        read("x", content)
    except Unreadable as unreadable:
        refusal = str(unreadable)
    assert refusal.endswith("。")


@given(st.text(), st.integers(1, 100), st.integers(40, 300))
def test_a_text_cut_to_size_is_never_longer(text: str, characters: int, size: int) -> None:
    fitted = fitted_text(
        text.encode(errors="ignore").decode(), characters_max=characters, bytes_max=size
    )
    assert len(fitted) <= characters
    assert len(fitted.encode()) <= size + 60


@given(st.lists(st.lists(st.text(max_size=10), min_size=2, max_size=2)), st.integers(40, 400))
def test_a_table_cut_to_size_says_how_many_rows_are_missing(
    rows: list[list[str]], size: int
) -> None:
    clean = [[cell.encode(errors="ignore").decode() for cell in row] for row in rows]
    fitted = fitted_rows(clean, bytes_max=size, left_out=lambda left: ["ほか", str(left)])
    if fitted != clean:
        assert fitted[-1] == ["ほか", str(len(clean) - (len(fitted) - 1))]
        assert fitted[:-1] == clean[: len(fitted) - 1]
