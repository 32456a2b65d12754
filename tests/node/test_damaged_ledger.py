"""A ledger's file that is damaged or gone: said so, moved aside, and taken back from peers."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hub.app import create_app as create_hub_app
from hub.hub import open_hub
from hub.status import status as hub_status
from kiosk_ui.app import create_app
from node.node import Node, open_node
from node.status import in_words, status
from sync.machine.database import Damaged
from sync.machine.mishap import MISHAP_FILE, read_mishap
from sync.machine.settings import LEDGER_FILE, Part
from tests.node.builders import CHOIR, Village, again, meet, post_event, titles

ASIDE = "kairan-damaged-*.sqlite"
ROOT = Path(__file__).resolve().parents[2]


def ruin(folder: Path) -> bytes:
    """Write over all of the ledger's file; what it holds now."""
    for beside in folder.glob(f"{LEDGER_FILE}-*"):
        beside.unlink()
    (folder / LEDGER_FILE).write_bytes(b"garbage" * 1_000)
    return b"garbage" * 1_000


def ruin_inside(folder: Path) -> None:
    """Write over all pages but the first, under a running process."""
    with sqlite3.connect(folder / LEDGER_FILE) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    with (folder / LEDGER_FILE).open("r+b") as ledger:
        size = ledger.seek(0, 2)
        ledger.seek(4096)
        ledger.write(b"\x5a" * (size - 4096))


def aside(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob(ASIDE))


def ordinals(node: Node) -> set[int]:
    return {ordinal for ordinal, _ in node.ledger.incarnations(node.identity.public)}


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


def test_a_damaged_ledger_is_moved_aside_and_taken_back_from_a_peer(village: Village) -> None:
    node, office = village.node(), village.office()
    post_event(node)
    meet(node, office)
    folder = node.settings.folder
    node.database.close()
    was = ruin(folder)

    node = again(node)
    assert [(folder / name).read_bytes() for name in aside(folder)] == [was]
    assert titles(node) == []
    meet(node, office)
    assert titles(node) == [CHOIR["title"]]


def test_after_that_the_machine_writes_in_a_life_it_never_used(village: Village) -> None:
    node, office = village.node(), village.office()
    post_event(node)
    meet(node, office)
    for life in (2, 3):
        node.database.close()
        ruin(node.settings.folder)
        node = again(node)
        post_event(node)
        assert ordinals(node) == {life}, "before anything came back"
        meet(node, office)
        assert ordinals(node) == set(range(1, life + 1))
    assert len(titles(office)) == len(titles(node)) == 3


def test_a_ledger_that_is_gone_or_empty_is_said_to_be_gone(village: Village) -> None:
    node = village.node()
    ledger = node.settings.folder / LEDGER_FILE
    for nothing in (ledger.unlink, lambda: ledger.write_bytes(b"")):
        post_event(node)
        node.database.close()
        nothing()
        node = again(node)
        post_event(node)
        assert "なくなっていた" in in_words(status(node), node_labels(node))
        (node.settings.folder / MISHAP_FILE).unlink()
    assert ordinals(node) == {3}


def test_a_ledger_put_back_from_an_old_copy_goes_on_in_a_new_life(village: Village) -> None:
    node = village.node()
    post_event(node)
    node.database.close()
    copy = (node.settings.folder / LEDGER_FILE).read_bytes()
    ruin(node.settings.folder)
    node = again(node)
    post_event(node)
    node.database.close()
    (node.settings.folder / LEDGER_FILE).write_bytes(copy)
    for beside in node.settings.folder.glob(f"{LEDGER_FILE}-*"):
        beside.unlink()
    node = again(node)
    post_event(node)
    assert ordinals(node) == {1, 3}


def test_a_life_that_could_not_be_written_is_begun_again_and_no_other(village: Village) -> None:
    node = village.node()

    def rolled_back() -> None:
        with node.ledger.transaction():
            node.ledger.own_incarnation(node.identity.public)
            raise RuntimeError

    for _ in range(20):
        with pytest.raises(RuntimeError):
            rolled_back()
    post_event(node)
    assert ordinals(node) == {1}


def test_a_machine_is_told_of_damage_while_it_runs(village: Village) -> None:
    node, office = village.node(), village.office()
    for _ in range(30):
        post_event(node)
    meet(node, office)
    folder = node.settings.folder
    ended: list[bool] = []
    client = create_app(node, start_anew=lambda: ended.append(True)).test_client()
    node.database.close()
    ruin_inside(folder)

    answered = client.get("/boards/event")
    assert answered.status_code == 503
    assert "もう一度" in answered.text
    assert ended == [True]
    assert len(aside(folder)) == 1
    assert client.get("/healthz").status_code == 503, "it serves nothing of the old file any more"

    node = again(node)
    meet(node, office)
    assert len(titles(node)) == 30


def test_who_finds_the_file_moved_aside_writes_nothing_into_it(village: Village) -> None:
    one = village.node()
    post_event(one)
    other = again(one)
    assert one.database.give_up(Damaged("found here"))
    assert other.database.give_up(Damaged("found there too"))
    (name,) = aside(one.settings.folder)
    for process in (one, other):
        with pytest.raises(Damaged):
            post_event(process)
    anew = again(one)
    post_event(anew)
    with pytest.raises(Damaged):
        other.version()
    with sqlite3.connect(one.settings.folder / name) as file:
        assert file.execute("SELECT count(*) FROM entries").fetchone() == (1,)
    file.close()


def test_of_processes_that_find_it_at_once_one_moves_it(village: Village) -> None:
    folder = village.make("上郷", Part.NODE)
    ruin(folder)
    asked = [sys.executable, "-m", "cli.main", "status", "--data", str(folder)]
    processes = [subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate()[0].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert len(aside(folder)) == 1
    assert all("壊れていた" in one for one in said)


def test_the_screens_and_status_say_so_until_it_is_dismissed(village: Village) -> None:
    node = village.node()
    ruin(node.settings.folder)
    node = open_node(node.settings.folder)
    client = create_app(node).test_client()
    told = in_words(status(node), node_labels(node))
    mishap = status(node).mishap
    assert mishap is not None
    assert mishap.moved_to in told
    assert MISHAP_FILE in told
    assert "記録のファイルが壊れていました" in client.get("/").text
    assert "日時未確認" in client.get("/").text

    (node.settings.folder / MISHAP_FILE).unlink()
    assert status(node).mishap is None
    assert "壊れて" not in in_words(status(node), node_labels(node))
    assert "壊れて" not in create_app(node).test_client().get("/").text


def test_a_note_of_what_happened_that_cannot_be_read_still_says_that_something_did(
    village: Village,
) -> None:
    node = village.node()
    (node.settings.folder / MISHAP_FILE).write_bytes(b"{")
    assert read_mishap(node.settings.folder) is not None
    assert create_app(node).test_client().get("/").status_code == 200
    assert in_words(status(node), node_labels(node))


def test_a_hub_begins_anew_too(village: Village) -> None:
    folder = village.make("hub", Part.HUB)
    hub = open_hub(folder)
    ended: list[bool] = []
    client = create_hub_app(hub, start_anew=lambda: ended.append(True)).test_client()
    hub.database.close()
    ruin(folder)
    assert client.get("/healthz").status_code == 503
    assert ended == [True]
    assert len(aside(folder)) == 1
    mishap = hub_status(open_hub(folder)).mishap
    assert mishap is not None
    assert mishap.moved_to == aside(folder)[0]


def node_labels(node: Node) -> dict[str, str]:
    return {name: board.label for name, board in node.boards.items()}
