"""A year passes: what is over goes everywhere by the office's order, also where nobody was."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from sync.machine.settings import LEDGER_FILE
from tests.patience import until
from tests.raw import files_with
from tests.stories.clocks import Clock, trusted
from tests.stories.ledger_file import check_ledger
from tests.stories.machines import FourMachines, Machine, town, wait_until_all_hold_the_same

OVER, TO_COME = "去年のおわった会", "まだ先のつづく会"
JUMP_SECONDS = 300.0  # it is looked every minute, and witnesses have to speak first


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[FourMachines]:
    with town(tmp_path / "town") as made:
        yield made


def _heads(machine: Machine) -> list[tuple[object, ...]]:
    """Of every entry that isn't of class trust."""
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        return ledger.execute(
            "SELECT id, entries.number, entries.head FROM entries JOIN stretches USING (stretch)"
            " WHERE class != 1 ORDER BY id, entries.number"
        ).fetchall()


def _pull_the_plug(machine: Machine) -> None:
    assert machine.running is not None
    machine.running.kill()
    machine.running = None


def _knows_since_when(office: Machine) -> bool:
    """Whether it noted that it holds both posts."""
    with closing(sqlite3.connect(office.folder / LEDGER_FILE)) as ledger:
        named = "SELECT 1 FROM sqlite_master WHERE name = 'known_by'"
        if not ledger.execute(named).fetchone():
            return False
        sql = "SELECT max(known_by.number) FROM known_by JOIN stretches ON id = known_by.stretch"
        return (ledger.execute(f"{sql} WHERE class = 4").fetchone()[0] or 0) >= 2


def _is_gone(machine: Machine, page: str) -> bool:
    return machine.visitor.open(page).status == 410 and not files_with(machine.folder, OVER)


@pytest.mark.slow
def test_after_a_year_what_is_over_is_gone_everywhere_and_stays_away(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, office, here, there = machines
    clock, sure = Clock(tmp_path / "clock"), tmp_path / "sure"
    clock.set("2026-12-01 12:00:00")
    sure.touch()
    with clock.worn(**trusted(sure)):
        for machine in machines:
            machine.start()
        event = {"place": "上郷公民館"}
        over = here.visitor.post("event", title=OVER, starts_on="2026-12-05", **event)
        to_come = here.visitor.post("event", title=TO_COME, starts_on="2029-12-05", **event)
        wait_until_all_hold_the_same(machines)
        for machine in machines:
            assert files_with(machine.folder, OVER)
        until(partial(_knows_since_when, office), seconds=JUMP_SECONDS)
        assert "終わってから1年で消えます" in here.visitor.reads("/boards/event")
        heads = _heads(office)
        _pull_the_plug(there)

        clock.set("2027-12-07 12:00:00")  # a year and two days after it was over
        for machine in (hub, office, here):
            until(partial(_is_gone_from_disk, machine), seconds=JUMP_SECONDS)
        assert files_with(there.folder, OVER), "it was off"
        there.start()
        for machine in (office, here, there):
            until(partial(_is_gone, machine, over), seconds=JUMP_SECONDS)
            assert machine.visitor.open(to_come).status == 200
        wait_until_all_hold_the_same(machines)

        here.visitor.post("event", title="次の年の会", starts_on="2028-02-05", **event)
        wait_until_all_hold_the_same(machines)
        for machine in machines:
            assert not files_with(machine.folder, OVER), "nobody fetched it again"
            assert _heads(machine)[: len(heads)] == heads
        for machine in (office, here, there):
            assert (machine.status().erased, machine.status().holes) == (1, 0)
            check_ledger(machine.folder)


def _is_gone_from_disk(machine: Machine) -> bool:
    return not files_with(machine.folder, OVER)
