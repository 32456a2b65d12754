"""What an authority takes away: a key's lanes hold up to its cuts, whatever came first."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from sync import cose
from sync.chain import fold
from sync.entry import EntryId
from sync.exchange import Declined
from sync.ingest import Kept, Refused, ingest, ingest_statement
from sync.lane import Lane
from sync.revocation import Cut, name_successor, revoke
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import TOWN, Machine, key, lane, memory, node, office, posts, run
from tests.sync.conftest import Ledgers
from tests.sync.test_forks import titles

WHOLE = run(drafts=posts(5))
START = run(drafts=posts(5), last=3)
CERTIFICATE = TOWN.certify(key("上郷"))


def cut_at(number: int, of: Lane | None = None) -> dict[Lane, Cut]:
    head = fold(lane().id, (entry.header for entry in WHOLE.entries[:number]))
    return {of or lane(): Cut(number, head)} if number else {}


def revocation(number: int, counter: int = 1) -> bytes:
    return revoke(cose.public(key("上郷")), counter, cut_at(number), TOWN.authority)


THINGS = [CERTIFICATE, START, WHOLE, revocation(3)]


def bring(machine: Machine, things: Sequence[object]) -> None:
    for thing in things:
        if isinstance(thing, bytes):
            assert isinstance(ingest_statement(machine.ledger, thing), Kept)
        else:
            ingest(machine.ledger, thing, source="stick")  # type: ignore[arg-type]


@pytest.mark.parametrize("order", list(permutations(THINGS)))
def test_what_lies_past_a_cut_is_out_whatever_came_first(
    ledgers: Ledgers, order: tuple[object, ...]
) -> None:
    here = Machine("だれか", ledgers())
    bring(here, order)
    assert titles(here.ledger) == ["回覧1", "回覧2", "回覧3"]
    (held,) = here.ledger.lanes()
    assert (held.id, held.held.number) == (lane().id, 3)
    straight = Machine("だれか", memory())
    bring(straight, [CERTIFICATE, revocation(3), START])
    assert straight.digest() == here.digest()


def test_a_key_that_is_revoked_whole_has_nothing_left(ledgers: Ledgers) -> None:
    here = Machine("だれか", ledgers())
    bring(here, [CERTIFICATE, WHOLE, revocation(0)])
    assert titles(here.ledger) == []
    assert here.ledger.lanes() == []
    assert ingest(here.ledger, WHOLE, source="stick") == Refused(Refusal.REVOKED)


def test_a_later_revocation_lets_honest_entries_back_in(ledgers: Ledgers) -> None:
    here = Machine("だれか", ledgers())
    bring(here, [CERTIFICATE, WHOLE, revocation(0), revocation(4, counter=2), WHOLE])
    assert titles(here.ledger) == ["回覧1", "回覧2", "回覧3", "回覧4"]
    bring(here, [revocation(1, counter=1)])
    assert titles(here.ledger) == ["回覧1", "回覧2", "回覧3", "回覧4"]


def test_a_cut_chooses_one_of_two_histories(ledgers: Ledgers) -> None:
    other = run(drafts=[*posts(2), *posts(3, about="嘘")])
    for order in ([WHOLE, other], [other, WHOLE]):
        here = Machine("だれか", ledgers())
        bring(here, [CERTIFICATE, *order, revocation(4)])
        assert titles(here.ledger) == ["回覧1", "回覧2", "回覧3", "回覧4"]
        assert [held.id for held in here.ledger.lanes()] == [lane().id]


OTHER = run(drafts=[*posts(2), *posts(3, about="嘘")])
SHORT = run(drafts=[*posts(2), *posts(3, about="嘘")], last=3)


def test_of_two_histories_neither_is_chosen_until_one_comes_to_the_cut(ledgers: Ledgers) -> None:
    """Who holds the false one further than the cut shows no more of it than who holds less."""
    long, short = Machine("だれか", ledgers()), Machine("だれか", memory())
    bring(long, [CERTIFICATE, OTHER, revocation(4)])
    bring(short, [CERTIFICATE, SHORT, revocation(4)])
    assert titles(long.ledger) == titles(short.ledger) == ["嘘1", "回覧1", "回覧2"]
    assert long.digest() == short.digest()
    for machine in (long, short):
        bring(machine, [WHOLE])
        assert titles(machine.ledger) == ["回覧1", "回覧2", "回覧3", "回覧4"]
        assert [(item.id, item.held.number) for item in machine.ledger.lanes()] == [(lane().id, 4)]


@pytest.mark.parametrize("life", range(2, 8))
def test_what_is_out_decides_nothing_between_two_that_are_in(ledgers: Ledgers, life: int) -> None:
    """A false branch that only some hold gives the honest one another name there."""
    root = Draft(kind="event/write", fields={"title": "回覧"})
    record = EntryId(lane().id, 1)
    edit = Draft(kind="event/write", fields={}, record=record, parents=[record], counter=2)
    honest = run(drafts=[root, replace(edit, fields={"title": "一つの一生"})])
    false = run(drafts=[root, *posts(1, about="嘘")])
    writer = Machine("上郷", memory())
    bring(writer, [run(drafts=[root])])
    writer.write(replace(edit, fields={"title": "別の一生"}), life=life)
    beside = next(bundle for bundle in writer.bundles() if bundle.lane != lane())
    cuts = {
        bundle.lane: Cut(bundle.last, fold(bundle.before, (e.header for e in bundle.entries)))
        for bundle in (honest, beside)
    }
    statement = revoke(cose.public(key("上郷")), 1, cuts, TOWN.authority)
    village, straight = Machine("だれか", ledgers()), Machine("だれか", memory())
    bring(village, [CERTIFICATE, honest, false, beside, statement])
    bring(straight, [CERTIFICATE, honest, beside, statement])
    assert titles(village.ledger) == titles(straight.ledger)


def unused(offer: bytes) -> bytes:
    raise AssertionError("an offer was made")


def test_a_revoked_machine_is_not_talked_to() -> None:
    thief, desk = node("上郷"), office()
    thief.meet(desk)
    desk.meet(thief)
    thief.post(title="盗んだ機械から")
    ingest_statement(desk.ledger, revocation(0))
    with pytest.raises(Exception, match="unknown"):
        thief.exchange(desk)
    with pytest.raises(Declined):
        desk.exchange(thief, unused)
    assert titles(desk.ledger) == []


def test_a_successor_may_change_what_the_old_machine_began() -> None:
    old, new, village = node("上郷"), node("新しい上郷"), node("下郷")
    for machine in (new, village):
        machine.meet(old, new)
    record = old.post(title="行事")
    for bundle in old.bundles():
        ingest(new.ledger, bundle, source="backup")
    before = new.edit(record, title="まだ誰でもない")
    statement = name_successor(old.identity.public, new.identity.public, 1, TOWN.authority)
    assert ingest_statement(new.ledger, statement) == Kept(entries=1)
    seen = new.read(record)
    assert seen is not None
    assert seen.fields["title"] == "まだ誰でもない"
    assert seen.versions == (before,)
    bring(village, [*old.bundles(), *new.bundles()])
    shown = village.read(record)
    assert shown is not None
    assert shown.fields["title"] == "行事"
    ingest_statement(village.ledger, statement)
    shown = village.read(record)
    assert shown is not None
    assert shown.fields["title"] == "まだ誰でもない"
