"""At a centre that nobody keeps, the office looks at what residents post, over real roads."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from node.moderation.elsewhere import Elsewhere, elsewhere, let_in_elsewhere
from node.moderation.waiting import WAITS_DAYS
from node.moderation.wishing import say
from node.node import Node, open_node
from node.people import begin
from node.reading import begin_reading
from sync.account import Account
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE, LEDGER_FILE
from tests.kiosk_ui.town import EVENT
from tests.patience import until
from tests.raw import files_with
from tests.stories.clocks import Clock, trusted
from tests.stories.machines import FourMachines, Machine, town, wait_until_all_hold_the_same

WORD, UNSEEN = "きいろいもちつき", "みどりのもちつき"
MINUTES = 240.0


def reads_it(machine: Machine) -> bool:
    return WORD in [each["fields"]["title"] for each in machine.board("event")]


def waiting(node: Node, staff: Account) -> list[Elsewhere]:
    return list(elsewhere(node, staff))


@pytest.mark.slow
def test_it_waits_is_let_in_at_the_office_and_stands_on_every_board(machines: FourMachines) -> None:
    _hub, office, here, there = machines
    desk = open_node(office.folder)
    staff = begin(desk, "佐藤")
    begin_reading(desk)
    place = load_identity(here.folder / KEY_FILE).public
    say(desk, place, waits=frozenset({"event"}), allowance=20, by=staff)
    wait_until_all_hold_the_same(machines)
    receipt = here.visitor.post("event", **EVENT | {"title": WORD})
    assert receipt.startswith("/receipts/")
    assert "役場の人が内容を確かめて" in here.visitor.reads(receipt)
    (found,) = until(partial(waiting, desk, staff))
    assert found.said.fields["title"] == WORD
    for machine in machines:
        held = files_with(machine.folder, WORD)
        assert bool(held) is (machine is here), "sealed but where it waits"
    let_in_elsewhere(desk, found.address, by=staff)
    desk.database.close()
    for machine in (here, there, office):
        until(partial(reads_it, machine), seconds=MINUTES)
    assert "のりました" in here.visitor.reads(receipt)


@pytest.mark.slow
def test_what_is_taken_back_and_what_nobody_looks_at_is_gone_from_the_machine_where_it_waited(
    tmp_path: Path,
) -> None:
    clock, sure = Clock(tmp_path / "clock"), tmp_path / "sure"
    clock.set("2026-12-01 12:00:00")
    sure.touch()
    with clock.worn(**trusted(sure)), town(tmp_path / "town") as machines:
        _hub, office, here, _there = machines
        desk = open_node(office.folder)
        staff = begin(desk, "佐藤")
        begin_reading(desk)
        place = load_identity(here.folder / KEY_FILE).public
        say(desk, place, waits=frozenset({"event"}), allowance=20, by=staff)
        for machine in machines:
            machine.start()
        wait_until_all_hold_the_same(machines)
        who = here.visitor
        given_up, unseen = (who.post("event", **EVENT | {"title": t}) for t in (WORD, UNSEEN))
        until(lambda: len(waiting(desk, staff)) == 2)
        assert files_with(here.folder, WORD)

        form = who.open(f"{given_up}/take-back").form(ending="/take-back")
        assert who.send(form).status == 303
        assert "取り下げました" in who.reads(given_up)
        until(lambda: [each.said.fields["title"] for each in waiting(desk, staff)] == [UNSEEN])
        until(lambda: not files_with(here.folder, WORD), seconds=MINUTES)
        desk.database.close()

        assert f"{WAITS_DAYS}日のあいだ、だれも確かめられなかったとき" in who.reads(unseen)
        until(partial(knows_that_it_waits, here), seconds=MINUTES)
        assert files_with(here.folder, UNSEEN)
        clock.set("2027-03-02 12:00:00")  # 91 days later
        until(lambda: "書かれたことは消えました" in who.reads(unseen), seconds=MINUTES)
        until(lambda: not files_with(here.folder, UNSEEN), seconds=MINUTES)
        assert not reads_it(here)


def knows_that_it_waits(machine: Machine) -> bool:
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        return bool(ledger.execute("SELECT 1 FROM desk_waits WHERE since > 0").fetchone())
