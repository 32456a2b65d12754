"""The seal: 32 bytes that close a machine's keys, so that its disk alone opens none of them.

On the disk it lies closed to the machine's TPM (sync/machine/tpm.py), beside what it closes.
`kairan seal` opens it at each start and lays it into memory, for the machine's own user, under a
name that follows from what lies on the disk: no other folder's keys are taken for these.
"""

import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync.machine.files import read_bounded
from sync.machine.keys import key_salt

SEAL_FILE = "seal.tpm"
"""In the machine's folder: there where keys are closed to a TPM, or were."""

SEAL_BYTES = 32
OPENED = Path("/run/kairan-seal")
SEALS = "KAIRAN_SEALS"
"""In the environment: where opened seals lie, if not there."""

_FILE_BYTES_MAX = 16 << 10
_NONCE_BYTES = 12


class Seal:
    """One that was opened."""

    def __init__(self, secret: bytes) -> None:
        """Raises ValueError for what isn't 32 bytes."""
        self._cipher = ChaCha20Poly1305(secret)

    def close(self, content: bytes, *, about: bytes) -> bytes:
        """What opens to that again, where `about` is the same."""
        nonce = key_salt(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, about)

    def open(self, closed: bytes, *, about: bytes) -> bytes | None:
        """None for what is cut short, changed, or closed to another seal."""
        try:
            return self._cipher.decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError):
            return None


def opened_seal(folder: Path) -> Seal | None:
    """That of the machine in this folder; None where it has none, or its TPM didn't open it."""
    closed = closed_seal(folder)
    try:
        content = read_bounded(place_of(closed), SEAL_BYTES) if closed else None
        return Seal(content) if content else None
    except (OSError, ValueError):  # nothing was opened, or not for us
        return None


def closed_seal(folder: Path) -> bytes | None:
    """As it lies on the disk; None where there is none. Raises OSError."""
    try:
        return read_bounded(folder / SEAL_FILE, _FILE_BYTES_MAX) or b""
    except FileNotFoundError:
        return None


def place_of(closed: bytes) -> Path:
    """Where the seal lies that this opens to, once it was opened."""
    return Path(os.environ.get(SEALS) or OPENED) / sha256(closed).hexdigest()
