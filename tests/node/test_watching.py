"""Sticks that are plugged in while nobody looks, and what the kiosk says of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk_ui.app import create_app
from node.carrying import watching
from node.carrying.stick import visit
from node.carrying.watching import FILE, Sticks, mounted_below, read_shown
from node.node import Node
from tests.node.builders import Village, post_event, titles

MOUNTS = r"""
21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 8:17 / /media/kairan/KINGSTON rw - vfat /dev/sdb1 rw
31 21 8:33 / /media/kairan/no\040name rw - exfat /dev/sdc1 rw
32 21 8:49 / /media/kairan-other rw - vfat /dev/sdd1 rw
broken line
"""


def test_what_is_mounted_below_the_folder_is_found_and_nothing_else() -> None:
    found = mounted_below(Path("/media/kairan"), MOUNTS)
    assert set(map(str, found)) == {"/media/kairan/KINGSTON", "/media/kairan/no name"}
    assert set(mounted_below(Path("/media/kairan/KINGSTON"), MOUNTS)) == {
        Path("/media/kairan/KINGSTON")
    }


def test_the_folder_itself_mounted_once_more_for_a_unit_is_no_stick() -> None:
    once_more = f"{MOUNTS}33 21 8:1 /media/kairan /media/kairan rw - ext4 /dev/sda1 rw"
    here = Path("/media/kairan")
    assert mounted_below(here, once_more) == mounted_below(here, MOUNTS)


class Slot:
    """Where sticks are plugged in, as the system tells it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.mounts = ""

    def plug_in(self, stick: Path) -> None:
        self.number += 1
        self.mounts = f"{self.number} 1 8:1 / {stick} rw - vfat /dev/sdb1 rw\n"

    def pull_out(self) -> None:
        self.mounts = ""


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    (tmp_path / "media" / "usb").mkdir(parents=True)
    return Slot(tmp_path / "media")


@pytest.fixture
def node(village: Village, slot: Slot) -> Node:
    node = village.node("上郷")
    node.settings = replace(node.settings, sticks=slot.folder)
    return node


def kiosk(node: Node) -> str:
    answer = create_app(node).test_client().get("/stick", base_url="http://127.0.0.1:8700")
    return answer.text if answer.status_code == 200 else ""


def test_a_stick_that_is_plugged_in_is_read_once_and_the_kiosk_says_that_it_may_go(
    village: Village, node: Node, slot: Slot
) -> None:
    there = village.node("下郷")
    post_event(there)
    visit(there, slot.folder / "usb")
    sticks = Sticks(node, lambda: slot.mounts)
    sticks.look()
    assert kiosk(node) == ""
    slot.plug_in(slot.folder / "usb")
    sticks.look()
    assert titles(node) == ["合唱の会"]
    assert "取り外してよいです" in kiosk(node)
    assert "1件受け取り" in kiosk(node)
    before = kiosk(node)
    sticks.look()
    assert kiosk(node) == before
    slot.pull_out()
    sticks.look()
    assert kiosk(node) == ""


def test_a_stick_plugged_in_again_is_read_again(village: Village, node: Node, slot: Slot) -> None:
    sticks = Sticks(node, lambda: slot.mounts)
    slot.plug_in(slot.folder / "usb")
    sticks.look()
    there = village.node("下郷")
    post_event(there)
    visit(there, slot.folder / "usb")
    slot.plug_in(slot.folder / "usb")  # pulled out and in between two looks
    sticks.look()
    assert titles(node) == ["合唱の会"]


def test_while_it_is_read_the_kiosk_asks_to_wait(
    node: Node, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def look_meanwhile(*_: object) -> object:
        said.append(kiosk(node))
        return visit(node, slot.folder / "usb")

    monkeypatch.setattr(watching, "visit", look_meanwhile)
    slot.plug_in(slot.folder / "usb")
    Sticks(node, lambda: slot.mounts).look()
    assert "まだ抜かないでください" in said[0]
    assert "取り外してよいです" in kiosk(node)


def test_one_pulled_out_too_early_is_spoken_of_for_a_while(
    node: Node, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot.plug_in(slot.folder / "gone")
    sticks = Sticks(node, lambda: slot.mounts)
    sticks.look()
    slot.pull_out()
    sticks.look()
    assert "もう一度差してください" in kiosk(node)
    monkeypatch.setattr("node.carrying.watching.clock.running", lambda: 1e12)
    sticks.look()
    assert kiosk(node) == ""


def test_what_somebody_wrote_into_the_file_by_hand_breaks_no_screen(node: Node) -> None:
    for content in (b"", b"[]", b'{"heading": 1}', b"\xff", b"0" * 5_000):
        (node.settings.folder / FILE).write_bytes(content)
        assert read_shown(node.settings.folder) is None


def test_phones_are_told_nothing_of_sticks(node: Node) -> None:
    answer = create_app(node).test_client().get("/stick", base_url="http://192.168.1.20")
    assert answer.status_code == 404


def test_where_no_folder_is_named_nobody_looks(village: Village) -> None:
    sticks = Sticks(village.node("下郷"))
    sticks.start()
    sticks.stop()
