"""Somebody at a touch screen: what they touch is counted, and what came before their eyes.

A touch is a tap of a finger. To see what is further down they push the page up, by most of a screen
at a time; pushes are counted apart. What is read is every Japanese letter of the page's own text
that was in view, each once: nobody reads all of it, so it is the most that can be meant by reading.
"""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

LETTERS_A_MINUTE = 400
"""An assumption. Adults are said to read 400 to 600 letters of Japanese a minute, silently; people
of 81 read an eighth slower than people of 40 (Calabrèse et al., IOVS 57, 2016, 3836)."""
PUSHES_MAX = 30
_READ = (Path(__file__).parent / "visitor.js").read_text()


@dataclass(slots=True)
class Visitor:
    """At one page of a browser."""

    page: Page
    touches: int = 0
    pushes: int = 0
    letters: int = 0

    def come(self, address: str) -> None:
        """Stand before the first screen; that is nobody's touch."""
        self.page.goto(address)
        self.look()

    def look(self) -> None:
        """Read what is in view now and wasn't before."""
        self.letters += self.page.evaluate(_READ)

    def find(self, what: Locator) -> None:
        """Push the page until it is in view."""
        what.wait_for()
        for _ in range(PUSHES_MAX):
            away = what.evaluate(_AWAY)
            if not away:
                return
            self.page.evaluate("(by) => scrollBy(0, by * innerHeight * 0.7)", away)
            self.pushes += 1
            self.look()
        raise AssertionError(f"is never in view: {what}")

    def touch(self, what: Locator, *, leads_on: bool = True) -> None:
        """Find it and put a finger on it; read what that shows, on the page that it leads to."""
        self.find(what)
        if leads_on:
            with self.page.expect_navigation(wait_until="load"):
                what.tap()
        else:
            what.tap()
        self.touches += 1
        self.look()

    @property
    def seconds(self) -> float:
        """Of reading."""
        return self.letters * 60 / LETTERS_A_MINUTE


_AWAY = """(element) => {
  const at = element.getBoundingClientRect();
  const bar = document.querySelector(".bar");
  const ways = document.querySelector(".ways");
  const edge = (box) => box && getComputedStyle(box).position === "sticky" && box.offsetHeight
    ? box.getBoundingClientRect().top : innerHeight;
  const floor = Math.min(edge(bar), edge(ways));
  const middle = at.top + Math.min(at.height, 80) / 2;
  return middle > floor ? 1 : middle < 0 ? -1 : 0;
}"""
