"""The boards follow from the entries held, and from nothing else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.boards import BOARDS
from node.boards.declaration import Board
from node.boards.disaster import DISASTER
from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.node import Change, Node, edition
from node.post import Post, PostState
from node.status import status
from node.views import Views
from sync.bundle import Bundle, Parcel
from sync.entry import EntryId
from sync.machine.sqlite import SqliteLedger
from tests.node.builders import (
    CHOIR,
    Village,
    again,
    bring,
    certificates,
    emptied,
    feed,
    meet,
    outside,
    post_again,
    post_event,
    table,
    titles,
    warning,
    written_by,
)

CHOIR_BOARD = replace(EVENT, name="choir", label="合唱")


@dataclass
class Story:
    """Machines that live a little, and every piece of what they said."""

    village: Village
    machines: tuple[Node, ...]
    said: list[Parcel | Bundle] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.said += [certificates(machine) for machine in self.machines]

    def at(self, machine: Node, act: Callable[[Node], object], *, unheard: bool = False) -> None:
        """Something is done there, with all known that was said before, unless `unheard`."""
        if not unheard:
            for other in self.machines:
                if other is not machine:
                    meet(machine, other)
        self.said += written_by(machine, lambda: act(machine))


def edits(post: Post, **fields: object) -> Callable[[Node], object]:
    def edit(machine: Node) -> None:
        now = post_again(machine, post)
        machine.edit(now, {**now.fields, **fields}, seen=edition(now))

    return edit


def feeds(title: str, named: dict[str, object], **fields: object) -> Callable[[Node], object]:
    return lambda machine: feed(machine, warning(title, named, **fields))


def takes_down(title: str) -> Callable[[Node], object]:
    def take_down(machine: Node) -> None:
        for board in BOARDS.values():
            for post in machine.posts(board):
                if post.text("title") == title:
                    machine.remove(post, seen=edition(post))

    return take_down


def tell(village: Village) -> Story:
    """Edits at once and one after another, removals, and telegrams fed at two offices."""
    node, office, branch = village.node(), village.office(), village.office("支所")
    story = Story(village, (node, office, branch))
    story.at(node, post_event)
    (post,) = node.posts(EVENT)
    story.at(node, lambda machine: post_event(machine, title="なくなった会"))
    story.at(office, edits(post, fee="無料"))
    story.at(node, edits(post, place="下郷公民館"), unheard=True)
    story.at(branch, takes_down("なくなった会"))
    story.at(office, feeds("大雨注意報", outside(issued="2026-07-01T01:00:00Z")))
    story.at(branch, feeds("大雨警報", outside(issued="2026-07-01T02:00:00Z")))
    story.at(office, feeds("大雨警報", outside(issued="2026-07-01T02:00:00Z")), unheard=True)
    quake = outside(key="jma/震度速報/1", serial=1)
    story.at(office, feeds("震度速報", quake))
    story.at(branch, feeds("震度速報 取消", {**quake, "cancels": True}, state="cancelled"))
    story.at(office, feeds("誤報", outside(key="jma/誤報", serial=1)))
    story.at(branch, feeds("誤報の訂正", outside(key="jma/誤報", serial=2)))
    story.at(office, takes_down("誤報の訂正"))
    story.at(node, edits(post, bring="楽譜"))
    for machine in (node, branch, node):
        meet(machine, office)
    return story


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(Village(tmp_path_factory.mktemp("village")))


def test_machines_that_met_show_the_same(story: Story) -> None:
    for machine in story.machines:
        assert table(machine) == table(story.machines[0])
        assert titles(machine) == ["合唱の会"]
        assert sorted(titles(machine, "disaster")) == ["大雨警報", "震度速報 取消"]


def test_tables_made_anew_are_those_that_followed_entry_by_entry(story: Story) -> None:
    for machine in story.machines:
        followed = table(machine)
        machine.database.connection.execute("DELETE FROM posts")
        machine.rebuild()
        assert table(machine) == followed


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_in_whatever_order_things_arrive_the_boards_end_the_same(
    story: Story, data: st.DataObject
) -> None:
    arrived = data.draw(st.one_of(st.permutations(story.said), st.just(story.said[::-1])))
    with TemporaryDirectory(dir=story.village.folder) as folder:
        late = story.village.node(f"{Path(folder).name}/遅れて来た公民館")
        bring(late, arrived)
        assert table(late) == table(story.machines[0])
        assert late.ledger.waiting_count() == 0
        late.database.close()


def test_telling_everything_twice_changes_nothing(story: Story) -> None:
    node = story.machines[0]
    before, version = table(node), node.version()
    assert not bring(node, story.said + story.said[::-1]).changed
    assert (table(node), node.version()) == (before, version)


# what has not arrived


def test_a_post_whose_text_has_not_arrived_is_not_shown_until_it_has(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, other = village.node(), village.node("下郷")
    written = written_by(node, lambda: post_event(node))
    bring(other, [certificates(node), *map(emptied, written)])
    assert titles(other) == []
    assert status(other).holes == 1
    assert status(other).not_shown == {PostState.INCOMPLETE: 1}
    bring(other, written)
    assert titles(other) == ["合唱の会"]
    assert status(other).holes == 0


def test_a_post_whose_correction_has_not_arrived_is_not_shown_as_it_was(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, other = village.node(), village.node("下郷")
    meet(node, other)
    post = post_event(node)
    meet(node, other)
    corrected = written_by(node, lambda: edits(post, state="cancelled")(node))
    bring(other, map(emptied, corrected))
    assert titles(other) == []
    assert post_again(other, post).state is PostState.INCOMPLETE
    bring(other, corrected)
    assert post_again(other, post).text("state") == "cancelled"


def test_an_edit_of_a_post_that_has_not_arrived_waits_unseen(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office, late = village.node(), village.office(), village.node("下郷")
    post = post_event(node)
    meet(node, office)
    edited = written_by(office, lambda: edits(post, place="役場")(office))
    bring(late, [certificates(node, office), *edited])
    assert titles(late) == []
    meet(late, node)
    assert post_again(late, post).text("place") == "役場"


# what this software does not know


def test_a_post_for_a_board_of_newer_software_is_kept_and_counted_and_passed_on(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    newer, node, other = village.node("新しい"), village.node(), village.node("下郷")
    newer.write([Change(board=CHOIR_BOARD, fields=CHOIR)], identity=newer.identity)
    meet(newer, node)
    assert meet(node, other).synced
    for machine in (node, other):
        assert all(titles(machine, board) == [] for board in BOARDS)
        assert status(machine).entries == 1
        assert status(machine).not_shown == {PostState.NO_BOARD: 1}
        assert "choir" not in status(machine).records


def test_software_that_knows_the_board_shows_what_was_kept(tmp_path: Path) -> None:
    village = Village(tmp_path)
    newer, node = village.node("新しい"), village.node()
    newer.write([Change(board=CHOIR_BOARD, fields=CHOIR)], identity=newer.identity)
    meet(newer, node)
    knowing = Views(node.database, {**BOARDS, "choir": CHOIR_BOARD})
    knowing.rebuild(node.ledger, "later")
    assert [post.fields for post in knowing.board(CHOIR_BOARD)] == [CHOIR]
    again(node)  # the older software again: it makes its own tables
    assert status(node).not_shown == {PostState.NO_BOARD: 1}


def test_tables_of_other_software_are_made_anew_when_a_machine_starts(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post_event(node)
    made = table(node)
    with node.database.transaction() as connection:
        connection.execute("ALTER TABLE posts DROP COLUMN section")
        connection.execute("DELETE FROM posts")
    assert table(again(node)) == made


def test_a_machine_that_starts_again_leaves_its_tables_as_they_are(tmp_path: Path) -> None:
    """Others read them meanwhile; made anew, they would be empty for a moment."""
    node = Village(tmp_path).node()
    post_event(node)
    with node.database.transaction() as connection:
        connection.execute("UPDATE posts SET section = 'as it was'")
    made = table(node)
    assert table(again(node)) == made


def test_a_table_that_older_software_did_not_have_is_filled_when_a_machine_starts(
    tmp_path: Path,
) -> None:
    node = Village(tmp_path).node()
    post_event(node)
    made = table(node)
    with node.database.transaction() as connection:
        connection.execute("DROP TABLE words")
    newer = again(node)
    assert table(newer) == made
    assert newer.views.hidings.all() == []


def test_newer_software_that_stops_while_it_makes_its_tables_leaves_what_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Village(tmp_path).node()
    post_event(node)
    with node.database.transaction() as connection:
        connection.execute("ALTER TABLE posts DROP COLUMN section")
    older = table(node)

    def stops(_: SqliteLedger) -> Iterable[EntryId]:
        assert table(node) == older
        raise OSError("the power is gone")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(SqliteLedger, "records", stops)
        with pytest.raises(OSError, match="power"):
            again(node)
    assert table(node) == older
    assert titles(again(node)) == ["合唱の会"]


def test_a_post_with_something_that_must_be_understood_and_is_not_is_not_shown(
    tmp_path: Path,
) -> None:
    node = Village(tmp_path).node()
    node.write(
        [Change(board=EVENT, fields={**CHOIR, "!only_for_members": True})], identity=node.identity
    )
    assert titles(node) == []
    assert status(node).not_shown == {PostState.NOT_UNDERSTOOD: 1}


def test_values_of_the_wrong_type_break_no_list(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    nonsense = {"title": 5, "starts_on": [1, {"a": b"b"}], "place": None, "state": b"\xff"}
    node.write([Change(board=EVENT, fields=nonsense)], identity=node.identity)
    post_event(node)
    assert len(node.posts(EVENT)) == 2
    assert len(again(node).posts(EVENT)) == 2


def test_a_record_of_many_large_edits_breaks_no_list(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post = post_event(node)
    for number in range(20):
        node.write(
            [
                Change(
                    board=EVENT,
                    fields={f"unheard_of_{number}": "あ" * 20_000},
                    replaces=post_again(node, post),
                )
            ],
            identity=node.identity,
        )
    assert titles(node) == ["合唱の会"]


# who may


@pytest.mark.parametrize(
    "forged", [GUIDE, replace(DISASTER, lane_class="board")], ids=lambda board: str(board.name)
)
def test_what_a_node_puts_among_official_posts_is_shown_nowhere(
    tmp_path: Path, forged: Board
) -> None:
    village = Village(tmp_path)
    node, other = village.node(), village.node("下郷")
    node.write(
        [Change(board=forged, fields={"title": "にせの避難指示", "category": "shelter"})],
        identity=node.identity,
    )
    meet(node, other)
    for machine in (node, other):
        assert titles(machine, forged.name) == []
        assert status(machine).not_shown == {PostState.NOT_ALLOWED: 1}


def test_an_alert_lane_of_a_node_is_taken_in_by_nobody(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, other = village.node(), village.node("下郷")
    forged = written_by(
        node,
        lambda: node.write([warning("にせの避難指示", outside())], identity=node.identity),
    )
    receipt = bring(other, [certificates(node), *forged])
    assert (receipt.kept, receipt.reasons) == (0, ("class",))
    assert other.ledger.lanes() == []


def test_the_office_may_not_put_alerts_on_the_slow_road_either(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    slow = replace(DISASTER, lane_class="board")
    office.write([Change(board=slow, fields={"title": "断水"})], identity=office.identity)
    assert titles(office, "disaster") == []


def test_a_node_takes_over_no_official_thing_by_calling_its_own_by_the_same_key(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    listed = Change(board=EVENT, fields={**CHOIR, "outside": outside(key="list/1")})
    feed(office, listed)
    claimed = {**CHOIR, "title": "のっとり", "outside": outside(key="list/1", serial=1 << 40)}
    node.write([Change(board=EVENT, fields=claimed)], identity=node.identity)
    meet(node, office)
    for machine in (node, office):
        assert sorted(titles(machine)) == ["のっとり", "合唱の会"]  # it stands for itself
        assert [
            post.text("title")
            for post in machine.views.by_outside_key(machine.settings.town, "list/1")
        ] == ["合唱の会"]


def test_a_node_changes_no_word_of_an_official_post(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    guide = office.add(GUIDE, {"title": "診療所", "category": "medical"})
    meet(node, office)
    forged = Change(board=GUIDE, fields={"title": "閉院"}, replaces=post_again(node, guide))
    node.write([forged], identity=node.identity)
    meet(node, office)
    for machine in (node, office):
        assert titles(machine, "guide") == ["診療所"]


# how lists are drawn


def test_events_stand_in_the_order_of_their_days_and_jobs_newest_first(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    for title, day in [("あと", "2026-12-24"), ("まえ", "2026-01-02"), ("なか", "2026-06-30")]:
        post_event(node, title=title, starts_on=day)
    assert titles(node) == ["まえ", "なか", "あと"]
    assert [post.text("title") for post in node.posts(EVENT, since="2026-06-30")] == [
        "なか",
        "あと",
    ]
    assert [post.text("title") for post in node.posts(EVENT, limit=1, offset=1)] == ["なか"]


def test_what_is_numbered_stands_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    numbered = ["第2班 3号", "第２班 10号", "第10班", "集会所06", "集会所59", "集会所60"]
    for title in reversed(numbered):
        office.add(GUIDE, {"title": title, "category": "shelter"})
    assert titles(office, "guide") == numbered


def test_moments_written_with_different_offsets_stand_in_their_order(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    for title, issued in [
        ("9時", "2026-07-01T09:00:00+09:00"),
        ("11時", "2026-07-01T02:00:00Z"),
        ("10時", "2026-07-01T10:00:00+09:00"),
        ("いつか", "きのう"),
    ]:
        office.add(DISASTER, {"title": title, "issuer": "霧沢町", "issued": issued})
    assert titles(office, "disaster") == ["11時", "10時", "9時", "いつか"]


def test_the_guide_is_cut_into_its_sections(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    for title, category in [("診療所", "medical"), ("小学校", "shelter"), ("歯科", "medical")]:
        office.add(GUIDE, {"title": title, "category": category})
    assert office.sections(GUIDE) == {"medical": 2, "shelter": 1}
    assert [post.text("title") for post in office.posts(GUIDE, section="shelter")] == ["小学校"]


def test_a_post_has_one_address_and_is_found_by_no_other_way_to_spell_it(tmp_path: Path) -> None:
    node = Village(tmp_path).node("上郷")
    first, second = (post_event(node, title=title) for title in ("合唱", "囲碁"))
    assert node.post(first.address) == first
    assert node.post(second.address) == second
    lane, number = first.address.split("-")
    for other in (
        first.address.upper(),
        f"{lane}-0{number}",
        f"{lane}-{chr(ord(number) + 0xFEE0)}",
        f"{lane}-99",
        f"{lane}--{number}",
        f"{lane[:-8]}-{number}",
        f"{lane[:-1]}é-{number}",
        f"{'a' * len(lane)}-{number}",
        f"{lane}-{'9' * 30}",
        lane,
        "",
        "-",
    ):
        assert node.post(other) is None
