from datetime import datetime, time
from pathlib import Path

import pytest

from node.feed.item import Item, Taken
from node.feed.reading import read
from tests.node.feed.lists import only, taken, workbook

HEADING = ["№", "対象", "開催日", "開始時間", "終了時間", "行事名", "場所名称"]
SAVED = datetime(2024, 6, 11)


def monthly(shared_data: Path, month: str) -> Taken:
    (path,) = (shared_data / "opendata-csv" / "takamatsu-city-events").glob(f"events_{month}*")
    return read(path.name, path.read_bytes())


def row(found: Taken, number: int) -> Item:
    """The item of the row with that №."""
    return next(i for i in found.items if ["No", str(number)] in _listed(i) or _is(i, number))


def _listed(item: Item) -> list[list[str]]:
    table = item.fields["as_listed"]
    assert isinstance(table, list)
    return table


def _is(item: Item, number: int) -> bool:
    return ["№", str(number)] in _listed(item)


def listed(*cells: object, saved: datetime = SAVED) -> Taken:
    return read("data.xlsx", workbook(HEADING, cells, saved=saved))


def test_a_city_event_says_what_when_and_where(shared_data: Path) -> None:
    event = row(monthly(shared_data, "2023-12"), 3)
    fields = {name: value for name, value in event.fields.items() if name != "as_listed"}
    assert event.board == "event"
    assert fields == {
        "title": "【庁内各課連携事業】 高松市の空き家対策について",
        "starts_on": "2023-12-15",
        "starts_at": "13:30",
        "ends_at": "14:30",
        "place": "生涯学習センター",
        "fee": "無料",
        "audience": "高校生・一般",
        "capacity": "申込先着 30人",
        "apply": "12月5日（火） 9:00～",
        "contact": "生涯学習センター",
        "phone": "087-811-6222",
        "description": "高松市の空き家の現状と対策についてお伝えします。",
        "link": "https://www.city.takamatsu.kagawa.jp/kurashi/kosodate/shougai_gakushu/"
        "manabican/taikeizu/r5/renkei/syogaku20231215.html",
    }


def test_an_exhibition_has_its_days_and_keeps_its_odd_hours_in_words(shared_data: Path) -> None:
    event = row(monthly(shared_data, "2023-12"), 2).fields
    assert (event["starts_on"], event["ends_on"]) == ("2023-12-15", "2023-12-21")
    assert "starts_at" not in event
    assert event["when_note"] == (
        "開始時間：10:00 初日は13:00から　終了時間：21:00 最終日は15:00まで"
    )


def test_the_year_comes_from_when_the_city_saved_its_list(shared_data: Path) -> None:
    for month, number, day in (
        ("2023-12", 1, "2023-12-11"),
        ("2024-08", 1, "2024-07-01"),
        ("2025-02", 1, "2025-01-04"),
        ("2026-05", 1, "2026-03-31"),
    ):
        assert row(monthly(shared_data, month), number).fields["starts_on"] == day


def test_a_course_over_new_year_ends_in_the_next_year(shared_data: Path) -> None:
    event = row(monthly(shared_data, "2024-06"), 3).fields
    assert (event["starts_on"], event["ends_on"]) == ("2024-06-13", "2025-02-27")
    assert str(event["when_note"]).startswith("開催日：6月13日、6月27日、")


def test_what_has_no_day_keeps_its_words_and_is_looked_at(shared_data: Path) -> None:
    found = monthly(shared_data, "2024-03")
    event = row(found, 15).fields
    assert "starts_on" not in event
    assert str(event["when_note"]).startswith("開催日：随時（要調整）")
    assert any(doubt.row == 16 and "始まる日" in doubt.why for doubt in found.doubts)


def test_a_real_date_cell_is_read_as_it_is() -> None:
    event = only(listed(1, "両方", datetime(2024, 6, 12), time(10, 30), time(12, 30), "会", "館"))
    assert event.fields["starts_on"] == "2024-06-12"
    assert (event.fields["starts_at"], event.fields["ends_at"]) == ("10:30", "12:30")
    assert "when_note" not in event.fields


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("6月12日", "始まる日"),
        ("6月12日(火)", "始まる日"),
        ("未定", "始まる日"),
        (None, "始まる日"),
    ],
)
def test_a_day_that_is_not_certain_is_left_to_a_person(day: str | None, why: str) -> None:
    found = listed(1, "両方", day, "10:00", "11:00", "会", "館")
    assert "starts_on" not in only(found).fields
    assert why in found.doubts[0].why


def test_hours_that_are_not_certain_are_left_to_a_person() -> None:
    found = listed(1, "両方", "6月12日(水)", "①10:00\n②13:30", "-", "会", "館")
    fields = only(found).fields
    assert fields["starts_on"] == "2024-06-12"
    assert not {"starts_at", "ends_at"} & set(fields)
    assert fields["when_note"] == "開始時間：①10:00 ②13:30"
    assert "時刻" in found.doubts[0].why


def test_an_event_that_would_end_before_it_begins_has_no_hours() -> None:
    found = listed(1, "両方", "6月12日(水)", "13:00", "10:00", "会", "館")
    assert not {"starts_at", "ends_at"} & set(only(found).fields)
    assert "時刻" in found.doubts[0].why


def test_a_place_nobody_wrote_down_is_looked_at() -> None:
    found = listed(1, "両方", "6月12日(水)", "10:00", "11:00", "会", None)
    assert "place" not in only(found).fields
    assert "場所" in found.doubts[0].why


def test_an_event_that_is_off_says_so_loudly() -> None:
    off = only(listed(1, "両方", "6月12日(水)", "", "", "【中止】花火大会", "港"))
    later = only(listed(1, "両方", "6月12日(水)", "", "", "花火大会（延期）", "港"))
    assert (off.fields["state"], later.fields["state"]) == ("cancelled", "postponed")
    on = only(listed(1, "両方", "6月12日(水)", "", "", "中止の決め方を学ぶ会", "館"))
    assert "state" not in on.fields


def test_the_same_event_in_next_months_list_is_the_same_record() -> None:
    june = only(listed(7, "両方", "7月20日（土）\n～21日（日）", "9:00", "", "祭り", "港"))
    july = only(listed(1, "両方", "7月20日（土）～21日（日）", "9:00", "", "祭り", "港"))
    other = only(listed(7, "両方", "8月20日（火）", "9:00", "", "祭り", "港"))
    assert june.outside.key == july.outside.key != other.outside.key


def test_two_numbers_in_one_cell_are_told_with_the_contact(shared_data: Path) -> None:
    event = row(monthly(shared_data, "2024-03"), 2).fields
    assert "phone" not in event
    assert event["contact"] == (
        "高松市男女共同参画センター （男女共同参画・協働推進課）　087-833-2282 （087-839-2275）"
    )


def test_an_address_among_words_is_found(shared_data: Path) -> None:
    event = row(monthly(shared_data, "2024-06"), 30).fields
    assert event["link"] == "https://www.kamatamare.jp/"


def test_an_event_of_the_former_dataset_is_read() -> None:
    header = (
        "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,イベント名,イベント名_カナ,"
        "イベント名_英語,開始日,終了日,開始時間,終了時間,開始日時特記事項,説明,料金(基本),料金(詳細),"
        "連絡先名称,連絡先電話番号,連絡先内線番号,主催者,場所名称,住所,方書,緯度,経度,アクセス方法,"
        "駐車場情報,定員,参加申込終了日,参加申込終了時間,参加申込方法,URL,備考\n"
    )
    cells = (
        "372013,1,香川県,高松市,秋まつり,アキマツリ,Autumn festival,2026-10-10,2026-10-11,10:00,"
        "16:00,雨のときは翌日,踊りと屋台,無料,,商工会,(087)839-2416,12,高松市,中央公園,番町1-11-1,,"
        "34.34,134.05,瓦町駅から歩いて10分,,500人,2026-10-01,17:00,電話,https://example.jp/a,\n"
    )
    event = only(taken(header + cells))
    fields = {name: value for name, value in event.fields.items() if name != "as_listed"}
    assert fields == {
        "title": "秋まつり",
        "title_reading": "あきまつり",
        "starts_on": "2026-10-10",
        "ends_on": "2026-10-11",
        "starts_at": "10:00",
        "ends_at": "16:00",
        "when_note": "開始日時特記事項：雨のときは翌日",
        "place": "中央公園",
        "address": "番町1-11-1",
        "organiser": "高松市",
        "fee": "無料",
        "capacity": "500人",
        "apply": "2026-10-01　17:00　電話",
        "contact": "商工会",
        "phone": "(087)839-2416",
        "description": "踊りと屋台\n連絡先内線番号：12\nアクセス方法：瓦町駅から歩いて10分",
        "link": "https://example.jp/a",
    }


def test_an_event_of_the_standard_dataset_is_read_whatever_its_columns_order() -> None:
    header = (
        "全国地方公共団体コード,ID,地方公共団体名,場所名称,イベント名,開始日,終了日,開催日一覧,"
        "料金（基本）,対象者,所在地_連結表記,参加申込方法\n"
    )
    event = only(taken(header + "372013,E7,高松市,港,花火,2026-08-13,,,500円,どなたでも,浜ノ町,\n"))
    assert event.outside.key == "list/event/372013/e7"
    assert event.fields["starts_on"] == "2026-08-13"
    assert (event.fields["fee"], event.fields["audience"]) == ("500円", "どなたでも")
    assert (event.fields["place"], event.fields["address"]) == ("港", "浜ノ町")
