"""At a centre that nobody keeps, the office looks at what residents post, over real roads."""

from functools import partial

import pytest

from node.moderation.elsewhere import Elsewhere, elsewhere, let_in_elsewhere
from node.moderation.wishing import say
from node.node import Node, open_node
from node.people import begin
from node.reading import begin_reading
from sync.account import Account
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE
from tests.kiosk_ui.town import EVENT
from tests.patience import until
from tests.raw import files_with
from tests.stories.machines import FourMachines, Machine, wait_until_all_hold_the_same

WORD = "きいろいもちつき"
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
