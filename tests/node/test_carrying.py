"""A file on a stick carries a town's boards to a machine that no line reaches."""

import errno
from pathlib import Path

import pytest

from node.carrying.file import FILE_BYTES_MAX, CannotCarry, bring, export
from node.node import Node, edition, open_node
from node.status import status
from sync.machine import files
from sync.machine.packing import pack_next
from sync.machine.settings import STATEMENTS_FILE, Part
from sync.trust import Refusal
from tests.node.builders import (
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    Village,
    feed,
    meet,
    outside,
    post_again,
    post_event,
    stands_as,
    table,
    titles,
    warning,
)


def busy_town(folder: Path) -> tuple[Village, Node]:
    """A node that holds posts of three machines: edited, taken down, fed."""
    village = Village(folder)
    node, office = village.node(), village.office()
    post = post_event(node)
    removed = post_event(node, title="なくなった会")
    node.remove(removed, seen=edition(removed))
    meet(node, office)
    there = post_again(office, post)
    office.edit(there, {**there.fields, "place": "役場"}, seen=edition(there))
    feed(office, warning("大雨警報", outside()))
    meet(node, office)
    return village, node


def test_a_third_machine_that_took_the_file_in_shows_the_same(tmp_path: Path) -> None:
    village, node = busy_town(tmp_path / "town")
    stick = tmp_path / "回覧.kairan"
    written = export(node, stick)
    assert stick.stat().st_size == written
    far = village.node("奥郷")
    brought = bring(far, stick)
    assert brought.whole
    assert not brought.receipt.refused
    assert table(far) == table(node)
    assert titles(far) == ["合唱の会"]
    assert status(far).waiting == status(far).holes == 0


def test_what_was_packed_once_is_on_the_stick_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.packs.PACK_ENTRIES_MIN", 2)
    village, node = busy_town(tmp_path / "town")
    plain = tmp_path / "plain.kairan"
    export(node, plain)
    while pack_next(node.ledger):
        pass
    packs = [node.ledger.packed(pack) for pack in node.ledger.packs()]
    stick = tmp_path / "packed.kairan"
    export(node, stick)
    content = stick.read_bytes()
    assert packs
    assert all(pack is not None and pack in content for pack in packs)
    assert len(content) < plain.stat().st_size
    far = village.node("奥郷")
    brought = bring(far, stick)
    assert brought.whole
    assert table(far) == table(node)
    assert len(brought.runs) == len(bring(village.node("中郷"), plain).runs)


def test_the_way_back_makes_both_the_same(tmp_path: Path) -> None:
    village, node = busy_town(tmp_path / "town")
    far = village.node("奥郷")
    post_event(far, title="奥郷の祭り")
    export(node, tmp_path / "there.kairan")
    bring(far, tmp_path / "there.kairan")
    export(far, tmp_path / "back.kairan")
    bring(node, tmp_path / "back.kairan")
    assert table(far) == table(node)
    assert status(far).digests == status(node).digests


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    village, node = busy_town(tmp_path / "town")
    export(node, tmp_path / "a.kairan")
    far = village.node("奥郷")
    bring(far, tmp_path / "a.kairan")
    version = far.version()
    receipt = bring(far, tmp_path / "a.kairan").receipt
    assert not receipt.changed
    assert not receipt.refused
    assert far.version() == version


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    _, node = busy_town(tmp_path / "town")
    taken = tmp_path / "a.kairan"
    taken.write_bytes("家族の写真".encode())
    with pytest.raises(CannotCarry, match="もうあります"):
        export(node, taken)
    assert taken.read_bytes() == "家族の写真".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.kairan", "town"]


def test_a_stick_that_knows_no_links_bears_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, node = busy_town(tmp_path / "town")

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links on FAT")

    monkeypatch.setattr(files.os, "link", no_links)  # type: ignore[attr-defined]
    export(node, tmp_path / "a.kairan")
    with pytest.raises(CannotCarry, match="もうあります"):
        export(node, tmp_path / "a.kairan")
    assert bring(node, tmp_path / "a.kairan").whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.kairan", "town"]


def test_a_full_stick_is_left_without_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, node = busy_town(tmp_path / "town")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)  # type: ignore[attr-defined]
    with pytest.raises(CannotCarry, match="No space left"):
        export(node, tmp_path / "a.kairan")
    assert [path.name for path in tmp_path.iterdir()] == ["town"]


@pytest.mark.parametrize("place", ["missing/a.kairan", "town/上郷/machine.toml/a.kairan"])
def test_a_place_that_is_none_is_refused_with_a_message(tmp_path: Path, place: str) -> None:
    _, node = busy_town(tmp_path / "town")
    with pytest.raises(CannotCarry, match="書けません"):
        export(node, tmp_path / place)


@pytest.mark.parametrize("content", [b"", "議事録".encode() * 100, b"PK\x03\x04" + bytes(500)])
def test_a_file_of_something_else_is_refused_with_a_message(tmp_path: Path, content: bytes) -> None:
    node = Village(tmp_path).node()
    (tmp_path / "minutes.doc").write_bytes(content)
    with pytest.raises(CannotCarry, match="束ファイルではありません"):
        bring(node, tmp_path / "minutes.doc")


@pytest.mark.parametrize("name", ["missing.kairan", "上郷"])
def test_what_is_no_file_is_refused_with_a_message(tmp_path: Path, name: str) -> None:
    node = Village(tmp_path).node()
    with pytest.raises(CannotCarry, match="読めません"):
        bring(node, tmp_path / name)


def test_a_file_past_the_limit_is_refused_unread(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    with (tmp_path / "huge.kairan").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(CannotCarry, match="大きすぎます"):
        bring(node, tmp_path / "huge.kairan")


def test_of_a_file_cut_anywhere_what_verifies_is_kept_and_the_rest_can_follow(
    tmp_path: Path,
) -> None:
    village, node = busy_town(tmp_path / "town")
    export(node, tmp_path / "whole.kairan")
    content = (tmp_path / "whole.kairan").read_bytes()
    far = village.node("奥郷")
    entries = 0
    for length in range(100, len(content), 97):  # pulled out earlier, then later
        (tmp_path / "cut.kairan").write_bytes(content[:length])
        brought = bring(far, tmp_path / "cut.kairan")
        assert not brought.whole
        assert not brought.receipt.refused
        entries += brought.receipt.entries
    assert 0 < entries <= status(node).entries
    bring(far, tmp_path / "whole.kairan")
    assert table(far) == table(node)


def test_of_a_file_of_another_town_nothing_is_kept(tmp_path: Path) -> None:
    _, theirs = busy_town(tmp_path / "theirs")
    export(theirs, tmp_path / "a.kairan")
    ours = Village(tmp_path / "ours", OTHER_TOWN, OTHER_TOWN_NAME).node()
    before = stands_as(ours)
    receipt = bring(ours, tmp_path / "a.kairan").receipt
    assert not receipt.changed
    assert set(receipt.reasons) == {Refusal.FOREIGN}
    assert stands_as(ours) == before
    assert ours.ledger.trust().name(theirs.identity.public) == ""


def test_a_file_that_lost_its_certificates_waits_for_them(tmp_path: Path) -> None:
    village, node = busy_town(tmp_path / "town")
    folder = village.make("奥郷", Part.NODE)
    (folder / STATEMENTS_FILE).write_bytes(b"")
    export(node, tmp_path / "a.kairan")
    content = (tmp_path / "a.kairan").read_bytes()
    second_mark = content.index(b"\x8aKRN", content.index(b"\x8aKRN") + 1)
    third_mark = content.index(b"\x8aKRN", second_mark + 1)
    (tmp_path / "b.kairan").write_bytes(content[:second_mark] + content[third_mark:])
    far = open_node(folder)
    bring(far, tmp_path / "b.kairan")
    assert titles(far) == []
    assert status(far).waiting > 0
    bring(far, tmp_path / "a.kairan")
    assert titles(far) == titles(node)
    assert status(far).waiting == 0
