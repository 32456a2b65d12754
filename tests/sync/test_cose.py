"""Every signature is COSE: another library checks ours, and we take what it makes."""

from collections.abc import Mapping
from typing import Any

import pytest
from pycose.headers import KID, Algorithm
from pycose.keys.curves import Ed25519
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

from sync import cbor, cose
from sync.certificate import CERTIFICATE, Role
from sync.chain import fold, sign_head, verify_head
from sync.errors import Unverified
from sync.exchange import open_offer, verify_offer
from sync.statement import read_statement
from tests.sync.builders import OTHER_TOWN, TOWN, key, lane, run
from tests.sync.test_round_trips import OFFERED

MIB = 1 << 20


def theirs(name_or_public: str | bytes) -> Any:
    """A key as the other library has it."""
    if isinstance(name_or_public, bytes):
        return OKPKey(crv=Ed25519, x=name_or_public)
    private = key(name_or_public)
    return OKPKey(crv=Ed25519, x=cose.public(private), d=private.private_bytes_raw())


def checked(encoded: bytes, signer: bytes) -> Any:
    """The message, if the other library finds its signature good."""
    message = Sign1Message.from_cose_obj(cbor.decode(encoded, bytes_max=MIB), True)
    message.key = theirs(signer)
    return message if message.verify_signature() else None


def made(payload: bytes, headers: Mapping[Any, object], signer: str) -> bytes:
    """A message that the other library has signed."""
    message = Sign1Message(phdr=dict(headers), payload=payload)
    message.key = theirs(signer)
    return bytes(message.encode(tag=False))


def test_a_statement_of_ours_is_good_there() -> None:
    message = checked(TOWN.certify(key("上郷")), cose.public(TOWN.authority))
    assert message is not None
    assert message.phdr[KID] == cose.public(TOWN.authority)
    assert message.phdr[16] == CERTIFICATE
    assert checked(TOWN.certify(key("上郷")), cose.public(OTHER_TOWN.authority)) is None


def test_the_signature_of_a_head_is_good_there() -> None:
    bundle = run()
    head = fold(bundle.before, (entry.header for entry in bundle.entries))
    payload = cbor.encode(["kairan head", 1, bundle.lane.as_array(), 3, head])
    message = Sign1Message(phdr={Algorithm: "EDDSA"}, payload=payload)
    message.key = theirs(bundle.lane.author)
    message._signature = bundle.signature
    assert message.verify_signature()
    message._signature = sign_head(bundle.lane, 2, head, key("上郷"))
    assert not message.verify_signature()


def test_a_statement_made_there_is_good_here() -> None:
    sealed = cose.read(TOWN.certify(key("上郷"), Role.OFFICE), bytes_max=MIB)
    headers = {Algorithm: "EDDSA", KID: cose.public(TOWN.authority), 16: CERTIFICATE}
    encoded = made(sealed.payload, headers, "authority of 131016")
    assert encoded == TOWN.certify(key("上郷"), Role.OFFICE)
    assert read_statement(encoded).certificate is not None
    with pytest.raises(Unverified):
        read_statement(made(sealed.payload, headers, "下郷"))


def test_an_offer_made_there_is_good_here() -> None:
    opened = open_offer(OFFERED)
    recipient = cose.public(key("中継"))
    payload = cbor.encode(["kairan offer", 1, recipient, *opened.parts])
    message = Sign1Message(phdr={Algorithm: "EDDSA"}, payload=payload)
    message.key = theirs("上郷")
    assert message.compute_signature() == opened.signature
    verify_offer(opened, sender=cose.public(key("上郷")), to=recipient)


def test_a_head_signed_there_is_good_here() -> None:
    head = b"h" * 32
    payload = cbor.encode(["kairan head", 1, lane().as_array(), 9, head])
    message = Sign1Message(phdr={Algorithm: "EDDSA"}, payload=payload)
    message.key = theirs("上郷")
    verify_head(lane(), 9, head, message.compute_signature())
