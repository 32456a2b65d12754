"""A kiosk that nobody touches, one whose machine stops answering, and both coming back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from kiosk_ui.idle import off_since
from tests.kiosk_ui.browsing import MEASURE, NOTHING_WRONG, opened, served
from tests.kiosk_ui.town import NOW, Town, fill

SECOND = 1_000
WORKER_STANDS = """new Promise((known) => navigator.serviceWorker.controller
    ? known() : navigator.serviceWorker.addEventListener("controllerchange", () => known()))"""


@pytest.fixture
def filled(town: Town) -> Town:
    fill(town)
    return town


@pytest.fixture
def kiosk(filled: Town, chromium: Browser) -> Iterator[Page]:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.clock.install()
    with served(create_app(filled.kamigo, now=lambda: NOW)) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        yield page
        page.context.close()


def test_who_is_still_there_goes_on_and_who_is_gone_is_forgotten(kiosk: Page) -> None:
    kiosk.get_by_role("link", name="特大").click()
    kiosk.get_by_role("link", name="イベント", exact=True).click()
    kiosk.get_by_role("link", name="新しくのせる").click()
    kiosk.get_by_label("行事の名前").fill("書きかけの会")
    kiosk.clock.run_for(45 * SECOND)  # it goes on by itself, too, on a busy machine
    assert not kiosk.get_by_role("dialog").is_visible()
    kiosk.clock.run_for(17 * SECOND)
    kiosk.get_by_role("dialog").wait_for()
    assert 10 <= int(kiosk.locator("#idle-left").inner_text()) <= 20
    measured = kiosk.evaluate(MEASURE, [72, 24])
    assert {name: measured[name] for name in NOTHING_WRONG} == NOTHING_WRONG
    kiosk.get_by_role("button", name="続ける").click()
    kiosk.get_by_role("dialog").wait_for(state="hidden")
    assert kiosk.get_by_label("行事の名前").input_value() == "書きかけの会"
    with kiosk.expect_navigation(url="**/"):
        kiosk.clock.run_for(82 * SECOND)
    kiosk.locator("body.home").wait_for()
    assert "size-normal" in (kiosk.locator("html").get_attribute("class") or "")
    kiosk.get_by_role("link", name="イベント", exact=True).click()
    kiosk.get_by_role("link", name="新しくのせる").click()
    assert kiosk.get_by_label("行事の名前").input_value() == ""


def test_the_first_screen_becomes_the_idle_screen_and_a_touch_brings_it_back(
    kiosk: Page, filled: Town
) -> None:
    with kiosk.expect_navigation(url="**/attract"):
        kiosk.clock.run_for(61 * SECOND)
    first = kiosk.locator(".slide:not(.later)").inner_text()
    kiosk.clock.run_for(11 * SECOND)
    assert kiosk.locator(".slide:not(.later)").count() == 1
    assert kiosk.locator(".slide:not(.later)").inner_text() != first
    filled.alert(title="記録的短時間大雨情報", level="5")
    for _ in range(60):  # each look asks the machine, whose answer takes what it takes
        kiosk.clock.run_for(6 * SECOND)
        if kiosk.get_by_text("記録的短時間大雨情報").count():
            break
    assert "記録的短時間大雨情報" in kiosk.locator(".slide").first.inner_text()
    kiosk.mouse.click(960, 1000)
    kiosk.wait_for_url("**/")


def test_the_idle_screen_goes_black_at_night_and_a_touch_lights_it(
    filled: Town, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_night = NOW.replace(hour=15)  # midnight in Japan
    assert off_since(at_night, time(22), time(5))
    filled.kamigo.settings = replace(filled.kamigo.settings, screen_off=(time(22), time(5)))
    monkeypatch.setattr("kiosk_ui.idle.is_sure", lambda: True)
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(create_app(filled.kamigo, now=lambda: at_night)) as port:
        page.goto(f"http://127.0.0.1:{port}/attract")
        page.locator("html.dark").wait_for()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
        assert not page.get_by_text("画面にさわってください").is_visible() or page.evaluate(
            "getComputedStyle(document.querySelector('.attract-touch')).opacity === '0'"
        )
        page.mouse.click(900, 500)
        page.locator("body.home").wait_for()
        page.context.close()


def test_the_kiosk_never_shows_a_browsers_error_and_comes_back_by_itself(
    filled: Town, chromium: Browser
) -> None:
    app = create_app(filled.kamigo, now=lambda: NOW)
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}/boards/event")
        page.evaluate(WORKER_STANDS)
    page.get_by_role("link", name="はじめにもどる").click()
    page.get_by_text("この機械の用意をしています").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).color") != ""
    with served(app, port):
        page.locator("body.home").wait_for()
        assert page.url.endswith(f":{port}/")
    page.context.close()


def test_what_was_sent_while_the_machine_was_gone_is_sent_when_it_is_back(
    filled: Town, chromium: Browser
) -> None:
    app = create_app(filled.kamigo, now=lambda: NOW)
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}/boards/event/new")
        page.evaluate(WORKER_STANDS)
        page.get_by_label("行事の名前").fill("雪見の会")
        page.locator("#f-starts_on summary").click()
        page.locator("#f-starts_on").get_by_role("button", name="明日").click()
        page.locator("#f-starts_on summary").get_by_text("11月23日（月）").wait_for()
        page.get_by_label("場所").first.fill("見晴峠\n展望台")
    page.locator(".send .button").click()
    page.get_by_text("書きかけのものは、なくなっていません").wait_for()
    with served(app, port):
        page.get_by_text("のせました。").wait_for()
        assert "雪見の会" in page.locator("h1").inner_text()
    page.context.close()
    titles = [
        post.text("title") for post in filled.kamigo.posts(filled.kamigo.boards["event"], limit=50)
    ]
    assert titles.count("雪見の会") == 1
