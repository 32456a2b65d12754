"""What somebody has who walks off with a machine, or with a copy of its disk: all of it is here."""

import os
import stat
from pathlib import Path

import pytest

from node.backup.making import CannotBackUp, back_up
from node.node import open_node
from node.people import begin
from node.pins import Pins
from node.reading import announce, begin_reading, change_keys, readers_at
from node.reading_files import READING_FOLDER, SEAL, secrets_of
from node.sealed import open_here
from provisioning.sealed_key import COST_MIN
from sync import sealing
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE, NotProvisioned
from sync.sealing import NotForUs
from tests.node.builders import Village, post_event
from tests.node.test_reading import closed, letter
from tests.raw import files_with
from tests.security.doors import open_doors

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


def test_a_key_that_systemd_decrypts_is_used_and_lies_on_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd hands it over to a service: in a folder in memory, named in its environment."""
    node = Village(tmp_path / "village").node()
    folder, before = node.settings.folder, node.identity.public
    node.database.close()
    in_memory = tmp_path / "credentials"
    in_memory.mkdir(mode=0o700)
    (folder / KEY_FILE).rename(in_memory / KEY_FILE)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(in_memory))
    with open_doors(folder) as doors:
        assert doors.get("/carry") == 200
    again = open_node(folder)
    assert again.identity.public == before
    post_event(again)
    again.database.close()
    assert not [p for p in folder.rglob("*") if p.is_file() and b"PRIVATE KEY" in p.read_bytes()]
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(NotProvisioned):
        open_node(folder)
    assert not (folder / KEY_FILE).exists(), "nor does it become another machine without it"


def test_the_keys_that_open_letters_may_lie_closed_to_what_systemd_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Village(tmp_path / "village").node()
    folder, keeper = node.settings.folder, begin(node, "山田 花")
    begin_reading(node)
    (before,) = readers_at(node, node.identity.public)
    first = letter(node, before)
    opens = secrets_of(node).of(sealing.tag(before.key))
    assert opens is not None
    assert files_with(folder, opens), "else nothing would be shown by its absence"
    in_memory = tmp_path / "credentials"
    in_memory.mkdir(mode=0o700)
    (in_memory / SEAL).write_bytes(os.urandom(32))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(in_memory))
    node.database.close()
    with open_doors(folder) as doors:
        assert doors.get("/carry") == 200
    # What lay open is closed since the screens were started, and what is new never lies open.
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
    # The disk alone, or with another machine's key, opens nothing; a backup isn't made without it.
    (in_memory / SEAL).write_bytes(os.urandom(32))
    with pytest.raises(NotForUs):
        open_here(node, closed(node, first))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    for id_ in (first, second):
        with pytest.raises(NotForUs):
            open_here(node, closed(node, id_))
    stick = tmp_path / "stick"
    stick.mkdir()
    with pytest.raises(CannotBackUp, match="systemd-run"):
        back_up(node, stick, cost=COST_MIN, same_disk=True)
    assert not [path for path in stick.rglob("*") if path.is_file()]


def test_what_systemd_hands_over_in_another_length_is_refused_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Village(tmp_path / "village").node()
    (tmp_path / SEAL).write_bytes(bytes(31))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(NotProvisioned, match="32バイト"):
        secrets_of(node)
