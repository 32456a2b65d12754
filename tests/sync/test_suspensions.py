"""Who is suspended is the same on every machine, whatever came first (page 3, "Suspension")."""

from itertools import permutations

import pytest

from sync.about import About
from sync.account import GROUPS as ACCOUNTS
from sync.account import WRITE_ACCOUNT, Duty, as_fields, read_account
from sync.decision import as_fields as decide
from sync.entry import EntryId
from sync.ingest import ingest
from sync.lane import Class
from sync.record import resolve
from sync.suspension import GROUPS, WHO, WRITE_SUSPEND, read_suspension, suspends
from sync.writing import Draft
from tests.sync.builders import Machine, node, office


def let_in(machine: Machine) -> EntryId:
    fields = as_fields(
        name="山田", duty=Duty.KEEPER, place=machine.identity.public, boards=frozenset({"event"})
    )
    return machine.write(Draft(kind=WRITE_ACCOUNT, fields=fields), class_=Class.TRUST)[0]


def suspend(machine: Machine, account: EntryId) -> EntryId:
    head = machine.ledger.head_at(*account)
    assert head is not None
    about = About(lane=account.lane, number=account.number, check=head[:8])
    fields = decide(WHO, about, "確かめる")
    return machine.write(Draft(kind=WRITE_SUSPEND, fields=fields), class_=Class.TRUST)[0]


def change(machine: Machine, kind: str, record: EntryId, **fields: object) -> None:
    groups = {**GROUPS, **ACCOUNTS}
    seen = resolve(machine.ledger.record(record), trust=machine.ledger.trust(), groups=groups)
    assert seen is not None
    draft = Draft(
        kind=kind,
        fields=fields,
        record=record,
        parents=seen.versions,
        counter=seen.counter + 1,
    )
    machine.write(draft, class_=Class.TRUST)


def lift(machine: Machine, decision: EntryId) -> None:
    change(machine, WRITE_SUSPEND, decision, withdrawn=True)


def may_act(machine: Machine, account: EntryId, *decisions: EntryId, on: str = "event") -> bool:
    ledger, trust = machine.ledger, machine.ledger.trust()
    record = resolve(ledger.record(account), trust=trust, groups=ACCOUNTS)
    assert record is not None
    read, head = read_account(record, trust), ledger.head_at(*account)
    assert read is not None
    assert head is not None
    said = [resolve(ledger.record(each), trust=trust, groups=GROUPS) for each in decisions]
    found = [read_suspension(each, trust) for each in said if each]
    return read.may_act_on(on) and not any(
        each and suspends(each, trust, read, head=head) for each in found
    )


def test_a_node_suspends_its_own_the_office_anybody_and_another_node_nobody() -> None:
    here, there, hall = node("上郷"), node("下郷"), office()
    here.meet(there, hall)
    there.meet(here, hall)
    hall.meet(here, there)
    record = let_in(here)
    here.exchange(there)
    here.exchange(hall)
    assert not may_act(here, record, suspend(here, record))
    assert not may_act(hall, record, suspend(hall, record))
    assert may_act(there, record, suspend(there, record))


def test_what_the_office_suspended_no_centre_lifts_and_the_office_lifts_a_centres() -> None:
    here, hall = node(), office()
    here.meet(hall)
    hall.meet(here)
    record = let_in(here)
    here.exchange(hall)
    official = suspend(hall, record)
    here.exchange(hall)
    lift(here, official)
    assert not may_act(here, record, official)
    lift(hall, official)
    here.exchange(hall)
    assert may_act(here, record, official)
    own = suspend(here, record)
    here.exchange(hall)
    lift(hall, own)
    here.exchange(hall)
    assert may_act(here, record, own)


@pytest.mark.parametrize("lifted", [False, True])
def test_whatever_came_first_everybody_knows_the_same_of_who_may_act(lifted: bool) -> None:
    here, hall = node(), office()
    here.meet(hall)
    hall.meet(here)
    record = let_in(here)
    here.exchange(hall)
    own, official = suspend(here, record), suspend(hall, record)  # at once, the line is cut
    place = here.identity.public
    change(here, WRITE_ACCOUNT, record, duty="keeper", place=place, boards=["job"])
    lift(here, own)
    if lifted:
        lift(hall, official)
    bundles = [
        *here.bundles(),
        *(b for b in hall.bundles() if b.lane.author != here.identity.public),
    ]
    for order in permutations(bundles):
        third = node("第三")
        third.meet(here, hall)
        for bundle in order:
            ingest(third.ledger, bundle, source="road")
        assert may_act(third, record, own, official, on="job") is lifted
        assert not may_act(third, record, own, official, on="event")


def test_a_decision_about_another_history_of_the_lane_suspends_nobody() -> None:
    here = node()
    record = let_in(here)
    about = About(lane=record.lane, number=record.number, check=bytes(8))
    fields = decide(WHO, about, "確かめる")
    (said,) = here.write(Draft(kind=WRITE_SUSPEND, fields=fields), class_=Class.TRUST)
    assert may_act(here, record, said)
