"""Opens sealed bytes as docs/spec/11-sealed.md has them, with RFC 9180 written out step by step.

Of the library only X25519, HMAC's hash and the cipher are used, not its HPKE.
"""

import hmac
from hashlib import sha256, sha512
from typing import Any

from cbor2 import dumps
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.vectors.decoder import hashed

KEM, SUITE = b"KEM\0\x20", b"HPKE\0\x20\0\x01\0\x03"
PRIME = 2**255 - 19


def extract(suite: bytes, salt: bytes, label: bytes, given: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + given, sha256)


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    said = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, said + b"\x01", sha256)[:size]


def cipher(
    shared: bytes, sent: bytes, reader: bytes, info: bytes
) -> tuple[ChaCha20Poly1305, bytes]:
    """The key and nonce that both sides come to, from what X25519 gave them (§4.1, §5.1)."""
    secret = expand(KEM, extract(KEM, b"", b"eae_prk", shared), b"shared_secret", sent + reader, 32)
    context = b"\0" + extract(SUITE, b"", b"psk_id_hash", b"")
    context += extract(SUITE, b"", b"info_hash", info)
    key = extract(SUITE, secret, b"secret", b"")
    return (
        ChaCha20Poly1305(expand(SUITE, key, b"key", context, 32)),
        expand(SUITE, key, b"base_nonce", context, 12),
    )


def public(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def agree(secret: bytes, other: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).exchange(
        X25519PublicKey.from_public_bytes(other)
    )


def info(given: Any) -> bytes:
    lane = bytes.fromhex(given["lane_id"])
    return b"kairan/1 sealed" + dumps([given["town"], given["kind"], lane, given["number"]])


def opened(value: Any, given: Any) -> dict[str, Any]:
    """What it says to who has the secret. Raises what stands in MALFORMED for another form."""
    match value:
        case [1, [*parts], bytes(commitment), bytes(body)] if type(value[0]) is int:
            pass
        case _:
            raise ValueError
    tags = [part[0] for part in parts]
    sizes = [256 << step for step in range(7)]
    if not 0 < len(tags) <= 16 or tags != sorted(set(tags)) or len(commitment) != 32:
        raise ValueError
    if any(len(part) != 2 or (len(part[0]), len(part[1])) != (8, 80) for part in parts):
        raise ValueError
    if len(body) - 16 not in sizes:
        raise ValueError
    secret = bytes.fromhex(given["secret"])
    wrapped = dict(map(tuple, parts)).get(hashed(public(secret))[:8])
    if wrapped is None:
        return {"text": None}
    about = info(given)
    try:
        closing, nonce = cipher(agree(secret, wrapped[:32]), wrapped[:32], public(secret), about)
        content_key = closing.decrypt(nonce, wrapped[32:], b"")
        if hashed(b"kairan/1 content key", content_key) != commitment:
            return {"text": None}
        padded = ChaCha20Poly1305(content_key).decrypt(bytes(12), body, about)
    except InvalidTag:
        return {"text": None}
    return {"text": padded.rstrip(b"\0").removesuffix(b"\x80").hex()}


def escrow(value: Any, _: Any) -> dict[str, Any]:
    """RFC 7748 §4.1, and RFC 8032 §5.1.5 for the secret."""
    y = int.from_bytes(value[0], "little") % 2**255
    u = (1 + y) * pow(1 - y, PRIME - 2, PRIME) % PRIME
    secret = sha512(value[1]).digest()[:32]
    assert public(secret) == u.to_bytes(32, "little")
    return {"key": u.to_bytes(32, "little").hex(), "secret": secret.hex()}
