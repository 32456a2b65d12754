"""At the kiosk days and times are chosen by touch, without a script; phones keep their own way."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Locator, Page
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from kiosk_ui.picking import PICK, picked
from kiosk_ui.steps import steps
from node.boards import BOARDS
from node.boards.declaration import Board, Field, FieldType
from node.people import begin
from node.pins import Pins
from tests.everyday import one_a_day
from tests.kiosk_ui.browsing import (
    KIOSKS,
    LYING_OVER_EACH_OTHER,
    MEASURE,
    NOTHING_WRONG,
    OLD_SCREENS,
    opened,
    served,
)
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, PIN, Town

NEW, STEPS = "/boards/event/new", "/boards/event/steps"
PHONE = {"base_url": "http://192.0.2.7"}
ON = Field(name="on", label="日", type=FieldType.DATE)
AT = Field(name="at", label="時刻", type=FieldType.TIME)
MOMENT = Field(name="when", label="日時", type=FieldType.MOMENT)


def keys(page: TestResponse, of: str = "") -> dict[str, dict[str, str]]:
    """The keys of a field, by what they send."""
    return {
        key["value"]: key
        for key in elements(page, "button")
        if key.get("name") == PICK and key["value"].startswith(of)
    }


def press(browser: FlaskClient, page: TestResponse, key: str, path: str = NEW) -> TestResponse:
    assert "disabled" not in keys(page)[key]
    return browser.post(path, data={**typed(page), PICK: key})


def native(page: TestResponse) -> set[str]:
    kinds = {"date", "time", "datetime-local"}
    return {e["type"] for e in elements(page, "input") if e.get("type") in kinds}


@pytest.mark.parametrize("name", [name for name, board in BOARDS.items() if board.open_to_anyone])
def test_a_kiosk_shows_no_calendar_of_the_browser_and_a_phone_does(
    browser: FlaskClient, name: str
) -> None:
    path = f"/boards/{name}/new"
    asked = {field.type for field in BOARDS[name].form_fields()}
    there = asked & {FieldType.DATE, FieldType.TIME}
    at_kiosk, on_phone = browser.get(path), browser.get(path, **PHONE)
    assert native(at_kiosk) == set()
    assert len(native(on_phone)) == len(there)
    assert keys(on_phone) == {}
    assert bool(keys(at_kiosk)) == bool(there)


def test_a_day_is_chosen_by_one_touch_and_nothing_typed_is_lost(browser: FlaskClient) -> None:
    page = browser.post(NEW, data={"title": "もちつき", PICK: "starts_on:day:2026-11-28"})
    assert page.status_code == 200
    assert typed(page)["title"] == "もちつき"
    assert typed(page)["starts_on"] == "2026-11-28"
    assert "11月28日（土）" in words(page)
    chosen = [k for k, e in keys(page, "starts_on").items() if e.get("aria-pressed") == "true"]
    assert chosen == ["starts_on:day:2026-11-28"]


def test_the_days_that_are_meant_most_often_come_first(browser: FlaskClient) -> None:
    """It is a Sunday."""
    said = words(browser.get(NEW))
    for day in (
        "今日 11月22日（日）",
        "明日 11月23日（月）",
        "あさって 11月24日（火）",
        "次の土曜日 11月28日（土）",
        "次の日曜日 11月29日（日）",
    ):
        assert day in said


def test_the_sheet_is_turned_and_what_was_chosen_stays(browser: FlaskClient) -> None:
    page = press(browser, browser.get(NEW), "starts_on:day:2026-11-28")
    page = press(browser, page, "starts_on:later:2026-12")
    assert "2026年12月" in words(page)
    assert typed(page)["starts_on"] == "2026-11-28"
    days = keys(page, "starts_on:day:2026-12")
    assert len(days) == 31
    page = press(browser, page, "starts_on:later:2027-01")
    page = press(browser, page, "starts_on:day:2027-01-05")
    assert "2027年1月5日（火）" in words(page)


def test_the_last_day_begins_at_the_first(browser: FlaskClient) -> None:
    page = press(browser, browser.get(NEW), "starts_on:day:2026-11-28")
    assert "同じ日 11月28日（土）" in words(page)
    of_end = keys(page, "ends_on:day:")
    assert "disabled" in of_end["ends_on:day:2026-11-27"]
    assert "disabled" not in of_end["ends_on:day:2026-11-28"]


def test_an_hour_and_then_a_quarter(browser: FlaskClient) -> None:
    page = browser.get(NEW)
    assert len(keys(page, "starts_at:hour:")) == 24
    assert keys(page, "starts_at:minute:") == {}
    page = press(browser, page, "starts_at:hour:13")
    assert typed(page)["starts_at"] == "13:00"
    page = press(browser, page, "starts_at:minute:45")
    assert typed(page)["starts_at"] == "13:45"
    assert "午後1時45分" in words(page)
    page = press(browser, page, "starts_at:hour:9")
    assert typed(page)["starts_at"] == "09:45"


def test_what_need_not_be_said_may_be_taken_back(browser: FlaskClient) -> None:
    page = press(browser, browser.get(NEW), "ends_on:day:2026-11-28")
    page = press(browser, page, "ends_on:none:")
    assert typed(page)["ends_on"] == ""
    page = press(browser, page, "starts_on:day:2026-11-28")
    assert "starts_on:none:" not in keys(page), "the first day is needed"


@pytest.mark.parametrize(
    ("pressed", "there", "then"),
    [
        ("when:day:2026-12-05", "", "2026-12-05T10:30"),
        ("when:hour:15", "", "2026-11-22T15:00"),
        ("when:hour:15", "2026-12-05T10:30", "2026-12-05T15:30"),
        ("when:minute:45", "2026-12-05T15:30", "2026-12-05T15:45"),
        ("when:none:", "2026-12-05T15:30", ""),
        ("when:now:", "", "2026-11-22T10:30"),
        ("when:now:", "2026-12-05T15:30", "2026-11-22T10:30"),
        ("on:now:", "", ""),
        ("at:now:", "", ""),
        ("when:minute:45", "", ""),
        ("on:hour:9", "", ""),
        ("at:day:2026-12-05", "", ""),
        ("at:hour:0", "", "00:00"),
        ("at:minute:15", "00:00", "00:15"),
    ],
)
def test_no_half_of_a_moment_is_left_open(pressed: str, there: str, then: str) -> None:
    name = pressed.partition(":")[0]
    assert picked([ON, AT, MOMENT], {name: there, PICK: pressed}, NOW)[name] == then


@pytest.mark.parametrize(
    "pressed",
    [
        *(
            "",
            ":",
            "::",
            "starts_on",
            "starts_on:day",
            "starts_on:day:x",
            "starts_on:day:9999-99-99",
        ),
        *("starts_on:day:0001-01-01", "starts_on:later:0000-00", "starts_on:later:9999-12"),
        *("starts_at:hour:99", "starts_at:hour:²", "starts_at:minute:1", "title:day:2026-12-05"),
        *("nothing:none:", "starts_on:hour:1:1", "starts_at:hour:-1"),
    ],
)
@pytest.mark.parametrize("path", [NEW, STEPS])
def test_a_key_that_there_is_not_changes_and_sends_nothing(
    browser: FlaskClient, town: Town, path: str, pressed: str
) -> None:
    page = browser.post(path, data={**EVENT, PICK: pressed, "step": "2", "go": "send"})
    assert page.status_code == 200
    assert {name: typed(page).get(name) for name in ("title", "starts_on", "starts_at")} == {
        name: EVENT[name] for name in ("title", "starts_on", "starts_at")
    }
    assert town.kamigo.posts(town.kamigo.boards["event"]) == []


def test_what_is_neither_day_nor_time_is_shown_as_it_was_typed(browser: FlaskClient) -> None:
    page = browser.post(NEW, data={**EVENT, "starts_on": "あした", "starts_at": "99:99"})
    assert page.status_code == 422
    assert typed(page)["starts_on"] == "あした"
    assert typed(page)["starts_at"] == "99:99"


def test_the_keys_speak_the_readers_language(browser: FlaskClient) -> None:
    browser.get("/looks/language?to=en&next=/")
    page = browser.get(NEW)
    assert keys(page)["starts_on:day:2026-11-28"]["aria-label"] == "Sat, 28 Nov"
    assert "tomorrow" in words(page).lower()


def test_the_moment_of_an_alert_is_now_by_one_touch(town: Town) -> None:
    staff = begin(town.office, "佐藤 茂")
    Pins(town.office.settings.folder).choose(staff.address, PIN)
    office = create_app(town.office, now=lambda: NOW).test_client()
    sign_in(office, staff, PIN)
    path = "/boards/disaster/new"
    page = office.get(path)
    assert "いま 午前10時30分" in words(page)
    page = press(office, page, "issued:now:", path)
    assert typed(page)["issued"] == "2026-11-22T10:30"
    assert keys(page)["issued:now:"]["aria-pressed"] == "true"


def _step(browser: Page, until: str) -> Iterator[dict[str, object]]:
    """Goes on to the screen that asks that, and measures it before and after a touch."""
    _until(browser, until, browser.locator(".send button"))
    yield browser.evaluate(MEASURE, [72, 24])


@pytest.mark.parametrize(("width", "height"), one_a_day(KIOSKS))
def test_keys_are_as_large_as_fingers_and_go_by_keyboard_too(
    chromium: Browser, app: Flask, width: int, height: int
) -> None:
    page = opened(chromium, width, height, javascript=False)
    found: list[dict[str, object]] = []
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}{STEPS}")
        page.get_by_label("行事の名前").fill("もちつき大会")
        found += _step(page, "日にち")
        page.get_by_role("button", name="次の月").press("Enter")
        page.get_by_text("2026年12月").wait_for()
        assert page.evaluate("document.activeElement.textContent.trim()") == "次の月"
        page.get_by_role("button", name="12月5日（土）", exact=True).press("Enter")
        page.get_by_role("status").get_by_text("12月5日（土）").wait_for()
        found += _step(page, "始まる時刻")
        _press(page, page.get_by_role("button", name="午前9時", exact=True))
        _press(page, page.get_by_role("button", name="午前9時30分"))
        found.append(page.evaluate(MEASURE, [72, 24]))
        assert page.get_by_role("status").get_by_text("午前9時30分").is_visible()
        page.context.close()
    assert all(measured.pop("read") and measured.pop("touched") for measured in found)
    assert found == [NOTHING_WRONG] * len(found)


@pytest.mark.parametrize("back_again", [False, True], ids=["at first", "coming back"])
@pytest.mark.parametrize(("width", "height"), one_a_day([*OLD_SCREENS, KIOSKS[0]]))
def test_a_month_of_six_weeks_and_all_hours_need_no_scrolling(
    chromium: Browser, app: Flask, width: int, height: int, *, back_again: bool
) -> None:
    """Nor what leaves out the rest, once all that is needed was said."""
    page = opened(chromium, width, height, javascript=False)
    found: dict[str, object] = {}
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}{STEPS}")
        page.get_by_label("行事の名前").fill("もちつき大会")
        _until(page, "日にち", page.locator(".send .button"))
        _turn_to(page, "2027年1月")
        _press(page, page.get_by_role("button", name="2027年1月31日（日）", exact=True))
        if back_again:
            _until(page, "場所", page.locator(".send .button"))
            page.get_by_label("場所").fill("前庭")
            _until(page, "日にち", page.get_by_role("button", name="もどる", exact=True))
        found["日にち"] = _too_much(page)
        rows = page.locator(".sheet tbody tr").count()
        _until(page, "始まる時刻", page.locator(".send .button"))
        _press(page, page.get_by_role("button", name="午前9時", exact=True))
        found["始まる時刻"] = _too_much(page)
        leaves_out = page.get_by_role("button", name="あとは書かずに").count()
        page.context.close()
    assert rows == 6
    assert leaves_out == back_again
    assert found == dict.fromkeys(found, (0, [], NOTHING_WRONG, 1))


def _too_much(page: Page) -> tuple[int, list[object], dict[str, object], int]:
    """Pixels below the edge, what lies over what, what is small, and the rows of the bar."""
    more = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    small = page.evaluate(MEASURE, [72, 24])
    small.pop("read"), small.pop("touched")
    rows = page.locator(".bar").evaluate(
        "bar => new Set([...bar.querySelectorAll('.look')].map((e) => e.offsetTop)).size"
    )
    return more, page.evaluate(LYING_OVER_EACH_OTHER), small, rows


def _press(page: Page, key: Locator) -> None:
    with page.expect_navigation():
        key.click()


def _turn_to(page: Page, month: str) -> None:
    while month not in page.locator(".picking-turn b").inner_text():
        _press(page, page.get_by_role("button", name="次の月"))


def _until(page: Page, asked: str, key: Locator) -> None:
    """Press that until this is asked."""
    while not page.locator("main legend, main label", has_text=asked).count():
        _press(page, key)


def test_every_day_and_time_has_a_screen_of_its_own(browser: FlaskClient) -> None:
    for board in BOARDS.values():
        assert all(_alone(board, field) for field in board.form_fields())


def _alone(board: Board, field: Field) -> bool:
    asked = next(each for each in steps(list(board.form_fields())) if field in each)
    return len(asked) == 1 or field.type not in {FieldType.DATE, FieldType.TIME, FieldType.MOMENT}
