"""Newest values: the largest wins, a replay changes nothing, and they find their own way."""

from random import Random

import pytest

from sync.errors import Malformed
from sync.exchange import answer, open_answer, open_offer
from sync.ingest import Kept, Receipt, Refused, ingest_statement
from sync.ledger import Known
from sync.limits import REGISTERS_PER_AUTHOR_MAX
from sync.machine.exchanging import Road
from sync.register import is_register, make_register, open_register
from sync.telling import NOTHING_TOLD
from sync.trust import Refusal
from sync.wrapping import unwrap
from tests.sync.builders import OTHER_TOWN, TOWN, Machine, Town, hub, keep, key, node, to
from tests.sync.conftest import Ledgers


def register(
    counter: int,
    *,
    ordinal: int = 1,
    author: str = "上郷",
    town: Town = TOWN,
    name: str = "health",
    value: object = 0,
) -> bytes:
    return make_register(
        town=town.code,
        incarnation=(ordinal, bytes(8)),
        name=name,
        counter=counter,
        value=value,
        key=key(author),
    )


def test_the_largest_is_kept_and_a_replay_changes_nothing(ledgers: Ledgers) -> None:
    here = Machine("上郷", ledgers())
    for counter, new in ((2, 1), (1, 0), (2, 0), (3, 1)):
        assert ingest_statement(here.ledger, register(counter)) == Kept(entries=new)
    assert ingest_statement(here.ledger, register(1, ordinal=2)) == Kept(entries=1)
    (held,) = here.ledger.registers()
    assert (held.ordinal, held.counter) == (2, 1)


def test_only_a_machine_of_the_town_has_a_register_there(ledgers: Ledgers) -> None:
    here = Machine("上郷", ledgers((TOWN, OTHER_TOWN)))
    assert ingest_statement(here.ledger, register(1, author="知らない機械")) == Refused(
        Refusal.TOWN
    )
    assert ingest_statement(here.ledger, register(1, town=OTHER_TOWN)) == Refused(Refusal.TOWN)


def test_registers_reach_machines_that_never_met_their_author() -> None:
    one, middle, two = node("上郷"), hub(), node("下郷")
    for machine in (one, two):
        machine.meet(middle)
    middle.meet(one, two)
    ingest_statement(one.ledger, register(1, value="元気"))
    one.exchange(middle)
    two.exchange(middle)
    assert [held.value for held in two.ledger.registers()] == [
        held.value for held in one.ledger.registers()
    ]
    assert two.exchange(middle).rounds == 1
    ingest_statement(two.ledger, register(2, value="元気です"))
    two.exchange(middle)
    one.exchange(middle)
    assert [held.counter for held in one.ledger.registers()] == [2]


def crowd(*machines: Machine, count: int = 20) -> None:
    """So many others of the town, whose registers they all hold."""
    for number in range(count):
        for machine in machines:
            keep(machine.ledger, TOWN.certify(key(f"隣{number}")))
            ingest_statement(machine.ledger, register(1, author=f"隣{number}"))


def told(road: Road, registers: list[int]) -> Road:
    """The same, noting how many registers each message tells."""

    def carried(message: bytes) -> bytes:
        answered = road(message)
        answer = open_answer(answered, offered=message, sender=hub().identity.public)
        for parcel in (open_offer(message).parcel, answer.parcel):
            statements = unwrap(parcel).statements if parcel else ()
            registers.append(sum(map(is_register, statements)))
        return answered

    return carried


def hold_the_same(here: Machine, there: Machine) -> bool:
    digests = {machine.ledger.holding({TOWN.code}).registers for machine in (here, there)}
    return len(digests) == 1


@pytest.mark.parametrize("newer", ["offerer", "answerer", "both"])
def test_of_many_registers_only_those_that_are_new_travel(ledgers: Ledgers, newer: str) -> None:
    here, middle = Machine("上郷", ledgers()), hub()
    for machine in (here, middle):
        machine.meet(here, middle)
    crowd(here, middle)
    here.exchange(middle)
    if newer != "answerer":
        ingest_statement(here.ledger, register(2, author="隣3"))
    if newer != "offerer":
        ingest_statement(middle.ledger, register(2, author="隣5"))
    registers: list[int] = []
    here.exchange(middle, told(to(middle), registers))
    assert sum(registers) == (2 if newer == "both" else 1)
    assert hold_the_same(here, middle)
    again: list[int] = []
    here.exchange(middle, told(to(middle), again))
    assert again == [0, 0]


@pytest.mark.parametrize("loser", ["offerer", "answerer"])
def test_who_lost_its_registers_is_told_all_of_them(loser: str) -> None:
    here, middle = node("上郷"), hub()
    for machine in (here, middle):
        machine.meet(here, middle)
    crowd(here, middle)
    here.exchange(middle)
    new = node("上郷") if loser == "offerer" else hub()
    new.meet(here, middle)
    for number in range(20):
        keep(new.ledger, TOWN.certify(key(f"隣{number}")))
    known = here.ledger.known(middle.identity.public)
    with new.ledger.transaction():
        new.ledger.remember(middle.identity.public, Known(offers_sent=known.offers_sent))
    here, middle = (new, middle) if loser == "offerer" else (here, new)
    here.exchange(middle)
    assert hold_the_same(here, middle)
    assert len(here.ledger.registers()) == len(middle.ledger.registers()) == 20


def test_a_value_over_the_limit_is_refused() -> None:
    with pytest.raises(Malformed):
        register(1, value="あ" * 100)
    assert open_register(register(1, value="元気")).name == "health"


def test_of_an_author_with_many_names_all_keep_the_same_few(ledgers: Ledgers) -> None:
    """However many a stolen key signs, no message is full of them."""
    here, there = (Machine(name, ledgers()) for name in ("上郷", "下郷"))
    names = [f"{number:02}" for number in range(2 * REGISTERS_PER_AUTHOR_MAX)]
    random = Random(1)
    for machine in (here, there):
        machine.meet(here)
        random.shuffle(names)
        for name in names:
            kept = ingest_statement(machine.ledger, register(1, name=name))
            assert isinstance(kept, Kept)
    assert [
        sorted(held.name for held in machine.ledger.registers()) for machine in (here, there)
    ] == [sorted(names)[:REGISTERS_PER_AUTHOR_MAX]] * 2
    last = sorted(names)[REGISTERS_PER_AUTHOR_MAX - 1]
    assert ingest_statement(here.ledger, register(2, name=last)) == Kept(entries=1)


def test_what_crowds_another_out_is_new_to_whoever_held_both(ledgers: Ledgers) -> None:
    here = Machine("上郷", ledgers())
    for number in range(REGISTERS_PER_AUTHOR_MAX):
        ingest_statement(here.ledger, register(1, name=f"{number + 1:02}"))
    since = here.ledger.registers_kept()
    ingest_statement(here.ledger, register(1, name="00"))
    assert [held.name for held in here.ledger.registers(since)] == ["00"]


def test_a_machine_that_nobody_certified_is_told_none() -> None:
    """Even if it answers, and says that it holds others."""
    here, stranger = node("上郷"), hub("知らない中継")
    ingest_statement(here.ledger, register(1))
    registers: list[int] = []

    def road(message: bytes) -> bytes:
        opened = open_offer(message)
        statements = unwrap(opened.parcel).statements if opened.parcel else ()
        registers.append(sum(map(is_register, statements)))
        return answer(
            opened,
            key=stranger.identity.private,
            digest=bytes(32),
            receipt=Receipt(),
            software="",
            told=NOTHING_TOLD,
            parcel=b"",
            more=True,
            registers=bytes(16),
        )

    here.exchange(stranger, road)
    assert len(registers) > 1
    assert not any(registers)
