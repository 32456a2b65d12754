"""Every page, by axe-core and our own measure: WCAG 2.2 AA; AAA for contrast, targets, reflow.

axe counts what a rule can count. What only a person sees is the list in docs/ACCESSIBILITY.md.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from kiosk_ui.looks import LOOKS
from tests.kiosk_ui.browsing import (
    KIOSKS,
    LYING_OVER_EACH_OTHER,
    MEASURE,
    NOTHING_WRONG,
    OLD_SCREENS,
    PHONES,
    opened,
    served,
)
from tests.kiosk_ui.every_page import Sight, every_page
from tests.kiosk_ui.screenshots import Shown, pages, shown
from tests.kiosk_ui.town import EVENT, JOB, NOW, make_town

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOUR = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]
RUN = """async (only) => (await axe.run(document, {runOnly: only}))
    .violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html.slice(0, 120))])"""
THEMES = next(look.choices for look in LOOKS if look.name == "theme")


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(tmp_path_factory.mktemp("town")) as there:
        yield there


@pytest.fixture(scope="module")
def daily(there: Shown) -> dict[str, Sight]:
    """One page of each kind that residents open."""
    return {name: sight for name, sight in every_page(there.made).items() if sight.daily}


def wrong_with(page: Page, limits: list[int], theme: str) -> dict[str, object]:
    """What axe and our measure find on the page as it stands.

    Themes are other colours of the same page, so of them axe is asked about colours alone.
    """
    page.evaluate(AXE)
    measured = page.evaluate(MEASURE, limits)
    found = {name: measured[name] for name, good in NOTHING_WRONG.items() if measured[name] != good}
    in_tags, of_colour = {"type": "tag", "values": TAGS}, {"type": "rule", "values": OF_COLOUR}
    # At its end what sticks to the screen's edge stands in its own place, and lies over nothing.
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    if violations := page.evaluate(RUN, in_tags if theme == "light" else of_colour):
        found["axe"] = violations
    return found


def look_at_all(
    chromium: Browser,
    there: Shown,
    sights: Mapping[str, Sight],
    size: tuple[int, int],
    theme: str,
    letters: str = "normal",
) -> dict[str, object]:
    """Page to what is wrong with it."""
    at_kiosk = size[0] >= 1000
    limits = [72, 24] if at_kiosk else [48, 16]
    found = {}
    for name, page in pages(
        chromium, there, sights, size, chosen={"theme": theme, "size": letters}
    ):
        if not at_kiosk:  # or what the bar at the bottom covers would count as hidden
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": size[0], "height": height})
        found[name] = wrong_with(page, limits, theme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
    return {name: wrong for name, wrong in found.items() if wrong}


def test_pages_that_residents_open_can_be_used_by_everybody(
    chromium: Browser, there: Shown, daily: dict[str, Sight]
) -> None:
    """On the narrowest phone, that is; every page on all the others below."""
    assert look_at_all(chromium, there, daily, PHONES[0], "light") == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theme", "letters"), [*((theme, "normal") for theme in THEMES), ("light", "larger")]
)
@pytest.mark.parametrize("size", KIOSKS + PHONES, ids=str)
def test_every_page_can_be_used_by_everybody_in_every_size_and_theme(
    chromium: Browser, there: Shown, size: tuple[int, int], theme: str, letters: str
) -> None:
    sights = every_page(there.made)
    assert look_at_all(chromium, there, sights, size, theme, letters) == {}


def test_what_is_enlarged_four_times_needs_no_scrolling_sideways(
    chromium: Browser, there: Shown, daily: dict[str, Sight]
) -> None:
    """A screen of 1280 by 1024 at 400 % is one of 320 by 256 (WCAG 2.2, 1.4.10)."""
    wide = {
        name: page.evaluate("document.documentElement.scrollWidth - innerWidth")
        for name, page in pages(chromium, there, daily, (320, 256))
    }
    assert {name: by for name, by in wide.items() if by > 0} == {}


def test_a_post_is_found_and_read_by_keyboard_alone(chromium: Browser, there: Shown) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.goto(f"http://127.0.0.1:{there.centre}/")

    def go_to(text: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if text in page.evaluate("document.activeElement.textContent"):
                assert (
                    page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                    == "solid"
                )
                page.keyboard.press("Enter")
                return
        raise AssertionError(f"no Tab led to {text}")

    go_to("イベント")
    page.wait_for_url("**/boards/event")
    go_to("もちつき大会")
    page.wait_for_url("**/records/**")
    go_to("はじめに")
    page.locator("body.home").wait_for()
    page.context.close()


def test_nothing_moves_for_who_asked_for_that(chromium: Browser, there: Shown) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"http://127.0.0.1:{there.centre}/attract")
    assert page.locator(".slide").first.evaluate("e => getComputedStyle(e).animationName") == "none"
    page.context.close()


@pytest.mark.parametrize("drill", [True, False], ids=["drill", "quiet"])
@pytest.mark.parametrize("size", KIOSKS + OLD_SCREENS, ids=str)
def test_the_first_screen_needs_no_scrolling(
    chromium: Browser, tmp_path: Path, size: tuple[int, int], *, drill: bool
) -> None:
    """On an ordinary day: what is on, some jobs, and perhaps a drill that was announced."""
    town = make_town(tmp_path)
    for day in range(1, 7):
        town.post("event", **EVENT | {"starts_on": f"2026-11-2{day + 2}"})
    for _ in range(3):
        town.post("job", **JOB)
    if drill:
        town.alert(operation="drill", title="大雨警報（訓練）")
    page = opened(chromium, *size, javascript=True)
    with served(create_app(town.kamigo, now=lambda: NOW)) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("link", name="暮らしのガイド").wait_for()
        more = page.evaluate("document.documentElement.scrollHeight - innerHeight")
        wrong = wrong_with(page, [72, 24], "light")
        over = page.evaluate(LYING_OVER_EACH_OTHER)
    page.context.close()
    assert more <= 0
    assert wrong == {}
    assert over == []


@pytest.mark.parametrize("letters", ["large", "larger"])
@pytest.mark.parametrize("size", OLD_SCREENS, ids=str)
def test_on_an_old_screen_nothing_lies_over_anything(
    chromium: Browser, there: Shown, size: tuple[int, int], letters: str
) -> None:
    """With two alerts, a drill and larger letters more of it lies below; nothing beside."""
    sights = {"home": every_page(there.made)["home"]}
    chosen = {"size": letters}
    for _, page in pages(chromium, there, sights, size, chosen=chosen):
        assert page.evaluate(LYING_OVER_EACH_OTHER) == []
        assert wrong_with(page, [72, 24], "light") == {}
