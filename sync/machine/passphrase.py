"""A passphrase made into what closes a few bytes: Argon2id, then AES-256-GCM.

Each guess costs whoever guesses as much memory and time as it costs us.
"""

import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

COST = 18
"""256 MiB: about a second for whoever guesses, each time."""

COST_MIN, COST_MAX = 10, 20
SALT_BYTES = 16
PROOF_BYTES = 16
_PASSES, _NONCE = 3, bytes(12)  # no salt closes two things


class WrongPassphrase(Exception):
    """It doesn't open with that."""


def close(secret: bytes, passphrase: str, *, salt: bytes, cost: int, bound_to: bytes) -> bytes:
    """The secret, closed; `PROOF_BYTES` longer. `salt` is new, `bound_to` is told with it."""
    return _cipher(passphrase, salt, cost).encrypt(_NONCE, secret, bound_to)


def open_(box: bytes, passphrase: str, *, salt: bytes, cost: int, bound_to: bytes) -> bytes:
    """The secret. Raises WrongPassphrase, also where something was changed."""
    try:
        return _cipher(passphrase, salt, cost).decrypt(_NONCE, box, bound_to)
    except InvalidTag as wrong:
        raise WrongPassphrase from wrong


def _cipher(passphrase: str, salt: bytes, cost: int) -> AESGCM:
    derived = Argon2id(
        salt=salt, length=32, iterations=_PASSES, lanes=1, memory_cost=1 << cost
    ).derive(unicodedata.normalize("NFKC", passphrase).encode())
    return AESGCM(derived)
