"""The machine's own screen, and what it shows."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask, request

from kiosk_ui.app import create_app
from kiosk_ui.reach import Reach
from tests.kiosk.screen import SIZE, Screen, screen, why_not
from tests.kiosk_ui.browsing import served
from tests.kiosk_ui.town import NOW, fill, make_town
from tests.patience import until
from tests.stories.machines import free_ports

pytestmark = pytest.mark.slow

MIDDLE = (SIZE[0] // 2, SIZE[1] // 2)
CALLED = "http://kairan.home"


@dataclass
class Place:
    """A centre whose machine's own screen is on, and what its browser asked for."""

    app: Flask
    port: int
    screen: Screen
    pictures: Path
    asked: list[str] = field(default_factory=list)

    def note(self) -> None:
        """What is asked for just now."""
        self.asked.append(request.path)

    def health(self) -> Mapping[str, object]:
        """What the machine says of itself; nothing where it doesn't answer."""
        with (
            closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as line,
            suppress(OSError, http.client.HTTPException),
        ):
            line.request("GET", "/healthz")
            return dict(json.loads(line.getresponse().read()))
        return {}

    def lives(self) -> bool:
        """Whether its page was heard of just now."""
        return self.health().get("screen") in (0, 1)

    def wait_for(self, path: str, *, times: int = 1) -> None:
        """Until a page was asked for so often, and what came lives."""
        until(lambda: self.asked.count(path) >= times, otherwise=self.said)
        until(self.lives, otherwise=self.said)

    def said(self) -> str:
        """For a test that fails."""
        self.screen.picture().save(self.pictures / "failed.png")
        return f"{self.asked[-20:]}\n{self.screen.said()}"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Its screen is on; the machine isn't yet."""
    if reason := why_not():
        pytest.skip(reason)
    town = make_town(tmp_path)
    fill(town)
    reach = Reach(listens="127.0.0.1", named=CALLED)
    app = create_app(town.kamigo, now=lambda: NOW, reach=reach)
    port = free_ports(2)
    with screen(port, port + 1) as made:
        place = Place(app, port, made, tmp_path)
        app.before_request_funcs.setdefault(None, []).insert(0, place.note)
        made.switch_on()
        made.fill()
        yield place
    town.kamigo.database.close()
    town.office.database.close()


def test_it_waits_for_the_machine_shows_its_boards_and_opens_them_at_a_touch(place: Place) -> None:
    one = place.screen
    until(lambda: shows_our_page(one), otherwise=place.said)
    with served(place.app, place.port):
        place.wait_for("/attract")
        until(lambda: CALLED in codes(one), otherwise=place.said)
        one.touch(*MIDDLE)
        place.wait_for("/")
    assert one.switch_off() == 0
    assert one.left() == []


def codes(one: Screen) -> set[str]:
    """What the codes on the screen say."""
    return {found.text.rstrip("/") for found in zxingcpp.read_barcodes(one.picture())}


def shows_our_page(one: Screen) -> bool:
    """Whether that is there: dark words on white, from edge to edge."""
    picture = one.picture()
    corners = [(1, 1), (SIZE[0] - 2, 1), (1, SIZE[1] - 2), (SIZE[0] - 2, SIZE[1] - 2)]
    is_written_on = picture.getcolors(1) is None
    return is_written_on and all(picture.getpixel(at) == (255, 255, 255) for at in corners)
