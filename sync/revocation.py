"""What an authority takes away, and hands on: revocations with cuts, and successors.

docs/spec/3-trust.md. Of several for one key the one with the largest counter is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import Lane, read_lane

REVOCATION = "kairan-revocation"
SUCCESSOR = "kairan-successor"


class Cut(NamedTuple):
    """Up to where a lane of a revoked key holds."""

    number: int
    head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A key has no say any more; of its lanes only what is named here holds."""

    key: bytes
    counter: int
    cuts: Mapping[bytes, Cut]  # by lane id; a lane that isn't named is cut at 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The new key may change the records that the old one began."""

    old: bytes
    new: bytes
    counter: int


def revoke(
    key: bytes, counter: int, cuts: Mapping[Lane, Cut], authority: Ed25519PrivateKey
) -> bytes:
    """The statement by which an authority says that a key holds up to these cuts only."""
    listed = [[lane.as_array(), cut.number, cut.head] for lane, cut in cuts.items()]
    body = {1: key, 2: counter, 3: sorted(listed, key=cbor.encode)}
    return _signed(body, REVOCATION, authority)


def name_successor(old: bytes, new: bytes, counter: int, authority: Ed25519PrivateKey) -> bytes:
    """The statement by which an authority hands on what a key began."""
    return _signed({1: old, 2: new, 3: counter}, SUCCESSOR, authority)


def read_revocation(body: object) -> Revocation:
    """The revocation that a payload is. Raises Malformed."""
    match body:
        case {1: bytes(key), 2: int(counter), 3: list(listed), **others} if (
            not others and len(key) == 32 and cbor.are_integers(counter) and counter >= 1
        ):
            items = [cbor.encode(item) for item in listed]
            if sorted(set(items)) != items:
                raise Malformed("cuts out of order or named twice")
            return Revocation(
                key=key, counter=counter, cuts=dict(_read_cut(item, key) for item in listed)
            )
        case _:
            raise Malformed("not a revocation")


def read_succession(body: object) -> Succession:
    """The succession that a payload is. Raises Malformed."""
    match body:
        case {1: bytes(old), 2: bytes(new), 3: int(counter), **others} if (
            not others
            and len(old) == len(new) == 32
            and cbor.are_integers(counter)
            and counter >= 1
        ):
            return Succession(old=old, new=new, counter=counter)
        case _:
            raise Malformed("not a succession")


def _read_cut(item: object, key: bytes) -> tuple[bytes, Cut]:
    match item:
        case [list(array), int(number), bytes(head)] if (
            cbor.are_integers(number) and number >= 1 and len(head) == 32
        ):
            lane = read_lane(array)
            if lane.author != key:
                raise Malformed("a cut of somebody else's lane")
            return lane.id, Cut(number, head)
        case _:
            raise Malformed("not a cut")


def _signed(body: Mapping[int, object], type_: str, authority: Ed25519PrivateKey) -> bytes:
    return cose.sign(
        cbor.encode(dict(body)), type_=type_, key_id=cose.public(authority), key=authority
    )
