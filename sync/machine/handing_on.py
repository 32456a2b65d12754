"""The answering side of a version's way by line, for whatever web framework stands before it.

Only a file that some machine of our towns should run is given, so nothing here is secret, and
whoever gets it knows by its name whether it is the right one. Each is answered with one piece at
most, and all together with so many a second: no page and no exchange waits for it.

docs/spec/13-releases.md, "By line".
"""

import re
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sync.ledger import Ledger
from sync.limits import PIECE_BYTES_MAX
from sync.machine import clock
from sync.machine.version_files import current, name_of
from sync.release import Release
from sync.trust import Trust

PIECES_PER_SECOND = 80
BUSY_SECONDS = 1

_DIGEST = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Handed:
    """What goes back over HTTP."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class HandingOn:
    """What one process of a machine gives to others."""

    def __init__(self, ledger: Ledger, towns: Sequence[str], folders: Sequence[Path]) -> None:
        """`folders`: where whole files lie."""
        self._ledger, self._towns, self._folders = ledger, towns, folders
        self._known: tuple[Trust, Mapping[bytes, Release]] | None = None
        self._lock = Lock()
        self._left, self._at = float(PIECES_PER_SECOND), clock.running()

    def answer(self, digest: str, asked: str) -> Handed:
        """A piece of the file of that digest, in hex. `asked`: what Range says, "" for nothing.

        Raises sqlite3.Error, OSError.
        """
        release = self._named(digest)
        path = None if release is None else self._file(release)
        if release is None or path is None:
            return _no(404, "no such file here")
        match _range(asked, release.size):
            case None:
                return _no(400, "ask for one range of its bytes")
            case first, last if first > last:
                nothing = {"Content-Range": f"bytes */{release.size}"}
                return _no(416, "it has no such bytes", nothing)
            case first, last:
                if not self._may():
                    return _no(503, "others ask, too", {"Retry-After": str(BUSY_SECONDS)})
                return _piece(path, first, min(last, first + PIECE_BYTES_MAX - 1), release.size)

    def _named(self, digest: str) -> Release | None:
        if not _DIGEST.fullmatch(digest):
            return None
        trust, known = self._ledger.trust(), self._known
        if known is None or known[0] is not trust:
            known = self._known = trust, current(trust, self._towns)
        return known[1].get(bytes.fromhex(digest))

    def _file(self, release: Release) -> Path | None:
        for folder in self._folders:
            path = folder / name_of(release.digest)
            with suppress(FileNotFoundError):
                found = path.lstat()
                if stat.S_ISREG(found.st_mode) and found.st_size == release.size:
                    return path
        return None

    def _may(self) -> bool:
        with self._lock:
            now = clock.running()
            grown = self._left + (now - self._at) * PIECES_PER_SECOND
            self._left, self._at = min(grown, float(PIECES_PER_SECOND)), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """The first and the last byte that are meant (RFC 9110 §14.1.2); None where that is no range.

    They are the wrong way round where the file ends before.
    """
    said = _RANGE.fullmatch(asked)
    first, last = said.groups() if said else ("", "")
    if not first:
        return (size - min(int(last), size), size - 1) if last else None
    if last and int(last) < int(first):
        return None
    return (int(first), min(int(last or size), size - 1))


def _piece(path: Path, first: int, last: int, size: int) -> Handed:
    with path.open("rb") as file:
        file.seek(first)
        content = file.read(last + 1 - first)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": f"bytes {first}-{last}/{size}",
        "X-Content-Type-Options": "nosniff",
    }
    return Handed(206, content, headers)


def _no(status: int, why: str, more: Mapping[str, str] | None = None) -> Handed:
    headers = {"Content-Type": "text/plain; charset=utf-8", **(more or {})}
    return Handed(status, f"{why}\n".encode(), headers)
