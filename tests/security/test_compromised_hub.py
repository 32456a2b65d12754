"""A hub that has its key and no honour: what it sends is signed, and gets it nowhere."""

from dataclasses import replace
from pathlib import Path

import pytest

from node.boards.event import EVENT
from node.node import SOFTWARE, Change, Node
from node.status import status
from sync.bundle import Entry, Parcel
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.exchange import answer, open_offer
from sync.ingest import Receipt
from sync.lane import Audience
from sync.machine.exchanging import Exchanged, converse
from sync.machine.keys import Identity, load_identity, make_identity
from sync.machine.opening import read_statements
from sync.machine.settings import KEY_FILE, STATEMENTS_FILE, Part
from sync.telling import NOTHING_TOLD
from sync.trust import Refusal
from sync.wrapping import wrap
from tests.node.builders import (
    CHOIR,
    TOWN,
    Village,
    bring,
    certificates,
    emptied,
    outside,
    post_event,
    titles,
    warning,
    written_by,
)


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


@pytest.fixture
def hub(village: Village) -> Identity:
    return load_identity(village.make("hub", Part.HUB) / KEY_FILE)


def asks(node: Node, hub: Identity, parcel: Parcel) -> Exchanged:
    """The node offers to the hub, which answers with that parcel, in its own good name."""

    def road(message: bytes) -> bytes:
        return answer(
            open_offer(message),
            key=hub.private,
            digest=bytes(32),
            receipt=Receipt(),
            software=SOFTWARE,
            told=NOTHING_TOLD,
            parcel=wrap(parcel),
            more=False,
        )

    return converse(node.ledger, road, me=node.identity, to=hub.public, software=SOFTWARE)


def written_as(village: Village, who: Identity, *changes: Change) -> Parcel:
    """What one writes at home, where nobody looks at what one may."""
    scratch = village.node("どこか")
    bundles = written_by(scratch, lambda: scratch.write(changes, identity=who))
    return Parcel(bundles=tuple(bundles))


def test_a_hub_puts_nothing_on_a_board(village: Village, hub: Identity) -> None:
    here = village.node()
    papers = tuple(read_statements(village.folder / "hub" / STATEMENTS_FILE))
    for forged in (
        Change(board=EVENT, fields=CHOIR),
        warning("にせの避難指示", outside()),
    ):
        parcel = replace(written_as(village, hub, forged), statements=papers)
        taken = asks(here, hub, parcel).taken
        assert (taken.entries, taken.refused) == (0, 1)
        assert taken.reasons == (Refusal.CLASS,)
    assert titles(here) == titles(here, "disaster") == []


def test_a_hub_certifies_nobody(village: Village, hub: Identity) -> None:
    here, friend = village.node(), make_identity()
    papers = certify(
        Certificate(
            key=friend.public,
            name="にせの役場",
            role=Role.OFFICE,
            towns=frozenset({TOWN}),
            classes=CLASSES_OF[Role.OFFICE],
            audiences=frozenset(Audience),
            counter=99,
        ),
        hub.private,
    )
    posted = written_as(village, friend, warning("にせの避難指示", outside()))
    taken = asks(here, hub, replace(posted, statements=(papers,))).taken
    assert (taken.statements, taken.entries) == (0, 0)
    assert Refusal.FOREIGN in taken.reasons
    assert titles(here, "disaster") == []


def test_a_hub_changes_no_word_of_what_it_hands_on(village: Village, hub: Identity) -> None:
    here, there = village.node(), village.node("下郷")
    (true,) = written_by(there, lambda: post_event(there))
    payload = true.entries[0].payload
    assert payload is not None
    changed = payload.replace("合唱".encode(), "中止".encode())
    assert changed != payload
    false = replace(true, entries=(Entry(true.entries[0].header, changed),))
    taken = asks(here, hub, replace(certificates(there), bundles=(false,))).taken
    assert (taken.entries, taken.reasons) == (0, (Refusal.SIGNATURE,))
    assert titles(here) == []
    bring(here, [true])
    assert titles(here) == ["合唱の会"]


def test_what_a_hub_empties_is_asked_for_until_another_road_brings_it(
    village: Village, hub: Identity
) -> None:
    here, there = village.node(), village.node("下郷")
    (true,) = written_by(there, lambda: post_event(there))
    said = asks(here, hub, replace(certificates(there), bundles=(emptied(true),)))
    assert not said.synced
    assert titles(here) == []
    assert status(here).holes == 1
    bring(here, [true])
    assert titles(here) == ["合唱の会"]
