"""What a keeper types does what it says, or says why not."""

from dataclasses import asdict
from pathlib import Path

import pytest

from node.boards import BOARDS
from node.node import edition, open_node
from node.notebook import Neighbour, Notebook
from sync.machine.settings import FEED_KEY_FILE, NOTEBOOK_FILE, Part
from tests.cli.kairan import done, here, kairan, message, refused
from tests.node.builders import (
    CHOIR,
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    TOWN,
    Village,
    meet,
    post_event,
    table,
    titles,
)
from tests.node.feed.telegrams import telegram


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


def test_status_tells_a_program_all_it_may_want_to_know(village: Village) -> None:
    node, office = village.node(), village.office()
    hub = Neighbour(
        address="http://hub:8700",
        road="hub",
        name="霧沢町ハブ",
        synced="2026-11-22T03:00:00+00:00",
        problem="つながりません。",
    )
    Notebook(node.settings.folder / NOTEBOOK_FILE).note(hub)
    post_event(node)
    removed = post_event(node)
    node.remove(removed, seen=edition(removed))
    meet(node, office)
    now = done("status", "--data", node.settings.folder, "--json").json
    there = here("status", "--data", office.settings.folder, "--json").json
    assert now["machine"] == "上郷"
    assert now["part"] == "node"
    assert now["key"] == node.identity.public.hex()
    assert now["town"] == TOWN
    assert now["version"] == "0.1.0"
    assert now["digests"].keys() == {TOWN}
    assert now["digests"] == there["digests"]
    assert (now["lanes"], now["entries"], now["holes"], now["waiting"]) == (1, 3, 0, 0)
    assert now["records"] == {"disaster": 0, "event": 1, "job": 0, "guide": 0}
    assert now["not_shown"] == {"withdrawn": 1}
    assert now["peers"] == [asdict(hub)]


def test_status_tells_a_keeper_in_words(village: Village) -> None:
    node = village.node()
    post_event(node)
    told = here("status", "--data", node.settings.folder).out
    assert "上郷" in told
    assert "イベント 1件" in told


def test_status_tells_of_a_hub_too(village: Village) -> None:
    hub = village.make("hub", Part.HUB)
    now = done("status", "--data", hub, "--json").json
    assert (now["machine"], now["part"], now["towns"]) == ("hub", "hub", [TOWN])
    assert (now["lanes"], now["entries"], now["waiting"]) == (0, 0, 0)
    assert now["digests"].keys() == {TOWN}
    assert "ハブ" in here("status", "--data", hub).out


def test_a_board_is_listed_for_programs_and_for_people(village: Village) -> None:
    node = village.node()
    post = post_event(node)
    (told,) = done("board", "event", "--data", node.settings.folder, "--json").json
    assert told == {
        "address": post.address,
        "board": "event",
        "town": TOWN,
        "author": "上郷",
        "written": post.written.seconds,
        "written_quality": post.written.quality.name.lower(),
        "fields": CHOIR,
    }
    words = here("board", "event", "--data", node.settings.folder).out
    assert words == f"{post.address}  合唱の会\n"


def test_an_empty_board_is_an_empty_list(village: Village) -> None:
    folder = village.make("上郷", Part.NODE)
    for board in BOARDS:
        assert here("board", board, "--data", folder, "--json").json == []


def test_a_board_that_is_none_is_refused_with_those_that_are(village: Village) -> None:
    told = refused("board", "choir", "--data", village.make("上郷", Part.NODE))
    assert all(name in told for name in ("choir", *BOARDS))


def test_what_is_exported_here_is_imported_there(village: Village, tmp_path: Path) -> None:
    node, far = village.node(), village.node("奥郷")
    post_event(node)
    stick = tmp_path / "a.kairan"
    assert "取り外してよいです" in done("export", stick, "--data", node.settings.folder).out
    assert "1件" in done("import", stick, "--data", far.settings.folder).out
    assert table(far) == table(node)
    assert "0件" in here("import", stick, "--data", far.settings.folder).out
    assert "もうあります" in message(here("export", stick, "--data", node.settings.folder))


def test_a_damaged_file_gives_what_it_can_and_is_told_of(village: Village, tmp_path: Path) -> None:
    node, far = village.node(), village.node("奥郷")
    post_event(node)
    stick = tmp_path / "a.kairan"
    here("export", stick, "--data", node.settings.folder)
    stick.write_bytes(stick.read_bytes()[:-1])
    said = kairan("import", stick, "--data", far.settings.folder)
    assert said.code == 1
    assert "壊れています" in said.out
    assert said.err.strip()
    assert titles(far) == [CHOIR["title"]]


def test_a_file_of_another_town_is_refused_and_nothing_of_it_kept(
    village: Village, tmp_path: Path
) -> None:
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node()
    post_event(theirs)
    stick = tmp_path / "a.kairan"
    here("export", stick, "--data", theirs.settings.folder)
    node = village.node()
    assert "この町のものではありません" in refused("import", stick, "--data", node.settings.folder)
    assert here("status", "--data", node.settings.folder, "--json").json["entries"] == 0


def test_rebuild_makes_the_boards_anew(village: Village) -> None:
    node = village.node()
    post_event(node)
    before = table(node)
    node.database.connection.execute("DELETE FROM posts")
    done("rebuild", "--data", node.settings.folder)
    assert table(node) == before


def test_feed_says_file_by_file_what_became_of_it(village: Village, tmp_path: Path) -> None:
    office = village.make("役場", Part.OFFICE)
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(telegram())
    bad.write_bytes(b"<?xml")
    said = kairan("feed", bad, good, "--data", office)
    assert said.code == 1
    assert "bad.xml: 取り込めません" in said.out
    assert "good.xml: " in said.out
    assert "新しく1件" in said.out
    assert "1件" in said.err
    assert "すでにあります" in here("feed", good, "--data", office).out
    assert len(titles(open_node(office), "disaster")) == 1


def test_a_machine_without_a_feed_key_feeds_nothing(village: Village, tmp_path: Path) -> None:
    node = village.make("上郷", Part.NODE)
    (tmp_path / "a.xml").write_bytes(telegram())
    assert FEED_KEY_FILE in message(here("feed", tmp_path / "a.xml", "--data", node))


# folders that are not what they should be

ASKED = [
    ["status"],
    ["board", "event"],
    ["rebuild"],
    ["export", "a.kairan"],
    ["import", "a.kairan"],
    ["feed", "a.xml"],
    ["sync"],
    ["node", "--port", "65000"],
    ["hub", "--port", "65000"],
    ["web", "--port", "65000"],
]
each_command = pytest.mark.parametrize("asked", ASKED, ids=lambda asked: str(asked[0]))


@each_command
def test_a_folder_that_is_no_machine_is_refused(tmp_path: Path, asked: list[str]) -> None:
    assert str(tmp_path / "nothing") in message(here(*asked, "--data", tmp_path / "nothing"))


@pytest.mark.parametrize("asked", [*ASKED[1:7], ASKED[9]], ids=lambda asked: str(asked[0]))
def test_a_hub_has_no_boards_to_ask_for(village: Village, asked: list[str]) -> None:
    assert "ハブ" in message(here(*asked, "--data", village.make("hub", Part.HUB)))


@pytest.mark.parametrize("asked", ASKED[:7], ids=lambda asked: str(asked[0]))
def test_a_ledger_that_cannot_be_opened_is_refused_and_left_as_it_is(
    village: Village, asked: list[str]
) -> None:
    folder = village.make("上郷", Part.NODE)
    ledger = folder / "kairan.sqlite"
    ledger.mkdir()
    assert "台帳" in message(here(*asked, "--data", folder))
    assert ledger.is_dir()


def test_a_hub_whose_ledger_cannot_be_opened_says_so(village: Village) -> None:
    folder = village.make("hub", Part.HUB)
    (folder / "kairan.sqlite").mkdir()
    assert "台帳" in message(here("status", "--data", folder))
    assert "台帳" in message(here("hub", "--data", folder, "--port", "65000"))


@pytest.mark.parametrize(("part", "asked"), [(Part.NODE, "hub"), (Part.HUB, "office")])
def test_a_machine_is_run_as_what_it_is(village: Village, part: Part, asked: str) -> None:
    folder = village.make("machine", part)
    assert f"kairan {part}" in message(here(asked, "--data", folder, "--port", "65000"))


@pytest.mark.parametrize("asked", ["--stop", "--start"])
def test_a_machine_of_a_village_that_is_not_there_is_neither_stopped_nor_started(
    tmp_path: Path, asked: str
) -> None:
    assert "hub" in message(here("village", "--data", tmp_path, asked, "hub"))
    assert list(tmp_path.iterdir()) == []


# wrong usage


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["boards"],
        ["status"],
        ["board", "--data", "x"],
        ["export", "--data", "x"],
        ["feed", "--data", "x"],
        ["hub", "--data", "x"],
        ["hub", "--data", "x", "--port", "0"],
        ["node", "--data", "x", "--port", "http"],
        ["sync", "--data", "x", "--peer", "hub"],
        ["village", "--stop", "nobody"],
        ["node", "--data", "x", "--port", "1", "--peer", "http://a:99999"],
    ],
    ids=lambda typed: " ".join(typed) or "nothing",
)
def test_what_is_typed_wrongly_is_told_with_the_usage(typed: list[str]) -> None:
    said = here(*typed)
    assert said.code == 2
    assert said.err.startswith("usage: ")


def test_wrong_usage_and_a_missing_folder_end_the_real_process_so_too(tmp_path: Path) -> None:
    assert kairan("status").code == 2
    assert str(tmp_path / "nothing") in refused("status", "--data", tmp_path / "nothing")


def test_the_version_and_the_commands_can_be_asked_for() -> None:
    assert here("--version").out == "0.1.0\n"
    told = here("--help").out
    for command in ("status", "board", "export", "import", "rebuild", "feed", "node", "hub"):
        assert command in told
