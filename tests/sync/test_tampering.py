"""A carrier file that somebody changed: what doesn't verify stays out, all else comes in.

Whatever was done to it, no record ever reads differently than it was written.
"""

from dataclasses import replace
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bundle import Bundle, Entry, Parcel
from sync.carrier import MARK, Reading, unpack
from sync.entry import make_header, make_payload
from sync.ingest import Receipt, take
from sync.lane import Audience, Class
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import WRITTEN, Machine, carrier_file, memory, node, office, salt

END_BYTES = len(MARK) + 5 + 32


@cache
def village() -> Machine:
    """A node that holds lanes of three machines, with edits across them."""
    here, desk, other = node("上郷"), office("役場"), node("下郷")
    festival = here.post(title="夏祭り", begins="18:00", ends="20:00")
    choir = here.post(title="合唱の練習", place="公民館")
    here.edit(festival, begins="19:00", ends="21:00")
    other.post(title="体操教室")
    other.write(Draft(kind="event/write", fields={"title": "公開"}), audience=Audience.OPEN)
    here.meet(desk, other)
    desk.meet(here, other)
    for bundle in [*other.bundles(), *here.bundles()]:
        take(desk.ledger, Parcel(bundles=(bundle,)), source="road")
    desk.edit(choir, status="中止")
    desk.edit(festival, withdrawn=True)
    desk.write(Draft(kind="notice/write", fields={"text": "断水"}), class_=Class.ALERT)
    desk.edit(festival, title="夏祭り（中止）")
    take(here.ledger, Parcel(bundles=tuple(desk.bundles())), source="road")
    take(here.ledger, Parcel(bundles=tuple(other.bundles())), source="road")
    assert here.digest() == desk.digest()
    return here


def statements(machine: Machine) -> list[bytes]:
    return sorted(s.encoded for s in machine.ledger.trust().statements)


def export(machine: Machine) -> bytes:
    return carrier_file(statements(machine), machine.bundles())


def bring(machine: Machine, file: bytes) -> tuple[Receipt, Reading]:
    receipt, reading = Receipt(), Reading()
    for parcel in unpack(file, reading):
        receipt.merge(take(machine.ledger, parcel, source="stick"))
    return receipt, reading


def newcomer() -> Machine:
    return Machine("新しい里", memory())


def nothing_false_is_shown(machine: Machine) -> None:
    """Each record is as its authors wrote it, or an earlier state of theirs, or not complete."""
    for record, shown in machine.boards().items():
        if shown is None or not shown.complete:
            continue
        written = {stored.id: stored.payload for stored in village().ledger.record(record)}
        for stored in machine.ledger.record(record):
            assert stored.payload == written[stored.id]
        if len(machine.ledger.record(record)) == len(written):
            assert shown == village().read(record)


def nothing_held_differs(machine: Machine) -> None:
    """Every entry held is one that was exported."""
    for item in machine.ledger.lanes():
        assert machine.ledger.head_at(item.lane.id, item.held.number) == (
            village().ledger.head_at(item.lane.id, item.held.number)
        )
    nothing_false_is_shown(machine)


def again_changes_nothing(machine: Machine, file: bytes) -> None:
    before = (machine.digest(), machine.boards(), machine.ledger.version())
    receipt, _ = bring(machine, file)
    assert not receipt.changed
    assert (machine.digest(), machine.boards(), machine.ledger.version()) == before


def test_an_untouched_file_brings_all_of_it() -> None:
    file = export(village())
    there = newcomer()
    receipt, reading = bring(there, file)
    assert reading.whole
    assert (receipt.kept, receipt.waiting, receipt.refused) == (len(village().bundles()), 0, 0)
    assert there.bundles() == village().bundles()
    assert there.boards() == village().boards()
    again_changes_nothing(there, file)


def checksum_made_right(file: bytes) -> bytes:
    content = file[:-END_BYTES]
    return content + MARK + b"\x03" + (32).to_bytes(4, "big") + sha256(content).digest()


def flipped(file: bytes, at: int, change: int) -> bytes:
    content = bytearray(file)
    content[at] ^= change
    return bytes(content)


def a_changed_byte_shows_nothing_false(at: int, change: int) -> None:
    file = export(village())
    damaged = checksum_made_right(flipped(file, at % (len(file) - END_BYTES), change))
    there = newcomer()
    receipt, reading = bring(there, damaged)
    nothing_held_differs(there)
    untouched = len(village().bundles()) - 1
    assert receipt.kept + receipt.waiting >= untouched
    assert reading.frames > 0
    again_changes_nothing(there, damaged)


@pytest.mark.parametrize("part", range(10))
def test_any_byte_changed_and_the_checksum_made_right(part: int) -> None:
    length = len(export(village())) - END_BYTES
    for step in range(part, 300, 10):
        a_changed_byte_shows_nothing_false(step * length // 300, 1 << step % 8)


@given(at=st.integers(0, 1 << 20), change=st.integers(1, 255))
def test_any_byte_changed_in_any_way(at: int, change: int) -> None:
    a_changed_byte_shows_nothing_false(at, change)


@given(cut=st.integers(0, 1 << 20))
def test_a_file_cut_anywhere_brings_what_is_left(cut: int) -> None:
    file = export(village())
    there = newcomer()
    _, reading = bring(there, file[: cut % len(file)])
    assert not reading.whole
    nothing_held_differs(there)
    bring(there, file)
    assert there.boards() == village().boards()


def with_entries(bundle: Bundle, *entries: Entry) -> Bundle:
    return replace(bundle, entries=entries)


def longest() -> tuple[int, Bundle]:
    bundles = village().bundles()
    at = max(range(len(bundles)), key=lambda n: len(bundles[n].entries))
    return at, bundles[at]


def forgery(bundle: Bundle) -> Entry:
    """An entry by nobody: a post of the same form with another text."""
    payload = make_payload({"title": "嘘"}, salt=salt("嘘"))
    header = make_header(lane=bundle.lane.id, kind="event/write", payload=payload, written=WRITTEN)
    return Entry(header, payload)


def tampered(kind: str, bundle: Bundle, at: int) -> Bundle:
    entries = list(bundle.entries)
    other = (at + 1) % len(entries)
    match kind:
        case "dropped":
            del entries[at]
        case "swapped":
            entries[at], entries[other] = entries[other], entries[at]
        case "doubled":
            entries.insert(at, entries[at])
        case "rewritten":
            entries[at] = forgery(bundle)
        case "given another's payload":
            entries[at] = replace(entries[at], payload=entries[other].payload)
            header = make_header(
                lane=bundle.lane.id,
                kind="event/write",
                payload=entries[at].payload or b"",
                written=WRITTEN,
            )
            entries[at] = Entry(header, entries[at].payload)
    return with_entries(bundle, *entries)


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    "kind", ["dropped", "swapped", "doubled", "rewritten", "given another's payload"]
)
def test_a_bundle_that_was_rewritten_is_refused_and_no_other(kind: str, at: int) -> None:
    place, bundle = longest()
    bundles = village().bundles()
    bundles[place] = tampered(kind, bundle, at)
    file = carrier_file(statements(village()), bundles)
    there = newcomer()
    receipt, reading = bring(there, file)
    assert reading.whole, "a checksum says nothing of intent"
    assert receipt.reasons == (Refusal.SIGNATURE,)
    assert receipt.kept == len(bundles) - 1
    assert there.ledger.lane(bundle.lane.id) is None
    nothing_held_differs(there)
    again_changes_nothing(there, file)


@pytest.mark.parametrize("at", range(3))
def test_a_payload_taken_out_shows_as_a_hole_and_no_false_record(at: int) -> None:
    place, bundle = longest()
    bundles = village().bundles()
    entries = list(bundle.entries)
    entries[at] = Entry(entries[at].header, None)
    bundles[place] = with_entries(bundle, *entries)
    there = newcomer()
    receipt, _ = bring(there, carrier_file(statements(village()), bundles))
    assert (receipt.kept, receipt.refused) == (len(bundles), 0)
    held = there.ledger.lane(bundle.lane.id)
    assert held is not None
    assert [(h.first, h.last) for h in held.held.holes] == [(at + 1, at + 1)]
    changed = [
        record for record, shown in there.boards().items() if shown != village().read(record)
    ]
    assert len(changed) == 1
    shown = there.read(changed[0])
    assert shown is not None
    assert not shown.complete, "what is missing may be a correction"
    assert there.bundles() != village().bundles()
    bring(there, export(village()))
    assert there.bundles() == village().bundles()
    assert there.boards() == village().boards()


def test_a_bundle_that_is_there_twice_is_kept_once() -> None:
    bundles = [bundle for bundle in village().bundles() for _ in range(2)]
    there = newcomer()
    receipt, _ = bring(there, carrier_file(statements(village()), bundles))
    assert receipt.refused == 0
    assert there.boards() == village().boards()


def test_bundles_in_any_order_and_certificates_last_bring_the_same() -> None:
    bundles = village().bundles()[::-1]
    there = newcomer()
    receipt, _ = bring(there, carrier_file([], bundles))
    assert (receipt.kept, receipt.waiting) == (0, len(bundles))
    assert there.boards() == {}
    bring(there, carrier_file(statements(village()), []))
    assert there.boards() == village().boards()


def test_two_damaged_files_together_may_bring_all() -> None:
    bundles = village().bundles()
    there = newcomer()
    bring(there, carrier_file(statements(village()), bundles[: len(bundles) // 2]))
    bring(there, carrier_file(statements(village()), bundles[len(bundles) // 2 :]))
    assert there.boards() == village().boards()
