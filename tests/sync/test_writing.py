"""How a machine writes: numbers without gaps, signed so that every run can be cut to fit."""

import pytest

from sync.entry import EntryId, read_header
from sync.errors import Malformed, TooLarge
from sync.histories import RUN_BYTES_MAX
from sync.ledger import Ledger
from sync.limits import PAYLOAD_BYTES_MAX, SIGNED_EVERY_BYTES
from sync.writing import Draft
from tests.sync.builders import Machine, lane, node, office, posts


@pytest.fixture
def here(ledger: Ledger) -> Machine:
    return Machine("上郷", ledger)


def test_posts_are_numbered_in_the_order_they_were_written(here: Machine) -> None:
    of = lane("上郷").id
    assert here.write(*posts(3)) == [EntryId(of, n) for n in (1, 2, 3)]
    assert here.write(*posts(2)) == [EntryId(of, n) for n in (4, 5)]
    assert here.write() == []
    assert here.ledger.run(of, 5) is not None, "each writing ends signed"
    assert here.ledger.run(of, 6) is None


def test_a_long_writing_is_signed_often_enough_to_be_cut_where_a_bundle_is_full(
    here: Machine,
) -> None:
    here.write(*(Draft(kind="event/write", fields={"text": "長" * 5_000}) for _ in range(100)))
    found = here.ledger.run(lane("上郷").id, 1)
    assert found is not None
    size = sum(len(entry.header) + len(entry.payload or b"") for entry in found.entries)
    assert RUN_BYTES_MAX - SIGNED_EVERY_BYTES <= size <= RUN_BYTES_MAX


def test_a_post_that_is_too_long_is_not_written_nor_those_beside_it(here: Machine) -> None:
    long = Draft(kind="event/write", fields={"text": "x" * PAYLOAD_BYTES_MAX})
    with pytest.raises(TooLarge):
        here.write(*posts(2), long)
    assert here.ledger.lanes() == []


def test_a_post_with_a_value_that_has_no_place_is_not_written(here: Machine) -> None:
    with pytest.raises(Malformed):
        here.post(price=1.5)
    with pytest.raises(Malformed):
        here.post(title="\ud83d")
    assert here.ledger.lanes() == []


def test_an_edit_names_its_record_and_the_history_it_saw() -> None:
    here, desk = node("上郷"), office()
    post = here.post(title="夏祭り")
    assert desk.exchange(here).synced
    edit = desk.edit(post, title="中止")
    (stored,) = [s for s in desk.ledger.record(post) if s.id == edit]
    header = read_header(stored.header, edit.lane)
    assert header.record is not None
    assert header.record.entry == post
    assert header.parents == (header.record,)
    seen = here.ledger.head_at(post.lane, post.number)
    assert seen is not None
    assert header.record.check == seen[:8]
    assert header.counter == 2
    mine = here.edit(post, title="延期")
    (stored,) = [s for s in here.ledger.record(post) if s.id == mine]
    header = read_header(stored.header, mine.lane)
    assert header.record is not None
    assert header.record.check == b"", "in its own lane a number says it all"
