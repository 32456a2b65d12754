"""Reading keys, closed to a town's reserve key, so that what was sealed outlives a machine.

An Ed25519 key is a point of the same curve that X25519 counts on: RFC 7748 §4.1 has the map, and a
secret is its key's first 32 bytes under SHA-512 (RFC 8032 §5.1.5). So the paper in the safe that
restores the reserve opens these, and no key more has to be kept.
"""

from hashlib import sha512

from sync.errors import Malformed

_FIELD = (1 << 255) - 19


def escrow_public(authority: bytes) -> bytes:
    """To what is sealed for the holder of that Ed25519 key. Raises Malformed."""
    y = int.from_bytes(authority, "little") & (1 << 255) - 1
    if len(authority) != 32 or y >= _FIELD or y in (1, _FIELD - 1):
        raise Malformed("no key to seal for")
    u = (1 + y) * pow(1 - y, -1, _FIELD) % _FIELD
    return u.to_bytes(32, "little")


def escrow_secret(authority: bytes) -> bytes:
    """What opens it, from the 32 bytes that are the Ed25519 key."""
    return sha512(authority).digest()[:32]
