"""Every page, by axe-core and our own measure: WCAG 2.2 AA; AAA for contrast, targets, reflow.

axe counts what a rule can count. What only a person sees is the list in docs/ACCESSIBILITY.md.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from kiosk_ui.looks import LOOKS
from tests.kiosk_ui.browsing import (
    KIOSKS,
    MEASURE,
    NOTHING_WRONG,
    ON_THE_WIFI,
    PHONES,
    on_the_wifi,
    opened,
    served,
)
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town, fill, make_town

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => (await axe.run(document, {runOnly: {type: "tag", values: tags}}))
    .violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html.slice(0, 120))])"""
THEMES = next(look.choices for look in LOOKS if look.name == "theme")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = make_town(tmp_path_factory.mktemp("town"))
    fill(made)
    return made


@pytest.fixture(scope="module")
def port(town: Town) -> Iterator[int]:
    screens = create_app(on_the_wifi(town.kamigo), now=lambda: NOW, development=True)
    with served(screens) as port:
        yield port


@pytest.fixture(scope="module")
def paths(town: Town) -> dict[str, str]:
    """One page of each kind that anybody may open."""
    node = town.kamigo
    first = {name: node.posts(board, limit=50) for name, board in node.boards.items()}
    drill = next(post for post in first["disaster"] if post.text("operation") == "drill")
    job = first["job"][0].address
    return {
        "home": "/",
        "list": "/boards/event",
        "past": "/boards/event?past=",
        "day": "/boards/event?view=day",
        "week": "/boards/event?view=week",
        "month": "/boards/event?view=month",
        "jobs": "/boards/job",
        "narrowed": "/boards/job?narrow=&place=霧沢町上郷",
        "alerts": "/boards/disaster",
        "sections": "/boards/guide",
        "section": "/boards/guide?section=shelter&page=2",
        "event": f"/records/{first['event'][0].address}",
        "job": f"/records/{job}",
        "drill": f"/records/{drill.address}",
        "form": "/boards/event/new",
        "steps": "/boards/job/steps",
        "edit": f"/records/{job}/edit",
        "remove": f"/records/{job}/remove",
        "carry": "/carry",
        "status": "/status",
        "towns": "/towns",
        "nowhere": "/nowhere",
        "away": "/away",
        "every piece": "/design",
    }


def wrong_with(page: Page, limits: list[int]) -> dict[str, object]:
    """What axe and our measure find on the page as it stands."""
    page.evaluate(AXE)
    measured = page.evaluate(MEASURE, limits)
    found = {name: measured[name] for name, good in NOTHING_WRONG.items() if measured[name] != good}
    if violations := page.evaluate(RUN, TAGS):
        found["axe"] = violations
    return found


def look_at_all(
    chromium: Browser,
    port: int,
    paths: dict[str, str],
    size: tuple[int, int],
    theme: str,
    letters: str = "normal",
) -> dict[str, object]:
    """Page to what is wrong with it."""
    at_kiosk = size[0] >= 1000
    limits = [72, 24] if at_kiosk else [48, 16]
    address = f"http://{'127.0.0.1' if at_kiosk else ON_THE_WIFI}:{port}"
    page = opened(chromium, *size, javascript=True)
    page.emulate_media(reduced_motion="reduce")  # what is still fading in is pale
    page.route("**/healthz", lambda asked: asked.abort())  # or the page for waiting goes away
    page.goto(f"{address}/looks/theme?to={theme}&next=/looks/size?to={letters}")
    wanted = dict(paths)
    if at_kiosk:
        wanted["idle"] = "/attract"
    found = {}
    for name, path in wanted.items():
        page.goto(address + path)
        if not at_kiosk:  # or what the bar at the bottom covers would count as hidden
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": size[0], "height": height})
        found[name] = wrong_with(page, limits)
    page.context.close()
    return {name: wrong for name, wrong in found.items() if wrong}


def test_every_page_can_be_used_by_everybody(
    chromium: Browser, port: int, paths: dict[str, str]
) -> None:
    """On the narrowest phone, that is; on all the others below."""
    assert look_at_all(chromium, port, paths, PHONES[0], "light") == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theme", "letters"), [*((theme, "normal") for theme in THEMES), ("light", "larger")]
)
@pytest.mark.parametrize("size", KIOSKS + PHONES, ids=str)
def test_every_page_can_be_used_by_everybody_in_every_size_and_theme(
    chromium: Browser,
    port: int,
    paths: dict[str, str],
    size: tuple[int, int],
    theme: str,
    letters: str,
) -> None:
    assert look_at_all(chromium, port, paths, size, theme, letters) == {}


def test_what_is_enlarged_four_times_needs_no_scrolling_sideways(
    chromium: Browser, port: int, paths: dict[str, str]
) -> None:
    """A screen of 1280 by 1024 at 400 % is one of 320 by 256 (WCAG 2.2, 1.4.10)."""
    page = opened(chromium, 320, 256, javascript=True)
    wide = {}
    for name, path in paths.items():
        page.goto(f"http://{ON_THE_WIFI}:{port}{path}")
        wide[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.context.close()
    assert {name: by for name, by in wide.items() if by > 0} == {}


def test_a_post_is_found_and_read_by_keyboard_alone(
    chromium: Browser, port: int, paths: dict[str, str]
) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.goto(f"http://127.0.0.1:{port}/")

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


def test_nothing_moves_for_who_asked_for_that(chromium: Browser, port: int) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"http://127.0.0.1:{port}/attract")
    assert page.locator(".slide").first.evaluate("e => getComputedStyle(e).animationName") == "none"
    page.context.close()


@pytest.mark.parametrize("size", KIOSKS, ids=str)
def test_the_first_screen_needs_no_scrolling(
    chromium: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    """On an ordinary day: what is on, some jobs, and a drill that was announced."""
    town = make_town(tmp_path)
    for day in range(1, 7):
        town.post("event", **EVENT | {"starts_on": f"2026-11-2{day + 2}"})
    for _ in range(3):
        town.post("job", **JOB)
    town.alert(operation="drill", title="大雨警報（訓練）")
    page = opened(chromium, *size, javascript=True)
    with served(create_app(town.kamigo, now=lambda: NOW)) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("link", name="暮らしのガイド").wait_for()
        more = page.evaluate("document.documentElement.scrollHeight - innerHeight")
    page.context.close()
    assert more <= 0
