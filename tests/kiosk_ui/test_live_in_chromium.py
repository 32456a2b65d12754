"""Open pages hear what is new, and nothing that somebody reads or types is moved by it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from tests.kiosk_ui.browsing import MEASURE, NOTHING_WRONG, ON_THE_WIFI, on_the_wifi, opened, served
from tests.kiosk_ui.town import EVENT, NOW, Town

NEW, ALERT = "新しいお知らせがあります", "記録的短時間大雨情報"


@pytest.fixture
def port(town: Town) -> Iterator[int]:
    for number in range(12):
        town.post("event", **EVENT | {"title": f"{number + 1}回めの朝市"})
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        yield port


def heard(page: Page, path: str) -> None:
    """Go there, and be sure that the page listens."""
    with page.expect_response("**/live"):
        page.goto(path)


def test_a_phone_is_told_of_a_post_and_of_an_alert_and_stays_where_it_reads(
    port: int, town: Town, chromium: Browser
) -> None:
    page = opened(chromium, 390, 844, javascript=True)
    heard(page, f"http://{ON_THE_WIFI}:{port}/boards/event")
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 300")
    read = page.evaluate("[scrollY, document.querySelector('main').innerHTML]")
    town.post("job", title="この掲示板のことではない")
    town.post("event", **EVENT | {"title": "雪見の会"})
    page.get_by_text(NEW).wait_for()
    town.alert(title=ALERT, level="5")
    page.get_by_text(ALERT).wait_for()
    assert page.evaluate("[scrollY, document.querySelector('main').innerHTML]") == read
    measured = page.evaluate(MEASURE, [48, 16])
    assert {name: measured[name] for name in NOTHING_WRONG} == NOTHING_WRONG
    page.locator(".live-new").get_by_role("link", name="見る").click()
    page.get_by_text("雪見の会").wait_for()
    page.context.close()


def test_who_writes_at_the_kiosk_is_told_of_an_alert_and_goes_on_writing(
    port: int, town: Town, chromium: Browser
) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    heard(page, f"http://127.0.0.1:{port}/boards/event/new")
    page.get_by_label("行事の名前").fill("書きかけの会")
    town.post("event", **EVENT)
    town.alert(title=ALERT, level="5", operation="drill")
    page.get_by_text(f"【訓練】{ALERT}").wait_for()
    assert not page.get_by_text(NEW).is_visible()
    assert page.get_by_label("行事の名前").input_value() == "書きかけの会"
    assert page.evaluate("document.activeElement.name") == "title"
    page.context.close()


def test_the_first_screen_of_a_kiosk_where_nobody_stands_becomes_current_by_itself(
    port: int, town: Town, chromium: Browser
) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.clock.install()
    heard(page, f"http://127.0.0.1:{port}/")
    page.clock.run_for(30_000)
    town.alert(title=ALERT, level="5")
    page.locator("main").get_by_text(ALERT).wait_for()
    page.context.close()


def test_an_alert_is_on_the_idle_screen_at_once(port: int, town: Town, chromium: Browser) -> None:
    page = opened(chromium, 1080, 1920, javascript=True)
    page.clock.install()  # nothing is asked by the time: only what is told brings it
    heard(page, f"http://127.0.0.1:{port}/attract")
    page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
    town.alert(title=ALERT, level="5")
    page.locator(".slide").get_by_text(ALERT).wait_for()
    page.context.close()
