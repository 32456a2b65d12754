"""Which entries change nothing, whoever wrote them: they are kept, and have no effect."""

from dataclasses import replace

import pytest

from sync import cbor
from sync.entry import EntryId, Reference
from sync.lane import Class
from sync.ledger import Stored
from tests.sync.builders import OTHER_TOWN, lane
from tests.sync.story import Story, read, reference

SAID = {"title": "夏祭り"}


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def festival(story: Story) -> Stored:
    return story.write("上郷", SAID)


@pytest.fixture(autouse=True)
def nothing_changed(story: Story, festival: Stored) -> object:
    """After each of these tests the post reads as it did before."""
    yield
    found = story.read()
    assert found is not None
    assert found.fields == SAID
    assert found.versions == (festival.id,)
    assert found.counter == 1


def test_an_edit_by_another_node(story: Story, festival: Stored) -> None:
    story.write("下郷", {"title": "x"}, festival)


def test_an_edit_by_one_without_certificate(story: Story, festival: Stored) -> None:
    story.write("知らない人", {"title": "x"}, festival)


@pytest.mark.parametrize("counter", [1, 3, 99, (1 << 63) - 1])
@pytest.mark.parametrize("who", ["上郷", "役場"])
def test_an_edit_with_a_wrong_counter(
    story: Story, festival: Stored, who: str, counter: int
) -> None:
    story.write(who, {"title": "x"}, festival, counter=counter)


def test_an_edit_that_builds_on_one_without_effect(story: Story, festival: Stored) -> None:
    jump = story.write("上郷", {"title": "x"}, festival, counter=(1 << 63) - 2)
    story.write("上郷", {"title": "y"}, jump)


def test_an_edit_of_a_version_that_is_not_held(story: Story, festival: Stored) -> None:
    missing = Reference(EntryId(lane("上郷").id, 77))
    story.write("上郷", {"title": "x"}, festival, also=[missing])


def test_an_edit_of_another_records_version(story: Story, festival: Stored) -> None:
    elsewhere = Story().write("役場", {"title": "別の話"}, life=2)
    story.write("役場", {"title": "x"}, elsewhere, counter=2)


def test_an_edit_that_names_no_version(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "x"}, counter=1)
    story.write("上郷", {"title": "x"}, counter=2)


def test_an_edit_of_another_board(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "x"}, festival, kind="job/write")


@pytest.mark.parametrize("kind", ["event/pin", "event", "event/", "event/a/write", "event/write/"])
def test_an_act_that_is_not_known(story: Story, festival: Stored, kind: str) -> None:
    story.write("上郷", {"title": "x"}, festival, kind=kind)


def test_an_edit_in_another_town(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "x"}, festival, town=OTHER_TOWN)
    story.write("役場", {"title": "x"}, festival, town=OTHER_TOWN)


@pytest.mark.parametrize("class_", set(Class) - {Class.BOARD})
def test_an_edit_in_another_class(story: Story, festival: Stored, class_: Class) -> None:
    story.write("役場", {"title": "x"}, festival, class_=class_)


def test_an_edit_of_another_history_of_the_lane(story: Story, festival: Stored) -> None:
    other = reference(festival, lane("役場"))._replace(check=b"8 bytes!")
    story.write("役場", {"title": "x"}, record=other, also=[other], counter=2)
    right = reference(festival, lane("役場"))
    story.write("役場", {"title": "x"}, record=right, also=[other], counter=2)
    story.write("役場", {"title": "x"}, record=other, also=[right], counter=2)


def test_a_header_that_cannot_be_read(story: Story, festival: Stored) -> None:
    edit = story.write("上郷", {"title": "x"}, festival)
    story.told[-1] = replace(edit, header=cbor.encode({1: "event/write"}))


def test_a_first_entry_with_parents_or_another_counter_begins_nothing() -> None:
    for wrong in (
        Story().write("上郷", {"title": "x"}, counter=2),
        Story().write("上郷", {"title": "x"}, also=[Reference(EntryId(lane().id, 9))], counter=1),
        Story().write("上郷", {"title": "x"}, kind="event/pin"),
    ):
        assert read([wrong]) is None


def test_edits_without_their_first_entry_are_no_record(story: Story, festival: Stored) -> None:
    story.write("役場", {"title": "x"}, festival, counter=9)
    assert read(story.told[1:]) is None
    assert read([]) is None
