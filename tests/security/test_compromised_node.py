"""What a node's valid key gets somebody who has it: each forgery, and by what name it is refused.

What breaks the rules of bytes is refused by name. What breaks those of meaning is kept, so that
machines of any age hold the same, and has no effect.
"""

from dataclasses import replace

import pytest

from sync.bundle import Bundle
from sync.certificate import Role
from sync.entry import EntryId
from sync.fork import ForkProof
from sync.frontier import Range
from sync.ingest import Kept, Refused, ingest
from sync.lane import Class
from sync.ledger import Ledger
from sync.limits import COUNTER_MAX
from sync.machine.memory import MemoryLedger
from sync.record import resolve
from sync.trust import Refusal
from sync.writing import Draft
from tests.sync.builders import (
    OTHER_TOWN,
    TOWN,
    Town,
    authorities,
    ignore,
    keep,
    key,
    lane,
    node,
    posts,
    run,
)

THIEF, HONEST = "上郷", "奥郷"
FAR_TOWN = Town("999999")
FIRST = run(HONEST, posts(1))


@pytest.fixture
def ledger() -> Ledger:
    """A machine of the town that knows both, and holds what the honest one posted."""
    held = MemoryLedger(authorities([TOWN, OTHER_TOWN]), ignore)
    keep(held, *(TOWN.certify(key(name), Role.NODE) for name in (THIEF, HONEST)))
    assert ingest(held, FIRST, source="stick") == Kept(entries=1)
    return held


@pytest.mark.parametrize(
    ("forged", "name"),
    [
        (run(THIEF, of=lane(THIEF, Class.ALERT)), Refusal.CLASS),
        (run(THIEF, of=lane(THIEF, Class.RELEASE)), Refusal.CLASS),
        (run(THIEF, of=lane(THIEF, town=OTHER_TOWN)), Refusal.TOWN),
        (run(THIEF, of=lane(THIEF, town=FAR_TOWN)), Refusal.FOREIGN),
        (run(THIEF, of=lane(THIEF, ordinal=9)), Refusal.INCARNATION),
        (run(HONEST, signer=THIEF), Refusal.SIGNATURE),
        (replace(run(HONEST), lane=lane(THIEF)), Refusal.SIGNATURE),
    ],
    ids=[
        "alert",
        "release",
        "another town",
        "a far town",
        "a ninth life",
        "in another's name",
        "another's words as its own",
    ],
)
def test_what_it_may_not_write_is_refused_by_name(
    ledger: Ledger, forged: Bundle, name: Refusal
) -> None:
    before = ledger.lanes()
    assert ingest(ledger, forged, source="stick") == Refused(name)
    assert ledger.lanes() == before


@pytest.mark.parametrize("counter", [2, COUNTER_MAX])
@pytest.mark.parametrize("begun_by", [HONEST, THIEF])
def test_an_edit_of_anothers_record_or_with_a_huge_counter_is_held_and_has_no_effect(
    begun_by: str, counter: int
) -> None:
    thief, honest, here = node(THIEF), node(HONEST), node("下郷")
    for machine in (thief, honest, here):
        machine.meet(thief, honest, here)
    machines = {THIEF: thief, HONEST: honest}
    record = machines[begun_by].post(title="もとの言葉")
    for bundle in machines[begun_by].bundles():
        for machine in (thief, here):
            ingest(machine.ledger, bundle, source="stick")
    edit = Draft(
        kind="event/write",
        fields={"title": "にせの言葉"},
        record=record,
        parents=[record],
        counter=counter,
    )
    thief.write(edit)
    for bundle in thief.bundles():
        assert isinstance(ingest(here.ledger, bundle, source="stick"), Kept)
    assert here.digest() == thief.digest(), "all hold the same"
    found = here.read(record)
    assert found is not None
    own_and_in_order = begun_by == THIEF and counter == 2
    assert (found.fields["title"] == "にせの言葉") is own_and_in_order


def test_a_stub_is_a_hole_that_is_asked_for_and_no_record(ledger: Ledger) -> None:
    stub = run(THIEF, posts(2), empty=[1])
    assert ingest(ledger, stub, source="stick") == Kept(entries=2)
    (held,) = (each.held for each in ledger.lanes() if each.lane == lane(THIEF))
    assert held.holes == (Range(1, 1),)
    record = resolve(ledger.record(EntryId(lane(THIEF).id, 1)), trust=ledger.trust(), groups={})
    assert record is None or not record.complete
    assert ingest(ledger, run(THIEF, posts(2)), source="stick") == Kept(payloads=1)


def test_a_header_cut_off_its_signature_is_refused(ledger: Ledger) -> None:
    bundle = run(THIEF, posts(2))
    stub = replace(bundle, entries=bundle.entries[:1])
    assert ingest(ledger, stub, source="stick") == Refused(Refusal.SIGNATURE)


def test_a_forked_lane_tells_on_itself(ledger: Ledger) -> None:
    assert ingest(ledger, run(THIEF, posts(2)), source="stick") == Kept(entries=2)
    other = ingest(ledger, run(THIEF, posts(2, about="別")), source="stick")
    assert other == Kept(entries=2, forked=True)
    (proof,) = (s.says for s in ledger.trust().statements if isinstance(s.says, ForkProof))
    assert isinstance(proof, ForkProof)
    assert proof.lane == lane(THIEF)
