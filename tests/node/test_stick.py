"""A stick goes from machine to machine: what is taken in, what is written, what is said."""

import os
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from node.carrying.file import export
from node.carrying.left import LeftOnSticks
from node.carrying.ours import FILES_MAX
from node.carrying.receipts import Receipts
from node.carrying.stick import Trouble, Visit, Wrote, visit
from node.carrying.words import arrived_in_words, in_words
from node.node import Node
from node.own_lane import write_decision
from node.post import Post
from node.status import status
from sync.carrier import Reading, pack, unpack
from sync.entry import CHECK_BYTES, Quality, Written
from sync.lane import Audience, Class, Lane
from sync.order import ERASE
from sync.register import make_register, open_register
from sync.writing import Draft, write
from tests.node.builders import (
    CHOIR,
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    Village,
    again,
    meet,
    post_event,
    table,
    titles,
)
from tests.raw import files_with


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


def files(stick: Path) -> list[Path]:
    return sorted((stick / "kairan").glob("*"))


def reading(path: Path) -> Reading:
    read = Reading()
    list(unpack(path.read_bytes(), read))
    return read


def said(came: Visit) -> str:
    """What is said; always one sentence."""
    sentence = in_words(came)
    assert sentence.count("。") == 1
    assert sentence.endswith("。")
    return sentence


def test_one_walk_there_and_back_makes_both_the_same(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    post_event(there, title="下郷の会")
    assert said(visit(here, stick)) == "受け取るものはなく、こちらのお知らせを書きこみました。"
    assert said(visit(there, stick)) == (
        "新しいお知らせや変更を1件受け取り、こちらのお知らせを書きこみました。"
    )
    assert all(reading(path).whole for path in files(stick))
    came = visit(here, stick)
    assert said(came) == "新しいお知らせや変更を1件受け取り、受け取ったしるしを書きこみました。"
    assert arrived_in_words(came) == "前に書きこんだお知らせは、「下郷」に届いていました。"
    assert table(here) == table(there)
    assert status(here).digests == status(there).digests


def test_once_all_is_said_nothing_more_is_written(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    for node in (here, there, here, there, here):
        visit(node, stick)
    before = {path: path.stat().st_mtime_ns for path in files(stick)}
    for node in (there, here, there, here):
        assert visit(node, stick).wrote is Wrote.NOTHING_NEW
    assert {path: path.stat().st_mtime_ns for path in files(stick)} == before
    assert len(before) == 3, "the posts, and a receipt of each machine"


def test_every_file_has_a_new_name_and_what_is_there_is_never_edited(
    village: Village, stick: Path
) -> None:
    node = village.node("上郷")
    seen: dict[str, bytes] = {}
    for number in range(2 * FILES_MAX):
        post_event(node, title=f"{number}の会")
        visit(node, stick)
        assert len(files(stick)) <= FILES_MAX
        for path in files(stick):
            assert re.fullmatch(r"[a-z0-9.-]+\.kairan", path.name), "a name that FAT can bear"
            assert seen.setdefault(path.name, path.read_bytes()) == path.read_bytes()
    assert len(seen) == 2 * FILES_MAX


def test_a_machine_that_nobody_knew_of_finds_everything(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    for node in (here, there, here, there):
        visit(node, stick)
    post_event(there, title="つぎの会")
    for node in (there, here):
        visit(node, stick)
    never_seen = village.node("奥郷")
    visit(never_seen, stick)
    assert table(never_seen) == table(here)


def test_what_lies_on_the_stick_already_is_not_written_again(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    for number in range(30):
        post_event(here, description=sha256(bytes([number])).hexdigest() * 3)
    visit(here, stick)
    full = files(stick)[0].stat().st_size
    visit(there, stick)
    post_event(there, title="さいごの会")
    visit(there, stick)
    assert sum(path.stat().st_size for path in files(stick)) < 1.5 * full
    assert visit(here, stick).new == 1
    assert table(here) == table(there)


def test_what_somebody_deleted_from_the_stick_is_written_again(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    for node in (here, there, here, there):
        visit(node, stick)
    for path in files(stick):
        if reading(path).frames > 3:
            path.unlink()
    visit(there, stick)
    newcomer = village.node("奥郷")
    visit(newcomer, stick)
    assert titles(newcomer) == ["合唱の会"]


def test_a_file_that_claims_to_say_all_and_is_empty_keeps_nobody_from_writing(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    meet(there, here)
    (stick / "kairan").mkdir()
    with (stick / "kairan" / "false.kairan").open("wb") as false:
        false.writelines(
            pack(
                [],
                [],
                writer=there.identity.public,
                towns=there.settings.towns,
                written=Written(0, Quality.UNKNOWN),
                made_for=None,
                receipt=Receipts(there).write().encoded,
            )
        )
    assert visit(here, stick).wrote is Wrote.WRITTEN
    newcomer = village.node("奥郷")
    visit(newcomer, stick)
    assert titles(newcomer) == ["合唱の会"]


def test_how_a_machine_is_goes_along_even_where_nobody_posted(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    for node in (here, there, here, there):
        visit(node, stick)
    for counter in (1, 2):
        register = make_register(
            town=there.settings.town,
            incarnation=there.ledger.own_incarnation(there.identity.public),
            name="anything",
            counter=counter,
            value=[counter],
            key=there.identity.private,
        )
        with there.ledger.transaction():
            there.ledger.register(open_register(register))
        assert visit(there, stick).wrote is Wrote.RECEIPT
        visit(here, stick)
        assert register in [held.encoded for held in here.ledger.registers()]
        for node in (there, here):
            assert visit(node, stick).wrote is Wrote.NOTHING_NEW


def test_what_was_ordered_away_goes_from_the_stick_with_our_files(
    village: Village, stick: Path
) -> None:
    here, office = village.node("上郷"), village.office()
    post = post_event(here, title="けしてほしい会")
    post_event(here, title="のこる会")
    visit(here, stick)
    head = here.ledger.head_at(post.id.lane, post.id.number)
    assert head is not None
    lane = Lane(
        town=office.settings.town,
        author=office.identity.public,
        ordinal=office.ledger.own_incarnation(office.identity.public)[0],
        random=office.ledger.own_incarnation(office.identity.public)[1],
        class_=Class.TRUST,
        audience=Audience.TOWN,
    )
    order: dict[str, object] = {"entries": [[post.id.lane, post.id.number, head[:8]]]}
    meet(here, office)
    write(
        office.ledger,
        lane,
        [Draft(kind="order/erase", fields={**order, "reason": "本人の求め"})],
        key=office.identity.private,
        written=Written(0, Quality.UNKNOWN),
        salt=lambda: bytes(8),
    )
    meet(office, here)
    visit(here, stick)
    newcomer = village.node("奥郷")
    visit(newcomer, stick)
    assert titles(newcomer) == ["のこる会"]
    assert len(files(stick)) == 2
    for path in files(stick):
        read = Reading()
        payloads = [
            entry.payload
            for parcel in unpack(path.read_bytes(), read)
            for bundle in parcel.bundles
            for entry in bundle.entries
        ]
        assert not any(payload and "けして".encode() in payload for payload in payloads)


def test_a_machine_that_lost_its_ledger_is_brought_all_of_it_again(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    for node in (here, there, here):
        visit(node, stick)
    there.database.close()
    for path in there.settings.folder.glob("kairan.sqlite*"):
        path.unlink()
    there = again(there)
    assert titles(there) == []
    for node in (there, here, there):
        visit(node, stick)
    assert titles(there) == titles(here)


def test_the_word_of_a_revoked_machine_or_of_nobody_counts_for_nothing(
    village: Village, stick: Path, tmp_path: Path
) -> None:
    here = village.node("上郷")
    stranger = Village(tmp_path / "other town", name="霧沢").node("下郷")
    post_event(here)
    visit(here, stick)
    visit(stranger, stick)
    came = visit(here, stick)
    assert came.arrived_at == ()
    assert Receipts(here).arrived() == []


def test_only_a_signed_receipt_says_that_something_arrived(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    visit(here, stick)
    assert Receipts(here).arrived() == []
    visit(there, stick)
    visit(here, stick)
    (arrived,) = Receipts(here).arrived()
    assert (arrived.name, arrived.all_of_it) == ("下郷", True)
    post_event(here, title="そのあとの会")
    (arrived,) = Receipts(here).arrived()
    assert not arrived.all_of_it


def test_an_older_receipt_takes_no_newer_ones_place(village: Village, stick: Path) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    visit(here, stick)
    visit(there, stick)
    old = {path.name: path.read_bytes() for path in files(stick)}
    post_event(here, title="つぎの会")
    for node in (here, there, here):
        visit(node, stick)
    for name, content in old.items():  # a stick of last year
        (stick / "kairan" / name).write_bytes(content)
    visit(here, stick)
    (arrived,) = Receipts(here).arrived()
    assert arrived.all_of_it


def test_what_was_lost_of_our_own_receipts_is_found_again_on_the_stick(
    village: Village, stick: Path
) -> None:
    node = village.node("上郷")
    post_event(node)
    visit(node, stick)
    for path in (node.settings.folder / "receipts").glob("*.receipt"):
        path.unlink()
    post_event(node, title="つぎの会")
    assert visit(node, stick).wrote is Wrote.WRITTEN
    assert [path.name[-15:] for path in files(stick)] == ["00000001.kairan", "00000002.kairan"]


# what else lies on sticks


def test_other_peoples_files_stay_as_they_are(village: Village, stick: Path) -> None:
    node = village.node("上郷")
    post_event(node)
    (stick / "写真.jpg").write_bytes(b"\xff\xd8")
    (stick / "議事録.kairan").write_bytes("議事録".encode())
    (stick / "endless.kairan").symlink_to("/dev/zero")
    os.mkfifo(stick / "pipe.kairan")
    (stick / "folder.kairan").mkdir()
    assert said(visit(node, stick)) == (
        "入っていたのは回覧のものではないファイルだけなのでそのまま残し、"
        "こちらのお知らせを書きこみました。"
    )
    assert (stick / "議事録.kairan").read_bytes() == "議事録".encode()
    assert sorted(p.name for p in stick.iterdir()) == sorted(
        ["写真.jpg", "議事録.kairan", "endless.kairan", "pipe.kairan", "folder.kairan", "kairan"]
    )


OTHER_TOWNS = "990035 990043 990051 990060 990078 990086 990094 990108 990116".split()  # noqa: SIM905


def ten_towns(folder: Path, stick: Path) -> None:
    codes = [
        "990035",
        "990043",
        "990051",
        "990060",
        "990078",
        "990086",
        "990094",
        "990108",
        "990116",
    ]
    for code in codes:
        node = Village(folder / code, code, f"{code}町").node("公民館")
        post_event(node, title=code)
        export(node, stick / f"{code}.kairan")


def test_of_ten_towns_files_ours_is_taken_and_the_others_stay(
    village: Village, stick: Path, tmp_path: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    ten_towns(tmp_path, stick)
    left = {path.name: path.read_bytes() for path in stick.iterdir()}
    post_event(there)
    visit(there, stick)
    came = visit(here, stick)
    assert came.of_other_towns == 9
    assert said(came) == (
        "新しいお知らせや変更を1件受け取り、受け取ったしるしを書きこみました"
        "（ほかの町のファイルはそのままです）。"
    )
    assert titles(here) == ["合唱の会"]
    assert {path.name: path.read_bytes() for path in stick.glob("*.kairan")} == left


def test_a_stick_of_another_town_is_left_as_it_is(
    village: Village, stick: Path, tmp_path: Path
) -> None:
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node("浜")
    post_event(theirs)
    visit(theirs, stick)
    (left,) = files(stick)
    content = left.read_bytes()
    node = village.node("上郷")
    post_event(node)
    assert said(visit(node, stick)) == (
        "入っていたのはほかの町のファイルだけなのでそのまま残し、こちらのお知らせを書きこみました。"
    )
    assert left.read_bytes() == content
    assert titles(node) == ["合唱の会"]


def test_a_file_of_a_year_ago_brings_what_is_still_new_and_takes_nothing_back(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there, title="去年の会")
    export(there, stick / "old.kairan")
    post_event(there, title="今年の会")
    meet(here, there)
    assert said(visit(here, stick)).startswith("新しく受け取るものはなく、")
    assert sorted(titles(here)) == ["今年の会", "去年の会"]


def test_of_a_damaged_file_what_verifies_is_taken_and_the_rest_is_asked_for(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(there)
    visit(there, stick)
    (path,) = files(stick)
    path.write_bytes(path.read_bytes()[:-20])
    came = visit(here, stick)
    assert came.damaged == 1
    assert titles(here) == ["合唱の会"]
    assert said(came).endswith(
        "こわれたファイルが1個あったので、それを書きこんだ公民館でもう一度書きこんでもらってください。"
    )
    assert visit(there, stick).arrived_at == (), "nobody took it in to its end"
    assert visit(here, stick).damaged == 0, "its writer put a whole one in its place"


def test_halves_of_our_own_are_cleared_and_those_of_others_are_not(
    village: Village, stick: Path
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    post_event(there)
    visit(here, stick)
    visit(there, stick)
    for path in files(stick):
        half = path.with_name(f".{path.name}.abcd.part")
        half.write_bytes(path.read_bytes()[:99])
    assert visit(here, stick).damaged == 0
    halves = [path.name for path in files(stick) if path.name.endswith(".part")]
    assert len(halves) == 1
    assert visit(there, stick).damaged == 0
    assert not [path.name for path in files(stick) if path.name.endswith(".part")]


def test_a_place_that_is_none_is_said_so(village: Village, tmp_path: Path) -> None:
    came = visit(village.node(), tmp_path / "nowhere")
    assert came.trouble is Trouble.NO_PLACE
    assert not came.removable
    assert "差しなおして" in said(came)


# pulled out


class Pulled:
    """A stick that is gone after so many pieces: what was written until then stays half."""

    def __init__(self, stick: Path, after: int) -> None:
        self.stick, self.left = stick, after

    def __call__(self, fd: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")


@pytest.mark.parametrize("after", range(4))
def test_whenever_writing_breaks_off_what_was_there_is_whole(
    village: Village, stick: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    here, there = village.node("上郷"), village.node("下郷")
    post_event(here)
    visit(here, stick)
    visit(there, stick)
    post_event(here, title="つぎの会")
    with monkeypatch.context() as pulled:
        pulled.setattr("sync.machine.files.os.fsync", Pulled(stick, after))
        came = visit(here, stick)
    assert came.trouble or came.wrote is Wrote.FAILED or after > 2
    assert said(came)
    assert all(reading(path).whole for path in files(stick) if path.suffix == ".kairan")
    for node in (here, there):
        visit(node, stick)
    assert table(here) == table(there)


BESIDE: list[dict[str, Any]] = [{"damaged": 2}, {"refused": 2}, {"waiting": 2}, {"not_ours": 2}]
EVERY_ENDING = [
    *(Visit(wrote=wrote) for wrote in Wrote),
    *(Visit(wrote=wrote, new=3, files=2) for wrote in Wrote),
    *(Visit(wrote=wrote, files=2) for wrote in Wrote),
    *(Visit(wrote=wrote, of_other_towns=10) for wrote in Wrote),
    *(Visit(wrote=wrote, not_ours=1) for wrote in Wrote),
    *(Visit(trouble=trouble) for trouble in Trouble),
    *(
        replace(Visit(wrote=Wrote.WRITTEN, new=3, files=2, of_other_towns=1), **beside)
        for beside in BESIDE
    ),
]


@pytest.mark.parametrize("came", EVERY_ENDING, ids=str)
def test_every_ending_is_one_sentence_that_says_what_to_do_where_something_is_to_be_done(
    came: Visit,
) -> None:
    sentence = said(came)
    todo = not came.well or came.damaged or came.refused or came.waiting
    assert ("ください" in sentence) >= bool(todo)


def test_a_file_left_on_a_stick_before_an_order_is_known_of_until_the_stick_is_met_again(
    village: Village, stick: Path
) -> None:
    office, here = village.office(), village.node("上郷")
    post = post_event(here)
    meet(here, office)
    visit(office, stick)
    left = LeftOnSticks(office.database)
    assert left.stale() == 0
    order(office, post)
    assert left.stale() == 1
    assert files_with(stick, CHOIR["title"])
    visit(office, stick)
    assert left.stale() == 0
    assert not files_with(stick, CHOIR["title"])


def order(office: Node, post: Post) -> None:
    """The office orders all away that a post says."""
    listed = [
        [each.lane.id, each.id.number, each.head[:CHECK_BYTES]]
        for each in office.ledger.record(post.id)
    ]
    write_decision(office, Draft(kind=ERASE, fields={"entries": listed}))
