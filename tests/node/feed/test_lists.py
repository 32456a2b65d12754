from pathlib import Path

import pytest

from node.boards import BOARDS
from node.feed.fitting import payload_bytes
from node.feed.item import Unreadable
from node.feed.reading import read
from tests.node.feed.lists import data_rows, only, taken, town_lists, workbook

FACILITY = "名称,住所,電話番号,備考\n"


def test_at_least_nine_rows_in_ten_of_every_list_become_records(shared_data: Path) -> None:
    for path in town_lists(shared_data):
        found = read(path.name, path.read_bytes())
        rows = data_rows(path)
        assert rows, path.name
        assert len(found.items) >= 0.9 * len(rows), path.name


def test_no_row_is_dropped(shared_data: Path) -> None:
    for path in town_lists(shared_data):
        found = read(path.name, path.read_bytes())
        gists = [doubt for doubt in found.doubts if "名前が書かれていない" in doubt.why]
        assert len(found.items) + len(gists) == len(data_rows(path)), path.name


def test_every_cell_that_is_not_empty_is_kept_as_listed(shared_data: Path) -> None:
    for path in town_lists(shared_data):
        found = read(path.name, path.read_bytes())
        rows = [row for row in data_rows(path) if row]
        listed = [item.fields["as_listed"] for item in found.items]
        cells = sum(bool(cell.strip()) for row in rows for cell in row)
        nameless = sum(
            len([c for c in row if c.strip()])
            for row in rows
            if len(row) > 1 and not row[1].strip()
        )
        assert sum(len(table) for table in listed if isinstance(table, list)) >= cells - nameless


def test_every_record_says_only_what_its_board_declares_and_fits_into_a_payload(
    shared_data: Path,
) -> None:
    for path in town_lists(shared_data):
        for item in read(path.name, path.read_bytes()).items:
            board = BOARDS[item.board]
            assert payload_bytes(item.fields.items()) < 60_000
            for name, value in item.fields.items():
                declared = board.field(name)
                assert declared is not None
                assert value
                assert not isinstance(value, str) or len(value) <= declared.length_max
                if declared.choices:
                    assert value in {choice.key for choice in declared.choices}


def test_no_two_rows_of_a_list_share_a_key(shared_data: Path) -> None:
    for path in town_lists(shared_data):
        keys = [item.outside.key for item in read(path.name, path.read_bytes()).items]
        assert len(keys) == len(set(keys))
        assert all(key.startswith("list/") for key in keys)


def test_a_list_without_rows_is_taken_and_holds_nothing(shared_data: Path) -> None:
    templates = sorted((shared_data / "opendata-csv" / "suisho-templates").glob("*.csv"))
    assert len(templates) == 16
    for path in templates:
        found = read(path.name, path.read_bytes())
        assert (found.items, found.doubts) == ((), ()), path.name


def test_a_list_reads_alike_in_every_encoding_offices_use(shared_data: Path) -> None:
    path = shared_data / "opendata-csv" / "takamatsu-city" / "old_data_0003.csv"
    text = path.read_text("utf-8-sig")
    as_published = read(path.name, path.read_bytes())
    assert len(as_published.items) == 4
    for content in (text.encode(), text.encode("cp932"), text.replace("\n", "\r\n").encode()):
        assert read(path.name, content) == as_published


def test_cp932_is_not_taken_for_plain_shift_jis() -> None:
    text = FACILITY + "①髙橋商店㈱～本店,高松市,087-000-0000,\n"
    item = only(read("x.csv", text.encode("cp932")))
    assert item.fields["title"] == "①髙橋商店㈱～本店"


def test_the_town_is_named_as_the_source_where_the_file_states_it(shared_data: Path) -> None:
    folder = shared_data / "opendata-csv" / "takamatsu-city"
    stated = read("x", (folder / "old_data_0060.csv").read_bytes())
    assert {item.fields["source"] for item in stated.items} == {"出典：高松市"}
    silent = read("x", (folder / "evacuation_space_2026-06-17_80ba6f1.xlsx").read_bytes())
    assert all("source" not in item.fields for item in silent.items)


def test_the_next_edition_of_a_list_finds_the_records_of_this_one(shared_data: Path) -> None:
    folder = shared_data / "opendata-csv" / "takamatsu-city"
    before = read("old_data_0060.csv", (folder / "old_data_0060.csv").read_bytes())
    after = read("x.xlsx", (folder / "evacuation_space_2026-06-17_80ba6f1.xlsx").read_bytes())
    keys = {item.outside.key for item in before.items}
    assert len([item for item in after.items if item.outside.key in keys]) >= 180


def test_a_row_that_only_moved_is_not_a_change() -> None:
    header = "NO,名称,住所\n"
    first = only(taken(header + "1,公園,高松市1\n"))
    moved = taken(header + "1,広場,高松市2\n2,公園,高松市1\n").items[1]
    assert first.outside == moved.outside


def test_a_row_that_says_something_new_keeps_its_key_and_changes_its_digest() -> None:
    first = only(taken(FACILITY + "公園,高松市７−１,,\n"))
    edited = only(taken(FACILITY + "公園,高松市7-1,,夜は閉まります\n"))
    assert first.outside.key == edited.outside.key
    assert first.outside.digest != edited.outside.digest


def test_a_lists_own_id_is_its_key_though_name_and_address_change() -> None:
    header = "全国地方公共団体コード,ID,名称,所在地_連結表記\n"
    (a,), (b,) = (
        taken(header + row).items
        for row in ("372013,F001,公園,甲\n", "372013,F001,新しい公園,乙\n")
    )
    assert a.outside.key == b.outside.key == "list/facility/372013/f001"


def test_a_row_that_stands_twice_is_kept_twice_and_looked_at() -> None:
    found = taken(FACILITY + "公園,高松市,,\n公園,高松市,,\n")
    assert [item.outside.key for item in found.items] == [
        "list/facility/公園/高松市",
        "list/facility/公園/高松市#2",
    ]
    assert [(doubt.row, doubt.text) for doubt in found.doubts] == [(3, "公園")]


def test_a_row_without_a_name_is_shown_to_a_person() -> None:
    found = taken(FACILITY + "公園,高松市,,\n,高松市番町,087-000-0000,\n")
    assert len(found.items) == 1
    (doubt,) = found.doubts
    assert (doubt.row, doubt.text) == (3, "高松市番町 087-000-0000")
    assert "名前" in doubt.why


def test_rows_are_counted_as_a_person_counts_them() -> None:
    found = taken("市の一覧\n\n" + FACILITY + '"公園","高松市\n番町",,\n,x,,\n')
    assert [doubt.row for doubt in found.doubts] == [5]


def test_what_stands_beside_the_list_is_kept_and_looked_at() -> None:
    found = taken(FACILITY + "公園,高松市,,,山田に確認\n")
    assert ["（見出しなし）", "山田に確認"] in only(found).fields["as_listed"]  # type: ignore[operator]
    assert "山田に確認" in found.doubts[0].why


def test_the_instructions_of_a_template_do_not_become_a_column(shared_data: Path) -> None:
    path = (
        shared_data / "opendata-csv" / "takamatsu-city" / "data_sandbag_creation_location_data.csv"
    )
    item = read(path.name, path.read_bytes()).items[0]
    assert item.fields["title"] == "常設土のう作製場所（香東川浄化センター）"
    assert item.fields["hours"] == "8:00～19:00"


def test_invisible_characters_are_taken_out_and_line_breaks_stay() -> None:
    found = only(taken(FACILITY + '公\u202e園\x07,高松市,,"朝\r\n夜\u2066"\n'))
    assert found.fields["title"] == "公園"
    assert found.fields["description"] == "朝\n夜"


def test_a_text_longer_than_the_board_takes_is_cut_and_looked_at() -> None:
    found = taken(FACILITY + f"公園,高松市,,{'あ' * 5_000}\n")
    text = str(only(found).fields["description"])
    assert len(text) == 4_000
    assert text.endswith("…（長いため省きました。もとは5000字）")
    assert "途中まで" in found.doubts[0].why


def test_a_second_sheet_is_not_passed_over_in_silence() -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(workbook(["名称", "住所"], ["公園", "高松市"])))
    book.create_sheet("旧").append(["名称", "住所"])
    book["旧"].append(["池", "高松市"])
    hidden = book.create_sheet("控え")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    stream = BytesIO()
    book.save(stream)
    found = read("x.xlsx", stream.getvalue())
    assert len(found.items) == 1
    assert [doubt.text for doubt in found.doubts] == ["旧"]


def test_numbers_and_times_of_a_workbook_read_as_they_are_shown() -> None:
    from datetime import datetime, time

    content = workbook(
        ["名称", "想定収容人数", "開始時間", "緯度", "経度", "備考"],
        ["公園", 238.0, time(9, 30), 34.339028798478, 134, datetime(2026, 4, 1)],
    )
    fields = only(read("x.xlsx", content)).fields
    assert fields["capacity"] == "238"
    assert fields["hours"] == "09:30～"
    assert (fields["latitude"], fields["longitude"]) == ("34.339028798478", "134")
    assert fields["description"] == "2026-04-01"


@pytest.mark.parametrize("text", ["あ,い\n1,2\n", "ただの文章です。\n", "名称\n公園\n", "1,2,3\n"])
def test_a_table_without_a_known_heading_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="見出し"):
        taken(text)
