"""Who speaks for a town: its authority keys, and those that took their places.

docs/spec/3-trust.md, "Another key in its place". A later place outranks the ones before it: it is
the reserve's, that lies in a safe. So what a thief says with the key that is used every day never
stands against what the reserve says of it, whichever came first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed

AUTHORITY = "kairan-authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The new key takes the place of the old one, of whose word nothing stands any more."""

    old: bytes
    new: bytes
    counter: int


class Said(NamedTuple):
    """A replacement, and whose word it is."""

    signer: bytes
    says: Replacement
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InOffice:
    """Which keys speak for a town."""

    keys: tuple[bytes, ...]  # that speak for it now, by place
    replaced: frozenset[bytes]  # that did
    steps: tuple[bytes, ...]  # the statements that made it so, each after what it builds on


def replace_authority(old: bytes, new: bytes, counter: int, authority: Ed25519PrivateKey) -> bytes:
    """The statement by which another key takes an authority key's place."""
    body = cbor.encode({1: old, 2: new, 3: counter})
    return cose.sign(body, type_=AUTHORITY, key_id=cose.public(authority), key=authority)


def read_replacement(body: object) -> Replacement:
    """The replacement that a payload is. Raises Malformed."""
    match body:
        case {1: bytes(old), 2: bytes(new), 3: int(counter), **others} if (
            not others
            and len(old) == len(new) == 32
            and cbor.are_integers(counter)
            and counter >= 1
        ):
            return Replacement(old=old, new=new, counter=counter)
        case _:
            raise Malformed("not a replacement of an authority key")


def in_office(first: Sequence[bytes], said: Collection[Said]) -> InOffice:
    """Who speaks for a town whose machines were told these keys, by place, and that was said.

    From the last place down, from key to key: a key is replaced by itself, or by any that ever had
    a later place. Of several words the one of the later place counts, then of the later key
    there, then the larger counter.
    """
    about: dict[bytes, list[Said]] = {}
    for word in said:
        about.setdefault(word.says.old, []).append(word)
    weights: dict[bytes, tuple[int, int]] = {}  # of keys of this place and later ones
    had = set(first)  # a key has one place, once
    keys: list[bytes] = []
    steps: list[bytes] = []
    for place in reversed(range(len(first))):
        key, weights[first[place]] = first[place], (place, 0)
        while heard := [
            word
            for word in about.get(key, ())
            if word.says.new not in had
            and (word.signer == key or weights.get(word.signer, (place, 0))[0] > place)
        ]:
            word = max(heard, key=lambda w: (weights[w.signer], w.says.counter, w.encoded))
            steps.append(word.encoded)
            weights[word.says.new] = (place, weights[key][1] + 1)
            key = word.says.new
            had.add(key)
        keys.append(key)
    return InOffice(
        keys=tuple(reversed(keys)), replaced=frozenset(had - set(keys)), steps=tuple(steps)
    )
