"""Five things that people come for, each done by touch: at the kiosk both ways up, and on a phone.

    python bench/walk.py

In the sample town that `./run` makes. For each: the touches until it is there to be seen or begun,
those until it is done, and the reading on the way (see `bench/visitor.py` for what that means).
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from bench import table
from bench.children import free_port, serving
from bench.crowd import PHONE
from bench.usage import machine_in_words
from bench.visitor import LETTERS_A_MINUTE, Visitor
from node.node import SOFTWARE, Node, open_node
from node.people import begin
from node.reading import begin_reading
from provisioning.sample_town import MACHINES, make_sample_town
from sync.machine import clock
from sync.machine.exchanging import converse
from sync.machine.responding import respond
from sync.machine.settings import Part

TOUCHES_MAX = 3
"""To anything: until it is there to be seen, or begun."""
SCREENS: Mapping[str, tuple[int, int]] = {
    "kiosk, lying": (1920, 1080),
    "kiosk, upright": (1080, 1920),
    "phone": (360, 640),
}
_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu"]
_PATIENCE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One of the five, at one screen."""

    task: str
    screen: str
    found_after: int  # touches
    touches: int
    pushes: int
    letters: int
    seconds: float


def tomorrow(visitor: Visitor) -> int:
    """What is on tomorrow, and when and where."""
    card = visitor.page.locator(".card", has=visitor.page.locator(".near", has_text="明日"))
    visitor.touch(card.first)
    visitor.find(visitor.page.locator(".main-facts"))
    return visitor.touches


def alert(visitor: Visitor) -> int:
    """What is announced now, in full."""
    visitor.touch(visitor.page.locator(".strip .card").first)
    visitor.find(visitor.page.locator("main h1"))
    return visitor.touches


def job(visitor: Visitor) -> int:
    """A job near here that takes no licence."""
    page = visitor.page
    visitor.touch(page.locator(".tile", has_text="求人"))
    visitor.touch(page.locator(".narrowing summary"), leads_on=False)
    visitor.touch(page.locator(".narrowing-ways").get_by_role("link", name="いらない"))
    card = page.locator(".card", has_text="上郷")
    visitor.find(card.first)
    found = visitor.touches
    visitor.touch(card.first)
    return found


def on_the_phone(visitor: Visitor) -> int:
    """An event into one's own phone: a code at the kiosk, a file on the phone."""
    page = visitor.page
    visitor.touch(page.locator(".panel-1 .card").first)
    visitor.touch(page.get_by_role("link", name="予定表・連絡先に入れる"))
    if page.locator(".code .qr").count():
        visitor.find(page.locator(".code .qr").first)
        return visitor.touches
    with page.expect_download() as taken:
        visitor.touch(page.get_by_role("link", name="予定表に入れる"), leads_on=False)
    assert taken.value.suggested_filename.endswith(".ics")
    return visitor.touches


def removal(visitor: Visitor) -> int:
    """Asking for a post to be removed, to the number under which the answer comes."""
    page = visitor.page
    visitor.touch(page.locator(".panel-1 .card").first)
    visitor.touch(page.get_by_role("link", name="この内容を消してほしい"))
    found = visitor.touches
    visitor.touch(page.locator(".choice", has_text="わたしのこと").first, leads_on=False)
    visitor.touch(page.locator("fieldset").nth(1).locator(".choice").first, leads_on=False)
    visitor.touch(page.get_by_role("button", name="役場に送る"))
    visitor.find(page.locator("p.fingerprint b"))
    return found


TASKS: Mapping[str, Callable[[Visitor], int]] = {
    "what is on tomorrow": tomorrow,
    "the alert": alert,
    "a job near, no licence": job,
    "an event into the phone": on_the_phone,
    "ask for removal": removal,
}


def walk(
    browser: Browser, port: int, screens: Iterable[str] = SCREENS, *, phone: str = PHONE
) -> Iterator[Walked]:
    """All five at these screens of the node served there; phones call it by the name `phone`."""
    for screen in screens:
        host = phone if screen == "phone" else "127.0.0.1"
        for task, do in TASKS.items():
            page = _opened(browser, SCREENS[screen])
            visitor = Visitor(page)
            visitor.come(f"http://{host}:{port}/")
            found_after = do(visitor)
            yield Walked(
                task=task,
                screen=screen,
                found_after=found_after,
                touches=visitor.touches,
                pushes=visitor.pushes,
                letters=visitor.letters,
                seconds=visitor.seconds,
            )
            page.context.close()


def _opened(browser: Browser, size: tuple[int, int]) -> Page:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, locale="ja-JP"
    )
    context.set_default_timeout(_PATIENCE_MS)
    return context.new_page()


def main(arguments: list[str] | None = None) -> None:
    """Walk, and print the table."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(arguments)
    if not _CHROMIUM.exists():
        sys.exit("Chromium is missing: apt-get install chromium")
    print(f"{machine_in_words()}; {LETTERS_A_MINUTE} letters a minute")
    port = free_port()
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        centre = sample_centre(Path(folder))
        with serving("web", centre, port), sync_playwright() as playwright:
            rules = f"--host-resolver-rules=MAP {PHONE} 127.0.0.1"
            browser = playwright.chromium.launch(
                executable_path=str(_CHROMIUM), args=[*_ARGUMENTS, rules]
            )
            _show(list(walk(browser, port)))
            browser.close()


def sample_centre(folder: Path) -> Path:
    """A centre of the sample town that has heard all that the town has to say."""
    make_sample_town(
        folder,
        {machine.id: f"http://127.0.0.1:{free_port()}" for machine in MACHINES},
        now=clock.now(),
        offer_seconds=3_600,
    )
    office, *centres = (
        open_node(folder / machine.id) for machine in MACHINES if machine.part is not Part.HUB
    )
    begin(office, "佐藤 茂")
    begin_reading(office)
    for centre in (*centres, *centres):
        _exchange(centre, office)
    for node in (office, *centres):
        node.database.close()
    return centres[0].settings.folder


def _exchange(centre: Node, office: Node) -> None:
    converse(
        centre.ledger,
        lambda offer: respond(office.ledger, offer, me=office.identity, software=SOFTWARE),
        me=centre.identity,
        to=office.identity.public,
        software=SOFTWARE,
    )


def _show(walked: list[Walked]) -> None:
    head = ("", "screen", "touches till it is there", "till done", "pushes", "letters", "seconds")
    rows = [
        (
            each.task,
            each.screen,
            str(each.found_after),
            str(each.touches),
            str(each.pushes),
            str(each.letters),
            f"{each.seconds:.0f}",
        )
        for each in walked
    ]
    table.show("Five things that people come for", head, rows)


if __name__ == "__main__":
    main()
