"""Which software a town's machines should run: a word of its authority (docs/spec/13-releases.md).

The bytes of a release are a file that goes by any road; the word says which file it is, for whom,
and in which order words come. No clock orders anything here.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.limits import (
    RELEASE_BASE_CHARACTERS_MAX,
    RELEASE_BYTES_MAX,
    RELEASE_MACHINES_MAX,
    SOFTWARE_CHARACTERS_MAX,
)

RELEASE = "kairan-release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """These machines should run that file."""

    counter: int  # of words: of those that name a machine the largest counts
    number: int  # of the file: what was made later has a larger one
    version: str  # what people call it
    digest: bytes  # of the file, SHA-256
    size: int  # of the file, in bytes
    base: str  # on which system it runs
    machines: tuple[bytes, ...] = ()  # their keys, sorted; none: all of the town
    back_from: int = 0  # a permit: who runs a file of at most that number may go back to this one
    ledger: int = 1  # the form that it gives to a ledger


def sign_release(release: Release, authority: Ed25519PrivateKey) -> bytes:
    """The statement by which an authority says so."""
    body = {
        1: release.counter,
        2: release.number,
        3: release.version,
        4: release.digest,
        5: release.size,
        6: release.base,
        7: list(release.machines),
        8: release.back_from,
        9: release.ledger,
    }
    return cose.sign(cbor.encode(body), type_=RELEASE, key_id=cose.public(authority), key=authority)


def read_release(body: object) -> Release:
    """The word that a payload is. Raises Malformed."""
    match body:
        case {
            1: int(counter),
            2: int(number),
            3: str(version),
            4: bytes(digest),
            5: int(size),
            6: str(base),
            7: list(machines),
            8: int(back_from),
            9: int(ledger),
            **others,
        } if (
            not others
            and cbor.are_integers(counter, number, size, back_from, ledger)
            and min(counter, number, ledger) >= 1
            and back_from >= 0
            and 1 <= size <= RELEASE_BYTES_MAX
            and len(digest) == 32
            and 1 <= len(version) <= SOFTWARE_CHARACTERS_MAX
            and 1 <= len(base) <= RELEASE_BASE_CHARACTERS_MAX
            and len(machines) <= RELEASE_MACHINES_MAX
            and all(isinstance(key, bytes) and len(key) == 32 for key in machines)
            and machines == sorted(set(machines))
        ):
            return Release(
                counter=counter,
                number=number,
                version=version,
                digest=digest,
                size=size,
                base=base,
                machines=tuple(machines),
                back_from=back_from,
                ledger=ledger,
            )
        case _:
            raise Malformed("not a word on a release")
