"""A machine that is copied, put back from a backup, stolen, and followed by another one."""

import shutil
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from node.node import open_node
from provisioning.town import Plan, make_machines, open_town
from sync.fork import ForkProof
from sync.machine.settings import Part
from sync.machine.tls import pins
from tests.patience import until
from tests.stories.desk import Desk
from tests.stories.machines import (
    TOWN,
    FourMachines,
    Machine,
    copied,
    free_ports,
    titles,
    wait_until_all_hold_the_same,
)

pytestmark = pytest.mark.slow

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}


def _has(machine: Machine, titles: set[str]) -> bool:
    board = machine.visitor.reads("/boards/event")
    return all(title in board for title in titles)


def _shows(machine: Machine, page: str, words: str) -> bool:
    return words in machine.visitor.reads(page)


def _fork_proofs(machine: Machine) -> list[ForkProof]:
    node = open_node(machine.folder)
    with closing(node.database):
        statements = node.ledger.trust().statements
        return [s.says for s in statements if isinstance(s.says, ForkProof)]


def test_of_a_copied_machine_every_post_stands_and_both_go_on_in_lives_of_their_own(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, office, here, _ = machines
    page = here.visitor.post("event", title="写す前の会", **EVENT)
    until(partial(_shows, office, page, "写す前の会"))
    here.stop()
    hub.stop()
    folder = copied(here.folder, tmp_path / "copy")
    copy = Machine(Part.NODE, folder, free_ports(1))
    try:
        # Each writes its next number before it hears of the other's.
        for machine, title in ((here, "こちらの会"), (copy, "写しの会")):
            machine.start()
            machine.visitor.post("event", title=title, **EVENT)
        hub.start()
        posted = {"写す前の会", "こちらの会", "写しの会"}
        for machine in (office, here, copy):
            until(partial(_has, machine, posted))
        for machine in (here, copy):
            page = machine.visitor.post("event", title=f"そのあとの会{machine.port}", **EVENT)
            machine.visitor.edit(page, place="下郷公民館")
            posted.add(f"そのあとの会{machine.port}")
        for machine in (office, here, copy):
            until(partial(_has, machine, posted))
        wait_until_all_hold_the_same((office, here, copy))
        assert office.board("event") == here.board("event") == copy.board("event")
        assert _fork_proofs(office)
        before = office.tables()
        office.kairan("rebuild")
        assert office.tables() == before
    finally:
        if copy.running is not None:
            copy.running.kill()


def test_a_machine_put_back_from_a_backup_gets_back_what_it_had_written_since(
    machines: FourMachines, tmp_path: Path
) -> None:
    hub, office, here, _ = machines
    here.visitor.post("event", title="控えにある会", **EVENT)
    here.stop()
    backup = copied(here.folder, tmp_path / "backup")
    here.start()
    lost = here.visitor.post("event", title="控えのあとの会", **EVENT)
    until(partial(_shows, office, lost, "控えのあとの会"))

    here.stop()
    shutil.rmtree(here.folder)
    copied(backup, here.folder)
    hub.stop()
    here.start()
    assert here.visitor.open(lost).status == 404
    here.visitor.post("event", title="もどした日の会", **EVENT)
    hub.start()
    for machine in (here, office):
        until(partial(_has, machine, {"控えにある会", "控えのあとの会", "もどした日の会"}))
    # The number that was used twice has one page for each post, and both can be mended here.
    pages = {post["fields"]["title"]: f"/records/{post['address']}" for post in here.board("event")}
    for title in ("控えのあとの会", "もどした日の会"):
        here.visitor.edit(pages[title], place=f"{title}の場所")
        until(partial(_shows, office, pages[title], f"{title}の場所"))
    wait_until_all_hold_the_same((office, here))
    assert office.board("event") == here.board("event")


def test_a_stolen_machine_is_revoked_and_another_one_follows_it(
    machines: FourMachines, desk: Desk, tmp_path: Path
) -> None:
    _, office, here, stolen = machines
    honest = stolen.visitor.post("event", title="前からの会", **EVENT)
    changed = stolen.visitor.post("event", title="ほんとうの会", **EVENT)
    for machine in (here, office):
        until(partial(_shows, machine, changed, "ほんとうの会"))
    office.stop()
    stolen.visitor.edit(changed, title="盗まれた会")
    lie = stolen.visitor.post("event", title="うその会", **EVENT)
    until(partial(_shows, here, lie, "うその会"))
    assert _shows(here, changed, "盗まれた会")

    # One machine has what lies past the cut first, the other the revocation.
    desk.look_at(stolen)
    record = desk.record(changed)
    lane = desk.lane_of(record)
    revocation = desk.revoke(lane.author, up_to={lane: record.number}, counter=1)
    office.kairan("import", desk.stick(revocation))
    office.start()
    for machine in (here, office):
        until(partial(_shows, machine, changed, "ほんとうの会"))
        until(partial(_answers, machine, lie, 404))
        assert _shows(machine, honest, "前からの会")
        assert not {"うその会", "盗まれた会"} & titles(machine)
    wait_until_all_hold_the_same((here, office))
    assert here.board("event") == office.board("event")

    # What it goes on to write is shown nowhere, whatever road it takes.
    stolen.visitor.post("event", title="うその会の二日目", **EVENT)
    until(lambda: "受け付けませんでした" in stolen.kairan("status"))
    stick = tmp_path / "stolen.kairan"
    stolen.kairan("export", stick)
    # Its word about itself is refused, and so the command says.
    here.kairan("import", stick, code=1)
    wait_until_all_hold_the_same((here, office))
    for machine in (here, office):
        assert not {"うその会", "うその会の二日目", "盗まれた会"} & titles(machine)

    # The edit was honest after all: a later word lets it back in, also where it never was.
    edit = record.number + 1
    later = desk.revoke(lane.author, up_to={lane: edit}, counter=2)
    here.kairan("import", desk.stick(later))
    for machine in (here, office):
        until(partial(_shows, machine, changed, "盗まれた会"))
        assert _answers(machine, lie, 404)

    # The machine that takes its place may mend what it began, at its own screen.
    new = _provisioned(machines, "shimogo-2")
    try:
        new.start()
        until(partial(_shows, new, changed, "盗まれた会"))
        assert new.visitor.open(f"{changed}/edit").status == 403
        here.kairan("import", desk.stick(desk.name_successor(lane.author, _key(new))))
        until(partial(_answers, new, f"{changed}/edit", 200))
        assert here.visitor.open(f"{changed}/edit").status == 403
        new.visitor.edit(changed, title="あとを継いだ会")
        new.visitor.remove(honest)
        for machine in (here, office):
            until(partial(_shows, machine, changed, "あとを継いだ会"))
            until(partial(_answers, machine, honest, 410))
        wait_until_all_hold_the_same((here, office, new))
        assert here.board("event") == office.board("event") == new.board("event")
    finally:
        if new.running is not None:
            new.running.kill()


def _answers(machine: Machine, page: str, status: int) -> bool:
    return machine.visitor.open(page).status == status


def _key(machine: Machine) -> bytes:
    return bytes.fromhex(machine.status().key)


def _provisioned(machines: FourMachines, name: str) -> Machine:
    """A machine that the town gets later; all it knows of the others is where the hub is."""
    folder = machines.hub.folder.parent
    new = Machine(Part.NODE, folder / name, free_ports(1))
    authority = open_town(folder / "authority", code=TOWN, name="霧沢町")
    plan = Plan(
        folder=new.folder, name="下郷の新しい機械", part=Part.NODE, hub=machines.hub.url,
        hub_pins=pins(machines.hub.folder), offer_seconds=1,
    )  # fmt: skip
    make_machines(authority, [plan])
    return new
