"""Files from outside become records once, and a later edition changes those that are there."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from node.boards.disaster import DISASTER
from node.boards.guide import GUIDE
from node.feed.item import Unreadable
from node.feeding import FILE_BYTES_MAX, Fed, Feed
from node.node import Node, edition
from node.post import PostState
from sync.machine.settings import NotProvisioned
from tests.node.builders import Village, again, table, titles
from tests.node.feed.telegrams import telegram

HEADING = ["名称", "所在地_連結表記", "電話番号", "SSID"]


def as_csv(*rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADING, *rows])
    return text.getvalue().encode("utf-8-sig")


def fed(office: Node, folder: Path, content: bytes, name: str = "list.csv") -> Fed:
    path = folder / name
    path.write_bytes(content)
    return Feed(office).take_in(path)


def counts(one: Fed) -> tuple[int, int, int]:
    return one.new, one.changed, one.known


@pytest.fixture
def office(tmp_path: Path) -> Node:
    return Village(tmp_path / "village").office()


LIBRARY = ["図書館", "霧沢町見晴1-1", "0999-00-2001", "Kirisawa-Lib"]
STATION = ["駅", "霧沢町見晴2-2", "0999-00-2002", "Kirisawa-Sta"]


def test_every_row_of_a_list_becomes_a_record_that_outlives_a_restart(
    office: Node, tmp_path: Path
) -> None:
    assert counts(fed(office, tmp_path, as_csv(LIBRARY, STATION))) == (2, 0, 0)
    assert sorted(titles(office, "guide")) == ["図書館", "駅"]
    assert table(again(office)) == table(office)


def test_the_same_list_again_writes_nothing(office: Node, tmp_path: Path) -> None:
    fed(office, tmp_path, as_csv(LIBRARY, STATION))
    version, before = office.version(), table(office)
    assert counts(fed(office, tmp_path, as_csv(LIBRARY, STATION))) == (0, 0, 2)
    assert counts(fed(office, tmp_path, as_csv(STATION, LIBRARY), "moved.csv")) == (0, 0, 2)
    assert (office.version(), table(office)) == (version, before)


def test_a_changed_row_changes_its_record_and_a_new_one_begins_one(
    office: Node, tmp_path: Path
) -> None:
    fed(office, tmp_path, as_csv(LIBRARY))
    (before,) = office.posts(GUIDE)
    moved = [LIBRARY[0], LIBRARY[1], "0999-00-9999", LIBRARY[3]]
    assert counts(fed(office, tmp_path, as_csv(moved, STATION))) == (1, 1, 0)
    after = office.post(before.address)
    assert after is not None
    assert after.text("phone") == "0999-00-9999"
    assert sorted(titles(office, "guide")) == ["図書館", "駅"]


def test_a_row_that_changes_back_is_as_it_was(office: Node, tmp_path: Path) -> None:
    fed(office, tmp_path, as_csv(LIBRARY))
    (before,) = office.posts(GUIDE)
    fed(office, tmp_path, as_csv([*LIBRARY[:2], "0999-00-9999", LIBRARY[3]]))
    assert counts(fed(office, tmp_path, as_csv(LIBRARY))) == (0, 1, 0)
    (after,) = office.posts(GUIDE)
    assert after.fields == before.fields


def test_a_cell_that_was_emptied_clears_its_field(office: Node, tmp_path: Path) -> None:
    fed(office, tmp_path, as_csv(LIBRARY))
    assert counts(fed(office, tmp_path, as_csv([*LIBRARY[:2], "", LIBRARY[3]]))) == (0, 1, 0)
    (post,) = office.posts(GUIDE)
    assert "phone" not in post.fields
    assert post.text("title") == "図書館"


def test_a_row_that_the_office_took_down_stays_down(office: Node, tmp_path: Path) -> None:
    fed(office, tmp_path, as_csv(LIBRARY))
    (post,) = office.posts(GUIDE)
    office.remove(post, seen=edition(post))
    assert counts(fed(office, tmp_path, as_csv(LIBRARY))) == (0, 0, 1)
    assert counts(fed(office, tmp_path, as_csv([*LIBRARY[:2], "", LIBRARY[3]]))) == (0, 1, 0)
    assert titles(office, "guide") == []


def test_a_telegram_of_a_later_edition_is_a_record_of_its_own_and_stands_alone(
    office: Node, tmp_path: Path
) -> None:
    first = telegram(head_title="一報", event="20260701100000", serial="1")
    second = telegram(head_title="続報", event="20260701100000", serial="2")
    assert counts(fed(office, tmp_path, second, "b.xml")) == (1, 0, 0)
    assert counts(fed(office, tmp_path, first, "a.xml")) == (1, 0, 0)
    assert counts(fed(office, tmp_path, first, "copy-of-a.xml")) == (0, 0, 1)
    (standing,) = office.posts(DISASTER)
    assert "続報" in standing.text("title")


def test_a_cancelled_telegram_does_not_stand_active(office: Node, tmp_path: Path) -> None:
    event = {"event": "20260701100000", "serial": "1"}
    cancelled = telegram(info_type="取消", headline="先の情報を取り消します。", **event)
    fed(office, tmp_path, cancelled, "cancel.xml")
    fed(office, tmp_path, telegram(**event), "issued.xml")  # it came late
    assert [post.text("state") for post in office.posts(DISASTER)] == ["cancelled"]


UNREADABLE = {
    "empty.csv": b"",
    "noise.xlsx": b"\x00\xff" * 100,
    "cut.xml": telegram()[:-40],
    "letter.txt": "拝啓".encode(),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_writes_nothing(office: Node, tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="。"):
        fed(office, tmp_path, UNREADABLE[name], name)
    assert office.ledger.lanes() == []


@pytest.mark.parametrize("name", ["missing.xml", "."])
def test_what_is_no_file_is_refused(office: Node, tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="開けません"):
        Feed(office).take_in(tmp_path / name)


def test_a_file_past_the_limit_is_refused_unread(office: Node, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(Unreadable, match="大きすぎます"):
        Feed(office).take_in(path)


def test_one_item_that_fits_no_entry_keeps_the_whole_file_out(
    office: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.writing.PAYLOAD_BYTES_MAX", 1_000)
    rows = [LIBRARY, [*STATION[:1], "霧" * 300, *STATION[2:]]]
    with pytest.raises(Unreadable, match="大きすぎます"):
        fed(office, tmp_path, as_csv(*rows))
    assert office.ledger.lanes() == []
    assert titles(office, "guide") == []


def test_a_machine_without_a_feed_key_feeds_nothing(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    with pytest.raises(NotProvisioned, match=r"feed\.key"):
        Feed(node)


def test_what_is_fed_bears_the_name_of_the_feed_not_of_a_person(
    office: Node, tmp_path: Path
) -> None:
    fed(office, tmp_path, as_csv(LIBRARY))
    (post,) = office.posts(GUIDE)
    assert post.author != office.identity.public
    assert office.author_name(post) == "役場"


def test_every_published_list_is_taken_in_once(office: Node, shared_data: Path) -> None:
    lists = sorted((shared_data / "opendata-csv").rglob("*.csv"))
    assert lists
    feed = Feed(office)
    taken = {path: feed.take_in(path) for path in lists if not path.name.startswith("SOURCES")}
    assert sum(fed.new for fed in taken.values()) > 100
    before = table(office)
    for path in taken:
        assert feed.take_in(path).taken == 0, path
    assert table(office) == before


def test_every_published_telegram_stands_or_is_superseded(office: Node, shared_data: Path) -> None:
    feed = Feed(office)
    paths = sorted((shared_data / "jma-xml").rglob("*.xml"))
    assert len(paths) > 50
    for path in paths:
        feed.take_in(path)
    assert all(feed.take_in(path).taken == 0 for path in paths)
    found = office.database.connection.execute("SELECT DISTINCT state FROM posts")
    states = {PostState(state) for (state,) in found}
    assert states <= {PostState.SHOWN, PostState.SUPERSEDED, PostState.STANDBY}
    followed = table(office)
    office.rebuild()
    assert table(office) == followed
