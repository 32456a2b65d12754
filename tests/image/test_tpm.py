"""What must hold before a release: a disk that was taken out of its machine yields no key.

The machine is emulated, and so is its TPM, which the kernel finds first as such that are part of a
processor (CRB), then as a chip (TIS). Nobody does anything in it but switch it on.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from node.membership import Membership
from node.node import open_node
from node.people import begin
from node.reading import begin_reading, readers_at
from node.reading_files import READING_FOLDER, Secrets
from node.sealed import open_here
from provisioning.disk.layout import DATA, read
from provisioning.seeds import Wanted, make_seeds
from provisioning.town import open_town
from sync.machine.keys import secret
from sync.machine.own_keys import own_key
from sync.machine.seal import SEAL_FILE, SEALS, place_of
from sync.machine.settings import KEY_FILE
from sync.machine.tpm import CannotAsk, Tpm
from sync.sealing import NotForUs
from tests.image.emulated import BOOT_SECONDS_MAX, Machine, why_not
from tests.image.test_disk import blank_disk, write
from tests.lan.machines import TOWN, TOWN_NAME
from tests.node.test_reading import closed, letter
from tests.power.cutting import mounted
from tests.raw import forms
from tests.tpm import SoftwareTpm, needs_a_tpm

pytestmark = [pytest.mark.release, pytest.mark.timeout(3 * BOOT_SECONDS_MAX)]

NAME = "奥郷公民館"
CRB, TIS = "tpm-crb", "tpm-tis"
MUTE = "この機械の鍵が開かない"
FIRST, SECOND = "はじめの集い", "次の集い"
STRETCH_BYTES, OVERLAP_BYTES = 16 << 20, 4 << 10


@dataclass(slots=True)
class Stolen:
    """A machine, and its disk."""

    machine: Machine
    tpm: SoftwareTpm
    folder: Path

    def start(self, tpm: SoftwareTpm, kind: str) -> None:
        """With that TPM in it."""
        self.machine.pull_the_plug()
        tpm.put_into_a_machine()
        more = (
            *("-chardev", f"socket,id=tpm,path={tpm.control}"),
            *("-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", f"{kind},tpmdev=tpm"),
        )
        self.machine = replace(self.machine, more=more)
        self.machine.switch_on()
        self.machine.wait_until_up()


@pytest.fixture(scope="module")
def stolen(disk_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stolen]:
    """One that was written, and switched on for the first time with its TPM; it posted."""
    if reason := why_not():
        pytest.skip(reason)
    needs_a_tpm()
    folder = tmp_path_factory.mktemp("stolen")
    town = open_town(folder / "authority", code=TOWN, name=TOWN_NAME)
    make_seeds(town.desk, [Wanted(line=1, name=NAME)], folder / "seeds", town.authority)
    disk = blank_disk(folder / "disk")
    done = write(disk_image, disk, "--seed", folder / "seeds" / NAME, typed=disk.name)
    assert done.returncode == 0, done.stderr
    tpm = SoftwareTpm(folder / "tpm")
    machine = Stolen(Machine(disk, folder, folder / "cable", 1), tpm, folder)
    try:
        machine.start(tpm, CRB)
        posts(machine.machine, FIRST)
        yield machine
    finally:
        machine.machine.pull_the_plug()
        tpm.switch_off()
        disk.unlink()


def posts(machine: Machine, title: str) -> None:
    machine.visitor.post("event", title=title, starts_on="2030-05-05", place="広間")


def test_nothing_that_signs_or_opens_letters_is_anywhere_on_the_disk(
    stolen: Stolen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked for byte by byte, with what its TPM gives to whoever has that too."""
    stolen.machine.pull_the_plug()
    monkeypatch.setenv(SEALS, str(tmp_path / "in-memory"))
    with inside(stolen.machine.disk, tmp_path / "mounted") as folder:
        kept = {path.name for path in folder.iterdir()}
        assert {SEAL_FILE, "machine.closed"} <= kept
        assert KEY_FILE not in kept
        shown = open_node(folder)
        with closing(shown.database):  # the disk alone
            assert shown.membership is Membership.MUTE
        open_seal(folder, stolen.tpm)
        node = open_node(folder)
        with closing(node.database):
            assert node.membership is Membership.MEMBER
            begin(node, "山田 花")  # as somebody does at its own screen
            begin_reading(node)
            (key,) = readers_at(node, node.identity.public)
            id_ = letter(node, key)
            assert open_here(node, closed(node, id_)) == b"words"
            held = Secrets(folder)
            sought = [secret(own_key(folder, KEY_FILE)), *filter(None, map(held.of, held.tags()))]
        assert len(sought) > 1
        assert {path.suffix for path in (folder / READING_FOLDER).iterdir()} == {".closed"}
        shutil.rmtree(tmp_path / "in-memory")
        alone = open_node(folder)
        with closing(alone.database), pytest.raises(NotForUs):
            open_here(alone, closed(alone, id_))
    looked = 0
    wanted = {form for each in sought for form in forms(each)} | {b"PRIVATE KEY"}
    there = False
    for stretch in stretches(stolen.machine.disk):
        looked += len(stretch)
        assert not [form for form in wanted if form in stretch]
        there |= FIRST.encode() in stretch
    assert there, "else nothing would be shown by its absence"
    print(f"{looked:,} bytes of the disk were looked through")


def test_with_its_tpm_it_starts_again_as_whom_it_was_and_signs(stolen: Stolen) -> None:
    stolen.start(stolen.tpm, TIS)
    assert FIRST in stolen.machine.reads("/boards/event")
    assert MUTE not in stolen.machine.reads()
    posts(stolen.machine, SECOND)
    assert SECOND in stolen.machine.reads("/boards/event")


def test_in_a_machine_with_another_tpm_it_shows_its_boards_and_says_what_is_wrong(
    stolen: Stolen, tmp_path: Path
) -> None:
    other = SoftwareTpm(stolen.folder / "other")
    try:
        stolen.start(other, CRB)
        board = stolen.machine.reads("/boards/event")
        assert FIRST in board
        assert SECOND in board
        assert "新しくのせる" not in board
        for page in ("/", "/status"):
            assert MUTE in stolen.machine.reads(page)
        refused = stolen.machine.visitor.ask("GET", "/boards/event/new")
        assert refused.status == 403
        assert "いまは見ることだけ" in refused.text
    finally:
        stolen.machine.pull_the_plug()
        other.switch_off()
    with inside(stolen.machine.disk, tmp_path / "mounted") as folder:
        other.switch_on()
        with pytest.raises(CannotAsk):
            Tpm(other.device).open((folder / SEAL_FILE).read_bytes())
        other.switch_off()


@contextmanager
def inside(disk: Path, at: Path) -> Iterator[Path]:
    """The machine's folder on that disk, while it is off."""
    table = read(disk)
    assert table is not None
    part = table[DATA]
    at.mkdir()
    with mounted(disk, at, f"offset={part.start}", f"sizelimit={part.size}"):
        yield at / "kairan"


def stretches(disk: Path) -> Iterator[bytes]:
    """All of it that isn't a hole of its file, in pieces that overlap."""
    with disk.open("rb") as file:
        at, size = 0, disk.stat().st_size
        while True:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # there is nothing more
                return
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            for begins in range(at, end, STRETCH_BYTES):
                yield os.pread(file.fileno(), STRETCH_BYTES + OVERLAP_BYTES, begins)
            at = end
            if at >= size:
                return


def open_seal(folder: Path, tpm: SoftwareTpm) -> None:
    """As the machine does with its own TPM."""
    tpm.switch_on()
    closed_ = (folder / SEAL_FILE).read_bytes()
    place = place_of(closed_)
    place.parent.mkdir(mode=0o700)
    place.write_bytes(Tpm(tpm.device).open(closed_))
    tpm.switch_off()
