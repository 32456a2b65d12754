"""How `kairan-web` tells `kairan-sync`, on the same machine, what a neighbour announced.

A datagram to a name in Linux's abstract namespace (unix(7)): nothing on the disk, nothing left
after a crash, and nobody waits. Any process here can ring; what is heard is only a hint.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sync import cbor
from sync.announcement import DIGEST_BYTES
from sync.errors import Malformed

_BYTES_MAX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A certified machine of the town says what it holds."""

    machine: bytes  # short
    digest: bytes  # sync.announcement.held_in_short
    url: str  # where it answers; empty where it didn't say


class Bell:
    """The end that listens."""

    def __init__(self, folder: Path) -> None:
        """Of the machine in that folder. Raises OSError where somebody listens already."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(_name(folder))
        except OSError:
            self._socket.close()
            raise

    def hear(self, seconds: float) -> Heard | None:
        """The next word; None if there is none for so long, or it can't be read."""
        self._socket.settimeout(seconds)
        with suppress(TimeoutError, BlockingIOError, Malformed):
            match cbor.decode(self._socket.recv(_BYTES_MAX), bytes_max=_BYTES_MAX):
                case [bytes(machine), bytes(digest), str(url)] if (
                    len(machine) == 8 and len(digest) == DIGEST_BYTES
                ):
                    return Heard(machine=machine, digest=digest, url=url)
        return None

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def ring(folder: Path, heard: Heard) -> bool:
    """Hand it on; False if nobody listens, or has too much to do."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        try:
            bell.sendto(cbor.encode([heard.machine, heard.digest, heard.url]), _name(folder))
        except OSError:
            return False
    return True


def is_listened_to(folder: Path) -> bool:
    """Whether somebody has that end: whoever does runs `kairan sync`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        try:
            bell.connect(_name(folder))
        except OSError:
            return False
    return True


def _name(folder: Path) -> str:
    return "\0kairan/" + sha256(bytes(folder.resolve())).hexdigest()
