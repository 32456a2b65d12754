"""The word that something changed: read or refused, and never more than a word."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor, cose
from sync.announcement import (
    ANNOUNCEMENT_BYTES_MAX,
    CHANGED,
    DIGEST_BYTES,
    announce,
    held_in_short,
    open_announcement,
)
from sync.errors import Malformed, Unverified
from sync.machine.keys import make_identity
from tests.node.builders import TOWN, Village, meet, post_event

ME, OTHER = make_identity(), make_identity()
DIGEST = bytes(range(DIGEST_BYTES))


def test_who_says_it_to_whom_and_what_is_held_come_through() -> None:
    word = announce(key=ME.private, to=OTHER.public, digest=DIGEST, port=8700)
    told = open_announcement(word)
    assert (told.sender, told.to) == (cose.short(ME.public), cose.short(OTHER.public))
    assert (told.digest, told.port) == (DIGEST, 8700)
    cose.verify(told.sealed, ME.public)
    with pytest.raises(Unverified):
        cose.verify(told.sealed, OTHER.public)
    assert len(word) < 160, "small"


def test_who_answers_nowhere_says_no_port() -> None:
    word = announce(key=ME.private, to=OTHER.public, digest=DIGEST)
    assert open_announcement(word).port is None


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(word: bytes) -> None:
    with pytest.raises(Malformed):
        open_announcement(word)


@pytest.mark.parametrize(
    "told",
    [
        {1: 2, 2: bytes(8), 4: DIGEST},
        {1: 1, 2: bytes(7), 4: DIGEST},
        {1: 1, 2: bytes(8), 4: bytes(32)},
        {1: 1, 2: bytes(8)},
        {1: 1, 2: bytes(8), 4: DIGEST, 5: 0},
        {1: 1, 2: bytes(8), 4: DIGEST, 5: 65_536},
        {1: 1, 2: bytes(8), 4: DIGEST, 5: True},
        {1: 1, 2: bytes(8), 4: DIGEST, 5: "8700"},
        [1, bytes(8), DIGEST],
    ],
)
def test_what_is_not_of_this_version_is_refused(told: object) -> None:
    with pytest.raises(Malformed):
        open_announcement(_sealed(told))


def test_keys_that_come_later_are_passed_over() -> None:
    assert open_announcement(_sealed({1: 1, 2: bytes(8), 4: DIGEST, 9: "later"})).port is None


def test_other_messages_of_ours_are_no_announcements() -> None:
    payload = cbor.encode({1: 1, 2: bytes(8), 4: DIGEST})
    with pytest.raises(Malformed):
        open_announcement(_sealed({1: 1, 2: bytes(8), 4: DIGEST}, type_="kairan-offer"))
    with pytest.raises(Malformed):
        open_announcement(cose.sign(payload, type_=CHANGED, key_id=bytes(9), key=ME.private))
    with pytest.raises(Malformed):
        open_announcement(_sealed({1: 1, 2: bytes(8), 4: DIGEST, 9: bytes(ANNOUNCEMENT_BYTES_MAX)}))


def test_two_that_hold_the_same_say_the_same_and_others_do_not(tmp_path: Path) -> None:
    village = Village(tmp_path)
    here, there = village.node("上郷"), village.node("下郷")
    meet(here, there)
    assert held_in_short(here.ledger, TOWN) == held_in_short(there.ledger, TOWN)
    post_event(here)
    assert held_in_short(here.ledger, TOWN) != held_in_short(there.ledger, TOWN)
    meet(here, there)
    assert held_in_short(here.ledger, TOWN) == held_in_short(there.ledger, TOWN)


def _sealed(told: object, type_: str = CHANGED) -> bytes:
    return cose.sign(cbor.encode(told), type_=type_, key_id=cose.short(ME.public), key=ME.private)
