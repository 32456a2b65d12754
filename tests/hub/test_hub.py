"""The hub keeps what a town entrusts it with, hands it on within that town, and has no boards."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.hub import SOFTWARE, Hub, open_hub
from hub.status import in_words, status
from node.node import Node
from node.road import HttpRoad
from sync import cbor
from sync.bundle import Parcel, pack_bundle
from sync.exchange import Declined, No, offer, open_answer
from sync.lacking import held_digest
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.exchanging import Exchanged, converse
from sync.machine.responding import respond
from sync.machine.settings import SETTINGS_FILE, STATEMENTS_FILE, NotProvisioned, Part
from sync.statement import read_statement
from sync.wrapping import unwrap
from tests.node.builders import (
    OTHER_TOWN,
    OTHER_TOWN_NAME,
    TOWN,
    TOWN_NAME,
    Village,
    again,
    post_event,
    titles,
)
from tests.node.serving import served


def reach(node: Node, hub: Hub, heard: Callable[[bytes], object] = bytes) -> Exchanged:
    """The node offers to the hub; `heard` is given every answer."""

    def road(message: bytes) -> bytes:
        answered = respond(hub.ledger, message, me=hub.identity, software=SOFTWARE)
        heard(answered)
        return answered

    return converse(node.ledger, road, me=node.identity, to=hub.identity.public, software=SOFTWARE)


def hub_of_two_towns(one: Village, other: Village, folder: Path) -> Hub:
    """As each town provisioned it; the key is the same."""
    machine = one.make(str(folder), Part.HUB)
    statements = (machine / STATEMENTS_FILE).read_bytes()
    other.make(str(folder), Part.HUB)
    with (machine / STATEMENTS_FILE).open("ab") as file:
        file.write(statements)
    keys = {village.code: village.town.authority.public.hex() for village in (one, other)}
    (machine / SETTINGS_FILE).write_text(
        f'name = "県のハブ"\nrole = "hub"\ntowns = {list(keys)}\n[town_names]\n'
        f'{TOWN} = "{TOWN_NAME}"\n{OTHER_TOWN} = "{OTHER_TOWN_NAME}"\n[authorities]\n'
        + "".join(f'{town} = ["{key}"]\n' for town, key in keys.items())
    )
    return open_hub(machine)


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path / "town")


@pytest.fixture
def hub(village: Village) -> Hub:
    return open_hub(village.make("hub", Part.HUB))


@pytest.fixture
def client(hub: Hub) -> FlaskClient:
    return create_app(hub).test_client()


def test_a_post_left_at_the_hub_is_fetched_by_the_next_that_calls(
    village: Village, hub: Hub
) -> None:
    node, other = village.node(), village.node("下郷")
    post_event(node)
    assert reach(node, hub).synced
    reach(other, hub)
    assert titles(other) == ["合唱の会"]


def test_what_the_hub_took_in_is_there_after_a_restart(village: Village, hub: Hub) -> None:
    node, other = village.node(), village.node("下郷")
    post_event(node)
    reach(node, hub)
    reach(other, open_hub(hub.settings.folder))
    assert titles(other) == ["合唱の会"]


def test_many_machines_at_once_lose_nothing(village: Village, hub: Hub) -> None:
    names = [f"公民館{number}" for number in range(6)]
    nodes = [village.node(name) for name in names]
    with served(create_app(hub)) as address:

        def call(node: Node) -> None:
            road = HttpRoad(address)
            for number in range(3):
                post_event(node, title=f"{node.settings.name}の会{number}")
                converse(
                    node.ledger,
                    road,
                    me=node.identity,
                    to=hub.identity.public,
                    software=SOFTWARE,
                )
            road.close()
            node.database.close()

        with ThreadPoolExecutor(len(nodes)) as threads:
            list(threads.map(call, nodes))
    for node in map(again, nodes):
        assert reach(node, hub).synced
        assert sorted(titles(node)) == sorted(f"{n}の会{i}" for n in names for i in range(3))


# towns


def test_a_hub_of_two_towns_gives_neither_a_byte_of_the_other(tmp_path: Path) -> None:
    ours = Village(tmp_path / "ours")
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME)
    hub = hub_of_two_towns(ours, theirs, tmp_path / "hub")
    their_node, our_node, our_other = theirs.node("浜"), ours.node(), ours.node("下郷")
    post_event(their_node, title="浜の祭り")
    post_event(our_other, title="山の祭り")
    reach(their_node, hub)
    reach(our_other, hub)

    answers: list[bytes] = []
    exchanged = reach(our_node, hub, answers.append)
    assert exchanged.synced
    assert titles(our_node) == ["山の祭り"]
    ours_only = {our_node.identity.public, our_other.identity.public, hub.identity.public}
    assert set(our_node.ledger.trust().keys()) == ours_only
    (their_lane,) = [item.lane.id for item in their_node.ledger.lanes()]
    secrets_of_theirs = [
        their_lane,
        their_node.identity.public,
        theirs.town.authority.public,
        OTHER_TOWN.encode(),
        "浜の祭り".encode(),
        *(s.digest for s in their_node.ledger.trust().statements),
    ]
    heard = b"".join(map(laid_open, answers))
    assert "山の祭り".encode() in heard
    assert not [secret for secret in secrets_of_theirs if secret in heard]


def laid_open(answered: bytes) -> bytes:
    """An answer, and beside it what it bears unpacked."""
    _, further, _ = cast("list[Any]", cbor.decode(answered, bytes_max=MESSAGE_BYTES_MAX))
    parcel = unwrap(further[4]) if 4 in further else Parcel()
    return b"".join([answered, *parcel.statements, *map(pack_bundle, parcel.bundles)])


def test_a_machine_may_not_ask_for_a_town_that_is_not_its_own(tmp_path: Path) -> None:
    ours = Village(tmp_path / "ours")
    theirs = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME)
    hub = hub_of_two_towns(ours, theirs, tmp_path / "hub")
    curious = ours.node()
    reach(curious, hub)
    asked = offer(
        key=curious.identity.private,
        to=hub.identity.public,
        counter=1_000,
        digest=held_digest(curious.ledger, [OTHER_TOWN]),
        software=SOFTWARE,
        towns=frozenset({OTHER_TOWN}),
    )
    answered = respond(hub.ledger, asked, me=hub.identity, software=SOFTWARE)
    with pytest.raises(Declined) as declined:
        open_answer(
            answered,
            offered=asked,
            sender=hub.identity.public,
        )
    assert declined.value.why is No.TOWN


def test_a_machine_of_a_town_the_hub_does_not_serve_leaves_nothing_there(
    tmp_path: Path, hub: Hub
) -> None:
    stranger = Village(tmp_path / "theirs", OTHER_TOWN, OTHER_TOWN_NAME).node()
    post_event(stranger)
    with pytest.raises(Declined) as declined:
        reach(stranger, hub)
    assert declined.value.why is No.UNKNOWN
    assert hub.ledger.lanes() == []
    assert list(hub.ledger.trust().keys()) == [hub.identity.public]


# over HTTP


def test_the_hub_says_who_it_is(client: FlaskClient, hub: Hub) -> None:
    answered = client.get("/sync")
    assert answered.status_code == 200
    assert answered.content_type == "application/cbor"
    assert hub.identity.public in answered.data
    assert not answered.headers.getlist("Set-Cookie")


@pytest.mark.parametrize(
    "body", [b"", b"offer", b"\xa1", secrets.token_bytes(64)], ids=["", "offer", "a1", "chance"]
)
def test_what_is_no_offer_is_refused_with_a_sentence(client: FlaskClient, body: bytes) -> None:
    answered = client.post("/sync", data=body)
    assert answered.status_code == 400
    assert "not an offer" in answered.text


def test_an_offer_past_the_limit_is_refused_unread(client: FlaskClient) -> None:
    assert client.post("/sync", data=bytes(MESSAGE_BYTES_MAX + 1)).status_code == 413


def test_an_offer_that_was_tampered_with_is_refused_and_not_remembered(
    village: Village, hub: Hub, client: FlaskClient
) -> None:
    node = village.node()
    reach(node, hub)
    forged = bytearray(
        offer(
            key=node.identity.private,
            to=hub.identity.public,
            counter=99,
            digest=bytes(32),
            software=SOFTWARE,
        )
    )
    forged[-1] ^= 1  # the last byte of its signature
    assert client.post("/sync", data=bytes(forged)).status_code == 400
    assert hub.ledger.known(node.identity.public).offers_seen < 99


def test_there_are_no_boards_at_a_hub(client: FlaskClient) -> None:
    assert client.get("/boards/event").status_code == 404
    told = client.get("/")
    assert told.status_code == 200
    assert "掲示板はありません" in told.text
    assert client.get("/healthz").get_json()["ok"] is True


def test_only_a_hub_is_opened_as_one(village: Village) -> None:
    with pytest.raises(NotProvisioned, match="ハブではありません"):
        open_hub(village.make("上郷", Part.NODE))


def test_the_state_of_a_hub_counts_what_it_keeps(village: Village, hub: Hub) -> None:
    node = village.node()
    post_event(node)
    reach(node, hub)
    now = status(hub)
    assert (now.machine, now.part, now.towns) == ("hub", "hub", (TOWN,))
    assert (now.lanes, now.entries, now.holes, now.waiting) == (1, 1, 0, 0)
    assert now.digests == {TOWN: held_digest(node.ledger, [TOWN]).hex()}
    told = in_words(now, hub.settings.town_names)
    assert TOWN_NAME in told
    assert "1件" in told


def test_every_certificate_at_the_hub_is_one_of_its_towns(village: Village, hub: Hub) -> None:
    reach(village.office(), hub)
    signers = {read_statement(s.encoded).signer for s in hub.ledger.trust().statements}
    assert signers == {village.town.authority.public}
