from pathlib import Path

from node.feed.superseding import superseded
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
