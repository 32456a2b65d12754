"""Digits that an office reads out by telephone, and one machine of its town alone can check.

Both work them out from their own keys (X25519 of what RFC 7748 §4.1 makes of Ed25519 keys, as in
`sync.escrow`), so nothing has to be sent: docs/spec/3-trust.md, "By telephone".
"""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync import cbor
from sync.errors import Malformed
from sync.escrow import escrow_public, escrow_secret

ASKED_DIGITS, CODE_DIGITS = 8, 10


def telephone_code(
    asked: str, *, own: bytes, other: bytes, town: str, office: bytes, place: bytes
) -> str:
    """What the office says where the machine of that place shows `asked`.

    `own`: the 32 bytes that are one's Ed25519 key; `other`: the other side's public one. Raises
    Malformed.
    """
    if len(asked) != ASKED_DIGITS or not (asked.isascii() and asked.isdigit()):
        raise Malformed(f"not {ASKED_DIGITS} digits")
    private = X25519PrivateKey.from_private_bytes(escrow_secret(own))
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(escrow_public(other)))
    except ValueError as wrong:  # a point that would make everybody's secret the same
        raise Malformed("no key to agree on digits with") from wrong
    info = b"kairan/1 telephone" + cbor.encode([town, office, place])
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(shared)
    said = hmac.digest(key, asked.encode(), sha256)
    return f"{int.from_bytes(said, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"
