"""Merging is the same in any order of arrival, and twice is the same as once."""

from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from sync.ledger import Stored
from tests.sync.story import ROLES, Story, read


@st.composite
def stories(draw: st.DrawFn) -> list[Stored]:
    """A record with up to nine entries by several people, of any versions, some of them wrong."""
    story = Story()
    story.write("上郷", {"title": "夏祭り", "begins": "18:00"})
    for n in range(draw(st.integers(0, 8))):
        parents = draw(st.lists(st.sampled_from(story.told), min_size=0, max_size=3, unique=True))
        name = draw(st.sampled_from(["title", "begins", "ends", "status", "withdrawn", "!x"]))
        story.write(
            draw(st.sampled_from(list(ROLES))),
            {name: draw(st.sampled_from([f"{n}", None, True]))},
            *parents,
            counter=draw(st.sampled_from([None, None, None, 2, 9])),
            life=draw(st.integers(1, 2)),
        )
    return [
        replace(stored, payload=None) if draw(st.integers(0, 9)) == 0 else stored
        for stored in story.told
    ]


@given(stories(), st.randoms())
def test_any_order_reads_the_same(told: list[Stored], random: object) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert read(shuffled) == read(told)


@given(stories())
def test_twice_is_the_same_as_once(told: list[Stored]) -> None:
    assert read([*told, *told]) == read(told)
    assert read([*told, *reversed(told)]) == read(told)


@given(stories(), st.data())
def test_what_comes_later_never_changes_what_earlier_entries_meant(
    told: list[Stored], data: st.DataObject
) -> None:
    """An entry with effect stays with effect: versions only give way to what descends from them."""
    some = data.draw(st.sets(st.sampled_from(told)))
    part, whole = read([stored for stored in told if stored in some]), read(told)
    if part is not None:
        assert whole is not None
        assert whole.counter >= part.counter
        assert whole.id == part.id


def test_every_order_of_five_entries_reads_the_same() -> None:
    story = Story()
    first = story.write("上郷", {"title": "夏祭り"})
    one = story.write("上郷", {"title": "一"}, first)
    two = story.write("役場", {"title": "二"}, first)
    story.write("上郷", {"withdrawn": True}, one)
    story.write("役場", {"title": "三"}, one, two)
    assert len({repr(read(order)) for order in permutations(story.told)}) == 1
