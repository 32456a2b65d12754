"""What is more lanes than one message tells is told in parts: no flood ends an exchange."""

from collections.abc import Callable
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest

from sync.bundle import Bundle, Parcel
from sync.certificate import Role
from sync.chain import fold
from sync.exchange import open_answer, open_offer
from sync.fork import ForkProof, prove_fork
from sync.frontier import Summary
from sync.holding import Holding
from sync.ingest import Kept, Refused, ingest_statement, take
from sync.limits import SUMMARY_LANES_MAX
from sync.machine.exchanging import Road
from sync.revocation import Cut, revoke
from sync.trust import Refusal
from tests.sync.builders import TOWN, Machine, hub, keep, key, lane, node, posts, run, sqlite, to
from tests.sync.conftest import Ledgers

LINES = 4


def lives(count: int, *, since: int = 1) -> list[Bundle]:
    """So many lanes of whoever has the key of 盗人."""
    return [
        run("盗人", posts(1), of=lane("盗人", life=life)) for life in range(since, since + count)
    ]


def histories(count: int, *, common: int = 3) -> list[Bundle]:
    """One lane with so many histories."""
    shared = posts(common)
    return [run("盗人", [*shared, *posts(1, about=f"{n}の")]) for n in range(count)]


def flooded(machine: Machine, bundles: list[Bundle]) -> Machine:
    keep(machine.ledger, TOWN.certify(key("盗人")))
    take(machine.ledger, Parcel(bundles=tuple(bundles)), source="stick")
    return machine


def told(road: Road, most: list[int]) -> Road:
    """The same, noting how many lanes each message tells of."""

    def carried(message: bytes) -> bytes:
        answered = road(message)
        summaries = [
            open_offer(message).told.summary,
            open_answer(answered, offered=message, sender=hub().identity.public).told.summary,
        ]
        most.extend(len(summary.lanes) for summary in summaries if summary is not None)
        return answered

    return carried


FLOODS: dict[str, Callable[[], tuple[list[Bundle], list[Bundle]]]] = {
    "lanes": lambda: (lives(20), lives(25, since=10)),
    "histories of one lane": lambda: (histories(20), histories(30)[8:]),
    "one against many": lambda: (histories(1), histories(30)),
    "many against none": lambda: (lives(30), []),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_two_that_hold_more_than_a_message_tells_end_with_the_same(
    ledgers: Ledgers, flood: Callable[[], tuple[list[Bundle], list[Bundle]]]
) -> None:
    ours, theirs = flood()
    here, there = flooded(Machine("上郷", ledgers()), ours), flooded(hub(), theirs)
    here.meet(there)
    there.meet(here)
    here.post(title="夏祭り")
    most: list[int] = []
    exchanged = here.exchange(there, told(to(there, lines_max=LINES), most), lines_max=LINES)
    assert exchanged.synced
    assert here.digest() == there.digest()
    assert max(most) <= LINES
    assert here.exchange(there).rounds == 1


def test_nothing_is_sent_that_the_other_holds_in_another_part() -> None:
    here, there = flooded(node(), lives(20)), flooded(hub(), lives(25, since=11))
    here.meet(there)
    there.meet(here)
    exchanged = here.exchange(there, to(there, lines_max=LINES), lines_max=LINES)
    assert exchanged.synced
    assert (exchanged.given, exchanged.taken.kept) == (10, 15)


def test_what_is_new_is_told_from_what_both_know_however_much_that_is() -> None:
    here, there = flooded(node(), lives(30)), hub()
    here.exchange(there, to(there, lines_max=LINES), lines_max=LINES)
    here.post(title="夏祭り")
    most: list[int] = []
    done = here.exchange(there, told(to(there, lines_max=LINES), most), lines_max=LINES)
    assert (done.synced, done.rounds, most) == (True, 1, [])


def test_a_revocation_crosses_first_and_ends_the_flood() -> None:
    here, there = flooded(node(), lives(30)), flooded(hub(), lives(40))
    here.meet(there)
    there.meet(here)
    first = here.bundles()[0]
    head = fold(first.lane.id, (entry.header for entry in first.entries))
    keep(here.ledger, revoke(first.lane.author, 1, {first.lane: Cut(1, head)}, TOWN.authority))
    exchanged = here.exchange(there, to(there, lines_max=LINES), lines_max=LINES)
    assert exchanged.synced
    assert exchanged.rounds <= 4
    assert [item.lane for item in there.ledger.lanes()] == [first.lane]


def parts(holding: Holding) -> list[Summary]:
    found = [holding.part(holding.summary.span, LINES)]
    while found[-1].span.upto < holding.summary.span.upto:
        rest = holding.summary.span._replace(after=found[-1].span.upto)
        found.append(holding.part(rest, LINES))
    return found


@pytest.mark.parametrize("bundles", [lives(21), histories(21)], ids=["lanes", "histories"])
def test_the_parts_are_all_of_it_and_nothing_twice(bundles: list[Bundle]) -> None:
    holding = flooded(node(), bundles).ledger.holding({TOWN.code})
    found = parts(holding)
    assert [len(part.lanes) for part in found] == [4, 4, 4, 4, 4, 1]
    everything = {id_: held for part in found for id_, held in part.lanes.items()}
    assert everything == holding.summary.lanes


def proof(number: int, *, ordinal: int = 1) -> bytes:
    """One of any number that a forger makes of one life: none of those entries is anywhere."""
    of = lane("盗人", ordinal=ordinal)
    one, other = run("盗人", posts(1, about=f"a{number}"), of=of), run("盗人", posts(1), of=of)
    found = prove_fork(
        of,
        number=1,
        head=fold(of.id, (entry.header for entry in one.entries)),
        signature=one.signature,
        other_head=fold(of.id, (entry.header for entry in other.entries)),
        later=(),
        later_signature=other.signature,
    )
    assert found is not None
    return found


@pytest.mark.parametrize("order", [*permutations([proof(1), proof(2), proof(3)])])
def test_of_all_proofs_against_one_life_machines_keep_the_same_one(
    ledgers: Ledgers, order: tuple[bytes, ...]
) -> None:
    here, there = flooded(Machine("上郷", ledgers()), []), flooded(hub(), [])
    here.meet(there)
    there.meet(here)
    keep(there.ledger, proof(1))
    for statement in order:
        assert isinstance(ingest_statement(here.ledger, statement), Kept)
    (kept,) = (s for s in here.ledger.trust().statements if isinstance(s.says, ForkProof))
    assert kept.digest == min(sha256(statement).digest() for statement in order)
    assert here.exchange(there).synced
    assert kept in there.ledger.trust().statements


def test_a_proof_against_a_life_that_nobody_certified_is_refused() -> None:
    here = flooded(node(), [])
    assert ingest_statement(here.ledger, proof(1, ordinal=9)) == Refused(Refusal.FOREIGN)


@pytest.mark.slow
def test_a_flood_of_more_lanes_than_any_message_may_tell_stops_no_exchange(tmp_path: Path) -> None:
    """At the real limit: a node holds them, the hub doesn't; then a third machine takes them."""
    machine, middle, late = (
        Machine(name, sqlite(tmp_path / name), role)
        for name, role in (("上郷", Role.NODE), ("中継", Role.HUB), ("下郷", Role.NODE))
    )
    for one in (machine, late):
        one.meet(middle, machine)
        middle.meet(one)
    flooded(machine, lives(SUMMARY_LANES_MAX + 500))
    post = machine.post(title="夏祭り")
    assert machine.exchange(middle).synced
    assert late.exchange(middle).synced
    assert len(late.ledger.lanes()) == SUMMARY_LANES_MAX + 501
    assert late.read(post)
    machine.post(title="秋祭り")
    assert machine.exchange(middle).rounds == 1
