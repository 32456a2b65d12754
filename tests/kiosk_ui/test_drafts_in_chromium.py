"""What somebody typed on their phone is there again after a reload and a lost connection."""

from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from tests.kiosk_ui.browsing import MEASURE, NOTHING_WRONG, ON_THE_WIFI, on_the_wifi, opened, served
from tests.kiosk_ui.town import NOW, Town

FORM = "/boards/event/new"
NAME = "行事の名前"


def title(page: Page) -> str:
    return page.get_by_label(NAME).input_value()


def test_a_phone_keeps_what_was_typed_until_it_was_taken_in_once(
    town: Town, chromium: Browser
) -> None:
    app = create_app(on_the_wifi(town.kamigo), now=lambda: NOW)
    page = opened(chromium, 390, 844, javascript=True)
    with served(app) as port:
        there = f"http://{ON_THE_WIFI}:{port}{FORM}"
        page.goto(there)
        page.get_by_label(NAME).fill("雪見の会")
        page.get_by_label("日にち").fill("2026-12-20")
        page.set_input_files(
            "#picture-1", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"a"}
        )
        page.reload()
        assert title(page) == "雪見の会"
        page.get_by_text("先ほどの書きかけ").wait_for()
        measured = page.evaluate(MEASURE, [48, 16])
        assert {name: measured[name] for name in NOTHING_WRONG} == NOTHING_WRONG
        page.get_by_label("場所").first.fill("見晴峠")
    page.locator(".send .button").click()  # the machine is gone
    page.wait_for_url("chrome-error://**")
    with served(app, port):
        page.goto(there)
        assert title(page) == "雪見の会"
        page.locator(".send .button").click()
        page.get_by_text("のせました。").wait_for()
        page.goto(there)
        assert title(page) == ""
        assert not page.get_by_text("先ほどの書きかけ").is_visible()
    page.context.close()
    posts = town.kamigo.posts(town.kamigo.boards["event"])
    assert [post.text("title") for post in posts] == ["雪見の会"]


def test_the_kiosk_keeps_nothing_in_its_browser(town: Town, chromium: Browser) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(create_app(town.kamigo, now=lambda: NOW)) as port:
        page.goto(f"http://127.0.0.1:{port}{FORM}")
        page.get_by_label(NAME).fill("雪見の会")
        page.reload()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert title(page) == ""
    page.context.close()
