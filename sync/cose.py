"""COSE_Sign1 with Ed25519 (RFC 9052 §4, RFC 9053 §2.2): what every signature here is.

Any COSE library can check what this makes; `tests/sync/test_cose.py` does so with another one.
"""

from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync import cbor
from sync.errors import Malformed, Unverified

_ALGORITHM, _KEY_ID, _TYPE = 1, 4, 16
_EDDSA = -8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A message with its signature, before anybody has checked it."""

    protected: bytes
    key_id: bytes
    type: str
    payload: bytes
    signature: bytes


def public(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of its public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def short(public_key: bytes) -> bytes:
    """The 8 bytes by which messages name a machine."""
    return sha256(public_key).digest()[:8]


def sign_detached(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """64 bytes over a payload that the other side rebuilds."""
    return key.sign(_to_be_signed(cbor.encode({_ALGORITHM: _EDDSA}), payload))


def verify_detached(payload: bytes, signature: bytes, public_key: bytes) -> None:
    """Raises Unverified unless `signature` is the key's over `payload`."""
    _verify(_to_be_signed(cbor.encode({_ALGORITHM: _EDDSA}), payload), signature, public_key)


def sign(payload: bytes, *, type_: str, key_id: bytes, key: Ed25519PrivateKey) -> bytes:
    """A whole COSE_Sign1, untagged, with its payload inside."""
    protected = cbor.encode({_ALGORITHM: _EDDSA, _KEY_ID: key_id, _TYPE: type_})
    return cbor.encode([protected, {}, payload, key.sign(_to_be_signed(protected, payload))])


def read(encoded: bytes, *, bytes_max: int) -> Sealed:
    """The parts of a COSE_Sign1, unchecked. Raises Malformed."""
    match cbor.decode(encoded, bytes_max=bytes_max):
        case [bytes(protected), dict(unprotected), bytes(payload), bytes(signature)]:
            pass
        case _:
            raise Malformed("not a COSE_Sign1")
    if unprotected or len(signature) != 64:
        raise Malformed("a COSE_Sign1 with unprotected headers or a wrong signature length")
    match cbor.decode(protected, bytes_max=256):
        case {1: -8, 4: bytes(key_id), 16: str(type_), **others} if not others:
            return Sealed(
                protected=protected,
                key_id=key_id,
                type=type_,
                payload=payload,
                signature=signature,
            )
        case _:
            raise Malformed("a COSE_Sign1 with other headers than ours")


def verify(sealed: Sealed, public_key: bytes) -> None:
    """Raises Unverified unless it was signed with that key."""
    _verify(_to_be_signed(sealed.protected, sealed.payload), sealed.signature, public_key)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])


def _verify(signed: bytes, signature: bytes, public_key: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (InvalidSignature, ValueError) as wrong:
        raise Unverified("the signature doesn't match") from wrong
