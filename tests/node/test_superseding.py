"""Of what one issuer says of one thing, boards show his last word and no older one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.boards.disaster import DISASTER
from node.node import Change, edition
from node.post import PostState
from sync.bundle import Bundle, Parcel
from tests.node.builders import (
    Village,
    bring,
    certificates,
    emptied,
    feed,
    meet,
    outside,
    post_again,
    table,
    titles,
    warning,
    written_by,
)

FIRST, SECOND = "2026-07-01T01:00:00Z", "2026-07-01T02:00:00Z"

# Each pair: what stands after both arrived is the second.
LATER_WORDS = {
    "a larger serial": (outside(serial=1, issued=SECOND), outside(serial=2, issued=FIRST)),
    "a later issue": (outside(issued=FIRST), outside(issued=SECOND)),
    "a correction of the same time": (outside(sent=FIRST), outside(sent=SECOND)),
    "a cancel": (outside(), outside(cancels=True)),
    "a cancel of the same serial": (
        outside(serial=3, digest=b"z"),
        outside(serial=3, cancels=True, digest=b"a"),
    ),
    "the larger digest, so that all machines choose the same": (
        outside(digest=b"a"),
        outside(digest=b"b"),
    ),
}


@pytest.mark.parametrize("first_in", [0, 1])
@pytest.mark.parametrize("words", LATER_WORDS.values(), ids=LATER_WORDS.keys())
def test_the_last_word_stands_whichever_arrived_first(
    tmp_path: Path, words: tuple[dict[str, object], ...], first_in: int
) -> None:
    office = Village(tmp_path).office()
    changes = [warning(title, word) for title, word in zip(["まえ", "あと"], words, strict=True)]
    feed(office, changes[first_in], changes[1 - first_in])
    assert titles(office, "disaster") == ["あと"]
    (last, before) = office.views.by_outside_key(office.settings.town, "jma/大雨/370000")
    assert before.state is PostState.SUPERSEDED
    assert office.newer(before) == last


@dataclass(frozen=True)
class Heard:
    village: Village
    people: Parcel
    words: Sequence[Bundle]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Editions of three things, and a drill of one, each fed at an office of its own."""
    village = Village(tmp_path_factory.mktemp("village"))
    said = [
        warning("注意報", outside(issued=FIRST)),
        warning("警報", outside(issued=SECOND)),
        warning("地震", outside(key="jma/地震", serial=1)),
        warning("地震の続報", outside(key="jma/地震", serial=2)),
        warning("地震の取消", outside(key="jma/地震", serial=2, cancels=True)),
        warning("訓練", outside(key="jma/訓練/大雨/370000", serial=9), operation="drill"),
    ]
    words: list[Bundle] = []
    offices = [village.office(f"役場{number}") for number in range(len(said))]
    for office, change in zip(offices, said, strict=True):
        words += written_by(office, lambda o=office, c=change: feed(o, c))  # type: ignore[misc]
    return Heard(village, certificates(*offices), words)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_telegrams_in_any_order_show_the_same(heard: Heard, data: st.DataObject) -> None:
    arrived = data.draw(st.permutations(heard.words))
    again = data.draw(st.lists(st.sampled_from(heard.words), max_size=3))
    with TemporaryDirectory(dir=heard.village.folder) as folder:
        node = heard.village.node(f"{Path(folder).name}/公民館")
        bring(node, [heard.people, *arrived, *again])
        assert sorted(titles(node, "disaster")) == ["地震の取消", "訓練", "警報"]
        followed = table(node)
        node.rebuild()
        assert table(node) == followed
        node.database.close()


def test_a_drill_never_replaces_the_real_thing(heard: Heard, tmp_path: Path) -> None:
    node = heard.village.node(f"{tmp_path.name}/公民館")
    bring(node, [heard.people, *heard.words])
    by_title = {post.text("title"): post for post in node.posts(DISASTER)}
    assert by_title["警報"].text("operation") == "live"
    assert by_title["訓練"].text("operation") == "drill"


def test_an_older_word_does_not_come_back_when_the_last_one_is_taken_down(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    feed(office, warning("まえ", outside(issued=FIRST)), warning("あと", outside(issued=SECOND)))
    (last,) = office.posts(DISASTER)
    office.remove(last, seen=edition(last))
    assert titles(office, "disaster") == []
    feed(office, warning("さらにあと", outside(issued="2026-07-01T03:00:00Z")))
    assert titles(office, "disaster") == ["さらにあと"]


def test_a_cancelled_alert_does_not_stand_while_a_note_to_its_cancel_is_missing(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    office, node = village.office(), village.node()
    feed(office, warning("大雨警報", outside()), warning("取消", outside(cancels=True)))
    meet(office, node)
    assert titles(node, "disaster") == ["取消"]
    (cancel,) = office.posts(DISASTER)
    noted = written_by(
        office,
        lambda: office.edit(cancel, {**cancel.fields, "text": "町からも"}, seen=edition(cancel)),
    )
    bring(node, map(emptied, noted))
    assert post_again(node, cancel).state is PostState.INCOMPLETE
    assert titles(node, "disaster") == []
    bring(node, noted)
    assert titles(node, "disaster") == ["取消"]


def test_two_offices_that_feed_the_same_telegram_show_it_once(tmp_path: Path) -> None:
    village = Village(tmp_path)
    one, other = village.office(), village.office("支所")
    for office in (one, other):
        feed(office, warning("大雨警報", outside()))
    meet(one, other)
    for office in (one, other):
        assert titles(office, "disaster") == ["大雨警報"]
    assert table(one) == table(other)


def test_a_word_that_is_called_otherwise_later_leaves_the_others_of_its_key(
    tmp_path: Path,
) -> None:
    office = Village(tmp_path).office()
    feed(office, warning("まえ", outside(issued=FIRST)), warning("あと", outside(issued=SECOND)))
    (last,) = office.posts(DISASTER)
    renamed = {"outside": outside(key="jma/大雨/380000", issued=SECOND)}
    feed(office, Change(board=DISASTER, fields=renamed, replaces=last))
    assert sorted(titles(office, "disaster")) == ["あと", "まえ"]
    followed = table(office)
    office.rebuild()
    assert table(office) == followed
