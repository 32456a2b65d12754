"""A post crosses by whatever road is open: the hub, a neighbour's address, a file on a stick."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.patience import until
from tests.stories.machines import FourMachines, Machine, town, wait_until_all_hold_the_same

EVENT = {"starts_on": "2030-05-05", "place": "上郷公民館"}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FourMachines]:
    with town(tmp_path_factory.mktemp("town")) as made:
        made.office.start()
        made.here.start()
        yield made


def _roads(machines: FourMachines, *, hub: bool, direct: bool) -> None:
    """Open or close the roads between the two nodes; `there` may know the address of `here`."""
    hub_runs = machines.hub.running is not None
    if hub and not hub_runs:
        machines.hub.start()
    if hub_runs and not hub:
        machines.hub.stop()
    if machines.there.running is not None:
        machines.there.stop()
    machines.there.start(*([machines.here.url] if direct else []))


def _arrives(machine: Machine, record: str, words: str) -> None:
    until(lambda: words in machine.visitor.reads(record))


def _is_gone(machine: Machine, record: str, words: str) -> None:
    until(lambda: machine.visitor.open(record).status == 410)
    assert words not in machine.visitor.reads("/boards/event")


def test_a_post_its_edit_and_its_removal_go_through_the_hub(machines: FourMachines) -> None:
    here, there = machines.here, machines.there
    _roads(machines, hub=True, direct=False)

    record = here.visitor.post("event", title="合唱の夕べ", **EVENT)
    _arrives(there, record, "合唱の夕べ")
    assert "合唱の夕べ" in there.visitor.reads("/boards/event")
    here.visitor.edit(record, title="合唱の朝", state="cancelled")
    _arrives(there, record, "合唱の朝")
    assert "中止" in there.visitor.reads("/boards/event")
    here.visitor.remove(record)
    _is_gone(there, record, "合唱の朝")

    known = {peer.address for peer in there.status().peers}
    assert known == {machines.hub.url}


def test_the_office_removes_a_post_of_a_node_and_it_goes_everywhere(
    machines: FourMachines,
) -> None:
    here, there, office = machines.here, machines.there, machines.office
    _roads(machines, hub=True, direct=False)
    record = here.visitor.post("event", title="あやしい会", **EVENT)
    _arrives(office, record, "あやしい会")
    _arrives(there, record, "あやしい会")
    assert there.visitor.open(f"{record}/remove").status == 403
    office.visitor.remove(record)
    for machine in (office, here, there):
        _is_gone(machine, record, "あやしい会")


def test_with_the_hub_gone_they_meet_at_a_static_address(machines: FourMachines) -> None:
    here, there = machines.here, machines.there
    _roads(machines, hub=False, direct=True)

    record = here.visitor.post("event", title="直接とどく会", **EVENT)
    _arrives(there, record, "直接とどく会")
    here.visitor.edit(record, place="下郷の庭")
    _arrives(there, record, "下郷の庭")
    here.visitor.remove(record)
    _is_gone(there, record, "直接とどく会")

    back = there.visitor.post("event", title="むこうからの会", **EVENT)
    _arrives(here, back, "むこうからの会")


def test_with_every_link_cut_a_file_carries_it_both_ways(
    machines: FourMachines, tmp_path: Path
) -> None:
    here, there = machines.here, machines.there
    _roads(machines, hub=False, direct=False)
    sticks = count(1)

    def carry(one: Machine, other: Machine) -> None:
        stick = tmp_path / f"{next(sticks)}.kairan"
        assert "取り外してよいです" in one.kairan("export", stick)
        assert "取り込みました" in other.kairan("import", stick)

    record = here.visitor.post("event", title="棒で運ぶ会", **EVENT)
    carry(here, there)
    _arrives(there, record, "棒で運ぶ会")
    here.visitor.edit(record, title="よく運ぶ会")
    back = there.visitor.post("event", title="帰り道の会", **EVENT)
    carry(here, there)
    carry(there, here)
    _arrives(there, record, "よく運ぶ会")
    _arrives(here, back, "帰り道の会")
    here.visitor.remove(record)
    carry(here, there)
    _is_gone(there, record, "よく運ぶ会")


def test_a_stick_is_never_written_over_and_a_damaged_one_gives_what_is_left(
    machines: FourMachines, tmp_path: Path
) -> None:
    here, there = machines.here, machines.there
    _roads(machines, hub=False, direct=False)
    record = here.visitor.post("event", title="傷ついた棒の会", **EVENT)
    stick = tmp_path / "stick.kairan"
    here.kairan("export", stick)
    content = stick.read_bytes()
    assert "もうあります" in here.kairan("export", stick, code=1)
    assert stick.read_bytes() == content

    stick.write_bytes(content[:-20])
    assert "壊れています" in there.kairan("import", stick, code=1)
    _arrives(there, record, "傷ついた棒の会")
    stick.write_bytes(b"not a bundle")
    assert "束ファイルではありません" in there.kairan("import", stick, code=1)
    assert "読めません" in there.kairan("import", tmp_path / "nothing.kairan", code=1)


def test_when_the_hub_is_back_all_hold_the_same(machines: FourMachines) -> None:
    _roads(machines, hub=False, direct=False)
    here, there = machines.here, machines.there
    ours = here.visitor.post("event", title="ひとりの会", **EVENT)
    theirs = there.visitor.post("event", title="べつの会", **EVENT)
    _roads(machines, hub=True, direct=False)
    _arrives(there, ours, "ひとりの会")
    _arrives(here, theirs, "べつの会")
    wait_until_all_hold_the_same(machines)


def test_rebuilding_the_boards_gives_the_same_boards(machines: FourMachines) -> None:
    _roads(machines, hub=True, direct=False)
    record = machines.here.visitor.post("event", title="作り直す会", **EVENT)
    machines.here.visitor.edit(record, place="下郷")
    machines.here.visitor.remove(machines.here.visitor.post("event", title="消す会", **EVENT))
    wait_until_all_hold_the_same(machines)
    for machine in (machines.here, machines.there):
        before = machine.tables()
        machine.kairan("rebuild")
        assert machine.tables() == before
