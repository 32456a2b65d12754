"""A machine is backed up to a stick while people post, breaks, and another one takes its place."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from node.backup.making import ENDING, FOLDER
from node.node import Change, open_node
from provisioning.sealed_key import Place
from provisioning.town import NO_SECRET
from sync.machine.pin import pin_in_words
from sync.machine.settings import SETTINGS_FILE, Part
from sync.machine.tls import pins
from tests.patience import until
from tests.stories.ledger_file import check_ledger
from tests.stories.machines import (
    COMMAND_SECONDS_MAX,
    KAIRAN,
    FourMachines,
    Machine,
    free_ports,
    titles,
    wait_until_all_hold_the_same,
)
from tests.stories.sticks import Stick, fill, formatted
from tests.stories.test_keys import authority
from tests.stories.visitor import Visitor

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
PASSPHRASE = "うちの公民館の合言葉"


def told(
    command: str, machine: Path, *words: str | Path, passphrase: str = PASSPHRASE, code: int = 0
) -> str:
    """What a command says to whoever types that passphrase."""
    reading, writing = os.pipe()
    os.write(writing, f"{passphrase}\n".encode())
    os.close(writing)
    typed = [KAIRAN, command, "--data", machine, "--passphrase-fd", str(reading), *words]
    done = subprocess.run(
        typed,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
        pass_fds=[reading],
    )
    os.close(reading)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said, said
    return said


@contextmanager
def posting(url: str) -> Iterator[list[str]]:
    """Somebody posts on and on; what was acknowledged."""
    kept: list[str] = []
    stopped = threading.Event()

    def post() -> None:
        visitor = Visitor(url)
        for number in count(1):
            if stopped.wait(0.05):
                return
            visitor.post("event", title=f"{number}番の会", **EVENT)
            kept.append(f"{number}番の会")

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield kept
    finally:
        stopped.set()
        thread.join()


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Stick]:
    with formatted("exfat", tmp_path / "stick.img") as made:
        yield made


def holds(machine: Machine, wanted: set[str]) -> bool:
    return wanted <= titles(machine)


def answers(machine: Machine, page: str, status: int) -> bool:
    return machine.visitor.open(page).status == status


@pytest.mark.slow
def test_a_broken_machine_is_replaced_with_nothing_lost(
    machines: FourMachines, stick: Stick, tmp_path: Path
) -> None:
    hub, office, here, _ = machines
    keys = hub.folder.parent / "authority"
    begun = here.visitor.post("event", title="前からの会", **EVENT)
    before: list[set[str]] = []
    with stick.plugged_in(tmp_path / "usb") as usb, posting(here.url) as kept:
        for number in range(2):
            until(partial(lambda n: len(kept) > n, 5 * number + 3))
            before.append({"前からの会", *kept})
            assert "読み返して確かめました" in told("backup", here.folder, usb)
    wait_until_all_hold_the_same((office, here))
    old = here.status().fingerprint
    assert here.running is not None
    here.running.kill()
    here.running = None
    everything = titles(office)
    assert everything >= {"前からの会", *kept}
    shutil.rmtree(here.folder)

    # The desk sends a blank machine with a seed of the same name; there is no line at first.
    new = Machine(Part.NODE, tmp_path / "new", free_ports(1))
    daily = NO_SECRET[Place.DAILY]
    seed = ("--name", "kamigo", "--out", new.folder, "--hub", hub.url)
    known_by = [word for pin in pins(hub.folder) for word in ("--hub-pin", pin_in_words(pin))]
    authority(keys, "seed", *seed, *known_by, passphrases=(daily,))
    settings = new.folder / SETTINGS_FILE
    settings.write_text(settings.read_text().replace("offer_seconds = 60", "offer_seconds = 1"))
    hub.stop()
    try:
        with stick.plugged_in(tmp_path / "usb") as usb:
            assert "合言葉が違います" in told(
                "restore", new.folder, usb, passphrase="これではない合言葉", code=1
            )
            assert "この機械" in told("restore", new.folder, usb, code=1)
            said = told("restore", new.folder, "--replaces", "kamigo", usb)
        assert old in said, "the desk is told whom it replaces"
        new.start()
        assert titles(new) >= before[-1]
        check_ledger(new.folder)
        new.visitor.post("event", title="新しい機械での会", **EVENT)
        hub.start()
        until(partial(holds, new, everything))
        assert new.visitor.open(f"{begun}/edit").status == 403
        until(partial(holds, office, {"新しい機械での会"}))  # and so knows who the new one is
        who = ("succeed", old, new.status().fingerprint, "--machine", office.folder)
        authority(keys, *who, passphrases=(daily,))
        until(partial(answers, new, f"{begun}/edit", 200))
        new.visitor.edit(begun, title="後を継いだ会")
        until(partial(holds, office, {"後を継いだ会"}))
        wait_until_all_hold_the_same((office, new))
        assert office.board("event") == new.board("event")
    finally:
        if new.running is not None:
            new.running.kill()


def contents(stick: Stick, at: Path) -> dict[str, bytes]:
    with stick.plugged_in(at) as there:
        return {path.name: path.read_bytes() for path in there.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_full_or_protected_stick_keeps_the_backup_before(
    machines: FourMachines, stick: Stick, tmp_path: Path
) -> None:
    office, look = machines.office, tmp_path / "look"
    with stick.plugged_in(tmp_path / "usb") as usb:
        told("backup", office.folder, usb)
        fill(usb)
        before = {path.name: path.read_bytes() for path in (usb / FOLDER).iterdir()}
        assert "いっぱい" in told("backup", office.folder, usb, code=1)
    with stick.plugged_in(tmp_path / "usb", read_only=True) as usb:
        assert "書きこめません" in told("backup", office.folder, usb, code=1)
    there = contents(stick, look)
    assert {name: there[name] for name in there if name.endswith(ENDING)} == before
    with stick.plugged_in(tmp_path / "usb") as usb:
        (usb / "family.mov").unlink()
        told("backup", office.folder, usb)
        assert len(list((usb / FOLDER).iterdir())) == 2
        assert "この機械の中の記憶装置" in told("backup", office.folder, tmp_path, code=1)


@pytest.mark.slow
def test_the_power_goes_half_way_and_the_backup_before_still_opens(
    machines: FourMachines, stick: Stick, tmp_path: Path
) -> None:
    """Killed as soon as the first bytes are there; the stick as it is then is another stick."""
    office = machines.office
    node = open_node(office.folder)
    long = [{"title": f"長い会{n}", "description": os.urandom(9_000).hex()} for n in range(60)]
    board = node.boards["event"]
    changes = [Change(board=board, fields={**EVENT, **fields}) for fields in long]
    node.write(changes, identity=node.identity)
    node.database.close()
    with stick.plugged_in(tmp_path / "usb") as usb:
        told("backup", office.folder, usb)
        (first,) = (usb / FOLDER).iterdir()
        before = first.read_bytes()
        process = subprocess.Popen(
            [KAIRAN, "backup", "--data", office.folder, usb],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        until(lambda: list((usb / FOLDER).glob(".*")) or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
        process.wait()
        cut = stick.copy(tmp_path / "cut.img")
    with cut.plugged_in(tmp_path / "cut") as usb:
        assert first.name in {path.name for path in (usb / FOLDER).iterdir()}
        assert (usb / FOLDER / first.name).read_bytes() == before
        fresh = tmp_path / "fresh"
        told("restore", fresh, "--replaces", "office", usb / FOLDER / first.name)
        shutil.rmtree(fresh)
        told("backup", office.folder, usb)
        assert not list((usb / FOLDER).glob(".*"))
        newest = max((usb / FOLDER).iterdir())
        for wrong in (newest.read_bytes()[:-1], newest.read_bytes()[:70_000]):
            newest.write_bytes(wrong)
            said = told("restore", fresh, "--replaces", "office", newest, code=1)
            assert "何も戻していません" in said
            assert not fresh.exists()
