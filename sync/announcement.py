"""A small word to a neighbour: what I hold has changed; come and see.

docs/spec/10-discovery.md. It carries no news. It is signed, so that only certified machines can
make others come, and says by a digest what is held, so that whoever holds the same stays away.
"""

from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lacking import digest_of_registers, held_digest
from sync.ledger import Ledger

VERSION = 1
CHANGED = "kairan-changed"
ANNOUNCEMENT_BYTES_MAX = 512
DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Who says that it changed, to whom, and what it holds now."""

    sender: bytes  # short
    to: bytes  # short
    digest: bytes  # `held_in_short`
    port: int | None  # where it answers itself, at the address that this came from
    sealed: cose.Sealed


def held_in_short(ledger: Ledger, town: str) -> bytes:
    """8 bytes that are equal where two machines hold the same of a town, registers too."""
    registers = digest_of_registers(ledger, [town])
    return sha256(b"kairan/1 in short" + held_digest(ledger, [town]) + registers).digest()[
        :DIGEST_BYTES
    ]


def announce(*, key: Ed25519PrivateKey, to: bytes, digest: bytes, port: int | None = None) -> bytes:
    """The word to the machine of that public key."""
    told: dict[int, object] = {1: VERSION, 2: cose.short(to), 4: digest}
    if port is not None:
        told[5] = port
    sender = cose.short(cose.public(key))
    return cose.sign(cbor.encode(told), type_=CHANGED, key_id=sender, key=key)


def open_announcement(message: bytes) -> Announcement:
    """What it says; the signature is still to be checked. Raises Malformed."""
    sealed = cose.read(message, bytes_max=ANNOUNCEMENT_BYTES_MAX)
    if sealed.type != CHANGED or len(sealed.key_id) != 8:
        raise Malformed("not an announcement")
    match cbor.decode(sealed.payload, bytes_max=ANNOUNCEMENT_BYTES_MAX):
        case {1: 1, 2: bytes(to), 4: bytes(digest), **others} if (
            len(to) == 8 and len(digest) == DIGEST_BYTES
        ):
            pass
        case _:
            raise Malformed("not an announcement of version 1")
    port = others.get(5)
    if (port is not None and not (isinstance(port, int) and 0 < port < 1 << 16)) or port is True:
        raise Malformed("a port that is none")
    return Announcement(sender=sealed.key_id, to=to, digest=digest, port=port, sealed=sealed)
