"""The one door in: what is kept, what waits, what is refused, and what that leaves behind."""

from dataclasses import replace

import pytest

from sync.bundle import Bundle, Entry, Parcel
from sync.chain import fold, sign_head
from sync.cose import public
from sync.errors import Malformed, TooLarge
from sync.frontier import Range
from sync.ingest import Kept, Receipt, Refused, Waiting, ingest, ingest_statement, take
from sync.ledger import Ledger
from sync.revocation import Cut, revoke
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import TOWN, Machine, entries, keep, key, lane, memory, posts, run
from tests.sync.conftest import Ledgers


@pytest.fixture
def here(ledger: Ledger) -> Ledger:
    """A ledger that knows 上郷."""
    keep(ledger, TOWN.certify(key("上郷")))
    return ledger


def number(ledger: Ledger, author: str = "上郷") -> int:
    found = ledger.lane(lane(author).id)
    return found.held.number if found else 0


def test_a_run_is_kept_and_the_same_again_changes_nothing(here: Ledger) -> None:
    assert ingest(here, run(), source="stick") == Kept(entries=3)
    version, held = here.version(), here.lanes()
    assert ingest(here, run(), source="phone") == Kept()
    assert ingest(here, run(last=2), source="phone") == Kept()
    assert ingest(here, run(first=2), source="phone") == Kept()
    assert (here.version(), here.lanes()) == (version, held)


def test_a_run_that_overlaps_adds_what_is_new(here: Ledger) -> None:
    ingest(here, run(last=2), source="stick")
    assert ingest(here, run(first=2), source="stick") == Kept(entries=1)
    assert number(here) == 3


def test_after_a_gap_it_waits_until_the_earlier_run_arrives(here: Ledger) -> None:
    ten = posts(10)
    assert ingest(here, run(drafts=ten, first=8), source="stick") == Waiting()
    assert ingest(here, run(drafts=ten, first=4, last=7), source="stick") == Waiting()
    assert number(here) == 0
    assert ingest(here, run(drafts=ten, last=3), source="stick") == Kept(entries=3)
    assert number(here) == 10
    assert here.waiting_count() == 0


def test_one_missing_entry_is_a_gap(here: Ledger) -> None:
    ingest(here, run(last=1), source="stick")
    assert ingest(here, run(first=3), source="stick") == Waiting()
    assert ingest(here, run(first=2, last=2), source="stick") == Kept(entries=1)
    assert number(here) == 3


def test_without_a_certificate_it_waits_until_that_arrives(ledger: Ledger) -> None:
    assert ingest(ledger, run(first=3), source="stick") == Waiting()
    assert ingest(ledger, run(last=2), source="stick") == Waiting()
    assert ingest_statement(ledger, TOWN.certify(key("下郷"))) == Kept(entries=1)
    assert ledger.waiting_count() == 2, "that was another's"
    assert ingest_statement(ledger, TOWN.certify(key("上郷"))) == Kept(entries=1)
    assert number(ledger) == 3
    assert ledger.waiting_count() == 0


def test_what_waited_and_turns_out_bad_is_let_go(ledger: Ledger) -> None:
    assert ingest(ledger, run(signer="下郷"), source="stick") == Waiting()
    keep(ledger, TOWN.certify(key("上郷")))
    assert ledger.waiting_count() == 0
    assert number(ledger) == 0


def changed(bundle: Bundle, at: int, entry: Entry) -> Bundle:
    return replace(bundle, entries=(*bundle.entries[:at], entry, *bundle.entries[at + 1 :]))


FORGED = {
    "signed by somebody else": run(signer="下郷"),
    "signed for an earlier number": replace(run(), signature=run(last=2).signature),
    "signed for another lane": replace(run(), lane=lane("上郷", life=2)),
    "an entry dropped": replace(run(), entries=run().entries[:1] + run().entries[2:]),
    "the last dropped": replace(run(), entries=run().entries[:2]),
    "two swapped": replace(run(), entries=(run().entries[1], run().entries[0], run().entries[2])),
    "another payload": changed(run(), 1, entries(lane(), posts(3, about="嘘"))[1]),
    "another place in the lane": replace(run(first=2), first=1, before=lane().id),
    "a head it didn't continue from": replace(run(), before=b"?" * 32),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_the_author_did_not_sign_is_refused(here: Ledger, forged: Bundle) -> None:
    ingest(here, run(last=1), source="stick")
    held = here.lanes()
    assert ingest(here, forged, source="stick") == Refused(Refusal.SIGNATURE)
    assert here.lanes() == held


FORKED = {
    "the same number again": run(drafts=[*posts(2), Draft(kind="event/write", fields={"a": 1})]),
    "from the first on": run(drafts=posts(3, about="別")),
    "longer than ours": run(drafts=[*posts(2), *posts(3, about="別")]),
    "continuing another history": run(drafts=[*posts(2), *posts(3, about="別")], first=4),
    "shorter than ours": run(drafts=posts(2, about="別")),
}


@pytest.mark.parametrize("forked", FORKED.values(), ids=FORKED)
def test_another_history_of_a_lane_changes_nothing_of_ours(here: Ledger, forked: Bundle) -> None:
    ingest(here, run(), source="stick")
    told = [(entry.header, entry.payload) for entry in run().entries]
    ingest(here, forked, source="stick")
    histories = [here.run(item.stretch, 1) for item in here.lanes()]
    assert told in [
        [(entry.header, entry.payload) for entry in history.entries[:3]]
        for history in histories
        if history is not None
    ]


def test_a_first_run_that_is_not_rooted_in_its_lane_is_refused(here: Ledger) -> None:
    before = b"?" * 32
    head = fold(before, (entry.header for entry in run().entries))
    unrooted = replace(run(), before=before, signature=sign_head(lane(), 3, head, key("上郷")))
    assert ingest(here, unrooted, source="stick") == Refused(Refusal.CONTRADICTS)


def test_an_emptied_run_shows_holes_that_a_full_one_fills(here: Ledger) -> None:
    assert ingest(here, run(empty=[1, 3]), source="stick") == Kept(entries=3)
    (held,) = here.lanes()
    assert held.held.holes == (Range(1, 1), Range(3, 3))
    assert ingest(here, run(empty=[1]), source="stick") == Kept(payloads=1)
    assert ingest(here, run(empty=[3]), source="stick") == Kept(payloads=1)
    (held,) = here.lanes()
    assert held.held.holes == ()
    assert here.run(lane().id, 1) == run()


def test_a_run_fills_holes_and_goes_on_at_once(here: Ledger) -> None:
    ingest(here, run(last=2, empty=[1, 2]), source="stick")
    assert ingest(here, run(empty=[2]), source="stick") == Kept(entries=1, payloads=1)
    (held,) = here.lanes()
    assert held.held.holes == (Range(2, 2),)


def test_what_is_held_is_not_lost_to_an_emptied_run(here: Ledger) -> None:
    ingest(here, run(), source="stick")
    assert ingest(here, run(empty=[1, 2, 3]), source="stick") == Kept()
    assert here.run(lane().id, 1) == run()


def test_a_lane_that_came_emptied_can_be_passed_on_once_it_is_filled(here: Ledger) -> None:
    """It came with one signature for more than a bundle holds; those that fill it bring theirs."""
    long = "長" * 20_000
    drafts = [Draft(kind="event/write", fields={"text": f"{long}{n}"}) for n in range(24)]
    ingest(here, run(drafts=drafts, empty=range(1, 25)), source="stick")
    for first in range(1, 24, 8):
        part = run(drafts=drafts, first=first, last=first + 7)
        assert ingest(here, part, source="stick") == Kept(payloads=8)
    found = here.run(lane().id, 1)
    assert found is not None
    assert found.last == 8


def test_many_lives_of_one_author_push_none_of_them_out(ledgers: Ledgers) -> None:
    """Which eight came first would differ from machine to machine."""
    honest = run(of=lane("上郷", life=1))
    flood = [run(of=lane("上郷", life=life)) for life in range(2, 30)]
    one, two = Machine("下郷", ledgers()), Machine("中郷", memory())
    for machine in (one, two):
        machine.meet(one, two)
        keep(machine.ledger, TOWN.certify(key("上郷")))
    take(one.ledger, Parcel(bundles=(honest, *flood[:15])), source="stick")
    take(two.ledger, Parcel(bundles=(*flood[10:], honest)), source="stick")
    assert one.exchange(two).synced
    assert len(one.ledger.lanes()) == len(two.ledger.lanes()) == 29
    head = fold(honest.lane.id, (entry.header for entry in honest.entries))
    statement = revoke(honest.lane.author, 1, {honest.lane: Cut(3, head)}, TOWN.authority)
    keep(one.ledger, statement)
    assert one.exchange(two).synced
    assert [item.lane for item in two.ledger.lanes()] == [honest.lane], "what people do about it"


def test_an_author_has_as_many_lives_as_it_has_ordinals(ledger: Ledger) -> None:
    keep(ledger, TOWN.certify(key("上郷"), incarnations=2))
    second = run(of=lane("上郷", ordinal=2))
    third = run(of=lane("上郷", ordinal=3))
    assert isinstance(ingest(ledger, second, source="stick"), Kept)
    assert ingest(ledger, third, source="stick") == Refused(Refusal.INCARNATION)


def test_a_header_that_is_none_is_refused_though_it_was_signed(here: Ledger) -> None:
    for wrong, why in ((b"\xa0", Refusal.MALFORMED), (b"\0" * 3_000, Refusal.TOO_LARGE)):
        signature = sign_head(lane(), 1, fold(lane().id, [wrong]), key("上郷"))
        bundle = replace(run(), entries=(Entry(wrong, None),), signature=signature)
        assert ingest(here, bundle, source="stick") == Refused(why)
    assert here.lanes() == []


def test_one_bad_bundle_stops_no_other(ledger: Ledger) -> None:
    good = [run("上郷"), run("下郷")]
    parcel = Parcel(
        statements=(b"nonsense", TOWN.certify(key("上郷")), TOWN.certify(key("下郷"))),
        bundles=(FORGED["an entry dropped"], good[0], run("知らない人"), good[1]),
        unreadable=(Malformed(""), TooLarge("")),
    )
    assert take(ledger, parcel, source="stick") == Receipt(
        statements=2,
        entries=6,
        kept=2,
        waiting=1,
        refused=4,
        reasons=(
            Refusal.MALFORMED,
            Refusal.SIGNATURE,
            Refusal.MALFORMED,
            Refusal.TOO_LARGE,
        ),
    )
    assert [ledger.run(lane(name).id, 1) for name in ("上郷", "下郷")] == good


def test_a_statement_that_was_tampered_with_is_refused(ledger: Ledger) -> None:
    good = TOWN.certify(key("上郷"))
    forged = good[:-1] + bytes([good[-1] ^ 1])
    assert ingest_statement(ledger, forged) == Refused(Refusal.SIGNATURE)
    assert ingest_statement(ledger, good[:-1]) == Refused(Refusal.MALFORMED)
    assert ingest_statement(ledger, bytes(5_000)) == Refused(Refusal.TOO_LARGE)
    assert ingest_statement(ledger, good) == Kept(entries=1)
    assert ingest_statement(ledger, good) == Kept()


def test_a_node_reads_what_it_wrote_itself(ledger: Ledger) -> None:
    node = Machine("上郷", ledger)
    post = node.post(title="夏祭り")
    (bundle,) = node.bundles()
    assert ingest(ledger, bundle, source="stick") == Kept()
    found = node.read(post)
    assert found is not None
    assert found.fields == {"title": "夏祭り"}
    assert post.lane == lane("上郷").id
    assert node.identity.public == public(key("上郷"))
