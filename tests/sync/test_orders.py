"""What an office orders away goes, whenever it comes; and it is no hole."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from sync.certificate import Role
from sync.entry import CHECK_BYTES
from sync.frontier import Range
from sync.ingest import Kept, ingest, ingest_statement
from sync.lane import Class
from sync.ledger import Ledger
from sync.order import ERASE, RETAIN
from sync.revocation import Cut, revoke
from sync.writing import Draft
from tests.sync.builders import TOWN, Machine, keep, key, lane, memory, node, office, posts, run
from tests.sync.conftest import Ledgers
from tests.sync.test_forks import titles


def ordering(desk: Machine, kind: str, *numbers: int) -> None:
    head = desk.ledger.head_at(lane().id, numbers[-1])
    assert head is not None
    listed = [[lane().id, *numbers, head[:CHECK_BYTES]]]
    fields = {"entries" if kind == ERASE else "ranges": listed}
    desk.write(Draft(kind=kind, fields=fields), class_=Class.TRUST)


def desk_with_posts() -> Machine:
    desk = office()
    keep(desk.ledger, TOWN.certify(key("上郷")))
    ingest(desk.ledger, run(drafts=posts(4)), source="stick")
    return desk


@pytest.mark.parametrize("kind", [ERASE, RETAIN])
def test_the_office_obeys_its_own_order_at_once(kind: str) -> None:
    desk = desk_with_posts()
    ordering(desk, kind, *((2,) if kind == ERASE else (2, 3)))
    assert titles(desk.ledger) == (
        ["回覧1", "回覧3", "回覧4"] if kind == ERASE else ["回覧1", "回覧4"]
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_order_is_obeyed_whatever_came_first(ledgers: Ledgers, order: tuple[int, ...]) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 2)
    things = [run(drafts=posts(4)), run(drafts=posts(4), last=2, empty=[2]), *desk.bundles()[:1]]
    assert things[2].lane.class_ is Class.TRUST
    here = Machine("下郷", ledgers())
    here.meet(desk)
    keep(here.ledger, TOWN.certify(key("上郷")))
    for at in order:
        assert isinstance(ingest(here.ledger, things[at], source="stick"), Kept)
    assert titles(here.ledger) == ["回覧1", "回覧3", "回覧4"]
    (held,) = (item.held for item in here.ledger.lanes() if item.id == lane().id)
    assert held.holes == ()
    payloads = {
        entry.payload
        for item in here.ledger.lanes()
        if (found := here.ledger.run(item.stretch, 1))
        for entry in found.entries
    }
    assert run(drafts=posts(4)).entries[1].payload not in payloads


def test_machines_that_obeyed_and_machines_that_never_had_it_hold_the_same() -> None:
    desk, village = desk_with_posts(), node("下郷")
    village.meet(desk)
    desk.meet(village)
    ordering(desk, ERASE, 3)
    assert village.exchange(desk).synced
    assert village.digest() == desk.digest()
    assert village.exchange(desk).rounds == 1


def test_nobody_but_an_office_of_the_town_orders(ledgers: Ledgers) -> None:
    village = Machine("下郷", ledgers())
    keep(village.ledger, TOWN.certify(key("上郷")))
    ingest(village.ledger, run(drafts=posts(4)), source="stick")
    ordering(village, ERASE, 2)
    assert len(titles(village.ledger)) == 4


def test_an_order_for_another_history_leaves_this_one_alone(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 3)
    here = Machine("下郷", ledgers())
    here.meet(desk)
    keep(here.ledger, TOWN.certify(key("上郷")))
    other = run(drafts=[*posts(2), *posts(2, about="別")])
    for bundle in (other, *desk.bundles()):
        ingest(here.ledger, bundle, source="stick")
    assert titles(here.ledger) == ["別1", "別2", "回覧1", "回覧2", "回覧4"]


def bring(here: Machine, things: Sequence[object]) -> None:
    for thing in things:
        if isinstance(thing, bytes):
            assert isinstance(ingest_statement(here.ledger, thing), Kept)
        else:
            ingest(here.ledger, thing, source="stick")  # type: ignore[arg-type]


def after(things: Sequence[object], ledger: Ledger) -> Machine:
    """Whoever got these, in this order, and then once more what had been withdrawn for a while."""
    here = Machine("下郷", ledger)
    keep(here.ledger, TOWN.certify(key("上郷")))
    bring(here, things)
    bring(here, [thing for thing in things if not isinstance(thing, bytes)])
    return here


OTHER = run(drafts=[*posts(2), *posts(2, about="別")])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_range_says_nothing_of_a_history_that_may_be_another_than_it_means(
    ledgers: Ledgers, order: tuple[int, ...]
) -> None:
    desk = desk_with_posts()
    ordering(desk, RETAIN, 1, 4)
    things = [desk.bundles()[0], run(drafts=[*posts(2), *posts(2, about="別")], last=3), OTHER]
    here = after([*desk.certificates, *(things[at] for at in order)], ledgers())
    assert titles(here.ledger) == ["別1", "別2", "回覧1", "回覧2"]
    bring(here, [run(drafts=posts(4))])
    assert titles(here.ledger) == ["別1", "別2"]


def revoked(desk: Machine, number: int, counter: int = 1) -> bytes:
    """The statement that lets that many of its orders stand."""
    of = desk.bundles()[0].lane
    assert of.class_ is Class.TRUST
    head = desk.ledger.head_at(of.id, number)
    assert head is not None
    cuts = {of: Cut(number, head)} if number else {}
    return revoke(desk.identity.public, counter, cuts, TOWN.authority)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_an_order_past_its_offices_cut_does_nothing_whatever_came_first(
    ledgers: Ledgers, order: tuple[int, ...]
) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 1)
    ordering(desk, ERASE, 2)
    things = [desk.certificates[0], desk.bundles()[0], run(drafts=posts(4)), revoked(desk, 1)]
    here = after([things[at] for at in order], ledgers())
    straight = after([things[0], things[3], things[2], things[1]], memory())
    assert here.digest() == straight.digest()
    assert titles(here.ledger) == ["回覧2", "回覧3", "回覧4"]
    bring(here, [revoked(desk, 2, counter=2)])
    assert titles(here.ledger) == ["回覧3", "回覧4"], "a later cut lets it back in"


def test_what_an_order_took_that_had_no_force_is_asked_for_again(ledgers: Ledgers) -> None:
    desk, village = desk_with_posts(), Machine("下郷", ledgers())
    village.meet(desk)
    keep(village.ledger, TOWN.certify(key("上郷")), *office("本庁").certificates)
    other = Machine("本庁", memory(), Role.OFFICE)
    other.meet(desk, village)
    bring(other, [TOWN.certify(key("上郷")), run(drafts=posts(4))])
    ordering(desk, ERASE, 2)
    bring(village, [run(drafts=posts(4)), *desk.bundles()])
    assert titles(village.ledger) == ["回覧1", "回覧3", "回覧4"]
    bring(village, [revoked(desk, 0)])
    (held,) = village.ledger.lanes()
    assert held.held.holes == (Range(2, 2),)
    assert village.exchange(other).synced
    assert titles(village.ledger) == titles(other.ledger) == [f"回覧{n}" for n in range(1, 5)]


def test_an_order_holds_though_it_came_before_it_was_known_whose_it_is(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 2)
    as_node = TOWN.certify(desk.identity.private)
    things = [as_node, desk.bundles()[0], run(drafts=posts(4)), desk.certificates[0]]
    assert titles(after(things, ledgers()).ledger) == ["回覧1", "回覧3", "回覧4"]


def test_orders_are_not_ordered_away(ledgers: Ledgers) -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 2)
    (first, *_) = desk.bundles()
    head = desk.ledger.head_at(first.lane.id, 1)
    assert head is not None
    fields = {"entries": [[first.lane.id, 1, head[:CHECK_BYTES]]]}
    desk.write(Draft(kind=ERASE, fields=fields), class_=Class.TRUST)
    here = after([*desk.certificates, run(drafts=posts(4)), desk.bundles()[0]], ledgers())
    assert titles(here.ledger) == ["回覧1", "回覧3", "回覧4"]
    assert all(item.held.holes == () for item in here.ledger.lanes())


def test_an_erased_record_is_told_from_one_that_is_incomplete() -> None:
    desk = desk_with_posts()
    ordering(desk, ERASE, 2)
    straight = Machine("だれか", memory())
    keep(straight.ledger, TOWN.certify(key("上郷")))
    ingest(straight.ledger, run(drafts=posts(4), empty=[2]), source="stick")
    (erased,) = (r for r in map(desk.read, desk.ledger.records()) if r and r.erased)
    hollow = straight.read(erased.id)
    assert erased.complete
    assert hollow is not None
    assert not hollow.complete
    assert not hollow.erased
