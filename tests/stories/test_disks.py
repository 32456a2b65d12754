"""A disk that is full, can't be written, or gives back garbage, under a running machine."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sync.machine.files import write_whole
from sync.machine.settings import LEDGER_FILE, NOTEBOOK_FILE
from tests.patience import until
from tests.stories.machines import FourMachines, Machine, copied, is_well, titles, town
from tests.stories.small_disk import SmallDisk, small_disk
from tests.stories.visitor import Page

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
FULL_TITLE = "いっぱいの日の会"


@dataclass(frozen=True, slots=True)
class OnSmallDisk:
    machines: FourMachines
    disk: SmallDisk

    @property
    def here(self) -> Machine:
        return self.machines.here


@pytest.fixture
def small(tmp_path: Path) -> Iterator[OnSmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=8) as disk, town(tmp_path / "town") as machines:
        here = machines.here
        here.folder = copied(here.folder, disk.folder)
        yield OnSmallDisk(machines, disk)
        if here.running is not None:
            here.running.kill()


def _said(machine: Machine) -> dict[str, Any]:
    return dict(json.loads(machine.kairan("status", "--json")))


def _try_to_post(machine: Machine, title: str) -> Page:
    blank = machine.visitor.open("/boards/event/new").form(ending="/new")
    return machine.visitor.send(blank.filled(title=title, **EVENT))


def _holds(machine: Machine, entries: int) -> bool:
    return bool(_said(machine)["entries"] == entries)


@pytest.mark.slow
def test_on_a_full_disk_what_was_typed_stays_and_what_stands_is_shown(small: OnSmallDisk) -> None:
    here, there = small.here, small.machines.there
    small.machines.hub.start()
    here.start()
    there.start()
    kept = here.visitor.post("event", title="前からの会", **EVENT)
    until(lambda: "前からの会" in there.visitor.reads(kept))

    small.disk.fill()
    # A page or two of what was allotted may still be free: it is full once a post says so.
    acknowledged = ["前からの会"]
    for number in range(2_000):
        page = _try_to_post(here, f"{FULL_TITLE}{number}")
        if page.status == 503:
            break
        assert page.status == 303, page.text
        acknowledged.append(f"{FULL_TITLE}{number}")
    assert page.status == 503
    assert "記憶装置に書けない" in page.text
    assert page.form(ending="/new").values["title"] == f"{FULL_TITLE}{number}"
    assert "前からの会" in here.visitor.reads("/boards/event")
    assert _said(here)["disk"] == "full"
    assert "空きがほとんどありません" in here.kairan("status")

    there.visitor.post("event", title="むこうの会", **EVENT)
    small.disk.empty()
    page = here.visitor.send(page.form(ending="/new"))
    assert page.status == 303
    acknowledged.append(f"{FULL_TITLE}{number}")
    until(lambda: titles(here) >= {*acknowledged, "むこうの会"})
    assert titles(here) == {*acknowledged, "むこうの会"}
    until(lambda: titles(there) == titles(here))
    assert _said(here)["disk"] == "well"


@pytest.mark.slow
def test_on_a_disk_that_cannot_be_written_the_boards_are_shown(small: OnSmallDisk) -> None:
    here = small.here
    here.start()
    here.visitor.post("event", title="前からの会", **EVENT)
    here.stop()
    small.disk.allow_writing(False)
    here.start()
    assert "前からの会" in here.visitor.reads("/boards/event")
    page = _try_to_post(here, "書けない日の会")
    assert page.status == 503
    assert page.form(ending="/new").values["title"] == "書けない日の会"
    assert _said(here)["disk"] == "read-only"
    assert "書けなくなっています" in here.kairan("status")
    here.stop()
    small.disk.allow_writing(True)
    here.start()
    assert here.visitor.send(page.form(ending="/new")).status == 303
    assert titles(here) == {"前からの会", "書けない日の会"}


def test_a_ledger_that_breaks_while_it_runs_is_taken_back_from_the_hub(tmp_path: Path) -> None:
    with town(tmp_path) as machines:
        here, there = machines.here, machines.there
        for machine in (machines.hub, here, there):
            machine.start()
        posted = {f"{number}の会" for number in range(8)}
        for title in posted:
            here.visitor.post("event", title=title, **EVENT)
        until(lambda: titles(there) == posted)

        _ruin(here.folder / LEDGER_FILE)
        until(lambda: list(here.folder.glob("kairan-damaged-*.sqlite")))
        until(lambda: is_well(here.url))
        assert "記録のファイルが壊れていました" in here.visitor.reads("/")
        until(lambda: titles(here) == posted)
        here.visitor.post("event", title="そのあとの会", **EVENT)
        until(lambda: "そのあとの会" in titles(there))
        assert len(list(here.folder.glob("kairan-damaged-*.sqlite"))) == 1
        assert _said(here)["mishap"]["moved_to"] == "kairan-damaged-1.sqlite"
        assert _said(here)["lanes"] == 2, "one of each life"
        assert _said(here)["digests"] == _said(there)["digests"]


@pytest.mark.slow
def test_a_hub_whose_ledger_breaks_while_it_runs_is_given_all_again(tmp_path: Path) -> None:
    with town(tmp_path) as machines:
        hub, here, there = machines.hub, machines.here, machines.there
        for machine in (hub, here):
            machine.start()
        here.visitor.post("event", title="前からの会", **EVENT)
        until(lambda: _said(hub)["entries"] == 1)
        _ruin(hub.folder / LEDGER_FILE)
        until(lambda: list(hub.folder.glob("kairan-damaged-*.sqlite")))
        there.start()
        until(lambda: titles(there) == {"前からの会"})
        assert "壊れていた" in hub.kairan("status")


@pytest.mark.slow
def test_a_lost_or_damaged_notebook_is_begun_anew(tmp_path: Path) -> None:
    with town(tmp_path) as machines:
        hub, here = machines.hub, machines.here
        hub.start()
        here.start()
        notebook = here.folder / NOTEBOOK_FILE
        until(lambda: any(peer["synced"] for peer in _said(here)["peers"]))
        for number, damage in enumerate((b"\x00" * 100, b"", b"[1, 2", None)):
            if damage is None:
                notebook.unlink()
            else:
                write_whole(notebook, damage)
            here.visitor.post("event", title=f"{number}の会", **EVENT)
            until(partial(_holds, hub, number + 1))
            until(lambda: [peer["synced"] > "" for peer in _said(here)["peers"]] == [True])


def _ruin(ledger: Path) -> None:
    """Write over every page but the first, under whoever has it open."""
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with ledger.open("r+b") as raw:
        size = raw.seek(0, 2)
        raw.seek(4096)
        raw.write(b"\x5a" * (size - 4096))
