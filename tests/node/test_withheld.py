"""What is hidden in town is in no file that may be taken along, and machines agree all the same."""

from pathlib import Path

import pytest

from node.backup.making import back_up
from node.boards import BOARDS
from node.boards.declaration import PICTURES
from node.carrying.file import bring, export
from node.carrying.phone import Phones
from node.carrying.receipts import Receipts
from node.carrying.stick import Wrote, visit
from node.hiding import hidden, hide, lift
from node.node import Node, edition
from node.people import begin
from node.pictures.darkroom import Darkroom
from node.post import Post, PostState
from node.status import status
from provisioning.sealed_key import COST_MIN
from sync.account import Account
from sync.machine.packing import pack_next
from tests.kiosk_ui.snapshots import photo
from tests.node.builders import CHOIR, Village, again, meet, post_again, post_event, titles
from tests.node.test_backup import PASSPHRASE, restored
from tests.raw import files_with

SECRET, MENDED, SEEN = "ひみつの住所", "書きなおした住所", "みんなの会"


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def here(village: Village) -> Node:
    return village.node("上郷")


@pytest.fixture
def keeper(here: Node) -> Account:
    return begin(here, "山田 花")


@pytest.fixture
def post(here: Node, keeper: Account) -> Post:
    """Written twice, so there are two entries that say too much; one beside it says nothing ill."""
    made = post_event(here, title=SECRET)
    mended = here.edit(made, {**CHOIR, "title": MENDED}, seen=edition(made), by=keeper)
    post_event(here, title=SEEN)
    return mended


def taken_along(node: Node, folder: Path) -> Path:
    """Each file that somebody may be given: by command, on a phone, on a stick."""
    (folder / "stick").mkdir(parents=True)
    export(node, folder / "all.kairan")
    phones = Phones(node)
    (folder / "phone.kairan").write_bytes(phones.everything().content)
    if (news := phones.news()) is not None:
        (folder / "news.kairan").write_bytes(news.content)
    visit(node, folder / "stick")
    return folder


def state(node: Node, post: Post) -> PostState:
    return post_again(node, post).state


def packed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.packs.PACK_ENTRIES_MIN", 2)
    while pack_next(node.ledger):
        pass
    assert node.ledger.packs()


@pytest.mark.parametrize("once", [False, True], ids=["as it is", "packed once"])
def test_what_is_hidden_is_in_no_file_that_somebody_may_take_along(
    here: Node,
    keeper: Account,
    post: Post,
    once: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = taken_along(here, tmp_path / "before")
    assert len(files_with(before, SECRET)) == len(files_with(before, MENDED)) >= 3
    if once:
        packed(here, monkeypatch)
    hide(here, post, "personal", by=keeper)
    after = taken_along(here, tmp_path / "after")
    assert files_with(after, SECRET, MENDED) == []
    assert len(files_with(after, SEEN)) >= 3


def test_what_lay_on_a_stick_before_goes_when_the_stick_is_met_again(
    here: Node, keeper: Account, post: Post, stick: Path
) -> None:
    visit(here, stick)
    assert files_with(stick, SECRET)
    hide(here, post, "personal", by=keeper)
    visit(here, stick)
    assert files_with(stick, SECRET, MENDED) == []
    assert files_with(stick, SEEN)


def test_two_that_only_sticks_join_are_at_peace_and_both_say_that_it_is_hidden(
    village: Village, here: Node, keeper: Account, post: Post, stick: Path
) -> None:
    there = village.node("下郷")
    hide(here, post, "personal", by=keeper)
    for node in (here, there, here, there, here):
        visit(node, stick)
    assert titles(there) == [SEEN]
    assert state(there, post) is PostState.HIDDEN
    assert [decision.reason for decision, _ in hidden(there)] == ["個人のことが書かれているため"]
    assert [each.all_of_it for each in Receipts(here).arrived()] == [True]
    assert status(there).holes == 0
    assert all(visit(node, stick).wrote is Wrote.NOTHING_NEW for node in (there, here, there))


def test_shown_again_it_comes_with_the_next_stick(
    village: Village, here: Node, keeper: Account, post: Post, stick: Path
) -> None:
    there = village.node("下郷")
    hide(here, post, "personal", by=keeper)
    for node in (here, there, here):
        visit(node, stick)
    lift(here, post.address, by=keeper)
    for node in (here, there, here):
        visit(node, stick)
    assert sorted(titles(there)) == sorted([MENDED, SEEN])
    assert status(there).digests == status(here).digests


def test_machines_that_meet_by_a_line_hold_all_of_it(
    village: Village, here: Node, keeper: Account, post: Post, tmp_path: Path
) -> None:
    there = village.node("下郷")
    hide(here, post, "personal", by=keeper)
    export(here, tmp_path / "file.kairan")
    bring(there, tmp_path / "file.kairan")
    assert status(there).digests != status(here).digests
    meet(here, there)
    assert status(there).digests == status(here).digests
    assert state(there, post) is PostState.HIDDEN
    assert (found := there.views.hidden(post.id)) is not None
    assert found.text("title") == MENDED


def test_what_a_centre_hides_on_its_own_screens_alone_goes_along(
    village: Village, here: Node, keeper: Account, tmp_path: Path
) -> None:
    there = village.node("下郷")
    theirs = post_event(there, title=SECRET)
    meet(here, there)
    hide(here, post_again(here, theirs), "duplicate", by=keeper)
    assert state(here, theirs) is PostState.HIDDEN
    assert len(files_with(taken_along(here, tmp_path / "after"), SECRET)) >= 3


def test_what_the_office_hides_goes_along_from_nowhere(
    village: Village, here: Node, post: Post, tmp_path: Path
) -> None:
    office, there = village.office(), village.node("下郷")
    staff = begin(office, "佐藤")
    meet(here, office)
    meet(office, there)
    hide(office, post_again(office, post), "false", by=staff)
    meet(office, there)
    for node in (office, there):
        after = taken_along(node, tmp_path / node.settings.name)
        assert files_with(after, SECRET, MENDED) == []
        assert len(files_with(after, SEEN)) >= 3


def test_a_backup_which_nobody_can_read_has_all_of_it(
    here: Node, keeper: Account, post: Post, stick: Path
) -> None:
    hide(here, post, "personal", by=keeper)
    back_up(here, stick, typed=PASSPHRASE, cost=COST_MIN, same_disk=True)
    here.database.close()
    for path in here.settings.folder.glob("kairan.sqlite*"):
        path.unlink()
    restored(here.settings.folder, stick)
    back = again(here)
    assert state(back, post) is PostState.HIDDEN
    assert (found := back.views.hidden(post.id)) is not None
    assert found.text("title") == MENDED


def test_a_hidden_posts_pictures_stay_here_with_its_words(
    here: Node, keeper: Account, tmp_path: Path
) -> None:
    picture, content = Darkroom().develop(photo(800, 600), "庭")
    fields = {**CHOIR, "title": SECRET, PICTURES: [picture.item]}
    made = here.add(BOARDS["event"], fields, pictures=[content])
    post_event(here, title=SEEN)
    part = content[1_000:1_048]
    assert len(files_with(taken_along(here, tmp_path / "before"), part)) >= 3
    hide(here, made, "personal", by=keeper)
    assert files_with(taken_along(here, tmp_path / "after"), part) == []
