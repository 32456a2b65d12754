"""The sample town has something on every board, and is filled once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.boards import BOARDS
from node.form import Problems, parse
from node.node import Node, edition, open_node
from provisioning import sample_town
from provisioning.sample_town import MACHINES, make_sample_town
from sync.entry import Quality
from sync.machine.clock import Moment
from sync.machine.settings import Part
from tests.node.builders import meet, table, titles

NOW = Moment(datetime(2026, 11, 22, 3, 0, tzinfo=UTC), Quality.TRUSTED)
ADDRESSES = {machine.id: f"http://127.0.0.1:{8700 + at}" for at, machine in enumerate(MACHINES)}


def make(folder: Path) -> list[Node]:
    make_sample_town(folder, ADDRESSES, now=NOW, offer_seconds=2)
    return [open_node(folder / machine.id) for machine in MACHINES if machine.part is not Part.HUB]


def met(nodes: list[Node]) -> Node:
    for node in nodes[1:]:
        meet(nodes[0], node)
    return nodes[0]


def test_something_stands_on_every_board(tmp_path: Path) -> None:
    office = met(make(tmp_path))
    assert all(titles(office, board) for board in BOARDS)


def test_a_second_start_adds_nothing(tmp_path: Path) -> None:
    before = [table(node) for node in make(tmp_path)]
    assert [table(node) for node in make(tmp_path)] == before


def test_what_was_taken_down_meanwhile_is_not_filled_in_again(tmp_path: Path) -> None:
    _, node, _ = make(tmp_path)
    for post in node.posts(BOARDS["event"]):
        node.remove(post, seen=edition(post))
    _, again, _ = make(tmp_path)
    assert titles(again) == []


def test_every_sample_post_is_one_that_a_person_could_have_written(tmp_path: Path) -> None:
    office = met(make(tmp_path))
    for board in BOARDS.values():
        for post in office.posts(board):
            if "outside" in post.fields:
                continue
            form = {f.name: post.text(f.name) for f in board.form_fields()}
            assert not isinstance(parse(board, form), Problems), post.fields


def test_a_power_cut_half_way_is_made_good_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(sample_town, "_feed", cut)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path)
    office = met(make(tmp_path))
    assert all(titles(office, board) for board in BOARDS)


def test_the_sample_alert_is_marked_as_a_drill(tmp_path: Path) -> None:
    office = make(tmp_path)[0]
    fed = [post for post in office.posts(BOARDS["disaster"]) if "outside" in post.fields]
    assert [post.text("operation") for post in fed] == ["drill"]
