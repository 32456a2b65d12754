"""The machine's own screen, and what it shows."""

import json
from urllib.request import urlopen

import pytest

from node.calling import write_down
from tests.kiosk.place import MIDDLE, Place
from tests.kiosk.screen import SIZE, Screen
from tests.kiosk_ui.browsing import served
from tests.patience import until

pytestmark = pytest.mark.slow


def test_it_waits_for_the_machine_shows_its_boards_and_opens_them_at_a_touch(place: Place) -> None:
    one = place.screen
    until(one.fills, otherwise=place.said)
    until(lambda: shows_our_page(one), otherwise=place.said)
    with served(place.app, place.port):
        place.wait_for("/attract")
        until(place.shows_idle_screen, otherwise=place.said)
        one.touch(*MIDDLE)
        place.wait_for("/")
    assert one.switch_off() == 0
    assert one.left() == []


def shows_our_page(one: Screen) -> bool:
    """Whether that is there: dark words on white, from edge to edge."""
    picture = one.picture()
    corners = [(1, 1), (SIZE[0] - 2, 1), (1, SIZE[1] - 2), (SIZE[0] - 2, SIZE[1] - 2)]
    is_written_on = picture.getcolors(1) is None
    return is_written_on and all(picture.getpixel(at) == (255, 255, 255) for at in corners)


def test_where_the_machine_went_again_our_page_says_whom_to_call(place: Place) -> None:
    one, folder = place.screen, place.app.extensions["screen"].node.settings.folder
    write_down(folder, "館長の山田", "0265-12-3456")
    with served(place.app, place.port):
        browser = place.wait_for_idle_screen()
        until(lambda: told_at(place.port + 1) == "館長の山田 0265-12-3456", otherwise=place.said)
    browser.kill()
    until(lambda: one.browser() not in (None, browser), otherwise=place.said)
    until(lambda: one.fills() and shows_our_page(one), otherwise=place.said)
    assert told_at(place.port + 1) == "館長の山田 0265-12-3456"
    one.picture().save(place.pictures / "whom-to-call.png")
    assert one.switch_off() == 0


def told_at(port: int) -> str:
    """Whom to call, as our page is told there."""
    with urlopen(f"http://127.0.0.1:{port}/answers") as answer:  # our own
        return str(json.loads(answer.read())["call"])
