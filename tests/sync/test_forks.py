"""Two histories of one lane: both live on, on every machine, whatever came first."""

from dataclasses import replace
from itertools import permutations

import pytest

from sync import cose
from sync.bundle import Bundle, Parcel
from sync.fork import ForkProof
from sync.ingest import Kept, Waiting, ingest, take
from sync.lane import Lane
from sync.ledger import Ledger
from sync.statement import read_statement
from tests.sync.builders import (
    TOWN,
    Machine,
    hub,
    keep,
    key,
    lane,
    memory,
    node,
    office,
    posts,
    run,
)
from tests.sync.conftest import Ledgers

COMMON = posts(4)
HERE = run(drafts=[*COMMON, *posts(3, about="ここ")])
THERE = run(drafts=[*COMMON, *posts(2, about="そこ")])
THIRD = run(drafts=[*COMMON, *posts(1, about="ここ"), *posts(2, about="よそ")])
FROM_THE_FIRST = run(drafts=posts(2, about="はじめから"))


def titles(ledger: Ledger) -> list[str]:
    machine = Machine("だれか", ledger)
    shown = (machine.read(record) for record in ledger.records())
    return sorted(str(r.fields["title"]) for r in shown if r and "title" in r.fields)


@pytest.mark.parametrize("order", list(permutations([HERE, THERE, THIRD, FROM_THE_FIRST])))
def test_machines_hold_the_same_in_whatever_order_histories_came(
    ledgers: Ledgers, order: tuple[Bundle, ...]
) -> None:
    first, second = Machine("一", ledgers()), Machine("二", memory())
    for machine, bundles in ((first, order), (second, (HERE, THERE, THIRD, FROM_THE_FIRST))):
        keep(machine.ledger, TOWN.certify(key("上郷")))
        for bundle in bundles:
            assert isinstance(ingest(machine.ledger, bundle, source="stick"), Kept)
    held = {item.id: item.held for item in first.ledger.lanes()}
    assert held == {item.id: item.held for item in second.ledger.lanes()}
    assert len(held) == 4
    assert titles(first.ledger) == titles(second.ledger)
    assert titles(first.ledger) == sorted(
        [f"回覧{n}" for n in (1, 2, 3, 4)]
        + ["ここ1", "ここ2", "ここ3", "そこ1", "そこ2", "よそ1", "よそ2"]
        + ["はじめから1", "はじめから2"]
    )


def test_a_run_whose_fork_is_not_known_yet_waits_for_it(ledgers: Ledgers) -> None:
    here = ledgers()
    keep(here, TOWN.certify(key("上郷")))
    ingest(here, HERE, source="stick")
    late = run(drafts=[*COMMON, *posts(2, about="そこ")], first=6)
    assert ingest(here, late, source="stick") == Waiting()
    ingest(here, run(drafts=[*COMMON, *posts(2, about="そこ")], last=5), source="stick")
    assert "そこ2" in titles(here)


def test_a_fork_leaves_a_proof_that_convinces_strangers(ledgers: Ledgers) -> None:
    here = ledgers()
    keep(here, TOWN.certify(key("上郷")))
    for bundle in (HERE, THERE):
        ingest(here, bundle, source="stick")
    (proof,) = (s for s in here.trust().statements if isinstance(s.says, ForkProof))
    assert read_statement(proof.encoded).says == ForkProof(lane=lane(), number=6)
    assert proof.signer == cose.public(key("上郷"))


def test_copies_of_a_machine_that_both_go_on_end_the_same_everywhere() -> None:
    original, copy, middle, desk = node("上郷"), node("上郷"), hub(), office()
    for machine in (original, copy, desk):
        machine.meet(middle)
    middle.meet(original, desk)
    shared = original.post(title="コピーの前")
    take(copy.ledger, Parcel(bundles=tuple(original.bundles())), source="disk")
    mine, theirs = original.post(title="元の機械"), copy.post(title="写しの機械")
    original.edit(mine, title="元の機械で直した")
    copy.edit(shared, title="写しで直した")
    assert mine == theirs
    for _ in range(3):
        for machine in (original, copy, desk):
            machine.exchange(middle)
    assert original.digest() == copy.digest() == desk.digest() == middle.digest()
    assert titles(original.ledger) == titles(copy.ledger) == titles(desk.ledger)
    assert titles(desk.ledger) == ["元の機械で直した", "写しで直した", "写しの機械"]


def test_an_edit_from_elsewhere_stays_with_the_history_that_its_author_saw(
    ledgers: Ledgers,
) -> None:
    original, copy, desk = node("上郷"), node("上郷"), office()
    village = Machine("下郷", ledgers())
    for machine in (desk, village):
        machine.meet(original, desk)
    mine, theirs = original.post(title="元の機械"), copy.post(title="写しの機械")
    assert mine == theirs
    take(desk.ledger, Parcel(bundles=tuple(original.bundles())), source="stick")
    desk.edit(mine, withdrawn=True)
    for bundle in (*copy.bundles(), *desk.bundles(), *original.bundles()):
        ingest(village.ledger, bundle, source="stick")
    shown = [village.read(record) for record in village.ledger.records()]
    assert {r.fields["title"]: r.withdrawn for r in shown if r} == {
        "元の機械": True,
        "写しの機械": False,
    }


def test_a_post_of_a_forked_lane_can_still_be_mended(ledgers: Ledgers) -> None:
    """An edit named the branch in the place of its lane, and had no effect."""
    desk, village = office(), Machine("下郷", ledgers())
    village.meet(desk)
    for machine in (desk, village):
        keep(machine.ledger, TOWN.certify(key("上郷")))
    for bundle in (HERE, THERE):
        assert isinstance(ingest(desk.ledger, bundle, source="stick"), Kept)
    for record, seen in desk.boards().items():
        assert seen is not None
        desk.edit(record, title=f"{seen.fields['title']}、直した")
    for bundle in (*desk.bundles(), THERE, HERE):
        ingest(village.ledger, bundle, source="stick")
    about = [f"{post.fields['title']}" for post in (*COMMON, *posts(3, about="ここ"))]
    mended = sorted(f"{title}、直した" for title in (*about, "そこ1", "そこ2"))
    assert titles(desk.ledger) == titles(village.ledger) == mended


def test_whoever_gets_back_a_tail_it_lost_goes_on_in_a_new_life(ledgers: Ledgers) -> None:
    before = Machine("上郷", ledgers())
    life = before.ledger.own_incarnation(before.identity.public)
    restored = Machine("上郷", ledgers())
    with restored.ledger.transaction():
        restored.ledger.begin_incarnation(before.identity.public)
    ordinal, random = restored.ledger.own_incarnation(before.identity.public)
    assert ordinal == 1
    tail = run(of=_lane_of(before, (ordinal, random)))
    ingest(restored.ledger, tail, source="peer")
    assert restored.ledger.own_incarnation(before.identity.public)[0] == 2
    assert life[0] == 1


def _lane_of(machine: Machine, life: tuple[int, bytes]) -> Lane:
    return replace(lane(machine.name), ordinal=life[0], random=life[1])


def test_branches_are_sent_from_where_they_part() -> None:
    one, two = node("一"), node("二")
    for machine in (one, two):
        machine.meet(one, two)
        keep(machine.ledger, TOWN.certify(key("上郷")))
    ingest(one.ledger, HERE, source="stick")
    ingest(two.ledger, HERE, source="stick")
    one.exchange(two)
    ingest(one.ledger, THERE, source="stick")
    exchanged = one.exchange(two)
    assert exchanged.synced
    assert one.digest() == two.digest()
    assert one.exchange(two).rounds == 1


def test_two_that_hold_one_branch_each_end_with_both() -> None:
    one, two = node("一"), node("二")
    for machine in (one, two):
        machine.meet(one, two)
        keep(machine.ledger, TOWN.certify(key("上郷")))
    ingest(one.ledger, HERE, source="stick")
    ingest(two.ledger, THERE, source="stick")
    assert one.exchange(two).synced
    assert one.digest() == two.digest()
    assert titles(one.ledger) == titles(two.ledger)
    assert {"ここ3", "そこ2"} <= set(titles(one.ledger))


def test_a_draft_is_written_in_the_new_life_after_a_fork() -> None:
    machine = node("上郷")
    ordinal, random = machine.ledger.own_incarnation(machine.identity.public)
    own = _lane_of(machine, (ordinal, random))
    ingest(machine.ledger, run(of=own, drafts=posts(2)), source="peer")
    ingest(machine.ledger, run(of=own, drafts=posts(2, about="別")), source="peer")
    assert machine.ledger.own_incarnation(machine.identity.public)[0] > ordinal
