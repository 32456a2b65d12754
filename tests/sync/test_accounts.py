"""Who may sign in is the same on every machine, whatever came first (page 3, "Accounts")."""

from itertools import permutations

import pytest

from sync.account import GROUPS, WRITE_ACCOUNT, Account, Duty, as_fields, read_account
from sync.entry import EntryId
from sync.ingest import ingest
from sync.lane import Class
from sync.record import resolve
from sync.writing import Draft
from tests.sync.builders import Machine, node, office


def let_in(machine: Machine, duty: Duty, place: Machine) -> EntryId:
    fields = as_fields(name="山田", duty=duty, place=place.identity.public, boards=None)
    return machine.write(Draft(kind=WRITE_ACCOUNT, fields=fields), class_=Class.TRUST)[0]


def change(machine: Machine, record: EntryId, **fields: object) -> None:
    seen = resolve(machine.ledger.record(record), trust=machine.ledger.trust(), groups=GROUPS)
    assert seen is not None
    draft = Draft(
        kind=WRITE_ACCOUNT,
        fields=fields,
        record=record,
        parents=seen.versions,
        counter=seen.counter + 1,
    )
    machine.write(draft, class_=Class.TRUST)


def account(machine: Machine, record: EntryId) -> Account | None:
    trust = machine.ledger.trust()
    read = resolve(machine.ledger.record(record), trust=trust, groups=GROUPS)
    return read_account(read, trust) if read else None


def test_a_node_lets_in_its_own_and_nobody_elses() -> None:
    here, there = node("上郷"), node("下郷")
    assert account(here, let_in(here, Duty.KEEPER, here))
    assert account(here, let_in(here, Duty.ORGANISATION, here))
    for duty, place in (
        (Duty.STAFF, here),
        (Duty.COORDINATOR, here),
        (Duty.KEEPER, there),
    ):
        assert account(here, let_in(here, duty, place)) is None


@pytest.mark.parametrize("duty", list(Duty))
def test_an_office_lets_in_whom_it_wants_where_it_wants(duty: Duty) -> None:
    hall, there = office(), node()
    assert account(hall, let_in(hall, duty, there))


def test_whatever_came_first_everybody_knows_the_same_of_an_account() -> None:
    here, hall = node(), office()
    here.meet(hall)
    hall.meet(here)
    record = let_in(here, Duty.KEEPER, here)
    here.exchange(hall)
    change(here, record, name="山田 花")  # at once, while the line is cut
    change(hall, record, withdrawn=True)
    bundles = [
        *here.bundles(),
        *(b for b in hall.bundles() if b.lane.author != here.identity.public),
    ]
    found = []
    for order in permutations(bundles):
        third = node("第三")
        third.meet(here, hall)
        for bundle in order:
            ingest(third.ledger, bundle, source="road")
        found.append(account(third, record))
    assert found[0] is not None
    assert not found[0].stands
    assert found[0].name == "山田 花"
    assert all(each == found[0] for each in found)


def test_the_word_of_a_machine_that_is_no_member_lets_nobody_in() -> None:
    here, hall = node(), office()
    record = let_in(here, Duty.KEEPER, here)
    for bundle in here.bundles():
        ingest(hall.ledger, bundle, source="road")
    assert account(hall, record) is None
