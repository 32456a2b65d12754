"""Every page in the four sizes, to be looked at: `python -m tests.kiosk_ui.screenshots`.

    python -m tests.kiosk_ui.screenshots                       # all, into docs/screens/
    python -m tests.kiosk_ui.screenshots home take --screen 390x844 --theme night
    python -m tests.kiosk_ui.screenshots --readme              # the two of the README, sample town

A page is drawn as long as it is, so that nothing below the edge goes unseen; what stays at the
edge of a screen lies at the end. `--sheets` puts several beside each other.
"""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.children import free_port, serving
from bench.crowd import PHONE
from bench.walk import sample_centre
from kiosk_ui.looks import looks
from tests.kiosk_ui.browsing import ARGUMENTS, CHROMIUM, KIOSKS, ON_THE_WIFI, PHONES, opened, served
from tests.kiosk_ui.every_page import Sight, every_page
from tests.kiosk_ui.lived_in import AT_THE_OFFICE, LivedIn, lived_in

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
SIZES = {f"{width}x{height}": (width, height) for width, height in (*KIOSKS, *PHONES)}
_SHEET_WIDTH, _SHEET_HEIGHT = 2_400, 2_400
_LIE_AT_THE_END = """() => document.querySelectorAll("body *").forEach((e) => {
  if (getComputedStyle(e).position === "sticky") e.style.position = "static";
})"""  # or what stays at an edge of the screen lies over the middle of the picture


@dataclass(frozen=True, slots=True)
class Shown:
    """The town as it is served."""

    made: LivedIn
    centre: int  # ports
    office: int

    def address(self, sight: Sight, *, at_kiosk: bool) -> str:
        """Of the machine that shows it."""
        port = self.office if sight.who in AT_THE_OFFICE else self.centre
        return f"http://{'127.0.0.1' if at_kiosk else ON_THE_WIFI}:{port}"


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """A town in which everything happened, served from that folder."""
    made = lived_in(folder)
    with ExitStack() as stack:
        centre, office = (stack.enter_context(served(app)) for app in (made.centre, made.office))
        yield Shown(made, centre, office)


def pages(
    chromium: Browser,
    there: Shown,
    sights: Mapping[str, Sight],
    size: tuple[int, int],
    *,
    chosen: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, Page]]:
    """Each that is seen on a screen of that size, open in a browser that looks as chosen."""
    at_kiosk = size[0] >= 1000
    for who in dict.fromkeys(sight.who for sight in sights.values()):
        page = opened(chromium, *size, javascript=True)
        page.emulate_media(reduced_motion="reduce")  # what is still fading in is pale
        page.route("**/healthz", lambda asked: asked.abort())  # or the page for waiting goes away
        for name, sight in sights.items():
            if sight.who != who or not sight.is_seen(at_kiosk=at_kiosk):
                continue
            address = there.address(sight, at_kiosk=at_kiosk)
            cookies = {**there.made.cookies.get(who, {}), **(chosen or {})}
            page.context.add_cookies(
                [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
            )
            sight.show(page, address)
            yield name, page
        page.context.close()


def take(page: Page, file: Path) -> None:
    """A picture of the whole page, as it is laid out for a screen of that size."""
    page.evaluate(_LIE_AT_THE_END)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)


def take_all(
    chromium: Browser,
    there: Shown,
    folder: Path,
    *,
    sizes: Collection[str] = tuple(SIZES),
    names: Collection[str] = (),
    chosen: Mapping[str, str] | None = None,
) -> dict[str, list[Path]]:
    """Into a folder for each size; of these pages, or of all."""
    sights = {
        name: sight for name, sight in every_page(there.made).items() if not names or name in names
    }
    found: dict[str, list[Path]] = {}
    for size in sizes:
        for name, page in pages(chromium, there, sights, SIZES[size], chosen=chosen):
            file = folder / size / f"{name}.png"
            take(page, file)
            found.setdefault(size, []).append(file)
    return found


def take_for_readme(chromium: Browser, folder: Path) -> None:
    """The first screen of the sample town, as much of it as a kiosk and a phone show at once."""
    port = free_port()
    with serving("web", sample_centre(folder), port):
        for name, host, size, dots in (
            ("home", "127.0.0.1", KIOSKS[0], 1),
            ("phone", PHONE, PHONES[1], 2),
        ):
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                device_scale_factor=dots,
                locale="ja-JP",
            )
            page = context.new_page()
            page.goto(f"http://{host}:{port}/")
            page.screenshot(path=SCREENS / f"readme-{name}.png")
            context.close()


def sheets(files: Sequence[Path], folder: Path) -> list[Path]:
    """Several beside each other, as many as a picture holds that one can still read."""
    made: list[Path] = []
    sheet, left, top, deep = _blank(), 0, 0, 0

    def keep() -> None:
        file = folder / f"sheet-{len(made):02}.png"
        sheet.save(file)
        made.append(file)

    for file in files:
        with Image.open(file) as opened_:
            picture = opened_.convert("RGB")
        picture.thumbnail((1_200 if picture.width > 1_000 else picture.width, _SHEET_HEIGHT))
        if left + picture.width > _SHEET_WIDTH:
            left, top, deep = 0, top + deep, 0
        if top + picture.height > _SHEET_HEIGHT:
            keep()
            sheet, left, top, deep = _blank(), 0, 0, 0
        sheet.paste(picture, (left, top))
        left, deep = left + picture.width + 8, max(deep, picture.height + 8)
    keep()
    return made


def _blank() -> Image.Image:
    return Image.new("RGB", (_SHEET_WIDTH, _SHEET_HEIGHT), "gray")


def main(arguments: list[str] | None = None) -> None:
    """Take them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="of pages, as in every_page.py; else all")
    parser.add_argument("--screen", action="append", choices=SIZES, help="else all four")
    parser.add_argument("--into", type=Path, default=SCREENS)
    parser.add_argument("--sheets", action="store_true", help="several beside each other, too")
    parser.add_argument("--readme", action="store_true", help="only the pictures of the README")
    for look in looks():
        parser.add_argument(f"--{look.name}", choices=look.choices, default=look.usual)
    told = parser.parse_args(arguments)
    with (
        TemporaryDirectory(prefix="kairan-screens-") as folder,
        sync_playwright() as playwright,
    ):
        called_by_number = f"{ARGUMENTS[-1]}, MAP {PHONE} 127.0.0.1"
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=[*ARGUMENTS[:-1], called_by_number]
        )
        if told.readme:
            take_for_readme(browser, Path(folder))
        else:
            _take_and_tell(browser, Path(folder), told)
        browser.close()


def _take_and_tell(browser: Browser, folder: Path, told: argparse.Namespace) -> None:
    with shown(folder) as there:
        taken = take_all(
            browser,
            there,
            told.into,
            sizes=told.screen or tuple(SIZES),
            names=told.names,
            chosen={look.name: getattr(told, look.name) for look in looks()},
        )
    for size, files in taken.items():
        print(f"{size}: {len(files)} pictures in {told.into / size}")
        if told.sheets:
            sheets(files, told.into / size)


if __name__ == "__main__":
    main()
