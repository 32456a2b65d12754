"""A machine certifies itself with the key of its seed; a seed that was copied makes nobody sure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.certificate import CLASSES_OF, Certificate, Role, Voucher, certify, read_voucher
from sync.cose import public
from sync.enrolment import confirm, enrol
from sync.ingest import Kept, Outcome, Refused, Waiting, ingest, ingest_statement
from sync.lane import Audience, Class
from sync.ledger import Ledger
from sync.machine.memory import MemoryLedger
from sync.revocation import revoke
from sync.trust import Refusal
from tests.sync.builders import OTHER_TOWN, TOWN, Town, authorities, key, lane, memory, posts, run
from tests.sync.test_authority import certified, replaced
from tests.sync.test_forks import titles

SEED = key("種")
FIRST, SECOND = key("一台目"), key("二台目")


def seeded(town: Town = TOWN, **other: object) -> bytes:
    """What the desk says of a seed."""
    certificate = Certificate(
        key=public(SEED),
        name="上郷公民館",
        role=Role.ENROLMENT,
        towns=frozenset({town.code}),
        classes=frozenset(),
        audiences=frozenset(),
        counter=1,
        incarnations=4,
    )
    return certify(replace(certificate, **other), town.authority)  # type: ignore[arg-type]


VOUCHER = read_voucher(seeded())


def child(name: str, /, voucher: Voucher = VOUCHER, **other: object) -> bytes:
    """What a machine says of itself with its seed; `other` goes beyond what it may."""
    if not other:
        return enrol(public(key(name)), voucher, SEED)
    widest = Certificate(
        key=public(key(name)),
        name=voucher.certificate.name,
        role=Role.NODE,
        towns=voucher.certificate.towns,
        classes=CLASSES_OF[Role.NODE],
        audiences=frozenset(Audience),
        counter=1,
        incarnations=4,
        by=voucher,
    )
    return certify(replace(widest, **other), SEED)  # type: ignore[arg-type]


OFFICE = TOWN.certify(key("役場"), Role.OFFICE)


def confirmed(name: str, counter: int = 1, office: str = "役場") -> bytes:
    voucher = TOWN.certify(key(office), Role.OFFICE)
    return confirm(public(SEED), public(key(name)), counter, voucher, key(office))


def written(name: str, class_: Class = Class.BOARD) -> object:
    of = lane(name, class_)
    return run(name, posts(1, about=f"{name}の{class_.name}"), of=of)


def take(ledger: Ledger, items: Iterable[object]) -> list[Outcome]:
    return [
        ingest_statement(ledger, item)
        if isinstance(item, bytes)
        else ingest(ledger, item, source="road")  # type: ignore[arg-type]
        for item in items
    ]


def held(items: Sequence[object]) -> MemoryLedger:
    """Offered again till all is in, as roads do."""
    ledger, before = memory(), -1
    while ledger.version() != before:
        before = ledger.version()
        take(ledger, items)
    return ledger


def may(ledger: Ledger, name: str) -> set[Class]:
    return {c for c in Class if ledger.trust().refusal(lane(name, c)) is None}


NODE = {*CLASSES_OF[Role.NODE], Class.PICTURE}  # of the posts that it may write


def test_a_machine_with_a_seed_is_a_member_wherever_it_comes() -> None:
    ledger = memory()
    assert take(ledger, [child("一台目"), written("一台目")]) == [Kept(entries=1)] * 2
    assert may(ledger, "一台目") == NODE
    assert ledger.trust().name(public(FIRST)) == "上郷公民館"
    assert ledger.trust().refusal(lane("一台目", ordinal=5)) is Refusal.INCARNATION


@pytest.mark.parametrize(
    "beyond",
    [
        {"role": Role.OFFICE},
        {"name": "役場"},
        {"towns": frozenset({OTHER_TOWN.code})},
        {"towns": frozenset({TOWN.code, OTHER_TOWN.code})},
        {"incarnations": 5},
        {"classes": frozenset({Class.ALERT})},
        {"key": public(SEED)},
        {"by": read_voucher(OFFICE)},
        {"by": read_voucher(seeded(key=public(key("別の種"))))},
    ],
    ids=[
        "another role",
        "another name",
        "another town",
        "a town more",
        "more lives",
        "another class",
        "the seed itself",
        "by an office",
        "by another seed",
    ],
)
def test_a_seed_gives_no_more_than_it_was_made_for(beyond: dict[str, object]) -> None:
    forged = child("一台目", VOUCHER, **beyond)
    assert ingest_statement(memory((TOWN, OTHER_TOWN)), forged) == Refused(Refusal.MALFORMED)


def test_a_child_makes_no_children() -> None:
    grandchild = Voucher(public(SEED), VOUCHER.certificate, child("一台目"))
    forged = child("二台目", by=grandchild)
    assert ingest_statement(memory(), forged) == Refused(Refusal.MALFORMED)


def test_a_seed_that_nobody_certified_makes_no_member() -> None:
    voucher = read_voucher(seeded(OTHER_TOWN))
    assert ingest_statement(memory(), child("一台目", voucher)) == Refused(Refusal.FOREIGN)
    bad = VOUCHER.encoded[:-1] + bytes([VOUCHER.encoded[-1] ^ 1])
    forged = child("一台目", VOUCHER._replace(encoded=bad), counter=2)
    assert ingest_statement(memory(), forged) == Refused(Refusal.SIGNATURE)


def test_a_seed_without_our_word_certifies_nobody() -> None:
    """Its certificate says of itself that it may write nothing."""
    ledger = memory()
    take(ledger, [seeded()])
    assert may(ledger, "種") == set()


COPIED: list[object] = [
    seeded(),
    child("一台目"),
    child("二台目"),
    *(written(name, c) for name in ("一台目", "二台目") for c in (Class.BOARD, Class.MESSAGE)),
]


def shown(ledger: Ledger) -> tuple[object, ...]:
    return titles(ledger), sorted(h.id for h in ledger.lanes()), ledger.trust().in_doubt


@pytest.mark.parametrize("order", list(permutations(COPIED[:3])))
def test_two_children_of_one_seed_are_both_in_doubt_whoever_came_first(
    order: tuple[object, ...],
) -> None:
    ledger = held([*order, *COPIED[3:]])
    assert may(ledger, "一台目") == may(ledger, "二台目") == {Class.BOARD, Class.PICTURE}
    assert titles(ledger) == ["一台目のBOARD1", "二台目のBOARD1"]
    assert ledger.trust().in_doubt == {public(SEED): {public(FIRST), public(SECOND)}}


SETTLED = [*COPIED, OFFICE, confirmed("一台目")]


@settings(max_examples=60)
@given(st.permutations(SETTLED))
def test_of_two_children_the_one_that_an_office_confirms_is_the_machine(
    items: list[object],
) -> None:
    ledger = held(items)
    assert (may(ledger, "一台目"), may(ledger, "二台目")) == (NODE, set())
    assert titles(ledger) == ["一台目のBOARD1", "一台目のMESSAGE1"]
    assert shown(ledger) == shown(held(SETTLED))
    assert ingest_statement(ledger, child("三台目")) == Refused(Refusal.REVOKED)


def test_a_confirmation_that_was_a_mistake_is_corrected_by_a_later_one() -> None:
    for said in permutations([confirmed("一台目"), confirmed("二台目", counter=2)]):
        ledger = held([*COPIED, OFFICE, *said])
        assert (may(ledger, "一台目"), may(ledger, "二台目")) == (set(), NODE)


def test_the_word_of_an_office_that_was_revoked_confirms_nobody() -> None:
    thief = revoke(public(key("役場")), 1, {}, TOWN.authority)
    for order in permutations([*SETTLED[:3], *SETTLED[-2:], thief]):
        assert may(held(order), "一台目") == {Class.BOARD, Class.PICTURE}


def test_nobody_else_confirms() -> None:
    ledger = held(COPIED)
    by_node = TOWN.certify(key("下郷"))
    forged = confirm(public(SEED), public(FIRST), 1, by_node, key("下郷"))
    assert ingest_statement(ledger, forged) == Refused(Refusal.MALFORMED)
    by_other = OTHER_TOWN.certify(key("よその役場"), Role.OFFICE)
    forged = confirm(public(SEED), public(FIRST), 1, by_other, key("よその役場"))
    assert ingest_statement(ledger, forged) == Refused(Refusal.FOREIGN)
    stolen = confirm(public(SEED), public(FIRST), 1, OFFICE, key("一台目"))
    assert ingest_statement(ledger, stolen) == Refused(Refusal.MALFORMED)
    assert may(ledger, "一台目") == {Class.BOARD, Class.PICTURE}


def test_the_desk_may_settle_it_too_by_revoking_the_false_one() -> None:
    false = revoke(public(SECOND), 1, {}, TOWN.authority)
    for order in permutations([*COPIED[:3], false]):
        ledger = held([*order, *COPIED[3:]])
        assert may(ledger, "一台目") == NODE
        assert titles(ledger) == ["一台目のBOARD1", "一台目のMESSAGE1"]


def test_of_a_seed_that_was_revoked_no_child_is_a_member_but_whom_the_desk_certifies() -> None:
    stolen = revoke(public(SEED), 1, {}, TOWN.authority)
    said = [child("一台目"), stolen, TOWN.certify(FIRST), child("二台目")]
    for order in permutations(said):
        ledger = held(order)
        assert (may(ledger, "一台目"), may(ledger, "二台目")) == (NODE, set())


def test_when_the_key_that_certified_a_seed_is_replaced_its_child_waits_for_the_next_one() -> None:
    keys = {TOWN.code: (public(TOWN.authority), public(key("reserve")))}
    ledger = MemoryLedger(keys)
    take(ledger, [child("一台目"), written("一台目")])
    take(ledger, [replaced(TOWN.authority, key("next"), key("reserve"))])
    assert titles(ledger) == []
    assert ingest(ledger, written("一台目", Class.MESSAGE), source="road") == Waiting()  # type: ignore[arg-type]
    take(ledger, [certified("一台目", key("next"))])
    assert titles(ledger) == ["一台目のBOARD1", "一台目のMESSAGE1"]
    assert authorities()[TOWN.code][0] in keys[TOWN.code]
