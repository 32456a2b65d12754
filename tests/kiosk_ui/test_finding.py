"""People find what is on by its day, and a job by what they can do: with touches alone."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.boards import BOARDS
from tests.kiosk_ui.reading import elements, words
from tests.kiosk_ui.town import EVENT, JOB, Town


@pytest.fixture
def events(town: Town) -> Town:
    for title, day, also in (
        ("朝市", "2026-11-22", {}),
        ("山歩き", "2026-11-28", {"state": "cancelled"}),
        ("作品展", "2026-11-20", {"ends_on": "2026-11-24"}),
        ("餅つき", "2026-12-06", {}),
    ):
        town.post("event", **EVENT | {"title": title, "starts_on": day} | also)
    return town


def test_a_day_shows_what_is_on_that_day(browser: FlaskClient, events: Town) -> None:
    today = words(browser.get("/boards/event?view=day"))
    assert "朝市" in today
    assert "作品展" in today
    assert "山歩き" not in today
    nothing = words(browser.get("/boards/event?view=day&on=2026-11-25"))
    assert "この日のイベントは、まだのっていません" in nothing


def test_a_week_shows_each_of_its_days_and_what_is_off_loudly(
    browser: FlaskClient, events: Town
) -> None:
    week = words(browser.get("/boards/event?view=week&on=2026-11-25"))
    assert "11月22日（日）から11月28日（土）" in week
    assert week.count("作品展") == 3
    assert week.index("中止") < week.index("山歩き")
    assert "餅つき" not in week


def test_a_month_leads_to_its_days_and_to_the_months_beside_it(
    browser: FlaskClient, events: Town
) -> None:
    month = browser.get("/boards/event?view=month")
    said = words(month)
    assert "2026年11月" in said
    assert said.index("中止") < said.index("山歩き")
    addresses = [link.get("href", "") for link in elements(month, "a")]
    assert "/boards/event?view=day&on=2026-11-28" in addresses
    assert "/boards/event?view=month&on=2026-10-01" in addresses
    later = browser.get(next(a for a in addresses if a.endswith("on=2026-12-01")))
    assert "餅つき" in words(later)


@pytest.mark.parametrize("on", ["", "x", "0001-01-01", "9999-12-31", "2026-02-30"])
@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_any_day_may_be_asked_for(browser: FlaskClient, events: Town, view: str, on: str) -> None:
    page = browser.get("/boards/event", query_string={"view": view, "on": on})
    assert page.status_code == 200
    for link in elements(page, "a"):
        if "view=" in link.get("href", ""):
            assert browser.get(link["href"]).status_code == 200


@pytest.mark.parametrize("end", [(1, 31), (3, 31), (12, 31), (2, 28)])
def test_from_the_last_day_of_a_month_the_next_month_follows(
    town: Town, end: tuple[int, int]
) -> None:
    at = datetime(2027, *end, 3, tzinfo=UTC)
    browser = create_app(town.kamigo, now=lambda: at).test_client()
    page = browser.get("/boards/event?view=month")
    month = end[0] % 12 + 1
    year = 2027 + (end[0] == 12)
    (later,) = (link["href"] for link in elements(page, "a") if link.get("rel") == "next")
    assert later.endswith(f"on={year}-{month:02}-01")


def test_from_an_event_the_way_back_leads_to_the_calendar_it_was_found_in(
    browser: FlaskClient, events: Town
) -> None:
    page = browser.get("/boards/event?view=day&on=2026-11-28")
    (card,) = (link["href"] for link in elements(page, "a") if "/records/" in link["href"])
    ways = [link.get("href") for link in elements(browser.get(card), "a")]
    assert "/boards/event?view=day&on=2026-11-28" in ways


def test_a_board_without_days_has_no_calendar(browser: FlaskClient) -> None:
    assert "月のこよみ" not in words(browser.get("/boards/job?view=month"))


@pytest.fixture
def jobs(town: Town) -> Town:
    for title, also in (
        ("店番", {"pay_by": "hour", "licence": "none", "place": "上郷"}),
        ("配達", {"pay_by": "hour", "licence": "car", "place": "下郷"}),
        ("経理", {"pay_by": "month", "licence": "none", "place": "下郷", "telework": "partly"}),
        ("草刈り", {"place": "上郷"}),
        ("終わった仕事", {"pay_by": "hour", "licence": "none", "state": "closed"}),
    ):
        town.post("job", **JOB | {"title": title} | also)
    return town


def follow(browser: FlaskClient, page: str, way: str) -> str:
    """The address that the touch of that name leads to."""
    answer = browser.get(page)
    (name,) = (part for part in answer.text.split("<a ") if f">{way} <span" in part)
    return name.split('href="')[1].split('"')[0].replace("&amp;", "&")


def test_a_job_is_found_by_touches(browser: FlaskClient, jobs: Town) -> None:
    by_hour = follow(browser, "/boards/job", "時給")
    assert "しぼりこみ中：2件" in words(browser.get(by_hour))
    no_licence = follow(browser, by_hour, "いらない")
    found = words(browser.get(no_licence))
    assert "店番" in found
    assert not {"配達", "経理", "草刈り", "終わった仕事"} & set(found.split())
    assert "しぼりこみ中：1件" in found


def test_no_touch_leads_to_nothing_and_each_can_be_taken_back(
    browser: FlaskClient, jobs: Town
) -> None:
    addresses = ["/boards/job"]
    for address in addresses:
        page = browser.get(address)
        assert page.status_code == 200
        assert "まだ何ものっていません" not in words(page)
        ways = [e["href"] for e in elements(page, "a") if "narrow=" in e.get("href", "")]
        addresses += [way for way in ways if way not in addresses][: 60 - len(addresses)]
    assert len(addresses) > 15


def test_whoever_makes_an_address_up_finds_nothing_and_is_told_so(
    browser: FlaskClient, jobs: Town
) -> None:
    page = browser.get("/boards/job?pay_by=<b>&place=月&title=店番")
    assert page.status_code == 200
    assert "<b>&" not in page.text
    assert "条件を全部はずす" in words(page)


def test_what_people_look_by_is_declared(jobs: Town) -> None:
    assert {field.name for field in BOARDS["job"].fields if field.narrows} == {
        "place",
        "telework",
        "day_part",
        "week_days",
        "pay_by",
        "licence",
    }
