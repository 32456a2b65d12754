"""What an office orders away goes, whenever it comes; and it is no hole."""

from itertools import permutations

import pytest

from sync.entry import CHECK_BYTES
from sync.ingest import Kept, ingest
from sync.lane import Class
from sync.order import ERASE, RETAIN
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
