"""A machine's backup: what is in it, who opens it, and what comes back, to whom."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from node.backup import making, restoring
from node.backup.closed import begin
from node.backup.content import written
from node.backup.local import Local
from node.backup.making import ENDING, FOLDER, KEPT_MAX, CannotBackUp, Made, back_up
from node.backup.noted import read_noted
from node.backup.restoring import CannotRestore, Restored, find, opened, restore
from node.boards.event import EVENT
from node.carrying.file import pieces
from node.carrying.left import LeftOnSticks
from node.erasing import order_away
from node.language.names import NAMES_FILE
from node.mail.ending import let_go
from node.moderation.desk import Desk
from node.moderation.keeping import MAY_BE_ERASED
from node.moderation.keeping import Restored as Laid
from node.moderation.sources import KIOSK
from node.moderation.waiting import State, WaitingPost
from node.moderation.wishing import say
from node.node import Node, edition, open_node
from node.people import begin as begin_people
from node.pins import PINS_FILE, Pins, Wrong
from node.reading import announce, begin_reading, readers_at
from node.reading_files import READING_FOLDER, secrets_of
from node.sealed import about
from provisioning.authority import read_key
from provisioning.sealed_key import COST_MIN, Place
from provisioning.town import NO_SECRET
from sync import sealing
from sync.account import Account
from sync.bundle import Parcel
from sync.machine import clock
from sync.machine.keys import load_identity, make_identity, secret
from sync.machine.passphrase import WrongPassphrase
from sync.machine.settings import KEY_FILE, LEDGER_FILE, SETTINGS_FILE, read_settings
from sync.revocation import Cut, name_successor, revoke
from tests.node.builders import CHOIR, Village, bring, meet, post_again, post_event, table, titles
from tests.raw import files_with
from tests.stories.machines import copied
from tests.stories.small_disk import small_disk
from tests.stories.sticks import fill, formatted

PASSPHRASE, PIN = "うちの公民館の合言葉", "280417"
SECRET = "書きすぎたひみつの番号"


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


class Kept(NamedTuple):
    node: Node
    keeper: Account


@pytest.fixture
def kept(village: Village) -> Kept:
    """A centre with a keeper, who looks at what residents post."""
    node = village.node()
    keeper = begin_people(node, "山田 花")
    Pins(node.settings.folder).choose(keeper.address, PIN)
    begin_reading(node)
    own = node.identity.public
    say(node, own, waits=frozenset({"event"}), allowance=20, by=keeper)
    return Kept(node, keeper)


def made(node: Node, stick: Path, typed: str | None = PASSPHRASE) -> Made:
    return back_up(node, stick, typed=typed, cost=COST_MIN, same_disk=True)


def restored(folder: Path, stick: Path, *, replaces: str = "", typed: str = PASSPHRASE) -> Restored:
    found = find(stick)
    return restore(
        folder, found, opened(found, found.closed.by_passphrase(typed)), replaces=replaces
    )


def waits(node: Node, title: str) -> WaitingPost:
    fields = {**CHOIR, "title": title}
    found = Desk(node).take_in(EVENT, fields, opened=False, by=None, source=KIOSK)
    assert isinstance(found, WaitingPost)
    return found


def waiting(node: Node, by: Account) -> list[str]:
    return [str((each.fields or {})["title"]) for each in Desk(node).waiting(by)]


def succeed(village: Village, old: Node, new: Node) -> bytes:
    key = village.town.authority.private
    return name_successor(old.identity.public, new.identity.public, 1, key)


def all_bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in files if not path.name.endswith("-shm")}


# replacing a broken machine


def test_a_new_machine_goes_on_from_the_backup_of_a_broken_one(
    village: Village, kept: Kept, stick: Path
) -> None:
    old, keeper = kept
    settings = old.settings.folder / SETTINGS_FILE
    wifi = '[wifi]\nname = "kairan-上郷"\npassword = "もちつき大会"\n'
    settings.write_text(f'called = "http://kairan.home"\n{settings.read_text()}{wifi}')
    (old.settings.folder / NAMES_FILE).write_text("上郷 かみごう\n")
    post = old.add(EVENT, CHOIR, by=keeper)
    receipt = waits(old, "まだ見ていない会")
    made(old, stick)

    new = village.node("上郷の新しい機械")
    came = restored(new.settings.folder, stick, replaces="上郷")
    new = open_node(new.settings.folder)
    bring(new, [Parcel(statements=(succeed(village, old, new),))])
    assert table(new) == table(old)
    assert came.is_successor
    assert not came.is_named
    assert new.identity.public != old.identity.public
    # What lay outside the ledger.
    assert new.known(keeper.address) == keeper
    assert Pins(new.settings.folder).try_(keeper.address, PIN)
    assert waiting(new, keeper) == ["まだ見ていない会"]
    found = Desk(new).by_code(receipt.code)
    assert found is not None
    assert found.state is State.WAITING
    told = read_settings(new.settings.folder)
    assert told.called == "http://kairan.home"
    assert told.wifi is not None
    assert told.wifi.password == "もちつき大会"
    assert told.name == "上郷の新しい機械"
    assert new.names()["上郷"] == "かみごう"
    (key,) = readers_at(old, old.identity.public)
    assert secrets_of(new).of(sealing.tag(key.key)) is not None
    # And it tends what the other one began.
    now = post_again(new, post)
    new.edit(now, {**now.fields, "place": "下郷公民館"}, seen=edition(now), by=keeper)
    Desk(new).let_in(found.id, by=keeper)
    assert set(titles(new)) == {"合唱の会", "まだ見ていない会"}


def test_a_bare_folder_becomes_the_machine_that_asks_to_take_its_place(
    village: Village, kept: Kept, stick: Path, tmp_path: Path
) -> None:
    post_event(kept.node)
    made(kept.node, stick)
    folder = tmp_path / "new"
    with pytest.raises(CannotRestore, match="--replaces '上郷'"):
        restored(folder, stick)
    assert not folder.exists()
    restored(folder, stick, replaces="上郷")
    new = open_node(folder)
    assert new.settings.name == "上郷"
    assert new.membership == "stranger"
    assert table(new) == table(kept.node)


def test_nothing_is_lost_that_a_peer_has(village: Village, kept: Kept, stick: Path) -> None:
    old, peer = kept.node, village.node("下郷")
    post_event(old, title="控えにある会")
    made(old, stick)
    post_event(old, title="控えのあとの会")
    meet(old, peer)
    new = village.node("上郷の新しい機械")
    restored(new.settings.folder, stick, replaces="上郷")
    meet(new, peer)
    assert sorted(titles(new)) == ["控えにある会", "控えのあとの会"]
    assert table(new) == table(peer)


def test_a_machine_whose_ledger_was_lost_goes_on_in_a_new_life(
    village: Village, kept: Kept, stick: Path
) -> None:
    node, peer = kept.node, village.node("下郷")
    post_event(node, title="控えにある会")
    made(node, stick)
    lost = post_event(node, title="控えのあとの会")
    meet(node, peer)
    folder = node.settings.folder
    for path in folder.glob("kairan.*"):
        path.unlink()
    restored(folder, stick)
    node = open_node(folder)
    assert titles(node) == ["控えにある会"]
    assert node.ledger.own_incarnation(node.identity.public)[0] == 2
    post_event(node, title="もどした日の会")
    meet(node, peer)
    assert sorted(titles(node)) == ["もどした日の会", "控えにある会", "控えのあとの会"]
    node.remove(again := post_again(node, lost), seen=edition(again), by=kept.keeper)
    meet(node, peer)
    assert table(node) == table(peer)


def test_over_a_ledger_that_goes_further_it_loses_and_changes_nothing(
    village: Village, kept: Kept, stick: Path
) -> None:
    node, keeper = kept
    post = node.add(EVENT, CHOIR, by=keeper)
    waits(node, "待っている会")
    made(node, stick)
    now = post_again(node, post)
    node.edit(now, {**now.fields, "title": "あとで変えた会"}, seen=edition(now), by=keeper)
    (waited,) = Desk(node).waiting(keeper)
    Desk(node).let_in(waited.id, by=keeper)
    Pins(node.settings.folder).choose(keeper.address, "591734")
    before, life = table(node), node.ledger.own_incarnation(node.identity.public)
    for _ in range(2):
        came = restored(node.settings.folder, stick)
        assert (came.brought.new, came.waiting, came.back) == (0, 0, ())
    assert table(node) == before
    assert node.ledger.own_incarnation(node.identity.public) == life
    assert waiting(node, keeper) == []
    with pytest.raises(Wrong):
        Pins(node.settings.folder).try_(keeper.address, PIN)


def test_where_the_power_goes_while_it_comes_back_doing_it_again_brings_all(
    village: Village, kept: Kept, stick: Path
) -> None:
    old, keeper = kept
    for number in range(40):
        post_event(old, title=f"{number}の会")
    waits(old, "待っている会")
    made(old, stick)
    new = village.node("上郷の新しい機械")
    new.database.close()
    for moment in ("begin_anew", "put_back"):
        child = os.fork()
        if child == 0:
            setattr(restoring, moment, lambda *_: os._exit(9))
            restored(new.settings.folder, stick, replaces="上郷")
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    restored(new.settings.folder, stick, replaces="上郷")
    new = open_node(new.settings.folder)
    bring(new, [Parcel(statements=(succeed(village, old, new),))])
    assert table(new) == table(old)
    assert waiting(new, keeper) == ["待っている会"]
    assert Pins(new.settings.folder).try_(keeper.address, PIN)


# what must not come back


def test_what_was_erased_does_not_come_back_from_an_old_backup(
    village: Village, kept: Kept, stick: Path
) -> None:
    old, office = kept.node, village.office()
    post = post_event(old, description=SECRET)
    made(old, stick)
    meet(old, office)
    order_away(office, [post.id], "まちがい")
    new = village.node("上郷の新しい機械")
    meet(new, office)
    restored(new.settings.folder, stick, replaces="上郷")
    new.database.empty_log()
    assert post_again(new, post).state == "erased"
    assert files_with(new.settings.folder, SECRET) == []


@pytest.mark.parametrize("order_first", [True, False])
def test_what_waited_and_was_let_in_and_erased_since_does_not_wait_again(
    village: Village, kept: Kept, stick: Path, order_first: bool
) -> None:
    (old, keeper), office = kept, village.office()
    receipt = waits(old, SECRET)
    made(old, stick)
    address = Desk(old).let_in(receipt.id, by=keeper)
    meet(old, office)
    post = office.post(address)
    assert post is not None
    order_away(office, [post.id], "まちがい")
    new = village.node("上郷の新しい機械")
    bring(new, [Parcel(statements=(succeed(village, old, new),))])
    if order_first:
        meet(new, office)
    came = restored(new.settings.folder, stick, replaces="上郷")
    assert (came.waiting, came.gone) == (1, int(order_first))
    if not order_first:
        assert waiting(new, keeper) == [SECRET]
        meet(new, office)
        assert Laid(new.database).is_clean()
    new.database.empty_log()
    assert waiting(new, keeper) == []
    assert files_with(new.settings.folder, SECRET) == []
    said = Desk(new).by_code(receipt.code)
    assert said is not None
    assert (said.state, said.reason) == (State.DECLINED, MAY_BE_ERASED)


def test_what_others_erased_takes_no_post_that_waits(
    village: Village, kept: Kept, stick: Path
) -> None:
    (old, keeper), office = kept, village.office()
    erased = post_event(old, title="前に消した会")
    other = post_event(office, title="役場の会")
    waits(old, "待っている会")
    made(old, stick)
    meet(old, office)
    order_away(office, [erased.id, other.id], "まちがい")
    new = village.node("上郷の新しい機械")
    bring(new, [Parcel(statements=(succeed(village, old, new),))])
    meet(new, office)
    came = restored(new.settings.folder, stick, replaces="上郷")
    assert (came.waiting, came.gone) == (1, 0)
    assert waiting(new, keeper) == ["待っている会"]


def test_a_key_that_is_destroyed_with_its_post_is_on_no_stick(kept: Kept, stick: Path) -> None:
    node = kept.node
    post = post_event(node)
    named = about(node, post)
    assert named is not None
    key = announce(node, about=named)
    held = secrets_of(node).of(sealing.tag(key.key))
    assert held is not None
    made(node, stick)
    found = find(stick)
    content = opened(found, found.closed.by_passphrase(PASSPHRASE))
    assert held not in [each.secret for each in content.local.secrets]
    assert len(content.local.secrets) == 1
    let_go(node, clock.now())


def test_of_a_stolen_machine_its_posts_come_back_and_its_pins_do_not(
    village: Village, kept: Kept, stick: Path
) -> None:
    old, keeper = kept
    post_event(old)
    waits(old, "待っている会")
    made(old, stick)
    new = village.node("上郷の新しい機械")
    cuts = {
        held.lane: held.held
        for held in old.ledger.lanes()
        if held.lane.author == old.identity.public
    }
    revocation = revoke(
        old.identity.public,
        1,
        {lane: Cut(held.number, held.head) for lane, held in cuts.items()},
        village.town.authority.private,
    )
    bring(new, [Parcel(statements=(succeed(village, old, new), revocation))])
    came = restored(new.settings.folder, stick)
    assert came.from_stolen
    assert titles(new) == ["合唱の会"]
    assert not (new.settings.folder / PINS_FILE).exists()
    assert waiting(new, keeper) == []


# who opens it


def test_on_the_stick_nothing_can_be_read_and_no_signing_key_is_in_it(
    kept: Kept, stick: Path
) -> None:
    node = kept.node
    post_event(node, description=SECRET)
    waits(node, "待っている会")
    made(node, stick)
    for text in (SECRET, "待っている会", "山田 花", "argon", "合唱の会"):
        assert files_with(stick, text) == []
    found = find(stick)
    content = opened(found, found.closed.by_passphrase(PASSPHRASE))
    own = secret(load_identity(node.settings.folder / KEY_FILE))
    for form in (own, own.hex().encode(), b"PRIVATE KEY"):
        assert form not in repr(content.local).encode()
        assert form not in content.ledger


def test_the_reserve_key_opens_it_without_a_passphrase(
    village: Village, kept: Kept, stick: Path
) -> None:
    post_event(kept.node)
    assert not made(kept.node, stick, typed=None).opens_with_passphrase
    keys = [read_key(village.town.desk.key_file(place)).open(NO_SECRET[place]) for place in Place]
    found = find(stick)
    content = opened(found, found.closed.by_reserve(secret(keys[Place.RESERVE])))
    new = village.node("新しい機械")
    restore(new.settings.folder, found, content, replaces="上郷")
    assert titles(new) == ["合唱の会"]


def test_a_wrong_passphrase_opens_nothing(village: Village, kept: Kept, stick: Path) -> None:
    made(kept.node, stick)
    with pytest.raises(WrongPassphrase):
        restored(village.node("新しい").settings.folder, stick, typed="ちがう合言葉です")


def damages() -> dict[str, Callable[[bytes], bytes]]:
    def flipped(at: float) -> Callable[[bytes], bytes]:
        def flip(content: bytes) -> bytes:
            place = int(at * (len(content) - 1))
            return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

        return flip

    def cut(at: float) -> Callable[[bytes], bytes]:
        return lambda content: content[: int(at * len(content))]

    return {
        **{f"flipped at {at}": flipped(at) for at in (0.0, 0.002, 0.01, 0.1, 0.5, 0.9, 1.0)},
        **{f"cut at {at}": cut(at) for at in (0.0, 0.001, 0.01, 0.3, 0.6, 0.99)},
        "longer": lambda content: content + b"\0",
        "without a chunk": lambda content: content[:-70_000] + content[-4_000:],
        "another file": lambda content: os.urandom(5_000),
    }


def test_of_a_damaged_or_changed_one_nothing_comes_back(
    village: Village, kept: Kept, stick: Path
) -> None:
    for number in range(3):  # more than a chunk
        post_event(kept.node, title=f"{number}の会", description=os.urandom(15_000).hex())
    path = made(kept.node, stick).path
    whole = path.read_bytes()
    new = village.node("新しい機械")
    new.database.empty_log()
    before = all_bytes(new.settings.folder)
    for how, damage in damages().items():
        path.write_bytes(damage(whole))
        with pytest.raises((CannotRestore, WrongPassphrase)):
            restored(new.settings.folder, stick, replaces="上郷")
        assert all_bytes(new.settings.folder) == before, how
    path.write_bytes(whole)
    restored(new.settings.folder, stick, replaces="上郷")
    assert len(titles(new)) == 3


def test_who_only_knows_the_public_keys_makes_no_backup_that_is_taken(
    village: Village, kept: Kept, stick: Path
) -> None:
    """The reserve's public key is on every machine; the PINs inside would be the thief's."""
    node = kept.node
    path = made(node, stick).path
    label = find(stick).label
    thief = make_identity()
    reserve = village.town.desk.keys[Place.RESERVE]
    closed, key = begin(label, reserve=reserve, typed=PASSPHRASE, cost=COST_MIN)
    content = written(Local(), pieces(node), label=label, identity=thief)
    path.write_bytes(b"".join(closed.close(content, key)))
    with pytest.raises(CannotRestore):
        restored(node.settings.folder, stick)
    mine = replace(label, machine=thief.public)
    closed, key = begin(mine, reserve=reserve, typed=PASSPHRASE, cost=COST_MIN)
    pins = Local(settings='name = "x"', pins=(node.settings.folder / PINS_FILE).read_bytes())
    content = written(pins, pieces(node), label=mine, identity=thief)
    path.write_bytes(b"".join(closed.close(content, key)))
    new = village.node("新しい機械")
    assert restored(new.settings.folder, stick, replaces="上郷").from_stolen
    assert not (new.settings.folder / PINS_FILE).exists()


# whose it is


def test_that_of_another_machine_is_refused_and_says_whose_it_is(
    village: Village, kept: Kept, stick: Path
) -> None:
    made(kept.node, stick)
    other = village.node("下郷")
    other.database.empty_log()
    before = all_bytes(other.settings.folder)
    for name in ("", "下郷"):
        with pytest.raises(
            CannotRestore, match="「上郷」の控えで、この機械（下郷）のものではありません"
        ):
            restored(other.settings.folder, stick, replaces=name)
    assert all_bytes(other.settings.folder) == before


def test_that_of_another_town_is_refused(kept: Kept, stick: Path, tmp_path: Path) -> None:
    made(kept.node, stick)
    other = Village(tmp_path / "other", code="990027", name="波音町").node()
    with pytest.raises(CannotRestore, match="ほかの町"):
        restored(other.settings.folder, stick, replaces="上郷")


# on the stick


def test_the_newest_few_of_ours_stay_and_all_of_others(
    village: Village, kept: Kept, stick: Path
) -> None:
    other = village.node("下郷")
    others = made(other, stick).path
    film = stick / FOLDER / "family.mov"
    film.write_bytes(b"film")
    names = [made(kept.node, stick).path.name for _ in range(4)]
    there = {path.name for path in (stick / FOLDER).iterdir()}
    assert there == {others.name, film.name, *names[-KEPT_MAX:]}
    newest = stick / FOLDER / names[-1]
    with pytest.raises(CannotRestore, match="いくつかの機械の控え"):
        find(stick)
    others.unlink()
    assert find(stick).path == newest
    noted = read_noted(kept.node.settings.folder)
    assert noted is not None
    assert noted.file == names[-1]


def test_the_office_learns_of_backups_that_may_hold_what_it_ordered_away(
    village: Village, kept: Kept, stick: Path
) -> None:
    node, office = kept.node, village.office()
    post = post_event(node)
    for _ in range(3):
        made(node, stick)
    meet(node, office)
    order_away(office, [post.id], "まちがい")
    meet(node, office)
    left = LeftOnSticks(node.database)
    assert left.stale() == KEPT_MAX
    for _ in range(KEPT_MAX):
        made(node, stick)
    assert left.stale() == 0


def test_a_full_or_protected_stick_keeps_the_backup_before(kept: Kept, tmp_path: Path) -> None:
    node = kept.node
    with formatted("memory", tmp_path / "memory") as stick:
        with stick.plugged_in(tmp_path / "usb") as usb:
            first = back_up(node, usb, cost=COST_MIN)
            before = first.path.read_bytes()
            fill(usb)
            with pytest.raises(CannotBackUp, match="いっぱい"):
                back_up(node, usb, cost=COST_MIN)
            assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]
            assert first.path.read_bytes() == before
        with (
            stick.plugged_in(tmp_path / "usb", read_only=True) as usb,
            pytest.raises(CannotBackUp, match="書きこめません"),
        ):
            back_up(node, usb, cost=COST_MIN)
        with stick.plugged_in(tmp_path / "usb") as usb:
            (usb / "family.mov").unlink()
            back_up(node, usb, cost=COST_MIN)
            assert len(list(first.path.parent.iterdir())) == KEPT_MAX


def test_from_a_disk_that_cannot_be_written_any_more(kept: Kept, tmp_path: Path) -> None:
    """Then most of all."""
    post_event(kept.node)
    kept.node.database.close()
    with (
        small_disk(tmp_path / "disk", megabytes=8) as disk,
        formatted("memory", tmp_path / "memory") as stick,
        stick.plugged_in(tmp_path / "usb") as usb,
    ):
        there = copied(kept.node.settings.folder, disk.folder)
        disk.allow_writing(False)
        node = open_node(there)
        made_there = back_up(node, usb, typed=PASSPHRASE, cost=COST_MIN)
        node.database.close()
        assert made_there.path.exists()
        assert len(titles(kept.node)) == 1
        new = tmp_path / "new"
        restored(new, usb, replaces="上郷")
        assert titles(open_node(new)) == titles(kept.node)
        disk.allow_writing(True)


def test_the_machines_own_disk_is_no_place_for_it(kept: Kept, stick: Path) -> None:
    with pytest.raises(CannotBackUp, match="この機械の中の記憶装置"):
        back_up(kept.node, stick, cost=COST_MIN)
    with pytest.raises(CannotBackUp, match="見つかりません"):
        back_up(kept.node, stick / "nowhere", cost=COST_MIN)
    assert list(stick.iterdir()) == []


def test_a_stick_that_gives_back_something_else_is_found_out(
    kept: Kept, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As cheap ones do; the one made before stays."""
    first = made(kept.node, stick)

    def worn_out(path: Path, bytes_max: int) -> bytes:
        return path.read_bytes()[:-1] + b"?"

    with monkeypatch.context() as patched:
        patched.setattr(making, "read_from_disk", worn_out)
        with pytest.raises(CannotBackUp, match="壊れかけています"):
            made(kept.node, stick)
    assert [path.name for path in (stick / FOLDER).iterdir()] == [first.path.name]


def test_what_is_left_of_a_half_written_one_is_cleared(kept: Kept, stick: Path) -> None:
    path = made(kept.node, stick).path
    half = path.with_name(f".{path.name}.x.part")
    half.write_bytes(b"half")
    assert find(stick).path == path
    made(kept.node, stick)
    assert not half.exists()


def test_names_and_folders_are_as_the_handbook_says(kept: Kept, stick: Path) -> None:
    path = made(kept.node, stick).path
    assert path.parent == stick / "kairan-backup"
    assert path.name.endswith(ENDING)
    assert not (kept.node.settings.folder / READING_FOLDER).stat().st_mode & 0o077
    assert (kept.node.settings.folder / LEDGER_FILE).exists()
