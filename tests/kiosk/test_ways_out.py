"""What visitors try at the machine's own screen to get out of the boards, and where it leads.

Here are the keys that browsers know; `tests/cli/test_kiosk.py` asks of each what it means.
"""

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.place import MIDDLE, Place, differ
from tests.kiosk.screen import SIZE
from tests.kiosk_ui.browsing import served
from tests.patience import until

pytestmark = pytest.mark.slow

KEYS = (
    *(f"F{number}" for number in range(1, 13)),
    *(f"ctrl+{key}" for key in "wtnlophjudsfrgq"),
    *(f"ctrl+shift+{key}" for key in ("i", "j", "c", "t", "n", "w", "q", "o", "m", "a", "Delete")),
    *("ctrl+F4", "ctrl+0", "ctrl+1", "ctrl+plus", "ctrl+minus", "ctrl+shift+Escape"),
    *("alt+F4", "alt+d", "alt+e", "alt+f", "alt+space", "alt+Escape", "shift+F10"),
    *(f"ctrl+alt+F{number}" for number in (1, 2, 7)),
    *("ctrl+alt+t", "ctrl+alt+l", "ctrl+alt+BackSpace", "ctrl+alt+Delete", "ctrl+Escape"),
    *("super", "super+d", "super+l", "super+r", "super+e", "alt", "ctrl", "Menu", "Escape"),
    *("Print", "alt+Print", "Pause", "Insert", "XF86Back", "XF86HomePage", "XF86Search"),
    *("XF86Reload", "XF86WWW", "XF86Explorer", "XF86Mail", "XF86Calculator", "XF86Tools"),
)
MOVING = ("ctrl+Tab", "alt+Tab", "alt+Left", "alt+Right", "alt+Home", "ctrl+Prior", "ctrl+Next")
"""What is left of these moves about in our page."""

EVENTS, BLANK, WORDS = (1461, 133), (100, 1030), (250, 365)
"""Where they are on the boards' first screen."""

NOTHING = (
    '<a href="file:///etc/passwd">',
    '<a href="chrome://version">',
    '<a href="chrome://settings">',
    "<a data-does=print>",
)
DOWNLOADS = ('<a href="/a-file" download>', '<a href="/a-file">')
A_BAR = "<a data-does=choose>"
ELSEWHERE = "<a href=STRANGER>"
BESIDE = "<a data-does=open>"
WAYS = (*NOTHING, *DOWNLOADS, A_BAR, ELSEWHERE, BESIDE)
ACROSS, DOWN = 3, 3
SHEET = """
body { margin: 0; display: grid; grid: repeat(3, 33vh) / repeat(3, 33vw); user-select: none }
a, a:visited { font: 60px sans-serif; color: #000; outline: none }
input { position: fixed; top: -100px }
"""
SCRIPT = """
const does = {
  print: () => print(),
  choose: () => document.querySelector("input").click(),
  open: () => open("STRANGER"),
};
addEventListener("click", ({ target }) => {
  fetch(`/touched/${target.id}`, { keepalive: true });
  if (target.dataset.does) does[target.dataset.does]();
});
"""
MARK = b"a file that nobody may keep"


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """Who listens beside the machine."""
    with socket.create_server(("127.0.0.2", 0)) as listening:
        yield listening


def test_no_key_leads_anywhere(place: Place) -> None:
    one = place.screen
    with served(place.app, place.port):
        browser, boards = place.go_to_first_screen()
        before = len(place.asked)
        for keys in KEYS:
            one.press(keys)
            assert differ(one.picture(), boards) is None, (keys, place.said())
        one.press(*MOVING)
        one.touch(*BLANK)
        assert differ(place.still(), boards) is None, place.said()
        assert pages(place.asked[before:]) == []
        assert place.browser() == browser
        one.touch(*EVENTS)
        place.wait_for("/boards/event")


def test_no_button_of_a_mouse_opens_a_menu_or_a_window(place: Place) -> None:
    one = place.screen
    with served(place.app, place.port):
        browser, boards = place.go_to_first_screen()
        before = len(place.asked)
        for at in (EVENTS, BLANK, WORDS):
            for button in (2, 3):
                one.touch(*at, button)
                assert differ(place.still(), boards) is None, (at, button, place.said())
        above = place.still(at=WORDS)
        one.does("mousedown", 1)
        assert differ(place.still(at=WORDS), above) is None, place.said()
        one.does("mousemove", *BLANK, "mouseup", 1)
        one.does("mousemove", *EVENTS, "keydown", "shift", "click", 1, "keyup", "shift")
        place.still()
        one.touch(*BLANK)
        assert differ(place.still(), boards) is None, place.said()
        assert pages(place.asked[before:]) == []
        assert place.browser() == browser


def test_no_link_leads_out(place: Place, stranger: socket.socket) -> None:
    add_ways_out(place, "http://{}:{}/".format(*stranger.getsockname()))
    with served(place.app, place.port):
        browser = place.go_to("/ways-out")
        page = place.still()
        for way in NOTHING:
            take(place, way)
            assert differ(place.still(), page) is None, (way, place.said())
        for way in DOWNLOADS:  # of which Chromium says for a moment that they began
            take(place, way)
            until(lambda: differ(place.still(), page) is None, otherwise=place.said)
        assert place.asked.count("/a-file") == len(DOWNLOADS)
        assert kept(place.screen.folder) == []
        take(place, A_BAR)
        place.wait_for("/kiosk", times=place.asked.count("/kiosk") + 1)
        assert place.browser() == browser
        take(place, ELSEWHERE)
        place.screen.touch(*MIDDLE, 3)
        place.wait_for_another(browser)
        browser = place.go_to("/ways-out")
        take(place, BESIDE)
        place.wait_for_another(browser)
    assert not select.select([stranger], [], [], 0)[0], "nobody was asked"


def take(place: Place, way: str) -> None:
    """Touch it, and see that it was."""
    number = WAYS.index(way)
    down, across = divmod(number, ACROSS)
    x, y = (2 * across + 1) * SIZE[0] // (2 * ACROSS), (2 * down + 1) * SIZE[1] // (2 * DOWN)
    place.screen.touch(x, y)
    until(lambda: f"/touched/way-{number}" in place.asked, otherwise=place.said)


def pages(asked: list[str]) -> list[str]:
    """Those of what was asked for that somebody went to."""
    by_themselves = {"/kiosk", "/stick", "/live", "/news", "/kiosk-worker.js", "/away"}
    return [path for path in asked if path not in by_themselves and "/static/" not in path]


def kept(folder: Path) -> list[Path]:
    """The files of the browser that hold what was to be downloaded."""
    files = (path for path in folder.rglob("runtime/home/**/*") if path.is_file())
    return [path for path in files if MARK in path.read_bytes()]


def add_ways_out(place: Place, stranger: str) -> None:
    """A page of links that lead there, and elsewhere; what was touched is told."""
    links = [way.replace("<a", f"<a id=way-{at}", 1) + f"{at}</a>" for at, way in enumerate(WAYS)]
    body = "".join(links) + "<input type=file>"
    script, body = (each.replace("STRANGER", stranger) for each in (SCRIPT, body))
    place.add_page("/ways-out", script, body=body, sheet=SHEET)
    place.add("/a-file", MARK.decode(), "application/octet-stream")
    place.add("/touched/<way>")
