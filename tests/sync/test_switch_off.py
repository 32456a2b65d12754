"""What a town does without is the same on every machine, whatever came first (page 3)."""

from itertools import permutations

import pytest

from sync.entry import EntryId
from sync.ingest import ingest
from sync.lane import Audience, Class
from sync.record import resolve
from sync.switch_off import GROUPS, WRITE_SWITCH_OFF, as_fields, off, read_switched_off
from sync.writing import Draft
from tests.sync.builders import TOWN, Machine, node, office

JOBS = "letters/job"


def switch_off(machine: Machine, what: str = JOBS) -> EntryId:
    draft = Draft(kind=WRITE_SWITCH_OFF, fields=as_fields(what, "労働局に確かめたため"))
    return machine.write(draft, class_=Class.TRUST)[0]


def switch_on(machine: Machine, said: EntryId) -> None:
    seen = resolve(machine.ledger.record(said), trust=machine.ledger.trust(), groups=GROUPS)
    assert seen is not None
    draft = Draft(
        kind=WRITE_SWITCH_OFF,
        fields={"withdrawn": True},
        record=said,
        parents=seen.versions,
        counter=seen.counter + 1,
    )
    machine.write(draft, class_=Class.TRUST)


def off_at(machine: Machine) -> frozenset[str]:
    ledger, trust = machine.ledger, machine.ledger.trust()
    records = [resolve(ledger.record(id_), trust=trust, groups=GROUPS) for id_ in ledger.records()]
    read = [read_switched_off(each, trust) for each in records if each]
    return off((each for each in read if each), town=TOWN.code)


@pytest.mark.parametrize("both", [False, True])
def test_whatever_came_first_it_is_off_while_any_office_says_so(both: bool) -> None:
    hall, branch = office("役場"), office("出張所")
    hall.meet(branch)
    branch.meet(hall)
    first, second = switch_off(hall), switch_off(branch)  # at once, the line is cut
    switch_on(hall, first)
    if both:
        hall.exchange(branch)
        switch_on(hall, second)
    bundles = [
        *hall.bundles(),
        *(b for b in branch.bundles() if b.lane.author != hall.identity.public),
    ]
    for order in permutations(bundles):
        third = node("第三")
        third.meet(hall, branch)
        for bundle in order:
            ingest(third.ledger, bundle, source="road")
        assert off_at(third) == (frozenset() if both else {JOBS})


def test_it_is_no_centres_to_say_nor_to_take_back() -> None:
    here, hall = node("上郷"), office("役場")
    here.meet(hall)
    hall.meet(here)
    switch_off(here)
    assert off_at(here) == frozenset()
    said = switch_off(hall)
    hall.exchange(here)
    switch_on(here, said)
    here.exchange(hall)
    assert off_at(here) == off_at(hall) == {JOBS}


def test_what_is_said_for_other_towns_to_see_is_none() -> None:
    hall = office("役場")
    draft = Draft(kind=WRITE_SWITCH_OFF, fields=as_fields(JOBS, "わけ"))
    hall.write(draft, class_=Class.TRUST, audience=Audience.OPEN)
    assert off_at(hall) == frozenset()
