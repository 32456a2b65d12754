"""What must hold before a release: a machine with a screen of its own shows its boards there.

Its image has a browser in it, so it is another than that of the machines without.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from provisioning.seeds import Wanted, make_seeds
from provisioning.town import open_town
from tests.image.conftest import BUILD_SECONDS_MAX, cache_of, image
from tests.image.emulated import BOOT_SECONDS_MAX, ITS_ADDRESS, SCREEN, Machine, why_not
from tests.image.test_disk import WORD, blank_disk, said_by, write
from tests.lan.machines import TOWN, TOWN_NAME
from tests.patience import until

pytestmark = [
    pytest.mark.release,
    pytest.mark.timeout(2 * BUILD_SECONDS_MAX + 2 * BOOT_SECONDS_MAX),
]

NAME = "奥郷公民館"
MEGABYTES = 2_048
STICK_BYTES = 64 << 20
TYPING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Code:
    """One that leads phones to the machine, on a picture."""

    text: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """A machine that is on, and the word that opens its console."""

    machine: Machine
    word: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """With a screen, and a disk that was just written."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("with-a-screen")
    town = open_town(folder / "authority", code=TOWN, name=TOWN_NAME)
    made, disk = folder / "screens.img", blank_disk(folder / "disk")
    image(cache_of(screens=True), "--screens", "--disk", made, before=("unshare", "--net"))
    print(f"the image with a browser: {made.stat().st_blocks * 512:,} bytes")
    make_seeds(town.desk, [Wanted(line=1, name=NAME)], folder / "seeds", town.authority)
    done = write(made, disk, "--seed", folder / "seeds" / NAME, typed=disk.name)
    assert done.returncode == 0, done.stderr
    made.unlink()
    (word,) = WORD.findall(done.stdout)
    one = Machine(disk, folder, folder / "cable", 1, more=SCREEN, megabytes=MEGABYTES)
    try:
        one.switch_on()
        one.wait_until_up()
        yield Shown(one, word)
    finally:
        one.pull_the_plug()
        disk.unlink()


def test_a_machine_with_a_screen_shows_what_is_on_and_its_boards_at_a_touch(
    shown: Shown, tmp_path: Path
) -> None:
    machine = shown.machine
    began = time.monotonic()
    idle = until(lambda: code(machine, tmp_path / "idle.png"), seconds=BOOT_SECONDS_MAX)
    print(f"its screen shows what is on {time.monotonic() - began:.0f} s after a phone could look")
    assert idle is not None
    # No page but ours says so, and none of ours to anybody but its own screen.
    assert idle.text.rstrip("/") == f"http://{ITS_ADDRESS}"
    machine.touch(0.5, 0.5)

    def boards() -> Code | None:
        """Where they are, the code is elsewhere."""
        found = code(machine, tmp_path / "boards.png")
        return found if found is not None and found.at != idle.at else None

    found = until(boards, seconds=BOOT_SECONDS_MAX)
    assert found is not None
    assert found.text == idle.text


def test_while_the_desks_stick_is_in_there_is_a_console_in_the_place_of_the_boards(
    shown: Shown, tmp_path: Path
) -> None:
    machine, stick = shown.machine, tmp_path / "stick"
    with stick.open("wb") as file:
        file.truncate(STICK_BYTES)
    said_by("mkfs.vfat", "-n", "KAIRANDESK", stick)

    def shows_boards() -> bool:
        return code(machine, tmp_path / "now.png") is not None

    with machine.terminal() as terminal:
        assert terminal.log_in("root", shown.word)

        def has_console() -> bool:
            return "\nactive" in terminal.does("echo; systemctl is-active console-instead")

        for _ in range(2):  # also while the boards are just about to be shown
            machine.plug_in(stick)
            until(has_console, seconds=BOOT_SECONDS_MAX)
            machine.pull_out()
            until(lambda: not has_console(), seconds=BOOT_SECONDS_MAX)
        until(shows_boards, seconds=BOOT_SECONDS_MAX)
        machine.plug_in(stick)
        until(has_console, seconds=BOOT_SECONDS_MAX)

    def is_off() -> bool:
        """Whoever isn't let in switches nothing off."""
        with suppress(OSError):
            machine.take_picture(tmp_path / "console.png")
            for line in ("root", shown.word, "poweroff"):
                machine.type_in(f"{line}\n")
                time.sleep(TYPING_SECONDS)
        return not machine.is_on

    until(is_off, seconds=BOOT_SECONDS_MAX)


def code(machine: Machine, out: Path) -> Code | None:
    """The one on its screen now, of which a picture is taken."""
    machine.take_picture(out)
    with Image.open(out) as picture:
        for found in zxingcpp.read_barcodes(picture):
            return Code(found.text, (found.position.top_left.x, found.position.top_left.y))
    return None
