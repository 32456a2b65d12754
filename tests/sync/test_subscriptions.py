"""What one town takes of another, and that nothing else ever comes (page 3, "Subscriptions")."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cose
from sync.authority import replace_authority
from sync.bundle import Bundle, Entry, Parcel
from sync.certificate import Role, certify
from sync.entry import EntryId
from sync.ingest import Kept, Refused, ingest, ingest_statement, take
from sync.lacking import held_digest
from sync.lane import Audience, Class
from sync.machine.sqlite import SqliteLedger
from sync.register import make_register
from sync.revocation import revoke
from sync.statement import read_statement
from sync.subscription import Subscription, fingerprint
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import Machine, Town, hub, keep, key, node, office, sqlite
from tests.sync.subscribing import (
    SECRET,
    A,
    B,
    Factory,
    TwoTowns,
    in_memory,
    share,
    subscribe,
    unsubscribe,
    withdraw,
)

C = Town("022012")


@pytest.fixture(params=["memory", "sqlite"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Factory:
    if request.param == "memory":
        return in_memory
    return lambda name, towns: sqlite(tmp_path / f"{name}.sqlite", towns)


@pytest.fixture
def towns(ledgers: Factory) -> TwoTowns:
    made = TwoTowns(ledgers)
    made.a_node.post(title=SECRET)
    made.exchange()
    return made


def holds(machine: Machine, record: EntryId) -> bool:
    return bool(machine.ledger.record(record))


def title(machine: Machine, record: EntryId) -> object:
    read = machine.read(record)
    return read and read.fields.get("title")


def towns_held(machine: Machine) -> set[str]:
    """Of lanes, and of what certifies machines."""
    trust = machine.ledger.trust()
    return {item.lane.town for item in machine.ledger.lanes()} | {
        town for statement in trust.statements for town in trust.towns_of(statement)
    }


# taking


def test_without_a_subscription_nothing_comes(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    towns.exchange()
    assert holds(towns.hub, shared)
    assert towns_held(towns.b_node) == {B.code}


def test_what_a_town_opened_comes_to_every_machine_of_one_that_subscribes(
    towns: TwoTowns,
) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office)
    towns.exchange()
    for machine in (towns.b_office, towns.b_node):
        assert title(machine, shared) == "隣の祭り"
        assert {i.lane.audience for i in machine.ledger.lanes() if i.lane.town == A.code} == {
            Audience.OPEN
        }
    assert towns_held(towns.a_node) == {A.code}


def test_edits_and_removals_follow(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    shared = share(towns.a_node, title="隣の祭り")
    towns.exchange()
    towns.a_node.edit(shared, title="隣の盆踊り")
    towns.exchange()
    assert title(towns.b_node, shared) == "隣の盆踊り"
    towns.a_office.edit(shared, withdrawn=True)
    towns.exchange()
    read = towns.b_node.read(shared)
    assert read is not None
    assert read.withdrawn


def test_what_an_office_orders_away_of_it_goes_there_too(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    shared = share(towns.a_node, title="名前をまちがえた")
    towns.exchange()
    stored = towns.a_office.ledger.record(shared)[0]
    order = Draft(
        kind="order/erase", fields={"entries": [[shared.lane, shared.number, stored.head[:8]]]}
    )
    towns.a_office.write(order, class_=Class.TRUST, audience=Audience.OPEN)
    towns.exchange()
    assert towns.b_node.ledger.record(shared)[0].ordered_away
    assert towns.b_node.ledger.record(shared)[0].payload is None


def test_a_revocation_there_holds_here(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    shared = share(towns.a_node, title="ぬすまれた鍵で")
    towns.exchange()
    thief = cose.public(key("A公民館"))
    keep(towns.a_office.ledger, revoke(thief, 1, {}, A.authority))
    assert towns.a_office.exchange(towns.hub).synced
    assert towns.b_office.exchange(towns.hub).synced
    assert title(towns.b_office, shared) is None


def test_another_authority_key_there_is_followed_here(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    first = share(towns.a_node, title="前の鍵のとき")
    towns.exchange()
    new = key("Aの次の鍵")
    old = cose.public(A.authority)
    step = replace_authority(old, cose.public(new), 1, A.authority)
    machines = [(towns.a_node, Role.NODE), (towns.a_office, Role.OFFICE), (towns.hub, Role.HUB)]
    again = [
        certify(replace(read.certificate, counter=2), new)
        for machine, role in machines
        if (read := read_statement(A.certify(key(machine.name), role))).certificate
    ]
    for machine, _ in machines:
        keep(machine.ledger, step, *again)
    towns.exchange()
    second = share(towns.a_node, title="次の鍵のとき")
    towns.exchange()
    assert title(towns.b_node, first) == "前の鍵のとき"
    assert title(towns.b_node, second) == "次の鍵のとき"
    unsubscribe(towns.b_office)
    towns.exchange()
    signers = {statement.signer for statement in towns.b_node.ledger.trust().statements}
    assert signers == {cose.public(B.authority)}


def test_two_machines_of_the_town_compare_it_too(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office)
    assert towns.a_node.exchange(towns.hub).synced
    assert towns.b_office.exchange(towns.hub).synced
    assert towns.b_node.exchange(towns.b_office).synced
    assert title(towns.b_node, shared) == "隣の祭り"
    assert towns.b_node.digest() == towns.b_office.digest()


def test_a_hub_of_the_one_town_alone_keeps_for_it_what_it_takes(towns: TwoTowns) -> None:
    ours = hub("町のハブ", B)
    for machine in (towns.b_office, towns.b_node):
        machine.meet(ours)
        ours.meet(machine)
    shared = share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office)
    for machine in (towns.a_node, towns.b_office):
        assert machine.exchange(towns.hub).synced
    for machine in (towns.b_office, towns.b_node):
        assert machine.exchange(ours).synced
    assert title(towns.b_node, shared) == "隣の祭り"
    unsubscribe(towns.b_office)
    assert towns.b_office.exchange(ours).synced
    assert towns_held(ours) == {B.code}


def test_hundreds_of_lanes_come_with_the_decision_itself(towns: TwoTowns) -> None:
    for number in range(100):
        other = node(f"A{number}", A)
        share(other, title=f"{number}")
        towns.hub.meet(other)
        take(towns.hub.ledger, Parcel(bundles=tuple(other.bundles())), source="")
    subscribe(towns.b_office)
    assert towns.b_office.exchange(towns.hub).synced
    assert towns.b_node.exchange(towns.hub).synced
    assert len([i for i in towns.b_node.ledger.lanes() if i.lane.town == A.code]) == 100
    assert towns.b_node.ledger.waiting_count() == 0


# letting go


def test_unsubscribing_lets_go_of_all_that_was_taken(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office)
    towns.exchange()
    unsubscribe(towns.b_office)
    assert not holds(towns.b_office, shared)
    towns.exchange()
    for machine in (towns.b_office, towns.b_node):
        assert towns_held(machine) == {B.code}
        assert not holds(machine, shared)
        assert shared not in set(machine.ledger.records())
    later = share(towns.a_node, title="次の祭り")
    towns.exchange()
    assert not holds(towns.b_node, later)


def test_subscribing_again_brings_it_back(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    for _ in range(2):
        subscribe(towns.b_office)
        towns.exchange()
        assert title(towns.b_node, shared) == "隣の祭り"
        unsubscribe(towns.b_office)
        towns.exchange()
        assert not holds(towns.b_node, shared)


def test_two_decisions_stand_until_both_are_taken_back(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    first, second = subscribe(towns.b_office), subscribe(towns.b_office)
    withdraw(towns.b_office, first)
    towns.exchange()
    assert holds(towns.b_node, shared)
    withdraw(towns.b_office, second)
    towns.exchange()
    assert not holds(towns.b_node, shared)


def test_a_revoked_office_subscribes_to_nothing(towns: TwoTowns) -> None:
    shared = share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office)
    towns.exchange()
    keep(towns.b_node.ledger, revoke(cose.public(key("B役場")), 1, {}, B.authority))
    assert not holds(towns.b_node, shared)
    assert towns_held(towns.b_node) == {B.code}


def test_nothing_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    towns = TwoTowns(lambda name, of: sqlite(tmp_path / f"{name}.sqlite", of))
    share(towns.a_node, title="消えるはずの隣の祭り")
    subscribe(towns.b_office)
    towns.exchange()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("node.sqlite*"))
    assert "消えるはずの隣の祭り".encode() in kept
    unsubscribe(towns.b_office)
    towns.exchange()
    ledger = towns.b_node.ledger
    assert isinstance(ledger, SqliteLedger)
    ledger._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("node.sqlite*"))
    assert "消えるはずの隣の祭り".encode() not in kept


def test_what_waited_of_it_waits_no_longer(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    stranger = node("知らない公民館", A)
    share(stranger, title="証明のない祭り")
    take(towns.b_office.ledger, Parcel(bundles=tuple(stranger.bundles())), source="")
    assert towns.b_office.ledger.waiting_count() == 1
    unsubscribe(towns.b_office)
    assert towns.b_office.ledger.waiting_count() == 0


# who decides


def test_a_node_subscribes_its_town_to_nothing(towns: TwoTowns) -> None:
    subscribe(towns.b_node)
    share(towns.a_node, title="隣の祭り")
    towns.exchange()
    assert towns.b_office.ledger.trust().subscriptions == frozenset()
    assert towns_held(towns.b_node) == {B.code}


def test_an_office_of_one_town_subscribes_no_other(towns: TwoTowns) -> None:
    subscribe(towns.a_office, B)
    towns.exchange()
    assert towns_held(towns.b_node) == {B.code}
    assert towns_held(towns.a_node) == {A.code, B.code}


def test_what_another_town_subscribes_to_is_not_taken_through_it(towns: TwoTowns) -> None:
    towns.hub.towns = (A, B)
    subscribe(towns.a_office, C)
    subscribe(towns.b_office, A)
    towns.exchange()
    trust = towns.b_node.ledger.trust()
    assert Subscription(A.code, C.code, (cose.public(C.authority),), "隣町") in trust.subscriptions
    assert trust.taken.keys() == {A.code}


def test_another_key_than_the_one_that_was_compared_vouches_for_nothing(towns: TwoTowns) -> None:
    share(towns.a_node, title="隣の祭り")
    subscribe(towns.b_office, keys=(cose.public(key("偽の役場")),))
    towns.exchange()
    assert towns_held(towns.b_node) == {B.code}


def test_a_town_that_is_ones_own_is_not_subscribed_to(towns: TwoTowns) -> None:
    subscribe(towns.b_office, B)
    assert towns.b_office.ledger.trust().subscriptions == frozenset()


# what never comes


@pytest.mark.parametrize("class_", [Class.TRUST, Class.MESSAGE, Class.BOARD, Class.PICTURE])
def test_what_is_for_the_town_is_refused_whoever_brings_it(towns: TwoTowns, class_: Class) -> None:
    subscribe(towns.b_office)
    towns.exchange()
    towns.a_node.write(Draft(kind="x/write", fields={"text": SECRET}), class_=class_)
    for bundle in towns.a_node.bundles():
        outcome = ingest(towns.b_node.ledger, bundle, source="stick")
        assert outcome == Refused(Refusal.FOREIGN)


@pytest.mark.parametrize("class_", [Class.ALERT, Class.MESSAGE, Class.RELEASE])
def test_open_lanes_of_other_classes_are_not_taken(towns: TwoTowns, class_: Class) -> None:
    subscribe(towns.b_office)
    said = Draft(kind="x/write", fields={"text": SECRET})
    towns.a_office.write(said, class_=class_, audience=Audience.OPEN)
    towns.exchange()
    for bundle in towns.a_office.bundles():
        if bundle.lane.class_ is class_:
            assert ingest(towns.b_node.ledger, bundle, source="") == Refused(Refusal.FOREIGN)
    assert not [i for i in towns.b_node.ledger.lanes() if i.lane.class_ is class_]


def test_pictures_of_what_is_open_come_with_it(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    post = Draft(kind="event/write", fields={"title": "雪まつり"})
    towns.a_node.write(post, audience=Audience.OPEN)
    part = Draft(kind="event/picture", fields={"jpeg": bytes(9)})
    towns.a_node.write(part, class_=Class.PICTURE, audience=Audience.OPEN)
    towns.exchange()
    taken = [i for i in towns.b_node.ledger.lanes() if i.lane.class_ is Class.PICTURE]
    assert [item.held.number for item in taken] == [1]


def test_registers_of_the_other_town_stay_there(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    share(towns.a_node, title="隣の祭り")
    health = make_register(
        town=A.code,
        incarnation=(1, bytes(8)),
        name="health",
        counter=1,
        value=SECRET,
        key=key("A公民館"),
    )
    assert ingest_statement(towns.a_node.ledger, health) == Kept(1)
    towns.exchange()
    assert len(towns.hub.ledger.registers()) == 1
    assert towns.b_node.ledger.registers() == []
    assert ingest_statement(towns.b_node.ledger, health) == Refused(Refusal.FOREIGN)


def test_who_sends_sees_to_it_that_nothing_else_goes(towns: TwoTowns) -> None:
    """A machine of B that would take everything is given what B subscribed to, and no more."""
    greedy = Machine("B公民館", in_memory("", (A, B)), towns=(B,))
    greedy.meet(*towns.machines, towns.hub)
    share(towns.a_node, title="隣の祭り")
    towns.exchange()
    greedy.exchange(towns.hub)
    assert not [item for item in greedy.ledger.lanes() if item.lane.town == A.code]
    subscribe(towns.b_office)
    towns.exchange()
    greedy.exchange(towns.hub)
    taken = [item.lane.audience for item in greedy.ledger.lanes() if item.lane.town == A.code]
    assert taken == [Audience.OPEN]


def test_from_node_to_node_nothing_goes_where_one_side_knows_nothing(towns: TwoTowns) -> None:
    share(towns.b_node, title="こちらの祭り")
    subscribe(towns.b_office)
    towns.exchange()
    before = held_digest(towns.b_node.ledger, [B.code])
    towns.a_node.post(title="もう一つの内緒")
    # B's node knows A's; A's knows nothing of B's, and takes nothing of it.
    towns.a_node.ledger.trust()
    towns.a_node.meet(towns.b_node)
    assert towns.a_node.ledger.trust().key(cose.short(cose.public(key("B公民館")))) is None
    towns.a_node.exchange(towns.b_node)
    assert towns_held(towns.a_node) == {A.code}
    assert held_digest(towns.b_node.ledger, [B.code]) == before


def test_two_towns_that_subscribe_to_each_other_meet_without_a_hub(towns: TwoTowns) -> None:
    subscribe(towns.b_office, A)
    subscribe(towns.a_office, B)
    towns.exchange()
    towns.b_node.post(title=SECRET)
    ours, theirs = share(towns.b_node, title="こちらの祭り"), share(towns.a_node, title="隣の祭り")
    assert towns.b_node.exchange(towns.a_node).synced
    assert holds(towns.a_node, ours)
    assert holds(towns.b_node, theirs)
    for machine, other in ((towns.a_node, B), (towns.b_node, A)):
        taken = [item.lane for item in machine.ledger.lanes() if item.lane.town == other.code]
        assert {lane.audience for lane in taken} == {Audience.OPEN}


# what another town's authority may say here


def test_a_machine_is_called_what_its_own_town_calls_it(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    towns.exchange()
    renamed = A.certify(key("B役場"), Role.OFFICE, name="にせの名前", counter=99)
    keep(towns.b_node.ledger, renamed)
    assert towns.b_node.ledger.trust().name(cose.public(key("B役場"))) == "B役場"


def test_being_certified_by_another_town_changes_nothing_for_a_machine(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    shared = share(towns.a_node, title="隣の祭り")
    towns.exchange()
    keep(towns.hub.ledger, A.certify(key("B公民館"), name="にせの名前", counter=99))
    towns.exchange()
    assert title(towns.b_node, shared) == "隣の祭り"
    assert {i.lane.audience for i in towns.b_node.ledger.lanes() if i.lane.town == A.code} == {
        Audience.OPEN
    }


def test_an_office_of_another_town_changes_nothing_here(towns: TwoTowns) -> None:
    post = share(towns.b_node, title="こちらの祭り")
    subscribe(towns.b_office)
    subscribe(towns.a_office, B)
    towns.exchange()
    towns.a_office.edit(post, title="乗っ取り", withdrawn=True)
    stored = towns.a_office.ledger.record(post)[0]
    order = {"entries": [[post.lane, post.number, stored.head[:8]]]}
    towns.a_office.write(
        Draft(kind="order/erase", fields=order), class_=Class.TRUST, audience=Audience.OPEN
    )
    towns.exchange()
    for machine in (towns.b_node, towns.b_office, towns.a_node):
        assert title(machine, post) == "こちらの祭り"


def test_a_certificate_that_names_our_town_beside_its_own_is_refused(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    towns.exchange()
    both = A.certify(key("よそ者"), Role.OFFICE, towns=frozenset({A.code, B.code}))
    assert ingest_statement(towns.b_node.ledger, both) == Refused(Refusal.FOREIGN)


# whatever comes first


def _all_that_there_is() -> tuple[list[bytes | Bundle], bytes]:
    towns = TwoTowns()
    other = office("B支所", B)
    towns.hub.meet(other)
    other.meet(towns.hub)
    towns.a_node.post(title=SECRET)
    share(towns.a_node, title="隣の祭り")
    share(towns.a_office, title="隣の役場から")
    first = subscribe(towns.b_office)
    towns.exchange()
    assert other.exchange(towns.hub).synced
    withdraw(other, first)
    subscribe(other, A)
    withdraw(other, subscribe(other, C))
    assert other.exchange(towns.hub).synced
    towns.exchange()
    held: list[bytes | Bundle] = [s.encoded for s in towns.hub.ledger.trust().statements]
    single = [
        run_
        for item in towns.hub.ledger.lanes()
        for number in range(1, item.held.number + 1)
        if (run_ := towns.hub.ledger.run(item.stretch, number))
    ]
    return sorted(held, key=repr) + single, towns.b_node.digest()


EVERYTHING, DIGEST = _all_that_there_is()


@given(st.randoms(use_true_random=False))
def test_what_is_held_is_the_same_whatever_came_first(random: Random) -> None:
    here = node("B公民館", B)
    for _ in range(2):  # what was foreign before comes again
        items = random.sample(EVERYTHING, len(EVERYTHING))
        while items:
            some = [items.pop() for _ in range(min(len(items), random.randint(1, 6)))]
            parcel = Parcel(
                statements=tuple(i for i in some if isinstance(i, bytes)),
                bundles=tuple(i for i in some if isinstance(i, Bundle)),
            )
            take(here.ledger, parcel, source="")
    assert here.digest() == DIGEST
    assert here.ledger.waiting_count() == 0
    assert here.ledger.trust().taken.keys() == {A.code}


def test_a_decision_without_its_payload_is_none(towns: TwoTowns) -> None:
    subscribe(towns.b_office)
    (bundle,) = (b for b in towns.b_office.bundles() if b.lane.class_ is Class.TRUST)
    emptied = Bundle(
        lane=bundle.lane,
        first=bundle.first,
        before=bundle.before,
        entries=tuple(Entry(entry.header, None) for entry in bundle.entries),
        signature=bundle.signature,
    )
    ingest(towns.b_node.ledger, emptied, source="")
    assert towns.b_node.ledger.trust().subscriptions == frozenset()
    ingest(towns.b_node.ledger, bundle, source="")
    assert towns.b_node.ledger.trust().taken.keys() == {A.code}


# what people compare


def test_a_fingerprint_is_thirty_digits_in_groups_that_people_can_read_out() -> None:
    ours, theirs = cose.public(A.authority), cose.public(B.authority)
    told = fingerprint(A.code, [ours, theirs])
    groups = told.split(" ")
    assert len(groups) == 6
    assert all(len(group) == 5 and group.isascii() and group.isdigit() for group in groups)
    others = [(B.code, [ours, theirs]), (A.code, [theirs, ours]), (A.code, [ours])]
    assert told not in {fingerprint(*other) for other in others}
