"""Old forms of a warning stand in for the new ones, and give way to them on the board."""

from pathlib import Path

import pytest

from node.boards.disaster import DISASTER
from node.boards.superseding import superseded
from node.node import Change, edition
from node.post import PostState
from tests.node.builders import (
    Village,
    feed,
    feed_identity,
    outside,
    post_again,
    table,
    titles,
    warning,
)
from tests.node.feed.telegrams import sample

OLD = "気象警報・注意報（Ｈ２７）"
OLDER = "気象特別警報・警報・注意報"
RAIN = "気象警報・注意報（Ｒ０６）（大雨）"
MORNING, NOON = "2026-07-01T00:00:00Z", "2026-07-01T03:00:00Z"


def test_a_transitional_warning_gives_way_to_the_new_form_of_the_same_region(
    shared_data: Path,
) -> None:
    old = sample(shared_data, "15_12_01_161130_VPWW54").outside
    new = sample(shared_data, "15_17_01_241226_VPWW55").outside
    assert superseded({old.key: old.issued, new.key: new.issued}) == {old.key}


def test_a_transitional_warning_alone_is_shown(shared_data: Path) -> None:
    old = sample(shared_data, "15_12_01_161130_VPWW54").outside
    elsewhere = sample(shared_data, "15_16_03_241226_VPWW55").outside
    assert superseded({old.key: old.issued, elsewhere.key: elsewhere.issued}) == frozenset()


def test_where_the_new_form_stopped_coming_the_old_one_is_shown_again() -> None:
    held = {f"jma/{OLD}/370000": NOON, f"jma/{RAIN}/370000": MORNING}
    assert superseded(held) == frozenset()


def test_old_and_new_form_of_one_announcement_may_be_minutes_apart() -> None:
    held = {
        f"jma/{OLD}/370000": "2026-07-01T03:01:00Z",
        f"jma/{RAIN}/370000": "2026-07-01T03:00:00Z",
    }
    assert superseded(held) == {f"jma/{OLD}/370000"}


def test_of_two_old_forms_the_newer_is_shown() -> None:
    held = {f"jma/{OLD}/370000": NOON, f"jma/{OLDER}/370000": NOON}
    assert superseded(held) == {f"jma/{OLDER}/370000"}


def test_a_drill_hides_no_real_warning() -> None:
    held = {f"jma/{OLD}/370000": MORNING, f"jma/訓練/{RAIN}/370000": NOON}
    assert superseded(held) == frozenset()
    held = {f"jma/訓練/{OLD}/370000": MORNING, f"jma/訓練/{RAIN}/370000": NOON}
    assert superseded(held) == {f"jma/訓練/{OLD}/370000"}


def test_all_other_records_are_left_alone() -> None:
    held = {
        "jma/震源・震度に関する情報/20210217230627": NOON,
        "list/event/文芸講座": "",
        "cap/x/y/z/w": "x",
        f"jma/{OLD}/370000": "",
    }
    assert superseded(held) == frozenset()


def old_form(issued: str) -> Change:
    return warning("旧", outside(key=f"jma/{OLD}/370000", issued=issued))


def new_form(issued: str) -> Change:
    return warning("新", outside(key=f"jma/{RAIN}/370000", issued=issued))


@pytest.mark.parametrize("turned_round", [False, True])
def test_the_board_shows_one_form_of_one_announcement_whichever_came_first(
    tmp_path: Path, turned_round: bool
) -> None:
    office = Village(tmp_path).office()
    forms = [old_form(NOON), new_form(NOON)]
    feed(office, *(reversed(forms) if turned_round else forms))
    assert titles(office, "disaster") == ["新"]
    (old,) = office.views.by_outside_key(office.settings.town, f"jma/{OLD}/370000")
    assert old.state is PostState.STANDBY
    followed = table(office)
    office.rebuild()
    assert table(office) == followed


def test_the_old_form_is_shown_again_as_soon_as_it_is_the_newest_word(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    feed(office, new_form(MORNING), old_form(MORNING))
    assert titles(office, "disaster") == ["新"]
    feed(office, old_form(NOON))
    assert titles(office, "disaster") == ["新", "旧"]
    feed(office, new_form(NOON))
    assert titles(office, "disaster") == ["新"]


def test_forms_written_in_one_go_give_way_too(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    office.write([new_form(NOON), old_form(NOON)], identity=feed_identity(office))
    assert titles(office, "disaster") == ["新"]


def test_no_old_form_takes_the_place_of_a_new_one_that_was_taken_down(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    feed(office, old_form(NOON), new_form(NOON))
    (new,) = office.posts(DISASTER)
    office.remove(new, seen=edition(new))
    assert titles(office, "disaster") == []
    assert post_again(office, new).state is PostState.WITHDRAWN
