"""What concurrent changes of a post add up to."""

from dataclasses import replace

import pytest

from sync.lane import Audience, Class
from sync.ledger import Stored
from tests.sync.story import Story, read

FESTIVAL = {"title": "夏祭り", "begins": "18:00", "ends": "20:00"}


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def festival(story: Story) -> Stored:
    return story.write("上郷", FESTIVAL)


def test_a_post_reads_as_it_was_written(story: Story, festival: Stored) -> None:
    found = story.read()
    assert found is not None
    assert found.id == festival.id
    assert found.board == "event"
    assert found.fields == {"title": "夏祭り", "begins": "18:00", "ends": "20:00"}
    assert found.versions == (festival.id,)
    assert (found.counter, found.complete, found.understood) == (1, True, True)
    assert not found.withdrawn


def test_an_edit_changes_what_it_names_and_nothing_else(story: Story, festival: Stored) -> None:
    edit = story.write("上郷", {"title": "秋祭り"}, festival)
    found = story.read()
    assert found is not None
    assert found.fields == {"title": "秋祭り", "begins": "18:00", "ends": "20:00"}
    assert found.versions == (edit.id,)
    assert found.counter == 2


def test_fields_that_belong_together_change_together(story: Story, festival: Stored) -> None:
    story.write("上郷", {"begins": "17:00"}, festival)
    assert story.fields() == {"title": "夏祭り", "begins": "17:00"}


def test_concurrent_edits_of_one_group_are_never_mixed(story: Story, festival: Stored) -> None:
    story.write("上郷", {"begins": "17:00", "ends": "19:00"}, festival)
    story.write("役場", {"begins": "09:00"}, festival)
    assert story.fields() == {"title": "夏祭り", "begins": "09:00"}


def test_concurrent_edits_of_different_groups_both_hold(story: Story, festival: Stored) -> None:
    one = story.write("上郷", {"title": "秋祭り"}, festival)
    two = story.write("役場", {"begins": "09:00"}, festival)
    found = story.read()
    assert found is not None
    assert found.fields == {"title": "秋祭り", "begins": "09:00"}
    assert set(found.versions) == {one.id, two.id}


def test_the_office_goes_over_a_longer_history_of_the_node(story: Story, festival: Stored) -> None:
    edit = festival
    for n in range(5):
        edit = story.write("上郷", {"title": f"夏祭り{n}"}, edit)
    story.write("役場", {"title": "中止"}, festival)
    assert story.fields()["title"] == "中止"


def test_of_equal_ranks_the_longer_history_goes_first(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "二つ目"}, story.write("上郷", {"title": "一つ目"}, festival))
    for life in range(2, 6):
        story.write("上郷", {"title": "別の機械の"}, festival, life=life)
    assert story.fields()["title"] == "二つ目"


def test_all_else_alike_the_largest_lane_goes_first(story: Story, festival: Stored) -> None:
    edits = [story.write("上郷", {"title": f"{n}"}, festival, life=n) for n in range(2, 8)]
    last = max(edits, key=lambda edit: edit.lane.id)
    assert story.fields()["title"] == f"{edits.index(last) + 2}"


def test_in_one_lane_the_later_number_goes_first(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "先"}, festival)
    story.write("上郷", {"title": "後"}, festival)
    assert story.fields()["title"] == "後"


def test_an_edit_of_both_versions_makes_them_one(story: Story, festival: Stored) -> None:
    one = story.write("上郷", {"title": "一"}, festival)
    two = story.write("役場", {"title": "二"}, festival)
    both = story.write("上郷", {"title": "三"}, one, two)
    found = story.read()
    assert found is not None
    assert found.fields["title"] == "三", "whoever saw the office's word may answer it"
    assert found.versions == (both.id,)


def test_rank_counts_only_among_what_nobody_has_answered(story: Story, festival: Stored) -> None:
    office = story.write("役場", {"title": "役場の"}, festival)
    story.write("上郷", {"title": "上郷の"}, office)
    assert story.fields()["title"] == "上郷の"


def test_a_removal_survives_a_concurrent_edit(story: Story, festival: Stored) -> None:
    story.write("上郷", {"withdrawn": True}, festival)
    story.write("役場", {"title": "役場の", "begins": "09:00"}, festival)
    found = story.read()
    assert found is not None
    assert found.withdrawn


def test_a_removal_survives_later_edits_by_who_has_not_seen_it(
    story: Story, festival: Stored
) -> None:
    story.write("上郷", {"withdrawn": True}, festival)
    edit = festival
    for n in range(4):
        edit = story.write("役場", {"title": f"{n}"}, edit)
    found = story.read()
    assert found is not None
    assert found.withdrawn


def test_what_was_taken_down_can_be_put_up_again(story: Story, festival: Stored) -> None:
    down = story.write("上郷", {"withdrawn": True}, festival)
    story.write("上郷", {"withdrawn": None}, down)
    found = story.read()
    assert found is not None
    assert not found.withdrawn
    assert "withdrawn" not in found.fields


def test_an_empty_field_is_gone(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": None}, festival)
    assert "title" not in story.fields()


def test_a_missing_correction_makes_a_record_incomplete(story: Story, festival: Stored) -> None:
    edit = story.write("上郷", {"status": "中止"}, festival)
    found = read([festival, replace(edit, payload=None)])
    assert found is not None
    assert not found.complete
    assert found.versions == (edit.id,), "the next edit still builds on it"
    again = read([festival, edit])
    assert again is not None
    assert again.complete


def test_a_missing_first_payload_makes_a_record_incomplete(story: Story, festival: Stored) -> None:
    found = read([replace(festival, payload=None)])
    assert found is not None
    assert (found.complete, found.fields) == (False, {})


def erased(stored: Stored) -> Stored:
    return replace(stored, payload=None, ordered_away=True)


def test_what_was_erased_does_not_let_an_older_word_stand(story: Story, festival: Stored) -> None:
    """It may have said that the festival is called off."""
    edit = story.write("上郷", {"status": "中止"}, festival)
    found = read([festival, erased(edit)])
    assert found is not None
    assert not found.complete
    assert not found.erased


def test_it_stands_again_once_every_group_is_said_anew(story: Story, festival: Stored) -> None:
    edit = story.write("上郷", {"status": "中止"}, festival)
    title = story.write("上郷", {"title": "夏祭り（直し）"}, edit)
    part = read([festival, erased(edit), title])
    assert part is not None
    assert not part.complete, "when it begins may have been changed, too"
    when = story.write("上郷", {"begins": "19:00", "ends": "20:00"}, title)
    whole = read([festival, erased(edit), title, when])
    assert whole is not None
    assert whole.complete
    assert "status" not in whole.fields


def test_an_erased_text_that_was_replaced_leaves_the_post_alone(
    story: Story, festival: Stored
) -> None:
    edit = story.write("上郷", FESTIVAL, festival)
    found = read([erased(festival), edit])
    assert found is not None
    assert (found.complete, found.erased) == (True, True), "but for its first entry"
    again = story.write("上郷", FESTIVAL, edit)
    found = read([festival, erased(edit), again])
    assert found is not None
    assert (found.complete, found.erased) == (True, False)


CANCEL = {"key": "alert/1", "serial": 2, "cancels": True}


@pytest.mark.parametrize("ordered_away", [False, True])
def test_what_an_issuer_calls_a_thing_is_known_without_its_payload(
    story: Story, ordered_away: bool
) -> None:
    cancel = story.write("役場", {}, header={9: CANCEL})
    found = read([replace(cancel, payload=None, ordered_away=ordered_away)])
    assert found is not None
    assert found.fields == {"outside": CANCEL}
    assert (found.complete, found.erased) == (ordered_away, ordered_away)


def test_only_the_header_says_what_an_issuer_calls_a_thing(story: Story) -> None:
    story.write("役場", {"title": "警報", "outside": CANCEL})
    assert story.fields() == {"title": "警報"}


def test_an_edit_gives_it_another_name(story: Story) -> None:
    first = story.write("役場", {"title": "避難所"}, header={9: CANCEL})
    edit = story.write("役場", {}, first, header={9: {**CANCEL, "serial": 3}})
    assert story.fields() == {"title": "避難所", "outside": {**CANCEL, "serial": 3}}
    gone = read([first, erased(edit)])
    assert gone is not None
    assert gone.fields["outside"] == {**CANCEL, "serial": 3}
    assert not gone.complete


def test_a_payload_without_meaning_says_nothing(story: Story, festival: Stored) -> None:
    edit = story.write("上郷", {"title": "x"}, festival)
    found = read([festival, replace(edit, payload=b"\xff")])
    assert found is not None
    assert found.complete
    assert found.fields["title"] == "夏祭り"


@pytest.mark.parametrize("key", [-1, -300])
def test_what_must_be_understood_and_is_not_hides_the_record(
    story: Story, festival: Stored, key: int
) -> None:
    story.write("上郷", {}, festival, header={key: 1})
    found = story.read()
    assert found is not None
    assert not found.understood


@pytest.mark.parametrize("key", [0, 9, 300])
def test_other_unknown_keys_are_passed_over(story: Story, festival: Stored, key: int) -> None:
    story.write("上郷", {"title": "秋祭り"}, festival, header={key: 1})
    found = story.read()
    assert found is not None
    assert found.understood
    assert found.fields["title"] == "秋祭り"


def test_a_marked_field_is_understood_only_by_a_board_that_has_it(
    story: Story, festival: Stored
) -> None:
    story.write("上郷", {"!reserved": True}, festival)
    story.write("上郷", {"unmarked": True}, festival)
    found = story.read()
    assert found is not None
    assert not found.understood


def test_a_word_in_a_stronger_class_does_not_reach_a_post_on_a_board(
    story: Story, festival: Stored
) -> None:
    story.write("役場", {"title": "警報"}, festival, class_=Class.ALERT)
    assert story.fields()["title"] == "夏祭り"


def test_a_word_for_another_audience_does_not_reach_it(story: Story, festival: Stored) -> None:
    story.write("上郷", {"title": "秋祭り"}, festival, audience=Audience.OPEN)
    assert story.fields()["title"] == "夏祭り"
