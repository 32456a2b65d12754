"""What somebody types where it is sealed is in clear nowhere but before whoever may read it.

Real machines, their logs, sticks and carrier files, byte by byte.
"""

import re
from functools import partial
from pathlib import Path

import pytest

from node.erasure_requests import requests
from node.mail.letters import answer, open_for_letters, received_here
from node.mail.looking import LETTER_REASONS, looked, note_letters
from node.node import Node, open_node
from node.people import begin
from node.reading import begin_reading
from sync.account import Account
from sync.sealed_record import REPORT
from tests.kiosk_ui.town import JOB
from tests.raw import files_with
from tests.stories.machines import (
    FourMachines,
    Machine,
    until,
    wait_until_all_hold_the_same,
)
from tests.stories.visitor import Page

CANARIES = {
    "message": "カナリヤ本文きいろいとり",
    "name": "カナリヤ名前きいろいとり",
    "contact": "カナリヤ連絡先きいろいとり",
}
GOES_ON = "カナリヤつづききいろいとり"
ANSWER = "カナリヤ返事きいろいとり"
SHOWN = "きいろい旗の店番"
ASKED = {
    "words": "カナリヤ消してきいろ",
    "name": "カナリヤ依頼きいろ",
    "contact": "カナリヤ電話きいろ",
}
REPORTED = "カナリヤ知らせきいろ"


@pytest.fixture
def keeper(machines: FourMachines) -> Account:
    """Whoever was let in at the centre; and somebody at the office, who keeps the log too."""
    for machine in (machines.office, machines.here):
        node = open_node(machine.folder)
        made = begin(node, "当番")
        begin_reading(node)
        node.database.close()
    return made


def offers_letters(machine: Machine, page: str) -> bool:
    return "応募する・質問する" in machine.visitor.reads(page)


def apply(machine: Machine, page: str) -> Page:
    form = machine.visitor.open(f"{page}/write").form(ending="/write")
    return machine.visitor.send(form.filled(**CANARIES))


def conversation(machine: Machine, receipt: str) -> Page:
    forms = machine.visitor.open("/receipt").forms
    form = next(form for form in forms if "typed" in form.names)
    return machine.visitor.send(form.filled(typed=receipt))


def at(machine: Machine) -> Node:
    return open_node(machine.folder)


def has_come(node: Node, keeper: Account, words: str) -> bool:
    return any(
        words in each.letter.message
        for told in received_here(node, keeper)
        for each in told.letters
    )


def test_a_canary_is_found_on_no_disk_in_no_log_and_on_no_page_but_its_readers(
    machines: FourMachines, keeper: Account, tmp_path: Path
) -> None:
    hub, office, here, there = machines
    job = here.visitor.post("job", **{**JOB, "title": SHOWN})
    node = at(here)
    post = node.post(job.rsplit("/", 1)[1])
    assert post is not None
    open_for_letters(node, post)
    until(partial(offers_letters, there, job))
    # somebody writes at another centre, and talks on
    slip = apply(there, job)
    receipt = " ".join(re.findall(r"<li><b>(\w+)</b></li>", slip.content))
    assert len(receipt.split()) == 6
    page = conversation(there, receipt)
    form = next(form for form in page.forms if "message" in form.names)
    assert GOES_ON in there.visitor.send(form.filled(message=GOES_ON)).text
    # whoever is behind the posting opens it and answers
    until(partial(has_come, node, keeper, GOES_ON))
    (told,) = received_here(node, keeper)
    read = [*(getattr(told.letters[0].letter, name) for name in CANARIES)]
    assert read == list(CANARIES.values()), "else nothing would be shown by its absence"
    note_letters(node, told, LETTER_REASONS["answer"], by=keeper)
    answer(node, told.name, ANSWER, by=keeper)
    node.database.close()
    # somebody wants the posting erased, somebody says that it is false
    form = there.visitor.open(f"{job}/erasure").form(ending="/erasure")
    there.visitor.send(form.filled(**ASKED, whose="mine", why="personal"))
    form = there.visitor.open(f"{job}/report").form(ending="/report")
    there.visitor.send(form.filled(words=REPORTED, reason="false"))
    wait_until_all_hold_the_same(machines)
    assert ANSWER in conversation(there, receipt).text
    desk = at(office)
    assert [each.title for each in looked(desk)] == [SHOWN]
    (wish,) = (each.wish for each in requests(desk))
    assert wish is not None
    assert {name: getattr(wish, name) for name in ASKED} == ASKED
    assert len(desk.views.sealed[REPORT].all()) == 1
    desk.database.close()
    # all that leaves a machine
    for machine in (office, here, there):
        machine.kairan("export", tmp_path / f"{machine.folder.name}.kairan")
        stick = tmp_path / f"stick-{machine.folder.name}"
        stick.mkdir()
        machine.kairan("carrier", stick)
    folder = hub.folder.parent
    assert len(files_with(folder, SHOWN)) >= 4, "else this looks at the wrong place"
    assert len(files_with(tmp_path, SHOWN)) >= 3
    words = receipt.split()
    written = (*CANARIES.values(), *ASKED.values(), GOES_ON, ANSWER)
    for secret in (*written, receipt, " ".join(words[:2])):
        assert files_with(folder, secret) == []
        assert files_with(tmp_path, secret) == []
    assert files_with(tmp_path, REPORTED) == []
    held = {machine.folder.name: files_with(machine.folder, REPORTED) for machine in machines}
    assert [name for name, files in held.items() if files] == [there.folder.name], "its keeper's"
    for machine in (office, here, there):
        for page_ in ("/", "/boards/job", job, f"{job}/write", "/receipt", "/letters", "/looked"):
            shown = machine.visitor.open(page_).content
            assert not [secret for secret in (*written, REPORTED) if secret in shown]
