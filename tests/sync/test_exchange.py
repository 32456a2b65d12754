"""Two machines that meet hold the same afterwards, and say so only then."""

from dataclasses import replace

import pytest

from sync.certificate import Role
from sync.chain import next_head
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import open_answer, open_offer
from sync.ingest import Kept, ingest
from sync.lane import Audience, Class
from sync.ledger import Link, Signature
from sync.limits import PUSH_BYTES_MAX
from sync.machine.exchanging import Road
from sync.trust import Refusal
from sync.wrapping import unwrap
from sync.writing import Draft
from tests.sync.builders import (
    OTHER_TOWN,
    TOWN,
    Machine,
    keep,
    key,
    lane,
    node,
    office,
    posts,
    run,
    to,
)
from tests.sync.conftest import Ledgers


def same(one: Machine, other: Machine) -> bool:
    return one.digest(TOWN) == other.digest(TOWN) and one.boards() == other.boards()


def counting(road: Road) -> tuple[Road, list[bytes]]:
    """A road, and what went over it both ways."""
    seen: list[bytes] = []

    def counted(message: bytes) -> bytes:
        seen.append(message)
        seen.append(road(message))
        return seen[-1]

    return counted, seen


@pytest.fixture
def villages(ledgers: Ledgers) -> tuple[Machine, Machine]:
    """Two nodes that have agreed, with something on each one's board."""
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    here.post(title="夏祭り")
    there.post(title="合唱の練習")
    assert here.exchange(there).synced
    return here, there


Villages = tuple[Machine, Machine]


def test_two_that_meet_first_hold_the_same(ledgers: Ledgers) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    post = here.post(title="夏祭り")
    there.post(title="合唱の練習")
    done = here.exchange(there)
    assert done.synced
    assert (done.given, done.taken.kept) == (1, 1)
    assert done.software == "test"
    assert same(here, there)
    assert there.read(post) == here.read(post) is not None


def test_where_nothing_is_new_one_short_round_says_so(villages: Villages) -> None:
    here, there = villages
    road, seen = counting(to(there))
    done = here.exchange(there, road)
    assert (done.synced, done.rounds) == (True, 1)
    assert (done.given, done.taken.changed) == (0, False)
    assert len(seen[0]) + len(seen[1]) < 600
    assert there.exchange(here).rounds == 1


def test_a_new_post_takes_one_round_to_whoever_we_agreed_with(villages: Villages) -> None:
    here, there = villages
    here.post(title="断水のお知らせ")
    done = here.exchange(there)
    assert (done.synced, done.rounds, done.given) == (True, 1, 1)
    assert same(here, there)


def test_a_new_post_over_there_takes_one_round_too(villages: Villages) -> None:
    here, there = villages
    there.post(title="断水のお知らせ")
    done = here.exchange(there)
    assert done.synced
    assert done.rounds <= 2
    assert same(here, there)


def test_what_is_pushed_blindly_is_small(villages: Villages) -> None:
    here, there = villages
    here.write(*posts(3), Draft(kind="event/write", fields={"noise": key("x").sign(b"y") * 900}))
    for n in range(40):
        here.post(noise=key(f"{n}").sign(b"x") * 8)
    road, seen = counting(to(there))
    assert here.exchange(there, road).synced
    assert len(open_offer(seen[0]).parcel) <= PUSH_BYTES_MAX
    assert same(here, there)


def test_all_that_is_new_in_many_lanes_is_told_by_what_comes_along(ledgers: Ledgers) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    posters = [node(f"公民館{n}") for n in range(9)]
    for poster in posters:
        poster.post(title="夏祭り")
        assert poster.exchange(here).synced
    assert here.exchange(there).synced
    for poster in posters:
        poster.post(title="秋祭り")
        assert poster.exchange(here).synced
    road, seen = counting(to(there))
    done = here.exchange(there, road)
    assert (done.synced, done.rounds, done.given) == (True, 1, 9)
    assert open_offer(seen[0]).told.summary is None
    assert same(here, there)


def test_what_came_by_another_road_is_not_sent_again(villages: Villages) -> None:
    here, there = villages
    third = node("川辺")
    assert third.exchange(here).synced
    for n in range(60):
        third.post(noise=key(f"{n}").sign(b"x") * 8)
    assert third.exchange(here).synced
    assert third.exchange(there).synced
    for n in range(60):
        third.post(noise=key(f"{n}").sign(b"y") * 8)
    assert third.exchange(here).synced
    road, seen = counting(to(there))
    done = here.exchange(there, road)
    assert done.synced
    assert sum(map(len, seen[::2])) < 60 * 512 + PUSH_BYTES_MAX + 4_000
    assert same(here, there)


def test_who_forgot_what_was_agreed_is_told_in_full(villages: Villages) -> None:
    here, there = villages
    with there.ledger.transaction():
        known = there.ledger.known(here.identity.public)
        there.ledger.remember(here.identity.public, replace(known, agreed=None, agreed_digest=b""))
    for machine in (here, there):
        for n in range(3):
            machine.post(title=f"断水{n}")
    done = here.exchange(there)
    assert (done.synced, done.rounds) == (True, 2)
    assert same(here, there)


def test_two_histories_of_one_length_are_told_where_nothing_is_agreed(ledgers: Ledgers) -> None:
    """A copied machine, and a hub that last agreed with the copy."""
    here, middle = Machine("上郷", ledgers()), Machine("中継", ledgers(), Role.HUB)
    here.post(title="前")
    assert here.exchange(middle).synced
    before = here.ledger.known(middle.identity.public)
    twin = Machine("上郷", ledgers(), made=50)
    assert middle.exchange(twin).synced
    here.post(title="こちら")
    twin.post(title="写し")
    assert twin.exchange(middle).synced
    assert here.ledger.known(middle.identity.public) == before
    assert here.exchange(middle).synced
    assert {r.fields["title"] for r in middle.boards().values() if r} == {"前", "こちら", "写し"}


@pytest.mark.parametrize("forgetful", ["here", "there"])
def test_what_was_packed_from_what_only_one_still_has_is_sent_again(
    villages: Villages, forgetful: str
) -> None:
    """An erased payload is in one machine's dictionary, and not in the other's."""
    here, there = villages
    loser, other = (here, there) if forgetful == "here" else (there, here)
    for machine in (here, there):
        machine.meet(office())
    assert here.exchange(there).synced
    desk = office()
    ranges = [
        [item.lane.id, 1, item.held.number, item.held.head[:8]] for item in loser.ledger.lanes()
    ]
    desk.write(Draft(kind="order/retain", fields={"ranges": ranges}), class_=Class.TRUST)
    assert desk.exchange(loser).synced
    for machine in (here, there):
        machine.post(title="断水のお知らせ")
    assert loser.digest() != other.digest()
    done = here.exchange(there)
    assert done.synced
    assert here.digest() == there.digest()


def test_villages_that_never_meet_agree_by_way_of_the_hub(ledgers: Ledgers) -> None:
    middle = Machine("中継", ledgers(), Role.HUB)
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    desk = Machine("役場", ledgers(), Role.OFFICE)
    post = here.post(title="夏祭り")
    here.exchange(middle)
    desk.exchange(middle)
    desk.edit(post, title="夏祭り（中止）")
    desk.write(Draft(kind="notice/write", fields={"text": "大雨"}), class_=Class.ALERT)
    there.post(title="合唱の練習")
    for _ in range(2):
        for machine in (here, there, desk):
            assert machine.exchange(middle).synced
    assert same(here, there)
    assert same(desk, there)
    found = there.read(post)
    assert found is not None
    assert found.fields["title"] == "夏祭り（中止）"


def test_either_may_be_the_one_that_offers(villages: Villages) -> None:
    here, there = villages
    for n in range(3):
        here.post(title=f"こちら{n}")
        there.post(title=f"あちら{n}")
        assert (here if n % 2 else there).exchange(there if n % 2 else here).synced
        assert same(here, there)


def test_lanes_of_another_town_are_never_sent(ledgers: Ledgers) -> None:
    middle = Machine("中継", ledgers((TOWN, OTHER_TOWN)), Role.HUB, (TOWN, OTHER_TOWN))
    here = Machine("上郷", ledgers())
    abroad = Machine("遠い里", ledgers((OTHER_TOWN,)), towns=(OTHER_TOWN,))
    here.post(title="夏祭り")
    abroad.post(title="雪祭り")
    abroad.write(Draft(kind="event/write", fields={}), audience=Audience.OPEN)
    for machine in (here, abroad, here, abroad):
        assert machine.exchange(middle).synced
    assert len(middle.ledger.lanes()) == 3
    assert [item.lane.town for item in here.ledger.lanes()] == [TOWN.code]
    assert {item.lane.town for item in abroad.ledger.lanes()} == {OTHER_TOWN.code}
    assert here.digest(TOWN) == middle.digest(TOWN)
    assert abroad.digest(OTHER_TOWN) == middle.digest(OTHER_TOWN)
    road, seen = counting(to(middle))
    here.post(title="秋祭り")
    here.exchange(middle, road)
    assert abroad.identity.public not in b"".join(seen)


def test_a_machine_of_two_towns_gets_both(ledgers: Ledgers) -> None:
    towns = (TOWN, OTHER_TOWN)
    first, second = (Machine(n, ledgers(towns), Role.HUB, towns) for n in ("中継", "控え"))
    for town, name in ((TOWN, "上郷"), (OTHER_TOWN, "遠い里")):
        machine = Machine(name, ledgers((town,)), towns=(town,))
        machine.post(title=name)
        assert machine.exchange(first).synced
    assert second.exchange(first).synced
    assert second.digest() == first.digest()
    assert len(second.ledger.lanes()) == 2


def test_what_matters_most_goes_first(ledgers: Ledgers) -> None:
    desk, here = Machine("役場", ledgers(), Role.OFFICE), Machine("上郷", ledgers())
    for class_ in reversed(Class):
        desk.write(Draft(kind="notice/write", fields={}), class_=class_)
    road, seen = counting(to(here))
    desk.exchange(here, road)
    for offered in seen[::2]:
        if sent := open_offer(offered).parcel:
            classes = [bundle.lane.class_ for bundle in unwrap(sent).bundles]
            assert classes == sorted(classes)
    assert same(desk, here)


@pytest.mark.parametrize("budget", [1, 1_000, 20_000])
def test_a_small_budget_takes_more_rounds_and_brings_all(ledgers: Ledgers, budget: int) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    for machine in (here, there):
        for class_ in (Class.BOARD, Class.MESSAGE, Class.TRUST):
            for n in range(4):
                machine.write(Draft(kind="event/write", fields={"n": n}), class_=class_)
    road, seen = counting(to(there, budget_bytes=budget))
    done = here.exchange(there, road, budget_bytes=budget)
    assert done.synced
    assert same(here, there)
    if budget == 1:
        assert done.rounds > 3
        for offered in seen[2::2]:
            assert len(unwrap(open_offer(offered).parcel).bundles) <= 1


def test_holes_are_closed_by_whoever_has_the_payloads(ledgers: Ledgers) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    for machine, empty in ((here, [1, 4]), (there, [2, 3, 6])):
        machine.meet(office())
        part = run("役場", posts(6), empty=empty)
        assert ingest(machine.ledger, part, source="stick") == Kept(entries=6)
    assert here.exchange(there).synced
    assert same(here, there)
    assert all(not item.held.holes for item in here.ledger.lanes())


def test_a_hole_that_nobody_can_close_is_agreed_on(ledgers: Ledgers) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    for machine in (here, there):
        machine.meet(office())
        ingest(machine.ledger, run("役場", empty=[2]), source="stick")
    done = here.exchange(there)
    assert done.synced
    assert here.exchange(there).rounds == 1


def forked(ledgers: Ledgers) -> Villages:
    """Two nodes with contradicting histories of one lane, and a post each."""
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    for machine, about, count in ((here, "一", 3), (there, "二", 5)):
        machine.meet(office())
        bundle = run("役場", posts(count, about=about))
        assert isinstance(ingest(machine.ledger, bundle, source="stick"), Kept)
        machine.post(title=about)
    return here, there


def test_a_fork_is_passed_on_and_stops_nothing_else(ledgers: Ledgers) -> None:
    here, there = forked(ledgers)
    assert here.exchange(there).synced
    assert here.exchange(there).rounds == 1
    for machine in (here, there):
        titles = {r.fields["title"] for r in machine.boards().values() if r}
        assert {"一", "二", "一3", "二5"} <= titles
    assert len(here.ledger.lanes()) == len(there.ledger.lanes()) == 4


def test_an_exchange_that_breaks_off_keeps_what_came_and_goes_on_later(ledgers: Ledgers) -> None:
    here, there = Machine("上郷", ledgers()), Machine("下郷", ledgers())
    for machine in (here, there):
        for class_ in (Class.BOARD, Class.MESSAGE, Class.TRUST):
            machine.write(*posts(3), class_=class_)
    working = to(there, budget_bytes=1)
    left = 3

    def breaking(message: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unreachable
        return working(message)

    with pytest.raises(Unreachable):
        here.exchange(there, breaking, budget_bytes=1)
    came = len(here.ledger.lanes()), len(there.ledger.lanes())
    assert min(came) > 3
    assert max(came) < 6
    assert here.exchange(there).synced
    assert same(here, there)


@pytest.mark.parametrize("lost", ["offer", "answer"])
def test_a_lost_message_costs_only_time(villages: Villages, lost: str) -> None:
    here, there = villages
    here.post(title="こちら")
    there.post(title="あちら")

    def losing(message: bytes) -> bytes:
        if lost == "answer":
            to(there)(message)
        raise Unreachable

    for _ in range(2):
        with pytest.raises(Unreachable):
            here.exchange(there, losing)
    assert here.exchange(there).synced
    assert same(here, there)
    assert there.exchange(here).rounds == 1


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_only_reads_catches_up_after_lost_answers(villages: Villages, times: int) -> None:
    here, there = villages

    def losing(message: bytes) -> bytes:
        to(there)(message)
        raise Unreachable

    for n in range(times):
        there.post(title=f"断水{n}")
        with pytest.raises(Unreachable):
            here.exchange(there, losing)
    assert here.exchange(there).synced
    assert same(here, there)


def test_what_the_other_lost_is_given_again(villages: Villages, ledgers: Ledgers) -> None:
    here, _ = villages
    reborn = Machine("下郷", ledgers())
    assert here.exchange(reborn).synced
    assert same(here, reborn)


def test_a_hub_that_lost_even_our_certificate_is_told_again(ledgers: Ledgers) -> None:
    here, middle = Machine("上郷", ledgers()), Machine("中継", ledgers(), Role.HUB)
    here.post(title="夏祭り")
    assert here.exchange(middle).synced
    for offers in range(2):
        if offers:
            here.post(title="秋祭り")
        empty = Machine("中継", ledgers(), Role.HUB)
        assert here.exchange(empty).synced
        assert same(here, empty)


def test_a_post_written_in_the_middle_is_not_called_synced(villages: Villages) -> None:
    here, there = villages

    def slow(message: bytes) -> bytes:
        answered = to(there)(message)
        here.post(title="その間に")
        return answered

    assert not here.exchange(there, slow).synced
    assert here.exchange(there).synced
    assert same(here, there)


def test_a_refused_bundle_in_an_answer_is_not_called_synced(villages: Villages) -> None:
    """There, a signature was spoilt on the disk."""
    here, there = villages
    there.meet(office())
    keep(here.ledger, *office().certificates)
    spoilt = lane("役場")
    ((header, payload),) = ((e.header, e.payload) for e in run("役場", posts(1)).entries)
    with there.ledger.transaction():
        link = Link(header, payload, next_head(spoilt.id, header), None)
        there.ledger.append(spoilt, spoilt.id, [link])
        there.ledger.sign(spoilt.id, Signature(1, bytes(64)))
    done = here.exchange(there)
    assert not done.synced
    assert set(done.taken.reasons) == {Refusal.SIGNATURE}


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_an_answer_that_was_changed_on_the_way_is_not_believed(
    villages: Villages, at: float
) -> None:
    here, there = villages
    there.post(title="断水のお知らせ")
    before = here.digest()

    def meddling(message: bytes) -> bytes:
        answered = bytearray(to(there)(message))
        answered[int(at * len(answered))] ^= 1
        return bytes(answered)

    with pytest.raises((Malformed, Unverified)):
        here.exchange(there, meddling)
    assert here.digest() == before
    assert here.exchange(there).synced


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_an_offer_that_was_changed_on_the_way_changes_nothing(
    villages: Villages, at: float
) -> None:
    here, there = villages
    here.post(title="断水のお知らせ")
    before = there.digest()

    def meddling(message: bytes) -> bytes:
        offered = bytearray(message)
        offered[int(at * len(offered))] ^= 1
        return to(there)(bytes(offered))

    with pytest.raises((Malformed, Unverified)):
        here.exchange(there, meddling)
    assert there.digest() == before
    assert here.exchange(there).synced


def test_an_answer_is_one_to_our_offer_and_by_whom_we_asked(villages: Villages) -> None:
    here, there = villages
    road, seen = counting(to(there))
    here.exchange(there, road)
    here.exchange(there, road)
    (first, answered_first, second, answered_second) = seen

    def read(answered: bytes, offered: bytes, other: Machine) -> object:
        return open_answer(answered, offered=offered, sender=other.identity.public)

    assert read(answered_first, first, there)
    assert read(answered_second, second, there)
    for wrong in ((answered_first, second, there), (answered_first, first, here)):
        with pytest.raises(Unverified):
            read(*wrong)


def test_machines_that_share_no_town_share_nothing(ledgers: Ledgers) -> None:
    here = node("上郷")
    here.post(title="夏祭り")
    abroad = Machine("遠い里", ledgers((TOWN, OTHER_TOWN)), towns=(OTHER_TOWN,))
    abroad.meet(here)
    abroad.post(title="雪祭り")
    here.exchange(abroad)
    assert [item.lane.town for item in abroad.ledger.lanes()] == [OTHER_TOWN.code]
    assert [item.lane.town for item in here.ledger.lanes()] == [TOWN.code]


def test_one_that_answers_without_a_certificate_is_given_nothing(ledgers: Ledgers) -> None:
    here, listener = Machine("上郷", ledgers()), Machine("聞き耳", ledgers(), towns=(OTHER_TOWN,))
    here.post(title="夏祭り")
    listener.meet(here)
    assert not here.exchange(listener).synced
    assert listener.ledger.lanes() == []
