"""Sticks as people have them: FAT32 and exFAT, full, write-protected, and pulled out half-way."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.carrying.ours import FILES_MAX
from node.carrying.stick import Trouble, Visit, Wrote, visit
from node.carrying.watching import read_shown
from node.carrying.words import in_words
from node.node import Node
from sync.carrier import Reading, unpack
from sync.machine.settings import SETTINGS_FILE
from tests.node.builders import Village, post_event, table, titles
from tests.patience import until
from tests.stories.machines import Running, kairan
from tests.stories.sticks import KINDS, Stick, fill, formatted


@pytest.fixture(params=KINDS)
def stick(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stick]:
    with formatted(request.param, tmp_path / "stick.img") as made:
        yield made


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


def carried(node: Node, stick: Stick, *, read_only: bool = False) -> Visit:
    """Plugged in at that machine, read and written, and pulled out."""
    place = node.settings.folder / "usb"
    with stick.plugged_in(place, read_only=read_only) as at:
        return visit(node, at)


def contents(stick: Stick, at: Path) -> dict[str, bytes]:
    with stick.plugged_in(at) as there:
        return {path.name: path.read_bytes() for path in there.rglob("*") if path.is_file()}


def test_a_walk_there_and_back_makes_both_the_same(village: Village, stick: Stick) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    post_event(there, title="下郷の会")
    assert carried(here, stick).wrote is Wrote.WRITTEN
    assert carried(there, stick).new == 1
    came = carried(here, stick)
    assert came.new == 1
    assert came.arrived_at == ("下郷",)
    assert table(here) == table(there)
    assert carried(there, stick).arrived_at == ("上郷",)
    assert carried(here, stick).wrote is Wrote.NOTHING_NEW


@pytest.mark.slow
def test_a_year_of_walks_leaves_few_files_on_it(village: Village, stick: Stick) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    for number in range(12):
        post_event((here, there)[number % 2], title=f"{number}の会")
        for node in (here, there):
            assert carried(node, stick).well
    carried(here, stick)
    assert table(here) == table(there)
    newcomer = village.node("奥郷")
    carried(newcomer, stick)
    assert table(newcomer) == table(here)
    assert len(contents(stick, village.folder / "look")) <= 2 * FILES_MAX + 1


def test_a_full_stick_is_read_and_stays_as_it_is(
    village: Village, stick: Stick, tmp_path: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    carried(there, stick)
    for number in range(40):
        post_event(here, title=f"{number}の会", description=f"{number}" * 900)
    with stick.plugged_in(tmp_path / "home") as at:
        fill(at)
    before = contents(stick, tmp_path / "look")
    came = carried(here, stick)
    assert (came.new, came.wrote) == (1, Wrote.FULL)
    assert in_words(came) == (
        "新しいお知らせや変更を1件受け取りましたが、USBメモリーがいっぱいで書きこめないので、"
        "いらないファイルを減らすか、別のものを使ってください。"
    )
    assert contents(stick, tmp_path / "look") == before
    with stick.plugged_in(tmp_path / "home") as at:
        (at / "family.mov").unlink()
    assert carried(here, stick).wrote is Wrote.WRITTEN
    assert carried(there, stick).new == 40


def test_a_write_protected_stick_is_read(village: Village, stick: Stick, tmp_path: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    carried(there, stick)
    before = contents(stick, tmp_path / "look")
    came = carried(here, stick, read_only=True)
    assert (came.new, came.wrote) == (1, Wrote.READ_ONLY)
    assert in_words(came) == (
        "新しいお知らせや変更を1件受け取りましたが、このUSBメモリーには書きこめないので、"
        "横につまみがあれば動かすか、別のものを使ってください。"
    )
    assert contents(stick, tmp_path / "look") == before


@pytest.mark.slow
@pytest.mark.parametrize("stick", ["fat32", "exfat"], indirect=True)
def test_pulled_out_at_any_moment_it_loses_nothing_that_it_had(
    village: Village, stick: Stick, tmp_path: Path
) -> None:
    """Its bytes are copied again and again while it is written: what it has if pulled out then."""
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    carried(there, stick)
    for number in range(300):
        post_event(here, title=f"{number}の会", description=f"{number}" * 300)
    copies: list[Stick] = []
    done = threading.Event()

    def copy() -> None:
        while not done.is_set() and len(copies) < 40:
            copies.append(stick.copy(tmp_path / f"copy{len(copies)}.img"))

    copier = threading.Thread(target=copy)
    copier.start()
    try:
        assert carried(here, stick).wrote is Wrote.WRITTEN
    finally:
        done.set()
        copier.join()
    for number, copied in enumerate(copies):
        reader = village.node(f"読む{number}")
        assert carried(reader, copied).trouble is None
        assert "合唱の会" in titles(reader)
        assert len(titles(reader)) in (1, 301)


def test_pulled_out_while_it_is_read_says_so_and_keeps_the_machine_whole(
    village: Village, stick: Stick, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    carried(there, stick)
    place = here.settings.folder / "usb"
    with stick.plugged_in(place):
        taking = here.ledger.transaction

        def pulled_out() -> object:
            stick.pull_out(place)
            return taking()

        monkeypatch.setattr(here.ledger, "transaction", pulled_out)
        came = visit(here, place)
    assert came.trouble is Trouble.PULLED_OUT
    assert in_words(came).startswith("途中で抜けたので")
    assert list(place.iterdir()) == [], "nothing was written where the stick had been"
    monkeypatch.undo()
    assert carried(here, stick).well
    assert titles(here) == ["合唱の会"]


def test_a_stick_that_is_mounted_where_the_machine_watches_is_read_and_written(
    village: Village, tmp_path: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    settings = here.settings.folder / SETTINGS_FILE
    slot = tmp_path / "media"
    settings.write_text(f'sticks = "{slot}"\n' + settings.read_text())
    with formatted("memory", tmp_path / "stick") as stick:
        carried(there, stick)
        with Running("sync", "--data", here.settings.folder, log=tmp_path / "log"):
            with stick.plugged_in(slot / "usb 1"):
                until(lambda: titles(here) == ["合唱の会"])
                until(lambda: (shown := read_shown(here.settings.folder)) and shown.state == "done")
            until(lambda: read_shown(here.settings.folder) is None)
        assert carried(there, stick).arrived_at == ("上郷",)


def test_the_command_says_what_came_of_it(village: Village, tmp_path: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    (tmp_path / "usb").mkdir()
    visit(there, tmp_path / "usb")
    assert kairan("carrier", tmp_path / "usb", "--data", here.settings.folder) == (
        "新しいお知らせや変更を1件受け取り、受け取ったしるしを書きこみました。取り外してよいです。\n"
    )
    said = kairan("carrier", tmp_path / "nowhere", "--data", here.settings.folder, code=1)
    assert said == "USBメモリーが見つからないので、差しなおしてください。\n"
    for path in (tmp_path / "usb" / "kairan").iterdir():
        reading = Reading()
        list(unpack(path.read_bytes(), reading))
        assert reading.whole
