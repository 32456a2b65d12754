"""The office takes a centre's post down and says why: it is read at every machine, and by whom."""

from functools import partial

import pytest

from node.node import edition, open_node
from node.people import begin
from node.taking_down import REASONS, take_down
from tests.patience import until
from tests.stories.machines import FourMachines, Machine, titles

pytestmark = pytest.mark.slow

TITLE = "あやしい会"


def says(machine: Machine, page: str, words: str) -> bool:
    return words in machine.visitor.reads(page)


def test_the_reason_reaches_every_machine_also_one_that_was_off(machines: FourMachines) -> None:
    _hub, office, here, there = machines
    event = {"title": TITLE, "starts_on": "2031-04-05", "place": "上郷公民館"}
    page = here.visitor.post("event", **event)
    for machine in (office, there):
        until(partial(says, machine, page, TITLE))
    form = here.visitor.open(f"{page}/report").form(ending="/report")
    receipt = here.visitor.send(form.filled(reason="false")).location
    assert "確認を待っています" in here.visitor.reads(receipt)
    there.stop()

    desk = open_node(office.folder)
    staff = begin(desk, "佐藤")
    post = desk.post(page.rpartition("/")[2])
    assert post is not None
    take_down(desk, post, seen=edition(post), by=staff, reason="false")
    desk.database.close()

    told = f"{REASONS['false']}、「office」の担当者が取り下げました。"
    for machine in (office, here):
        until(partial(says, machine, page, told))
        assert TITLE not in titles(machine)
    assert told in here.visitor.reads(receipt)
    there.start()
    until(partial(says, there, page, told))
    assert there.visitor.open(page).status == 410
    assert not says(there, page, TITLE)
