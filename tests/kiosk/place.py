"""A centre whose machine's own screen is on, and what its browser asks the machine for.

What is asked is noted before the application sees it, which answers kept pages without Flask.
"""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import zxingcpp
from flask import Flask, Response
from PIL import Image, ImageChops

from kiosk_ui.app import create_app
from kiosk_ui.reach import Reach
from tests.kiosk.screen import SIZE, Screen, screen
from tests.kiosk_ui.town import NOW, fill, make_town
from tests.patience import until
from tests.stories.machines import free_ports

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MIDDLE = (SIZE[0] // 2, SIZE[1] // 2)
EDGE = (SIZE[0] - 4, SIZE[1] // 2)  # where nothing is that a pointer would change
LOOKS, LOOK_SECONDS = 3, 0.2
STEPS_UNSEEN = 32  # of 255: an edge that is drawn once more may be smoother than it was
PAGE = """<!doctype html><html class=kiosk data-idle=600><title>A page</title>
<link rel=stylesheet href={path}.css><body class=home>{body}
<script src={kiosk}></script><script src={path}.js></script>"""
DRAWN = 'requestAnimationFrame(() => fetch("/drawn"));'
CALLED = "http://kairan.home"


@dataclass
class Place:
    """One, whose machine may answer at `port`."""

    app: Flask
    port: int
    screen: Screen
    pictures: Path
    leads_to: str = ""
    """A page of the test's that comes in place of the first one."""

    asked: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def note(self) -> None:
        """From now on, whatever is asked for."""
        within = self.app.wsgi_app

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path != "/healthz":
                self.asked.append(path)
                self.cookies.append(environ.get("HTTP_COOKIE", ""))
            if path == "/" and self.leads_to:
                start_response(
                    "303 See Other", [("Location", self.leads_to), ("Cache-Control", "no-store")]
                )
                return [b""]
            return within(environ, start_response)

        self.app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask's documentation has it

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

    def wait_for_idle_screen(self) -> psutil.Process:
        """Until it is there; the browser that shows it."""
        until(self.rests, otherwise=self.said)
        until(self.shows_idle_screen, otherwise=self.said)
        return self.browser()

    def go_to_first_screen(self) -> tuple[psutil.Process, Image.Image]:
        """Touch the idle screen; the browser, and the boards as it shows them."""
        browser, idle = self.wait_for_idle_screen(), self.code()
        self.screen.touch(*MIDDLE)
        until(lambda: self.code() not in (None, idle), otherwise=self.said)
        return browser, self.still()

    def go_to(self, path: str) -> psutil.Process:
        """Touch the idle screen, which leads to that page of the test's; the browser."""
        browser, drawn = self.wait_for_idle_screen(), self.asked.count("/drawn")
        self.leads_to = path
        self.screen.touch(*MIDDLE)
        self.wait_for("/drawn", times=drawn + 1)
        self.still()  # before it is shown, a page is told of no touch
        return browser

    def rests(self) -> bool:
        """Whether the idle screen was heard of just now."""
        told = self.health()
        return told.get("rests") is True and told.get("screen") in (0, 1)

    def wait_for_another(self, browser: psutil.Process) -> psutil.Process:
        """Until that one is no more and another shows the idle screen."""
        until(lambda: self.screen.browser() not in (None, browser), otherwise=self.said)
        return self.wait_for_idle_screen()

    def shows_idle_screen(self) -> bool:
        """Whether a code is there, and the picture on all of the screen."""
        return self.screen.fills() and self.code() is not None

    def code(self) -> tuple[int, int] | None:
        """Where on the screen the code is that leads phones here, if it is there."""
        for found in zxingcpp.read_barcodes(self.screen.picture()):
            if found.text.rstrip("/") == CALLED:
                return found.position.top_left.x, found.position.top_left.y
        return None

    def still(self, at: tuple[int, int] = EDGE) -> Image.Image:
        """What is shown, once that stays, with the pointer at that place."""
        self.screen.does("mousemove", *at)

        def stays() -> Image.Image | None:
            first = self.screen.picture()
            for _ in range(LOOKS):
                time.sleep(LOOK_SECONDS)
                if differ(self.screen.picture(), first):
                    return None
            return first

        shown = until(stays, otherwise=self.said)
        assert shown is not None
        return shown

    def add_page(self, path: str, script: str, *, body: str = "Here", sheet: str = "") -> None:
        """A page of the test's, at which nobody stays; it tells that it lives as ours do."""
        with self.app.test_request_context():
            kiosk = self.app.jinja_env.globals["static_url"]("kiosk.js")  # type: ignore[operator]
        self.add(path, PAGE.format(path=path, body=body, kiosk=kiosk), "text/html")
        self.add(f"{path}.css", sheet, "text/css")
        self.add(f"{path}.js", f"{script}\n{DRAWN}", "text/javascript")

    def add(self, path: str, content: str = "", kind: str = "text/plain") -> None:
        """A file of the test's."""
        self.app.add_url_rule(path, path, lambda **_: Response(content, mimetype=kind))

    def browser(self) -> psutil.Process:
        """The one that runs."""
        found = self.screen.browser()
        assert found is not None, self.said()
        return found

    def said(self) -> str:
        """For a test that fails."""
        self.screen.picture().save(self.pictures / "failed.png")
        return f"{self.asked[-20:]}\n{self.screen.said()}"


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Its screen is on; the machine isn't yet."""
    town = make_town(folder)
    fill(town)
    reach = Reach(listens="127.0.0.1", named=CALLED)
    app = create_app(town.kamigo, now=lambda: NOW, reach=reach)
    port = free_ports(2)
    with screen(port, port + 1) as made:
        made_place = Place(app, port, made, folder)
        made_place.note()
        made_place.add("/drawn")
        made.switch_on()
        yield made_place
    town.kamigo.database.close()
    town.office.database.close()


def differ(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    """The part of the screen in which they can be told apart; None where they can't."""
    return ImageChops.difference(one, other).point(_SEEN).getbbox()


_SEEN = [255 if step > STEPS_UNSEEN else 0 for step in range(256)] * 3
