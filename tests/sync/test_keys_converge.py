"""Whatever of it reached whom: three machines that meet end with the same word of who is who.

Keys are replaced and stolen, seeds copied and confirmed, machines revoked and succeeded, with posts
and an order in between; each machine meets a part of that, in an order of its own.
"""

from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.certificate import Role
from sync.chain import fold
from sync.cose import public
from sync.lane import Class
from sync.machine.memory import MemoryLedger
from sync.order import ERASE
from sync.revocation import Cut, name_successor, revoke
from sync.trust import Trust
from sync.writing import Draft
from tests.sync.builders import TOWN, Machine, key, lane, posts, run
from tests.sync.test_authority import certified, replaced
from tests.sync.test_enrolment import COPIED, OFFICE, child, confirmed, take

DAILY, RESERVE, NEXT, THIEF = TOWN.authority, key("reserve"), key("next"), key("thief")
ROOTS = {TOWN.code: (public(DAILY), public(RESERVE))}

POST = run("下郷", posts(3, about="下郷の行事"))
HEAD = fold(POST.before, [POST.entries[0].header])
ERASURE = Draft(
    kind=ERASE, fields={"entries": [[lane("下郷").id, 1, HEAD[:8]]], "reason": "間違い"}
)

WORDS: list[object] = [
    *COPIED,
    OFFICE,
    confirmed("一台目"),
    confirmed("二台目", counter=2),
    child("三台目"),
    TOWN.certify(key("一台目")),
    certified("一台目", NEXT),
    certified("下郷", DAILY),
    certified("下郷", NEXT),
    certified("役場", NEXT, Role.OFFICE),
    certified("泥棒の役場", THIEF, Role.OFFICE),
    certified("泥棒の役場", DAILY, Role.OFFICE),
    POST,
    run("役場", [ERASURE], of=lane("役場", Class.TRUST)),
    run("泥棒の役場", posts(1, about="嘘")),
    revoke(public(key("下郷")), 1, {lane("下郷"): Cut(1, HEAD)}, DAILY),
    revoke(public(key("下郷")), 2, {}, NEXT),
    revoke(public(key("種")), 1, {}, DAILY),
    revoke(public(key("役場")), 1, {}, THIEF),
    name_successor(public(key("下郷")), public(key("一台目")), 1, DAILY),
    replaced(DAILY, THIEF, DAILY),
    replaced(DAILY, NEXT, RESERVE),
    replaced(DAILY, key("later"), RESERVE, counter=2),
    replaced(NEXT, THIEF, NEXT),
    replaced(RESERVE, key("next reserve"), RESERVE),
]


NAMES = ("ひとつ", "ふたつ", "みっつ")
SPEAK = (DAILY, RESERVE, NEXT, THIEF, key("later"), key("next reserve"))
PAPERS = [certified(name, by) for name in NAMES for by in SPEAK]


def machines() -> list[Machine]:
    """Three that know each other by the word of whoever speaks for the town."""
    made = [Machine(name, MemoryLedger(ROOTS)) for name in NAMES]
    for machine in made:
        take(machine.ledger, PAPERS)
    return made


def all_meet(made: Sequence[Machine]) -> None:
    """Until nothing moves. Whoever speaks for the town for a machine certifies all three there."""
    before: list[bytes] = []
    while before != (now := [machine.digest() for machine in made]):
        before = now
        for machine, other in permutations(made, 2):
            take(machine.ledger, PAPERS)
            take(other.ledger, PAPERS)
            machine.exchange(other)


def trusted(trust: Trust) -> object:
    keys = sorted(trust.keys())
    return (
        trust.in_office(TOWN.code).keys,
        [(trust.certificates(k), trust.revocation(k, TOWN.code)) for k in keys],
        trust.in_doubt,
    )


def shown(machine: Machine) -> list[str]:
    return sorted(str(r.fields) for r in machine.boards().values() if r is not None and r.complete)


Happened = list[tuple[object, set[int]]]
HAPPENS = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sets(st.integers(0, 2), min_size=1)), max_size=30
)


@settings(max_examples=15, deadline=None)
@given(HAPPENS)
def test_whatever_reached_whom_all_end_the_same(happened: Happened) -> None:
    _all_end_the_same(happened)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(HAPPENS)
def test_whatever_reached_whom_a_hundred_times_all_end_the_same(happened: Happened) -> None:
    _all_end_the_same(happened)


def _all_end_the_same(happened: Happened) -> None:
    made = machines()
    for word, reached in happened:
        for at in sorted(reached):
            take(made[at].ledger, [word])
    all_meet(made)
    one, *others = made
    for other in others:
        assert other.digest() == one.digest()
        assert trusted(other.ledger.trust()) == trusted(one.ledger.trust())
        assert shown(other) == shown(one)
