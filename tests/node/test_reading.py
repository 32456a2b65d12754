"""To which keys people seal at a place; who opens it there; and how it outlives its machine."""

import stat
from pathlib import Path

import pytest

from node.node import Node
from node.people import begin, let_in, stop
from node.reading import (
    announce,
    begin_reading,
    change_keys,
    may_read,
    own_keys,
    readers_about,
    readers_at,
    readers_at_the_office,
)
from node.reading_files import READING_FOLDER, secrets_of
from node.sealed import about, open_here, sealed_record, sealed_to, write_sealed
from provisioning.authority import read_key
from provisioning.escrow import unseal
from provisioning.sealed_key import Place
from provisioning.town import NO_SECRET
from sync import sealing
from sync.account import Account, Duty
from sync.bundle import Parcel
from sync.entry import RecordId
from sync.reading_key import ReadingKey
from sync.revocation import Cut, name_successor, revoke
from sync.sealed_record import LETTER, SealedRecord
from sync.sealing import NotForUs
from tests.node.builders import Village, again, bring, meet, post_event


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def node(village: Village) -> Node:
    return village.node()


@pytest.fixture
def keeper(node: Node) -> Account:
    keeper = begin(node, "管理人")
    begin_reading(node)
    return keeper


def place_key(node: Node) -> ReadingKey:
    (key,) = readers_at(node, node.identity.public)
    return key


def letter(node: Node, *keys: ReadingKey, says: bytes = b"words") -> RecordId:
    return write_sealed(node, LETTER, says, to=[key.key for key in keys])


def closed(node: Node, id_: RecordId) -> SealedRecord:
    found = sealed_record(node, id_)
    assert found is not None
    return found


def test_where_nobody_was_let_in_there_is_nobody_to_write_to(node: Node) -> None:
    begin_reading(node)
    assert readers_at(node, node.identity.public) == []


def test_a_place_has_one_key_however_often_somebody_signs_in(node: Node, keeper: Account) -> None:
    first = place_key(node)
    begin_reading(node)
    assert place_key(node) == first


def test_a_secret_is_for_its_owner_alone(node: Node, keeper: Account) -> None:
    folder = node.settings.folder / READING_FOLDER
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_another_machine_sealed_opens_at_the_place_and_not_where_it_was_written(
    village: Village, node: Node, keeper: Account
) -> None:
    there = village.office()
    meet(there, node)
    id_ = letter(there, *readers_at(there, node.identity.public))
    meet(there, node)
    assert open_here(node, closed(node, id_)) == b"words"
    with pytest.raises(NotForUs):
        open_here(there, closed(there, id_))
    (found,) = sealed_to(node, LETTER, sealing.tag(place_key(node).key))
    assert found.id == id_


def test_after_a_change_of_keys_the_old_letters_open_and_new_ones_use_the_new(
    node: Node, keeper: Account
) -> None:
    before = place_key(node)
    old = letter(node, before)
    change_keys(node)
    after = place_key(node)
    assert after != before
    new = letter(node, after)
    restarted = again(node)
    for id_ in (old, new):
        assert open_here(restarted, closed(restarted, id_)) == b"words"


def test_a_destroyed_key_opens_nothing_and_is_on_no_disk(node: Node, keeper: Account) -> None:
    id_ = letter(node, place_key(node))
    held, tag = secrets_of(node), sealing.tag(place_key(node).key)
    secret = held.of(tag)
    assert secret is not None
    held.destroy(tag)
    with pytest.raises(NotForUs):
        open_here(node, closed(node, id_))
    for file in node.settings.folder.rglob("*"):
        if file.is_file():
            assert secret.hex().encode() not in file.read_bytes()
            assert secret not in file.read_bytes()


def test_an_office_has_a_key_that_all_of_the_town_find(
    village: Village, node: Node, keeper: Account
) -> None:
    office = village.office()
    begin(office, "職員")
    begin_reading(office)
    meet(node, office)
    assert [key.author for key in readers_at_the_office(node)] == [office.identity.public]


def test_an_organisations_key_is_its_own_while_it_stands_and_then_its_places(
    node: Node, keeper: Account
) -> None:
    ours = let_in(node, "果樹園", Duty.ORGANISATION, frozenset({"job"}), by=keeper)
    other = let_in(node, "工務店", Duty.ORGANISATION, frozenset({"job"}), by=keeper)
    key = announce(node, account=ours.in_headers)
    assert [
        may_read(node, secrets_of(node).account(sealing.tag(key.key)), who)
        for who in (ours, other, keeper, None)
    ] == [*(True, False, False, False)]
    assert readers_at(node, node.identity.public, account=ours.in_headers) == [key]
    stop(node, ours, by=keeper)
    assert [
        may_read(node, secrets_of(node).account(sealing.tag(key.key)), who)
        for who in (ours, other, keeper)
    ] == [False, False, True]


def test_a_key_for_a_post_is_for_that_post_alone(node: Node, keeper: Account) -> None:
    one, other = about(node, post_event(node)), about(node, post_event(node))
    assert one is not None
    assert other is not None
    key = announce(node, about=one)
    me = node.identity.public
    assert readers_about(node, one, me) == [key]
    assert readers_about(node, other, me) == []
    assert key not in readers_at(node, me)


def test_nobody_seals_to_a_stolen_machine_nor_to_one_that_announces_itself_for_another(
    village: Village, node: Node, keeper: Account
) -> None:
    office, thief = village.office(), village.node("下郷")
    begin(thief, "どろぼう")
    begin_reading(thief)
    for there in (node, thief):
        meet(there, office)
    assert thief.identity.public not in {
        key.author for key in readers_at(office, node.identity.public)
    }
    assert readers_at(office, thief.identity.public) != []
    cuts = {
        leaf.lane: Cut(leaf.number, leaf.head)
        for leaf in office.ledger.leaves()
        if leaf.lane.author == thief.identity.public
    }
    statement = revoke(thief.identity.public, 9, cuts, village.town.authority.private)
    bring(office, [Parcel(statements=(statement,))])
    assert readers_at(office, thief.identity.public) == []


def test_with_the_reserve_key_the_new_machine_reads_what_came_to_the_broken_one(
    village: Village, node: Node, keeper: Account
) -> None:
    office = village.office()
    meet(node, office)
    id_ = letter(office, *readers_at(office, node.identity.public))
    new = village.node("新しい上郷")
    meet(new, office)
    statement = name_successor(
        node.identity.public, new.identity.public, 9, village.town.authority.private
    )
    bring(new, [Parcel(statements=(statement,))])
    with pytest.raises(NotForUs):
        open_here(new, closed(new, id_))
    desk = village.town.desk
    daily, reserve = (read_key(desk.key_file(place)).open(NO_SECRET[place]) for place in Place)
    assert unseal(new, daily) == 0
    assert unseal(new, reserve) == 1
    assert unseal(new, reserve) == 0
    assert open_here(new, closed(new, id_)) == b"words"
    assert unseal(office, reserve) == 0
    assert [key.author for key in own_keys(new)] == [node.identity.public]


def test_views_made_anew_know_the_same_keys_and_letters(node: Node, keeper: Account) -> None:
    id_ = letter(node, place_key(node))
    keys, letters = place_key(node), node.views.sealed[LETTER].all()
    assert letters == [id_]
    node.rebuild()
    assert place_key(node) == keys
    assert node.views.sealed[LETTER].all() == letters
