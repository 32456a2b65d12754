"""Another key in an authority's place: what stands hangs on what is held, never on what came first.

Of the town's two keys the reserve outranks the one that is used every day.
"""

from collections.abc import Iterable, Sequence
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.authority import replace_authority
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.chain import fold
from sync.cose import public
from sync.ingest import Kept, Refused, Waiting, ingest, ingest_statement
from sync.lacking import held_digest, held_summary, lacking
from sync.lane import Audience, Class
from sync.ledger import Ledger
from sync.machine.memory import MemoryLedger
from sync.order import ERASE
from sync.revocation import revoke
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import TOWN, key, lane, posts, run
from tests.sync.test_forks import titles

DAILY, RESERVE = key("daily"), key("reserve")
NEXT, THIEF = key("next"), key("thief")
ROOTS = {TOWN.code: (public(DAILY), public(RESERVE))}

Item = object


def certified(name: str, by: Ed25519PrivateKey, role: Role = Role.NODE) -> bytes:
    return certify(
        Certificate(
            key=public(key(name)),
            name=name,
            role=role,
            towns=frozenset({TOWN.code}),
            classes=CLASSES_OF[role],
            audiences=frozenset(Audience),
            counter=1,
        ),
        by,
    )


def replaced(
    old: Ed25519PrivateKey, new: Ed25519PrivateKey, by: Ed25519PrivateKey, counter: int = 1
) -> bytes:
    return replace_authority(public(old), public(new), counter, by)


def take(ledger: Ledger, items: Iterable[Item]) -> None:
    for item in items:
        if isinstance(item, bytes):
            ingest_statement(ledger, item)
        else:
            ingest(ledger, item, source="road")  # type: ignore[arg-type]


def offered_till_all_is_in(items: Sequence[Item]) -> MemoryLedger:
    """As roads do: what was refused for want of something else is offered again."""
    ledger, before = MemoryLedger(ROOTS), -1
    while ledger.version() != before:
        before = ledger.version()
        take(ledger, items)
    return ledger


def spoken_for(ledger: Ledger) -> tuple[bytes, ...]:
    return ledger.trust().in_office(TOWN.code).keys


def shown(ledger: Ledger) -> tuple[object, ...]:
    return (
        spoken_for(ledger),
        titles(ledger),
        held_digest(ledger, [TOWN.code]),
        held_summary(ledger, [TOWN.code]),
    )


STOLEN: list[Item] = [
    # what the town had, said with the key that was stolen
    certified("上郷", DAILY),
    run("上郷", posts(2, about="上郷の行事")),
    # what the thief made of it
    certified("泥棒の機械", DAILY, Role.OFFICE),
    run("泥棒の機械", posts(1, about="嘘")),
    replaced(DAILY, THIEF, DAILY, counter=1 << 40),
    replaced(RESERVE, THIEF, DAILY, counter=1 << 40),
    certified("泥棒の二台目", THIEF, Role.OFFICE),
    run("泥棒の二台目", posts(1, about="二つ目の嘘")),
    revoke(public(key("上郷")), 1 << 40, {}, DAILY),
    # what the town says then
    replaced(DAILY, NEXT, RESERVE),
    certified("上郷", NEXT),
]


@settings(max_examples=40)
@given(st.permutations(STOLEN))
def test_who_stole_the_daily_key_says_nothing_against_the_reserve(items: list[Item]) -> None:
    ledger = offered_till_all_is_in(items)
    assert spoken_for(ledger) == (public(NEXT), public(RESERVE))
    assert titles(ledger) == ["上郷の行事1", "上郷の行事2"]
    honest = offered_till_all_is_in([STOLEN[0], STOLEN[1], *STOLEN[-2:]])
    assert shown(ledger) == shown(honest)


REPLACEMENTS = [
    replaced(old, new, by, counter)
    for old, new, by in (
        (DAILY, NEXT, DAILY),
        (DAILY, THIEF, DAILY),
        (DAILY, NEXT, RESERVE),
        (NEXT, key("third"), NEXT),
        (NEXT, DAILY, NEXT),
        (THIEF, key("third"), RESERVE),
        (RESERVE, key("next reserve"), RESERVE),
        (RESERVE, THIEF, THIEF),
        (DAILY, key("third"), key("next reserve")),
        (key("third"), NEXT, DAILY),
    )
    for counter in (1, 2)
]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(REPLACEMENTS), unique=True), st.randoms(use_true_random=False))
def test_whatever_replaces_what_the_order_of_arrival_never_matters(
    some: list[bytes], chance: Random
) -> None:
    other = list(some)
    chance.shuffle(other)
    one, two = offered_till_all_is_in(some), offered_till_all_is_in(other)
    assert shown(one) == shown(two)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(REPLACEMENTS), unique=True))
def test_what_a_machine_sends_is_fit_to_be_taken_in_from_first_to_last(some: list[bytes]) -> None:
    ledger = offered_till_all_is_in([*some, *(certified("上郷", key(n)) for n in KEYS)])
    nothing = held_summary(MemoryLedger(ROOTS), [])
    sent = lacking(ledger, nothing, towns=[TOWN.code], bytes_max=1 << 20).parcel.statements
    fresh = MemoryLedger(ROOTS)
    assert [ingest_statement(fresh, each) for each in sent] == [Kept(entries=1)] * len(sent)
    assert shown(fresh) == shown(ledger)


KEYS = ("daily", "reserve", "next", "thief", "third", "next reserve")


def test_a_key_that_is_lost_is_replaced_by_the_reserve() -> None:
    ledger = offered_till_all_is_in([replaced(DAILY, NEXT, RESERVE)])
    assert spoken_for(ledger) == (public(NEXT), public(RESERVE))


def test_a_key_may_hand_over_to_the_next_by_itself() -> None:
    ledger = offered_till_all_is_in([replaced(DAILY, NEXT, DAILY), certified("上郷", NEXT)])
    assert spoken_for(ledger) == (public(NEXT), public(RESERVE))
    assert ledger.trust().name(public(key("上郷"))) == "上郷"


def test_the_reserve_is_replaced_by_itself_alone() -> None:
    ledger = MemoryLedger(ROOTS)
    tried = ingest_statement(ledger, replaced(RESERVE, THIEF, DAILY))
    assert tried == Refused(Refusal.FOREIGN)
    assert ingest_statement(ledger, replaced(RESERVE, NEXT, RESERVE)) == Kept(entries=1)
    assert spoken_for(ledger) == (public(DAILY), public(NEXT))


def test_what_a_reserve_said_of_the_daily_key_stands_after_the_reserve_was_replaced_too() -> None:
    said = [replaced(DAILY, NEXT, RESERVE), replaced(RESERVE, key("next reserve"), RESERVE)]
    ledger = offered_till_all_is_in(said)
    assert spoken_for(ledger) == (public(NEXT), public(key("next reserve")))


def test_a_replacement_that_was_a_mistake_is_corrected_by_a_later_one() -> None:
    ledger = MemoryLedger(ROOTS)
    take(ledger, [replaced(DAILY, THIEF, RESERVE), replaced(DAILY, NEXT, RESERVE, counter=2)])
    assert spoken_for(ledger) == (public(NEXT), public(RESERVE))


def test_of_the_word_of_a_replaced_key_nothing_stands_and_nothing_more_is_taken_in() -> None:
    ledger = MemoryLedger(ROOTS)
    post = run("上郷", posts(1))
    take(ledger, [certified("上郷", DAILY), post])
    assert titles(ledger) == ["回覧1"]
    take(ledger, [replaced(DAILY, NEXT, RESERVE)])
    assert titles(ledger) == []
    assert ledger.lanes() == []
    assert ledger.trust().name(public(key("上郷"))) == ""
    assert ingest_statement(ledger, certified("下郷", DAILY)) == Refused(Refusal.REVOKED)
    assert ingest(ledger, run("下郷", posts(1)), source="road") == Waiting()
    take(ledger, [certified("上郷", NEXT)])  # said again by the next key
    assert titles(ledger) == ["回覧1"]


def test_an_order_of_an_office_that_nobody_certifies_any_more_is_not_obeyed() -> None:
    post = run("上郷", posts(1))
    head = fold(post.before, [entry.header for entry in post.entries])
    erase = Draft(kind=ERASE, fields={"entries": [[lane("上郷").id, 1, head[:8]]], "reason": "嘘"})
    order = run("泥棒の機械", [erase], of=lane("泥棒の機械", Class.TRUST))
    said = [
        certified("上郷", RESERVE),
        post,
        certified("泥棒の機械", DAILY, Role.OFFICE),
        certified("泥棒の機械", RESERVE),  # a node it may be
        order,
    ]
    obeyed = offered_till_all_is_in(said)
    assert titles(obeyed) == []
    after = [*said, replaced(DAILY, NEXT, RESERVE)]
    for items in (after, after[::-1]):
        ledger = offered_till_all_is_in([*items, post])
        assert titles(ledger) == ["回覧1"]
