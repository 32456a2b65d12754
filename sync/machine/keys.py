"""The one place that makes keys and other randomness, and keeps keys in files."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sync.cose import public
from sync.entry import SALT_BYTES
from sync.machine.files import write_whole


class KeyClosed(Exception):
    """The machine's key lies closed, and nothing opens it: it can sign nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and the public half by which others know it; that half alone where it lies closed."""

    _key: Ed25519PrivateKey | bytes

    @property
    def private(self) -> Ed25519PrivateKey:
        """To sign with. Raises KeyClosed."""
        if isinstance(self._key, bytes):
            raise KeyClosed
        return self._key

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return self._key if isinstance(self._key, bytes) else public(self._key)

    @property
    def is_closed(self) -> bool:
        """Whether it signs nothing."""
        return isinstance(self._key, bytes)


def make_identity() -> Identity:
    """A new key."""
    return Identity(Ed25519PrivateKey.generate())


def tls_key() -> ec.EllipticCurvePrivateKey:
    """A new key to be known by over TLS; on the curve that every browser and library takes."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate_number() -> int:
    """For a certificate of X.509: no two alike, and nobody guesses the next (RFC 5280 §4.1.2.2)."""
    return secrets.randbits(158) + 1


def load_identity(path: Path) -> Identity:
    """The key kept there. Raises OSError, or ValueError for a file that holds no Ed25519 key."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return Identity(key)


def save_identity(identity: Identity, path: Path) -> None:
    """Keep a key where only its owner can read it."""
    pem = identity.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_whole(path, pem, mode=0o600)


def secret(identity: Identity) -> bytes:
    """The 32 bytes that are the key."""
    return identity.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def identity_of(secret: bytes) -> Identity:
    """The key that these 32 bytes are."""
    return Identity(Ed25519PrivateKey.from_private_bytes(secret))


def key_salt(count: int) -> bytes:
    """For a passphrase."""
    return secrets.token_bytes(count)


def reading_secret() -> bytes:
    """32 bytes that open what is sealed to their public half."""
    return secrets.token_bytes(32)


def content_key() -> bytes:
    """For one sealed message, or one closed file."""
    return secrets.token_bytes(32)


def slip_bits(count: int) -> int:
    """A number of that many bits, for a receipt."""
    return secrets.randbits(count)


def word_bits(count: int) -> bytes:
    """Of a word that is written down and typed."""
    return secrets.token_bytes(count)


def digits(count: int) -> str:
    """A code for somebody to type."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def token() -> str:
    """What nobody guesses: for a session, or a form."""
    return secrets.token_urlsafe(32)


def salt() -> bytes:
    """For a payload."""
    return secrets.token_bytes(SALT_BYTES)


def incarnation_random() -> bytes:
    """8 bytes for a life of a ledger."""
    return os.urandom(8)
