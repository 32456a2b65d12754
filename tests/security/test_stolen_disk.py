"""What somebody has who walks off with a machine, or with a copy of its disk: all of it is here."""

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from cli.supervise import kairan
from node.backup.making import CannotBackUp, back_up
from node.closing import seal
from node.doctor.command import examine
from node.node import open_node
from node.people import begin
from node.pins import Pins
from node.reading import announce, begin_reading, change_keys, readers_at
from node.reading_files import READING_FOLDER, secrets_of
from node.sealed import open_here
from node.status import in_words
from node.status import status as status_of
from provisioning.sealed_key import COST_MIN
from sync import sealing
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE
from sync.machine.tpm import Tpm
from sync.sealing import NotForUs
from tests.node.builders import Village, post_event
from tests.node.test_reading import closed, letter
from tests.patience import PATIENCE_SECONDS, until
from tests.raw import files_with
from tests.security.doors import HERE, free_port, open_doors
from tests.stories.visitor import Visitor
from tests.tpm import SoftwareTpm

PIN = "280417"
OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's folder after a day's work, the plug pulled."""
    node = Village(tmp_path_factory.mktemp("village")).node()
    folder = node.settings.folder
    folder.chmod(0o755)
    post_event(node)
    Pins(folder).choose(begin(node, "山田 花").address, PIN)
    node.database.close()
    with open_doors(folder) as doors:
        assert doors.get("/carry") == 200
        doors.process.kill()
    return folder


def found(disk: Path, said: str) -> list[str]:
    """The files in which that stands."""
    held = {path.name: path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    forms = [said.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")]
    return sorted(name for name, content in held.items() if any(f in content for f in forms))


def test_another_user_of_the_machine_reads_nothing(disk: Path) -> None:
    assert not disk.stat().st_mode & OPEN_TO_OTHERS
    for name in (KEY_FILE, "pins.json"):
        assert not (disk / name).stat().st_mode & OPEN_TO_OTHERS


def test_the_disk_gives_the_machines_key_and_what_its_boards_show(disk: Path) -> None:
    assert load_identity(disk / KEY_FILE).public
    assert [name for name in found(disk, "合唱の会") if name.startswith("kairan.sqlite")]
    assert [name for name in found(disk, "山田 花") if name.startswith("kairan.sqlite")]


def test_the_disk_gives_no_pin_but_what_a_million_guesses_are_tried_against(disk: Path) -> None:
    assert found(disk, PIN) == []
    assert '"memory_kib": ' in (disk / "pins.json").read_text()  # how much: node/test_pins


def test_the_disk_gives_no_key_but_its_own(disk: Path) -> None:
    marked = [p.name for p in disk.rglob("*") if p.is_file() and b"PRIVATE KEY" in p.read_bytes()]
    assert marked == [KEY_FILE]


def test_a_key_that_is_closed_to_the_tpm_is_used_and_lies_on_no_disk(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    node = Village(tmp_path / "village").node()
    folder, before = node.settings.folder, node.identity.public
    node.database.close()
    secret = (folder / KEY_FILE).read_bytes().splitlines()[1]
    assert files_with(folder, secret) == [KEY_FILE], "else nothing would be shown by its absence"
    seal(folder, Tpm(tpm.device))
    with open_doors(folder) as doors:
        assert doors.get("/carry") == 200
    again = open_node(folder)
    assert again.identity.public == before
    post_event(again)
    again.database.close()
    assert files_with(folder, secret, b"PRIVATE KEY") == []


def test_a_disk_without_its_tpm_shows_its_boards_and_says_what_is_wrong(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    """The disk alone, or in another machine: the real processes, and what people are told."""
    node = Village(tmp_path / "village").node()
    folder, before = node.settings.folder, node.identity.public
    seal(folder, Tpm(tpm.device))
    address = post_event(node).address
    node.database.close()
    shutil.rmtree(in_memory)
    with open_doors(folder) as doors, exchanging(folder):
        visitor = Visitor(f"http://{HERE}:{doors.port}")
        assert "合唱の会" in visitor.ask("GET", "/boards/event").text
        assert "合唱の会" in visitor.ask("GET", f"/records/{address}").text
        for page in ("/", "/status"):
            assert "この機械の鍵が開かない" in visitor.ask("GET", page).text
        assert "新しくのせる" not in visitor.ask("GET", "/boards/event").text
        for path, status in (("/boards/event/new", 403), ("/carry", 200), ("/joining", 404)):
            assert doors.get(path) == status, path
        assert "いまは見ることだけ" in visitor.ask("GET", "/boards/event/new").text
        assert doors.get("/carry/all/file.kairan") == 200  # people carry on what others wrote
        asked = b"POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\n"
        said = doors.says(asked + b"Content-Length: 1\r\nConnection: close\r\n\r\nx", at=HERE)
        assert said.startswith(b"HTTP/1.1 503")
    mute = open_node(folder)
    assert mute.identity.public == before
    assert "この機械の鍵が開かない" in in_words(status_of(mute), {b: b for b in mute.boards})
    found = {each.name: each for each in examine(folder, None)}
    assert "開きません" in found["closed key"].said[0]
    assert not (folder / KEY_FILE).exists(), "nor does it become another machine without it"


def test_a_machine_whose_tpm_was_slow_goes_on_by_itself_once_its_key_opens(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    node = Village(tmp_path / "village").node()
    folder = node.settings.folder
    node.database.close()
    seal(folder, Tpm(tpm.device))
    shutil.rmtree(in_memory)
    tpm.switch_on()
    port = free_port()
    supervised = subprocess.Popen(kairan("node", "--data", str(folder), "--port", str(port)))
    try:
        visitor = Visitor(f"http://{HERE}:{port}")
        until(lambda: "鍵が開かない" in said_by(visitor, "/"))
        seal(folder, Tpm(tpm.device))
        until(lambda: "新しくのせる" in said_by(visitor, "/boards/event"))
        visitor.post("event", title="合唱の会", starts_on="2030-05-05", place="広間")
        until(lambda: open_node(folder).ledger.registers())  # it says how it is, and signs that
    finally:
        supervised.terminate()
        supervised.wait(PATIENCE_SECONDS)


def said_by(visitor: Visitor, path: str) -> str:
    """Nothing where no page comes."""
    with suppress(OSError, HTTPException):
        return visitor.ask("GET", path).text
    return ""


@contextmanager
def exchanging(folder: Path) -> Iterator[None]:
    """`kairan sync` runs meanwhile, and ends when it is told to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "told"))
        told.settimeout(PATIENCE_SECONDS)
        process = subprocess.Popen(
            kairan("sync", "--data", str(folder)),
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "told")},
        )
        while b"READY=1" not in told.recv(4_096):
            pass
        try:
            yield
            assert process.poll() is None
        finally:
            process.terminate()
            ended = process.wait(PATIENCE_SECONDS)
    assert ended == 0


def test_the_keys_that_open_letters_lie_closed_to_the_tpm(
    tmp_path: Path, tpm: SoftwareTpm, in_memory: Path
) -> None:
    node = Village(tmp_path / "village").node()
    folder, keeper = node.settings.folder, begin(node, "山田 花")
    begin_reading(node)
    (before,) = readers_at(node, node.identity.public)
    first = letter(node, before)
    opens = secrets_of(node).of(sealing.tag(before.key))
    assert opens is not None
    assert files_with(folder, opens), "else nothing would be shown by its absence"
    node.database.close()
    seal(folder, Tpm(tpm.device))
    # What lay open is closed, and what is new never lies open.
    node = open_node(folder)
    change_keys(node)
    (now,) = readers_at(node, node.identity.public)
    second = letter(node, now)
    newer = secrets_of(node).of(sealing.tag(now.key))
    assert newer is not None
    for secret in (opens, newer):
        assert files_with(folder, secret) == []
    assert {path.suffix for path in (folder / READING_FOLDER).iterdir()} == {".closed"}
    for id_ in (first, second):
        assert open_here(node, closed(node, id_)) == b"words"
    secrets_of(node).check()
    # A key of an account keeps its owner, and one that is destroyed is gone.
    own = announce(node, account=keeper.in_headers)
    tag = sealing.tag(own.key)
    assert secrets_of(node).account(tag) == keeper.in_headers
    secrets_of(node).destroy(tag)
    assert secrets_of(node).of(tag) is None
    # A backup is written as ever, and the disk alone opens nothing; then none is made, for it would
    # lack them.
    stick = tmp_path / "stick"
    stick.mkdir()
    back_up(node, stick, cost=COST_MIN, same_disk=True)
    shutil.rmtree(in_memory)
    node.database.close()
    node = open_node(folder)
    for id_ in (first, second):
        with pytest.raises(NotForUs):
            open_here(node, closed(node, id_))
    (written,) = [path for path in stick.rglob("*") if path.is_file()]
    with pytest.raises(CannotBackUp, match="鍵が開きません"):
        back_up(node, stick, cost=COST_MIN, same_disk=True)
    assert [path for path in stick.rglob("*") if path.is_file()] == [written]
