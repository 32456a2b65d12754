"""Names that look like nothing when a line ends inside them."""

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from kiosk_ui.app import create_app
from kiosk_ui.unbroken import unbroken
from tests.kiosk_ui.browsing import opened, served
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, NOW, Town

LINES = """() => [...document.querySelectorAll("main .whole")]
  .filter((e) => e.checkVisibility()).map((e) => e.getClientRects().length)"""


@pytest.mark.parametrize("furigana", ["off", "on"])
def test_no_line_ends_within_wifi_however_narrow_it_is(
    chromium: Browser, town: Town, furigana: str
) -> None:
    event = town.post("event", **EVENT | {"description": "Wi-Fiとコンセントがあります。" * 4})
    page = opened(chromium, 1280, 720, javascript=False)
    found: list[int] = []
    with served(create_app(town.kamigo, now=lambda: NOW)) as port:
        at = f"http://127.0.0.1:{port}"
        for path in (f"/records/{event.address}", f"/records/{event.address}/take"):
            page.goto(f"{at}/looks/furigana?to={furigana}&next={path}")
            for width in range(320, 440, 6):
                page.set_viewport_size({"width": width, "height": 720})
                found += page.evaluate(LINES)
        page.context.close()
    assert len(found) > 100
    assert set(found) == {1}


def test_it_is_found_and_read_as_one_word(browser: FlaskClient, town: Town) -> None:
    event = town.post("event", **EVENT | {"title": "Wi-Fiの<b>使いかた"})
    page = browser.get(f"/records/{event.address}")
    assert "Wi-Fiの<b>使いかた" in words(page), "the same letters, and none is made a tag"
    assert "<title>Wi-Fiの&lt;b&gt;使いかた" in page.text
    assert 'content="Wi-Fiの' in page.text


@pytest.mark.parametrize(
    "page",
    [
        '<p title="Wi-Fiあり">文</p>',
        "<title>Wi-Fi</title>",
        "<textarea>\nWi-Fi</textarea>",
        "<select><option>Wi-Fi</option></select>",
        "<script>const x = 'Wi-Fi'</script>",
        "<p>Wi - Fi</p>",
    ],
)
def test_where_no_tag_may_stand_it_is_left_alone(page: str) -> None:
    assert unbroken(page) == page
