"""Small facts about neighbours, in a file that is always whole."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.notebook import Neighbour, Notebook

HUB = Neighbour(address="http://hub", road="hub", name="ハブ", synced="2026-07-01T01:00:00+00:00")
PEER = Neighbour(address="http://peer", road="peer", problem="つながりません。")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notebook.json"


def test_what_was_noted_is_there_for_the_next_reader(path: Path) -> None:
    assert Notebook(path).neighbours() == []
    assert not path.exists()
    Notebook(path).note(PEER)
    Notebook(path).note(HUB)
    assert Notebook(path).neighbours() == [HUB, PEER]


def test_the_newest_note_takes_the_place_of_the_one_before(path: Path) -> None:
    notebook = Notebook(path)
    notebook.note(HUB)
    notebook.note(PEER)
    newer = Neighbour(address=HUB.address, road="hub", problem="つながりません。")
    notebook.note(newer)
    assert notebook.neighbours() == [newer, PEER]


def test_a_keeper_can_read_and_mend_it(path: Path) -> None:
    Notebook(path).note(HUB)
    text = path.read_text()
    assert "ハブ" in text
    path.write_text(text.replace("http://hub", "http://192.0.2.1:8700"))
    assert [neighbour.address for neighbour in Notebook(path).neighbours()] == [
        "http://192.0.2.1:8700"
    ]


def test_a_power_cut_before_the_new_file_is_in_place_leaves_the_old_one_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook(path)
    notebook.note(HUB)
    before = path.read_bytes()

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            notebook.note(PEER)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208
    notebook.note(PEER)
    assert notebook.neighbours() == [HUB, PEER]


def test_notes_taken_at_once_are_all_there(path: Path) -> None:
    notebook = Notebook(path)
    neighbours = [Neighbour(address=f"http://{n:02}", road="peer") for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(notebook.note, neighbours))
    assert notebook.neighbours() == neighbours


DAMAGED = {
    "cut short": b'{"neighbours": {"1": {"addr',
    "zeros": b"\x00" * 4096,
    "empty": b"",
    "not UTF-8": b'{"neighbours": "\xff"}',
    "a list": b"[]",
    "a table that is a list": b'{"neighbours": []}',
    "a row that is a word": b'{"neighbours": {"1": "hub"}}',
    "a row without a number": b'{"neighbours": {"hub": {"address": "a", "road": "hub"}}}',
    "very deep": b'{"neighbours":' * 100_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_notebook_is_put_aside_by_the_next_note(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    notebook = Notebook(path)
    assert notebook.neighbours() == []
    assert path.read_bytes() == content  # who only reads changes nothing
    notebook.note(HUB)
    assert notebook.neighbours() == [HUB]
    assert path.with_suffix(".damaged").read_bytes() == content


def test_a_row_that_says_too_little_is_passed_over(path: Path) -> None:
    rows = {"1": {"name": "?"}, "2": {"address": "http://a", "road": "hub", "later": 1}}
    path.write_text(json.dumps({"neighbours": rows}))
    assert Notebook(path).neighbours() == [Neighbour(address="http://a", road="hub")]
