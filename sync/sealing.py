"""What only a few may read, as bytes that anybody may carry (docs/spec/11-sealed.md).

A content key of its own closes each message; HPKE (RFC 9180, base mode: X25519, HKDF-SHA256,
ChaCha20-Poly1305) closes that key to each reader. The place where the message stands is part of
both, so bytes that are copied to another place open to nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sync import cbor, cose
from sync.errors import Malformed, TooLarge, Unverified
from sync.limits import SEALED_BYTES_MAX, SEALED_PLAIN_BYTES_MAX, SEALED_READERS_MAX

KEY_BYTES = 32
TAG_BYTES = 8
WRAPPED_BYTES = 80  # an ephemeral key, the content key, and what proves it
STEP_BYTES = 256  # the smallest size; each other is twice the one before

_VERSION = 1
_NONCE = bytes(12)  # no content key closes two messages
_PROOF_BYTES = 16
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class NotForUs(Exception):
    """None of our keys opens it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sealed message stands, and nowhere else opens."""

    town: str
    kind: str  # of its entry
    lane: bytes  # id of its record's lane, also where that is on a branch
    number: int  # of its record's first entry

    @property
    def info(self) -> bytes:
        """What binds it there."""
        return b"kairan/1 sealed" + cbor.encode([self.town, self.kind, self.lane, self.number])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed message, before anybody has opened it."""

    parts: Mapping[bytes, bytes]  # the content key, closed to each reader, by the reader's tag
    commitment: bytes  # to the content key: all readers read the same
    body: bytes


def public(secret: bytes) -> bytes:
    """The 32 bytes by which others seal to whoever holds that secret."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def tag(reader: bytes) -> bytes:
    """By which a reader's part is found; it names nobody to who doesn't know the key."""
    return cose.short(reader)


def seal(plain: bytes, *, to: Iterable[bytes], at: Place, content_key: bytes) -> bytes:
    """Close it to these readers' keys. Raises TooLarge; Malformed for a key that is none."""
    parts = sorted({tag(reader): reader for reader in to}.items())
    if not 0 < len(parts) <= SEALED_READERS_MAX:
        raise TooLarge(f"a message to {len(parts)} readers")
    wrapped = [[name, wrap(content_key, to=reader, at=at)] for name, reader in parts]
    body = ChaCha20Poly1305(content_key).encrypt(_NONCE, _padded(plain), at.info)
    return cbor.encode([_VERSION, wrapped, _commitment(content_key), body])


def read_sealed(encoded: bytes) -> Sealed:
    """Its parts. Raises Malformed."""
    match cbor.decode(encoded, bytes_max=SEALED_BYTES_MAX):
        case [int(version), list(listed), bytes(commitment), bytes(body)]:
            pass
        case _:
            raise Malformed("not a sealed message")
    if not cbor.are_integers(version) or version != _VERSION:
        raise Malformed("sealed in a way unknown to this version")
    if len(commitment) != sha256().digest_size or not _is_a_size(len(body) - _PROOF_BYTES):
        raise Malformed("a sealed message of a wrong size")
    parts: dict[bytes, bytes] = {}
    for item in listed:
        match item:
            case [bytes(name), bytes(wrapped)] if (
                len(name) == TAG_BYTES and len(wrapped) == WRAPPED_BYTES
            ):
                parts[name] = wrapped
            case _:
                raise Malformed("a sealed message with a wrong part")
    if not 0 < len(listed) <= SEALED_READERS_MAX or sorted(parts) != [item[0] for item in listed]:
        raise Malformed("parts out of order, named twice, or too many")
    return Sealed(parts=parts, commitment=commitment, body=body)


def open_sealed(sealed: Sealed, secrets: Iterable[bytes], *, at: Place) -> bytes:
    """What it says, by whichever of these secrets opens it. Raises NotForUs, Unverified."""
    for secret in secrets:
        wrapped = sealed.parts.get(tag(public(secret)))
        if wrapped is None:
            continue
        content_key = unwrap(wrapped, secret, at=at)
        if len(content_key) != KEY_BYTES or _commitment(content_key) != sealed.commitment:
            raise Unverified("the content key is another than it claims to be")
        try:
            padded = ChaCha20Poly1305(content_key).decrypt(_NONCE, sealed.body, at.info)
        except InvalidTag as wrong:
            raise Unverified("changed, or taken from another place") from wrong
        return _without_padding(padded)
    raise NotForUs


def wrap(key: bytes, *, to: bytes, at: Place) -> bytes:
    """A key of 32 bytes, closed to one reader. Raises Malformed for a reader's key that is none."""
    try:
        return _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(to), at.info)
    except ValueError as wrong:  # a point that would make everybody's secret the same
        raise Malformed("not a key to seal to") from wrong


def unwrap(wrapped: bytes, secret: bytes, *, at: Place) -> bytes:
    """The key. Raises Unverified."""
    try:
        return _SUITE.decrypt(wrapped, X25519PrivateKey.from_private_bytes(secret), at.info)
    except (InvalidTag, ValueError) as wrong:
        raise Unverified("changed, closed to somebody else, or taken from another place") from wrong


def _commitment(content_key: bytes) -> bytes:
    return sha256(b"kairan/1 content key" + content_key).digest()


def _padded(plain: bytes) -> bytes:
    if len(plain) > SEALED_PLAIN_BYTES_MAX:
        raise TooLarge(f"a message of {len(plain)} bytes")
    size = STEP_BYTES
    while size <= len(plain):
        size *= 2
    return plain + b"\x80" + bytes(size - len(plain) - 1)


def _without_padding(padded: bytes) -> bytes:
    plain, mark, zeros = padded.rpartition(b"\x80")
    if not mark or any(zeros):
        raise Unverified("filled up in another way than ours")
    return plain


def _is_a_size(size: int) -> bool:
    return STEP_BYTES <= size <= SEALED_PLAIN_BYTES_MAX + 1 and size & size - 1 == 0
