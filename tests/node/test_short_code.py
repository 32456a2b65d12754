"""The six digits of a post: the same everywhere, typed as people type, and back to the record."""

from itertools import pairwise

import pytest

from node.short_code import in_groups, read_code, records_of, short_code
from sync.entry import RecordId

LANE, OTHER = bytes(range(32)), bytes(range(32, 64))


def test_it_never_changes() -> None:
    """It stands on paper that hangs on walls."""
    assert [short_code(RecordId(LANE, number)) for number in (1, 2, 1_000)] == CODES
    assert in_groups("012345") == "012 345"


CODES = ["924216", "542249", "339183"]


def test_posts_of_one_machine_never_share_it_and_their_neighbours_are_far_away() -> None:
    codes = [int(short_code(RecordId(LANE, number))) for number in range(1, 20_001)]
    assert len(set(codes)) == len(codes)
    assert all(abs(one - other) > 1_000 for one, other in pairwise(codes))


def test_from_the_code_back_to_the_record() -> None:
    for record in (RecordId(LANE, 1), RecordId(OTHER, 77_777), RecordId(LANE, 1_000_000)):
        assert record in set(records_of(short_code(record), [LANE, OTHER]))


@pytest.mark.parametrize(
    "typed", ["123456", "123 456", "１２３４５６", "123-456", " 123　456 ", "１２３ー４５６"]
)
def test_it_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "123456"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "12345６7", "一二三四五六", "もち", "0999-00-1001"]
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert read_code(typed) == ""
