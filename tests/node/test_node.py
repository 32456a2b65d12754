"""Posts are written, changed and taken down, at one machine and at several."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.boards.declaration import Board
from node.boards.disaster import DISASTER
from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.boards.job import JOB
from node.node import Change, ChangedMeanwhile, Node, NotAllowed, edition, open_node
from node.post import PostState
from sync.machine.settings import NotProvisioned, Part
from tests.node.builders import (
    CHOIR,
    JOB_FIELDS,
    Village,
    again,
    meet,
    post_again,
    post_event,
    titles,
)


def change(node: Node, address: str, **fields: object) -> None:
    """What somebody at a screen does: read the post, change a field of it, send it off."""
    post = node.post(address)
    assert post is not None
    node.edit(post, {**post.fields, **fields}, seen=edition(post))


def test_a_post_stands_on_its_board_and_is_there_after_a_restart(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post = post_event(node)
    assert post.fields == CHOIR
    assert post.state is PostState.SHOWN
    assert node.author_name(post) == "上郷"
    assert again(node).post(post.address) == post


def test_an_edit_is_given_back_as_it_stands_and_is_there_after_a_restart(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post = post_event(node)
    edited = node.edit(post, {**CHOIR, "place": "下郷公民館"}, seen=edition(post))
    assert edited.fields == {**CHOIR, "place": "下郷公民館"}
    assert edited.counter == 2
    assert again(node).post(post.address) == edited


def test_an_edit_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post = post_event(node)
    assert node.edit(post, CHOIR, seen=edition(post)) == post
    assert [lane.held.number for lane in node.ledger.lanes()] == [1]


def test_a_changed_field_takes_its_whole_group_along(tmp_path: Path) -> None:
    # Somebody moves the day while somebody else changes the hour: no third thing comes of it.
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node, starts_at="10:00")
    meet(node, office)
    change(node, post.address, starts_at="19:00")
    change(office, post.address, starts_on="2026-12-12")
    meet(node, office)
    for machine in (node, office):
        merged = post_again(machine, post)
        assert (merged.text("starts_on"), merged.text("starts_at")) == ("2026-12-12", "10:00")


def test_changes_of_different_groups_both_stand(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    meet(node, office)
    change(node, post.address, place="下郷公民館")
    change(office, post.address, fee="無料")
    meet(node, office)
    for machine in (node, office):
        assert post_again(machine, post).fields == {**CHOIR, "place": "下郷公民館", "fee": "無料"}


def test_a_cleared_field_is_cleared_everywhere(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node, fee="500円", starts_at="10:00")
    meet(node, office)
    node.edit(post, CHOIR, seen=edition(post))
    meet(node, office)
    assert post_again(node, post).fields == post_again(office, post).fields == CHOIR


def test_a_cleared_field_can_be_filled_again(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post = post_event(node, fee="500円")
    change(node, post.address, fee=None)
    change(node, post.address, fee="300円")
    assert post_again(node, post).fields == {**CHOIR, "fee": "300円"}


def test_nobody_overwrites_what_they_have_not_read(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    read = post_event(node)
    change(node, read.address, place="下郷公民館")
    with pytest.raises(ChangedMeanwhile):
        node.edit(read, {**CHOIR, "place": "役場"}, seen=edition(read))
    with pytest.raises(ChangedMeanwhile):
        node.remove(read, seen=edition(read))
    assert post_again(node, read).text("place") == "下郷公民館"


def test_a_change_is_refused_where_the_change_of_another_machine_came_first(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    read = post_event(node)
    meet(node, office)
    change(office, read.address, place="役場")
    meet(node, office)
    with pytest.raises(ChangedMeanwhile):
        node.edit(read, {**CHOIR, "fee": "無料"}, seen=edition(read))


def test_a_post_is_changed_where_it_was_written_and_at_the_office_only(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, other, office = village.node(), village.node("下郷"), village.office()
    post = post_event(node)
    for machine in (other, office):
        meet(node, machine)
    there = post_again(other, post)
    with pytest.raises(NotAllowed):
        other.edit(there, {**CHOIR, "place": "役場"}, seen=edition(there))
    with pytest.raises(NotAllowed):
        other.remove(there, seen=edition(there))
    assert not other.may_change(there)
    assert titles(other) == [CHOIR["title"]]
    change(office, post.address, place="役場")
    assert post_again(office, post).text("place") == "役場"


def test_what_was_taken_down_is_off_every_board_and_cannot_be_changed(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    meet(node, office)
    removed = office.remove(post_again(office, post), seen=edition(post))
    assert removed.state is PostState.WITHDRAWN
    meet(node, office)
    assert titles(node) == titles(office) == []
    with pytest.raises(NotAllowed):
        change(node, post.address, place="役場")


def test_an_edit_made_meanwhile_does_not_bring_back_what_was_taken_down(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    meet(node, office)
    office.remove(post_again(office, post), seen=edition(post))
    change(node, post.address, place="下郷公民館")
    meet(node, office)
    for machine in (node, office):
        assert post_again(machine, post).state is PostState.WITHDRAWN


def test_of_two_edits_at_once_the_office_has_its_way_on_both_machines(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    meet(node, office)
    change(office, post.address, place="役場")
    for place in ("下郷公民館", "上郷小学校"):  # more edits do not outweigh rank
        change(node, post.address, place=place)
    meet(node, office)
    for machine in (node, office):
        merged = post_again(machine, post)
        assert merged.text("place") == "役場"
        assert len(merged.versions) == 2


def test_the_next_edit_joins_what_two_machines_wrote_at_once(tmp_path: Path) -> None:
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    meet(node, office)
    change(office, post.address, place="役場")
    change(node, post.address, place="下郷公民館")
    meet(node, office)
    change(node, post.address, place="上郷公民館 別館")
    meet(node, office)
    for machine in (node, office):
        joined = post_again(machine, post)
        assert joined.text("place") == "上郷公民館 別館"
        assert len(joined.versions) == 1


def test_two_offices_that_edit_at_once_end_with_the_same_words(tmp_path: Path) -> None:
    village = Village(tmp_path)
    one, other = village.office(), village.office("支所")
    post = post_event(one)
    meet(one, other)
    change(one, post.address, place="役場")
    change(other, post.address, place="支所")
    meet(other, one)
    assert post_again(one, post) == post_again(other, post)


@pytest.mark.parametrize("board", [DISASTER, GUIDE], ids=lambda board: str(board.name))
def test_a_node_begins_nothing_on_an_official_board(tmp_path: Path, board: Board) -> None:
    node = Village(tmp_path).node()
    assert not node.may_post(board)
    with pytest.raises(NotAllowed):
        node.add(board, {"title": "給水所"})
    assert node.ledger.lanes() == []


def test_the_office_posts_on_every_board(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    fields = {
        DISASTER: {"title": "断水", "issuer": "霧沢町", "issued": "2026-07-01T10:00:00+09:00"},
        GUIDE: {"title": "診療所", "category": "medical"},
        EVENT: CHOIR,
        JOB: JOB_FIELDS,
    }
    for board, said in fields.items():
        office.add(board, said)
        assert titles(office, board.name) == [said["title"]]


def test_a_machine_without_a_certificate_may_not_pass_as_the_office(tmp_path: Path) -> None:
    village = Village(tmp_path)
    folder = village.make("上郷", Part.NODE)
    settings = folder / "machine.toml"
    settings.write_text(settings.read_text().replace('"node"', '"office"'))
    with pytest.raises(NotAllowed):
        open_node(folder).add(GUIDE, {"title": "診療所", "category": "medical"})


def test_a_hub_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned, match="ハブ"):
        open_node(Village(tmp_path).make("hub", Part.HUB))


def test_the_version_grows_with_what_changed_and_stays_where_nothing_did(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    before = node.version()
    post = post_event(node)
    written = node.version()
    assert written > before
    node.edit(post, CHOIR, seen=edition(post))
    assert again(node).version() == written


def test_a_post_with_more_versions_than_an_edit_can_name_is_taken_down_all_the_same(
    tmp_path: Path,
) -> None:
    # A broken or unkind node edits the same version over and over.
    village = Village(tmp_path)
    node, office = village.node(), village.office()
    post = post_event(node)
    for number in range(20):
        again_ = Change(board=EVENT, fields={"place": f"{number}号室"}, replaces=post)
        node.write([again_], identity=node.identity)
    meet(node, office)
    there = post_again(office, post)
    assert office.remove(there, seen=edition(there)).state is PostState.WITHDRAWN
    assert meet(office, node).synced
    for machine in (node, office):
        assert post_again(machine, post).state is PostState.WITHDRAWN


def test_people_who_post_at_the_same_moment_all_get_a_number_of_their_own(tmp_path: Path) -> None:
    node = Village(tmp_path).node()

    def post_some(person: int) -> list[str]:
        addresses = [post_event(node, title=f"{person}-{n}").address for n in range(5)]
        node.database.close()
        return addresses

    with ThreadPoolExecutor(8) as people:
        told = [address for addresses in people.map(post_some, range(8)) for address in addresses]
    assert len(set(told)) == 40
    assert len(titles(again(node))) == 40
    (held,) = node.ledger.lanes()
    assert held.held.number == 40
