"""The kiosk's own keyboard, touched as a visitor does; words of the place that begin so."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from kiosk_ui.candidates import TIMES_MAX, TIMES_SECONDS, WORDS_MAX, Pace
from kiosk_ui.static_files import read_static_files
from node.language.names import NAMES_FILE
from tests.everyday import one_a_day
from tests.kiosk_ui.browsing import KIOSKS, OLD_SCREENS, opened, served
from tests.kiosk_ui.reading import elements
from tests.kiosk_ui.town import EVENT, Town


def test_words_of_the_boards_that_begin_so_are_offered(browser: FlaskClient, town: Town) -> None:
    (Path(town.kamigo.settings.folder) / NAMES_FILE).write_text("小鳥遊 たかなし\n")
    reading = {"title": "公民館の講習", "reading/title": "0.3こうみんかん1.2こうしゅう"}
    town.post("event", **EVENT | reading)
    assert browser.get("/kiosk/words?typed=こう").json == ["公民館", "講習"]
    assert browser.get("/kiosk/words?typed=こうし").json == ["講習"]
    assert browser.get("/kiosk/words?typed=たかな").json == ["小鳥遊"]
    for nothing in ("", "x", "、", "わ", "あ" * 5_000):
        assert browser.get("/kiosk/words", query_string={"typed": nothing}).json == []


def test_no_more_than_a_few_words_are_offered(browser: FlaskClient, town: Town) -> None:
    for number in "一二三四五六七八九":
        title = {"title": f"会{number}", "reading/title": "0.2かいかい"}
        town.post("event", **EVENT | title)
    assert len(browser.get("/kiosk/words?typed=かい").json or []) == WORDS_MAX


def test_only_the_kiosk_is_offered_words_and_not_without_end(browser: FlaskClient) -> None:
    handed_on = {"X-Forwarded-For": "192.168.1.5"}
    assert browser.get("/kiosk/words?typed=か", headers=handed_on).status_code == 404
    pace = Pace()
    assert [pace.allows(7.0) for _ in range(TIMES_MAX + 1)] == [True] * TIMES_MAX + [False]
    assert not pace.allows(7.0 + TIMES_SECONDS - 0.1)
    assert pace.allows(7.0 + TIMES_SECONDS)


def test_only_the_kiosks_pages_bring_the_keyboard_and_it_is_small(browser: FlaskClient) -> None:
    scripts = [each.get("src", "") for each in elements(browser.get("/search"), "script")]
    assert any("keyboard.js" in each for each in scripts)
    assert len(gzip.compress(read_static_files()["keyboard.js"].content, 9)) < 6_000


@pytest.mark.parametrize("letters", ["normal", "larger"])
@pytest.mark.parametrize(("width", "height"), OLD_SCREENS)
def test_on_an_old_screen_no_key_is_cut_off_and_one_sees_what_one_writes(
    chromium: Browser, app: Flask, width: int, height: int, letters: str
) -> None:
    with served(app) as port:
        page = opened(chromium, width, height, javascript=True)
        page.goto(f"http://127.0.0.1:{port}/looks/size?to={letters}&next=/boards/event/steps")
        for name in ("title", "title_reading"):
            field = page.locator(f"main input[name={name}]")
            field.focus()
            page.locator(".keyboard").wait_for()
            boxes = [key.bounding_box() for key in page.locator(".keyboard .key:visible").all()]
            keys = [box for box in boxes if box]
            assert len(keys) > 50
            assert min(key["x"] for key in keys) >= 0
            assert max(key["x"] + key["width"] for key in keys) <= width
            assert max(key["y"] + key["height"] for key in keys) <= height
            assert min(min(key["width"], key["height"]) for key in keys) >= 72
            box, above = field.bounding_box(), page.locator(".keyboard").bounding_box()
            assert box
            assert above
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= above["y"]
        page.context.close()


@pytest.mark.parametrize(("width", "height"), one_a_day(KIOSKS))
def test_a_visitor_writes_by_touch_and_sends(
    chromium: Browser, app: Flask, town: Town, width: int, height: int
) -> None:
    reading = {"title": "学校公開", "reading/title": "0.2がっこう0.2こうかい"}
    town.post("event", **EVENT | reading)
    with served(app) as port:
        page = opened(chromium, width, height, javascript=True)
        page.goto(f"http://127.0.0.1:{port}/search")
        field = page.locator("#q")
        field.click()
        for key in ("か", "てんてん゛", "つ", "小さい字"):
            page.get_by_role("button", name=key, exact=True).click()
        assert field.input_value() == "がっ"
        keys = [key.bounding_box() for key in page.locator(".key").all() if key.is_visible()]
        assert min(min(box["width"], box["height"]) for box in keys if box) >= 72
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="学校と書く").click()
        assert field.input_value() == "学校"
        page.get_by_role("button", name="1字消す").focus()
        page.keyboard.press("Enter")
        assert field.input_value() == "学"
        field.press("Enter")
        page.get_by_text("学校公開").wait_for()
        page.context.close()
