"""Newest values: the largest wins, a replay changes nothing, and they find their own way."""

import pytest

from sync.errors import Malformed
from sync.ingest import Kept, Refused, ingest_statement
from sync.register import make_register, open_register
from sync.trust import Refusal
from tests.sync.builders import OTHER_TOWN, TOWN, Machine, Town, hub, key, node
from tests.sync.conftest import Ledgers


def register(
    counter: int, *, ordinal: int = 1, author: str = "上郷", town: Town = TOWN, value: object = 0
) -> bytes:
    return make_register(
        town=town.code,
        incarnation=(ordinal, bytes(8)),
        name="health",
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


def test_a_value_over_the_limit_is_refused() -> None:
    with pytest.raises(Malformed):
        register(1, value="あ" * 100)
    assert open_register(register(1, value="元気")).name == "health"
