"""What somebody has who walks off with a machine, or with a copy of its disk: all of it is here."""

import stat
from pathlib import Path

import pytest

from node.node import open_node
from node.people import begin
from node.pins import Pins
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE, NotProvisioned
from tests.node.builders import Village, post_event
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
