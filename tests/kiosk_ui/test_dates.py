from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk_ui import dates

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-30), "たった今"),
        (timedelta(minutes=-10), "この機械の時計より先の時刻"),
        (timedelta(seconds=59), "たった今"),
        (timedelta(minutes=59, seconds=59), "59分前"),
        (timedelta(hours=23, minutes=59), "23時間前"),
        (timedelta(days=59), "59日前"),
        (timedelta(days=80), "2か月前"),
        (timedelta(days=800), "2年前"),
    ],
)
def test_an_age_is_told_in_one_unit_rounded_down(passed: timedelta, words: str) -> None:
    assert dates.ago(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("00:00", "午前0時"),
        ("09:05", "午前9時5分"),
        ("12:00", "正午"),
        ("12:30", "午後0時30分"),
        ("23:59", "午後11時59分"),
        ("夕方", "夕方"),
    ],
)
def test_a_time_is_told_as_people_say_it(written: str, words: str) -> None:
    assert dates.time_text(written) == words


def test_the_day_is_the_one_in_japan() -> None:
    assert dates.today(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == date(2026, 4, 1)
    assert dates.moment_text("2026-03-31T15:00:00Z", NOW).startswith("4月1日（水）午前0時")


@pytest.mark.parametrize("nonsense", ["", "きのう", "2026-13-01", "2026-04-01T09:00", "9" * 40])
def test_what_is_no_moment_is_shown_as_it_was_written(nonsense: str) -> None:
    assert dates.read_moment(nonsense) is None
    assert dates.moment_text(nonsense, NOW) == nonsense


def test_a_clock_gone_wild_is_no_date() -> None:
    assert dates.from_seconds(1 << 62) is None
    assert dates.from_seconds(0) is not None
