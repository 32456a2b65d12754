"""A disk that takes nothing more: what was typed stays in the form, and what stands is shown."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk_ui.app import create_app
from node.node import Node
from node.status import status
from sync.machine import disk, files
from tests.node.builders import CHOIR, Village, post_event, titles

FORM = {**CHOIR, "state": "planned", "description": "雨でも " * 950}


def fill(node: Node) -> None:
    """From now on the ledger's file has no more room than it has."""
    node.database.connection.execute("PRAGMA max_page_count = 1")


def make_room(node: Node) -> None:
    node.database.connection.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Village(tmp_path).node()


def test_what_was_typed_stays_and_is_taken_when_there_is_room(node: Node) -> None:
    post_event(node, title="前からの会")
    client = create_app(node).test_client()
    fill(node)
    answered = client.post("/boards/event/new", data=FORM)
    assert answered.status_code == 503
    assert "記憶装置に書けない" in answered.text
    assert FORM["description"].strip() in answered.text
    assert titles(node) == ["前からの会"]
    assert client.get("/boards/event").status_code == 200

    make_room(node)
    assert client.post("/boards/event/new", data=FORM).status_code == 303
    assert len(titles(node)) == 2


def test_a_change_and_a_removal_wait_too(node: Node) -> None:
    post = post_event(node)
    client = create_app(node).test_client()
    page = client.get(f"/records/{post.address}/edit").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    fill(node)
    changed = client.post(f"/records/{post.address}/edit", data={**FORM, "seen": seen})
    assert changed.status_code == 503
    assert FORM["description"].strip() in changed.text


@pytest.mark.parametrize(
    "broken", [sqlite3.OperationalError("disk I/O error"), OSError(28, "No space left on device")]
)
def test_whatever_the_disk_says_a_page_says_it_plainly(
    node: Node, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise broken

    client = create_app(node).test_client()
    monkeypatch.setattr(node, "posts", breaks)
    answered = client.get("/boards/event")
    assert answered.status_code == 503
    assert "もう一度お試しください" in answered.text


def test_status_tells_how_the_disk_is(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(node).disk is disk.Disk.WELL
    monkeypatch.setattr(disk, "FULL_BYTES", 1 << 80)
    assert status(node).disk is disk.Disk.FULL


def test_a_life_that_cannot_be_noted_is_not_begun(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Callable[..., None]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sync.machine.mishap.write_whole", full)
    client = create_app(node).test_client()
    assert client.post("/boards/event/new", data=FORM).status_code == 503
    assert node.ledger.incarnations(node.identity.public) == frozenset()
    monkeypatch.setattr("sync.machine.mishap.write_whole", files.write_whole)
    assert client.post("/boards/event/new", data=FORM).status_code == 303
