"""The pictures of docs/HANDBOOK.md, taken of real commands and of the machine that they made.

    python -m tests.image.handbook IMAGE    # of `provision image --disk`; into docs/screens/

A disk is a file here, and a stick a folder on a disk in memory; all else is what one sees. Needs
root, as `provision write` does.
"""

import argparse
import os
import pty
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from bench.children import free_port, serving
from node.pins import Pins
from provisioning.disk.first_boot import begin
from provisioning.disk.layout import SEED
from provisioning.town import Plan, make_seed, open_town
from sync.machine.settings import Part
from tests.image.test_disk import blank_disk, part_of
from tests.kiosk_ui.browsing import ARGUMENTS, CHROMIUM, KIOSKS
from tests.kiosk_ui.screenshots import SCREENS
from tests.stories.machines import KAIRAN
from tests.stories.visitor import Visitor

CENTRE = "奥郷公民館"
PASSPHRASE = "やまのなかのちいさなむら"
COLUMNS, ROWS = 100, 40
SCREEN = KIOSKS[0]
PICTURE_WIDTH = 960
COLOURS = 48
_TERMINAL = """\
<meta charset=utf-8><style>
body {{ margin: 0; background: #1c1f24; color: #eceff4; }}
pre {{ margin: 0; padding: 14px 18px; font: 15px/1.5 "Noto Sans Mono CJK JP", monospace;
  white-space: pre-wrap; }}
b {{ color: #9fd3a4; font-weight: normal; }}
</style><pre>{}</pre>"""


def said(folder: Path, *words: str, typed: Sequence[str] = ()) -> str:
    """What a terminal there shows after a command, with an answer typed to each question."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": str(ROWS), "LC_ALL": "C.UTF-8"}
    heard, answers = b"", list(typed)
    with subprocess.Popen(
        [str(KAIRAN), *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=env
    ) as command:
        os.close(theirs)
        with suppress(OSError):  # nobody is at its other end any more
            while piece := os.read(ours, 1 << 16):
                heard += piece
                if answers and heard.endswith(b": "):
                    os.write(ours, f"{answers.pop(0)}\n".encode())
    os.close(ours)
    lines = heard.decode().replace("\r\n", "\n").split("\n")
    assert command.returncode in (0, 1), lines
    return "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in lines).rstrip()


class Camera:
    """Takes small pictures."""

    def __init__(self, chromium: Browser, into: Path) -> None:
        """Into a folder."""
        self._chromium, self._into = chromium, into

    def terminal(self, name: str, shown: Mapping[str, str]) -> None:
        """Of commands, and what they said."""
        text = "\n\n".join(
            f"<b># kairan {escape(command)}</b>\n{escape(answer)}"
            for command, answer in shown.items()
        )
        page = self._chromium.new_page(viewport={"width": 900, "height": 100})
        page.set_content(_TERMINAL.format(text))
        self._keep(name, page.screenshot(full_page=True))
        page.close()

    def screen(self, name: str, address: str) -> None:
        """Of a page at the machine's own screen."""
        page = self._chromium.new_page(
            viewport={"width": SCREEN[0], "height": SCREEN[1]}, locale="ja-JP"
        )
        page.emulate_media(reduced_motion="reduce")
        page.goto(address)
        self._keep(name, page.screenshot())
        page.close()

    def _keep(self, name: str, png: bytes) -> None:
        path = self._into / f"handbook-{name}.png"
        path.write_bytes(png)
        with Image.open(path) as whole:
            plain = whole.convert("RGB")
            plain.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH), Image.Resampling.LANCZOS)
            few = plain.quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        print(f"{path} ({path.stat().st_size / 1_000:.0f} kB)")


def take_all(camera: Camera, image: Path, folder: Path) -> None:
    """From the desk to the machine that takes another's place."""
    town = open_town(folder / "authority", code="990035", name="霧沢町")
    seeds = folder / "準備"
    seeds.mkdir()
    plan = Plan(folder=seeds / CENTRE, name=CENTRE, part=Part.NODE)
    make_seed(town.desk, plan, town.authority)
    (folder / "町.img").symlink_to(image.resolve())
    disk = blank_disk(folder / "sdb")
    check = ["provision", "check", f"準備/{CENTRE}"]
    write = ["provision", "write", "町.img", "sdb", "--seed", f"準備/{CENTRE}"]
    checked = said(folder, *check)
    shown = {" ".join(check): checked, " ".join(write): said(folder, *write, typed=["sdb"])}
    camera.terminal("write", shown)

    machine = folder / "machine"
    machine.mkdir()
    begin(machine, part_of(disk, SEED, folder / "seed"))
    Pins(machine).make_code()
    with at_work(machine) as address:
        camera.screen("home", f"{address}/")
        Visitor(address).post("event", title="朝の体操", starts_on="2030-05-05", place="広間")
        camera.screen("status", f"{address}/status")
        doctor = ["doctor", "--data", "machine", "--port", address.rsplit(":", 1)[1]]
        camera.terminal("doctor", {" ".join(doctor): said(folder, *doctor)})
    with stick(folder / "usb"):
        backup = ["backup", "--passphrase", "--data", "machine", "usb"]
        kept = said(folder, *backup, typed=[PASSPHRASE, PASSPHRASE])
        again = Plan(folder=folder / "入れかえ", name=CENTRE, part=Part.NODE)
        make_seed(town.desk, again, town.authority)
        restore = ["restore", "--data", "入れかえ", "--replaces", CENTRE, "usb"]
        camera.terminal(
            "replace",
            {" ".join(backup): kept, " ".join(restore): said(folder, *restore, typed=[PASSPHRASE])},
        )


@contextmanager
def at_work(machine: Path) -> Iterator[str]:
    """All its processes; the address of its screens."""
    port = free_port()
    with serving("node", machine, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def stick(at: Path) -> Iterator[None]:
    """Another disk, as a stick is."""
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("image", metavar="IMAGE", type=Path)
    parser.add_argument("--into", type=Path, default=SCREENS)
    told = parser.parse_args()
    with (
        TemporaryDirectory(prefix="kairan-handbook-", dir="/var/tmp") as folder,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        take_all(Camera(browser, told.into), told.image, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
