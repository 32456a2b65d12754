"""The office switches letters to employers off while a machine is off, or is of older software."""

import os
from functools import partial
from pathlib import Path

import pytest

from node.mail.letters import open_for_letters
from node.node import open_node
from node.people import begin
from node.reading import begin_reading
from node.switching import switch_off
from sync.record import address
from sync.switch_off import SWITCH_OFF
from tests.kiosk_ui.town import JOB
from tests.patience import until
from tests.stories.machines import FourMachines, Machine
from tests.stories.test_canary import conversation, has_come, offers_letters

pytestmark = pytest.mark.slow

OLDER = Path(__file__).parent / "older"  # Python reads its sitecustomize.py at every start
REASON = "県の労働局に確かめたため"


def says_that_it_is_off(machine: Machine, page: str) -> bool:
    said = machine.visitor.reads(page)
    return "この町では、ここから手紙を送れません" in said and REASON in said


def apply(machine: Machine, page: str, message: str) -> str:
    """The receipt's words."""
    who = machine.visitor
    slip = who.send(who.open(f"{page}/write").form(ending="/write").filled(message=message))
    assert "送りました" in slip.text, slip.text
    _, _, after = slip.content.partition('<ol class="six-words">')
    return " ".join(part.partition("</b>")[0] for part in after.split("<b>")[1:7])


def test_a_machine_that_was_off_heeds_it_once_it_hears_and_one_of_before_passes_it_on(
    machines: FourMachines, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, office, here, there = machines
    node = open_node(here.folder)
    keeper = begin(node, "山田")
    begin_reading(node)
    page = here.visitor.post("job", **JOB)
    post = node.post(page.rpartition("/")[2])
    assert post is not None
    open_for_letters(node, post)
    node.database.close()
    until(partial(offers_letters, there, page))
    receipt = apply(there, page, "はじめの手紙です。")
    until(partial(has_come, here, keeper, "はじめの手紙です。"))

    # It is decided while that machine is off; the others heed it.
    there.stop()
    desk = open_node(office.folder)
    staff = begin(desk, "佐藤")
    begin_reading(desk)
    switch_off(desk, "letters/job", REASON, by=staff)
    (said,) = (each.id for each in desk.views.switches.of(desk.settings.town))
    desk.database.close()
    for machine in (office, here):
        until(partial(says_that_it_is_off, machine, page))

    # Until it hears it takes letters, and what it acknowledged arrives.
    hub.stop()
    there.start()
    assert offers_letters(there, page)
    who = there.visitor
    before_it_heard = who.open(f"{page}/write").form(ending="/write").filled(message="まにあわない")
    late = apply(there, page, "きく前の手紙です。")
    hub.start()
    until(partial(says_that_it_is_off, there, page))
    refused = who.send(before_it_heard)
    assert refused.status == 403
    assert "こうした手紙を取りつがないことにしたので、送れませんでした" in refused.text
    assert who.open(f"{page}/write").status == 403
    until(partial(has_come, here, keeper, "きく前の手紙です。"))
    assert not has_come(here, keeper, "まにあわない")
    for words, message in ((receipt, "はじめの手紙です。"), (late, "きく前の手紙です。")):
        told = conversation(there.visitor, words)
        assert message in told.text
        assert "つづきは送れません" in told.text

    # Software that doesn't know the word keeps it, shows nothing of it and goes on as before.
    there.stop()
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(OLDER), prepend=os.pathsep)
        there.start()
        assert offers_letters(there, page)
        assert there.visitor.open(f"/records/{address(said)}").status == 404
        assert there.visitor.open(f"/boards/{SWITCH_OFF}").status == 404
        apply(there, page, "古い機械の手紙です。")
        until(partial(has_come, here, keeper, "古い機械の手紙です。"))
        there.stop()

    # Made new, it knows at once.
    hub.stop()
    there.start()
    assert says_that_it_is_off(there, page)
