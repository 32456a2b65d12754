from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.feed.dates import span, years_around
from node.feed.times import clock, says_nothing

AROUND_2024 = (2023, 2024, 2025)
AROUND_2026 = (2025, 2026, 2027)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("8月5日（月）～8月19日（月）", "2024-08-05", "2024-08-19"),
        ("8月5日（月）\n～8月19日（月）", "2024-08-05", "2024-08-19"),
        ("8月5日（月）～8月19日（月）※10日（土）は休み", "2024-08-05", "2024-08-19"),
        ("12月25日（水）～1月5日（日）", "2024-12-25", "2025-01-05"),
        ("6月12日(水)", "2024-06-12", "2024-06-12"),
        ("2月23日(金･祝)", "2024-02-23", "2024-02-23"),
        ("2月12日(月・振休）", "2024-02-12", "2024-02-12"),
        ("3月16日（土）、\n17日（日）", "2024-03-16", "2024-03-17"),
        ("8月24日（土）/25日（日）", "2024-08-24", "2024-08-25"),
        ("①4月13日（土）\n②4月14日（日）", "2024-04-13", "2024-04-14"),
        ("8月15日(木)から9月12日(木)", "2024-08-15", "2024-09-12"),
        ("6月14日、28日、7月12日いずれも(金)", "2024-06-14", "2024-07-12"),
        ("6月28日、7月5日、12日(金)", "2024-06-28", "2024-07-12"),
        ("（6月13日、6月27日、）8月22日、1月9日\nいずれも（木）", "2024-06-13", "2025-01-09"),
        ("5月18日(土)～20日(月)", "2024-05-18", "2024-05-20"),
        ("9月7日(土)～11月23日(土)の土曜日及び日曜日", "2024-09-07", "2024-11-23"),
        ("8月10日(土）～10月12日(土)(全8回）", "2024-08-10", "2024-10-12"),
        ("（1）5月31日（2）6月14日 いずれも（金）", "2024-05-31", "2024-06-14"),
        ("2024-06-12", "2024-06-12", "2024-06-12"),
        ("2024/6/12", "2024-06-12", "2024-06-12"),
        ("令和6年1月5日（金）", "2024-01-05", "2024-01-05"),
        ("令和6年1月10日（水）、17日（水）", "2024-01-10", "2024-01-17"),
        ("２０２４年６月１２日", "2024-06-12", "2024-06-12"),
    ],
)
def test_a_date_that_can_only_be_read_one_way_is_read(text: str, first: str, last: str) -> None:
    found = span(text, years=AROUND_2024)
    assert found is not None
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["～1月12日(月・祝)", "～1月12日(月)\nまで", "1月12日(月)まで"])
def test_an_exhibition_that_is_on_already_has_an_end_and_no_beginning(text: str) -> None:
    found = span(text, years=AROUND_2026)
    assert found is not None
    assert (found.first, found.last) == (None, date(2026, 1, 12))


def test_what_begins_and_stays_has_a_beginning_and_no_end() -> None:
    found = span("7月1日（水）～", years=AROUND_2026)
    assert found is not None
    assert (found.first, found.last) == (date(2026, 7, 1), None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "随時（要調整）",
        "日程調整し決定",
        "高松市ホームページ\n上で公開中",
        "6・7月の試合日程",
        "12月",
        "6月12日",  # which year?
        "6月12日(火)",  # not a Tuesday in any of these years
        "2024年6月12日（火）",  # it was a Wednesday
        "2月30日(金)",
        "2024-13-01",
        "6月6日（木）もしくは7日（金）",
        "9月7日～11月23日の土曜日",
        "8月19日（月）～8月5日（月）",
        "R6/2月末",
        "15日（土）",
        "～",
        "まで",
        "（木）",
    ],
)
def test_a_date_that_may_mean_two_things_is_not_read(text: str) -> None:
    assert span(text, years=AROUND_2024) is None


def test_without_a_year_to_hold_on_to_a_weekday_tells_nothing() -> None:
    assert span("6月12日(水)", years=()) is None


def test_only_a_date_that_says_no_more_is_plain() -> None:
    for text in ("6月12日(水)", "2024-06-12", "8月5日（月）～8月19日（月）"):
        found = span(text, years=AROUND_2024)
        assert found is not None
        assert found.plain
    for text in (
        "8月5日（月）～8月19日（月）※休みあり",
        "3月16日（土）、17日（日）",
        "①4月13日（土）",
    ):
        found = span(text, years=AROUND_2024)
        assert found is not None
        assert not found.plain


def test_a_file_means_the_years_around_the_one_it_was_saved_in() -> None:
    assert years_around(2024, ["6月12日(水)", "2024-06-12"]) == (2023, 2024, 2025)


def test_a_file_that_does_not_say_when_it_was_saved_means_the_years_it_writes() -> None:
    assert years_around(0, ["2024-06-12", "6月12日(水)", "2025-01-11"]) == (2023, 2024, 2025, 2026)
    assert years_around(0, ["6月12日(水)"]) == ()


def test_an_old_list_saved_again_years_later_is_not_read_for_the_wrong_year() -> None:
    assert years_around(2030, ["2024-06-12", "6月12日(水)"]) == ()


@given(st.text(alphabet="0123456789年月日（）()～~、,・/-※①いずれも木金土まで から\n", max_size=40))
def test_any_text_is_a_date_or_is_not(text: str) -> None:
    found = span(text, years=AROUND_2024)
    assert found is None or found.first or found.last


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9:00", "09:00"),
        ("09:00:00", "09:00"),
        ("9：30", "09:30"),
        ("1700", "17:00"),
        ("930", "09:30"),
        ("午前10時", "10:00"),
        ("午後７時３０分", "19:30"),
        ("午後1時半", "13:30"),
        ("13:30～", "13:30"),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str, time: str) -> None:
    assert clock(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "24:00",
        "12:60",
        "午後12時",
        "15:00頃予定",
        "17:00(金、土は19:00まで)",
        "①10:00②14:00",
        "10:00～\n11:00～",
        "会期中いつでも",
    ],
)
def test_a_time_that_is_not_certain_is_not_read(text: str) -> None:
    assert clock(text) == ""


def test_every_dash_stands_for_nothing() -> None:
    assert all(says_nothing(dash) for dash in ("", "-", "ー", "―", "－", "—", " - "))
    assert not says_nothing("なし")
