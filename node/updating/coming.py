"""What comes for the guardian, put down where it looks: the newest word, and the file it names.

Words come as statements by every road. A file comes on a stick; what isn't what was signed is never
put down.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path

from node.node import Node
from node.updating.guardian import ROOM_BYTES
from node.updating.inbox import INBOX_FOLDER, put_words, waiting_file
from node.updating.shelf import ENDING, Outcome, State, read_state
from sync.authority import Replacement
from sync.machine.files import HALF, write_new
from sync.machine.form import releases_folder
from sync.release import Release

_CHUNK_BYTES = 1 << 20
_PLACES = ("", "kairan")  # on a stick


class _Another(Exception):
    """The file isn't the one that was signed."""


def put_down(node: Node) -> None:
    """What is known now of versions for this machine. Does nothing where none are tried."""
    folder = releases_folder()
    if folder is None:
        return
    inbox = node.settings.folder / INBOX_FOLDER
    trust, town = node.ledger.trust(), node.settings.town
    wanted = trust.release_for(node.identity.public, town)
    words = trust.ordered(
        each
        for each in trust.statements
        if (isinstance(each.says, Replacement) and town in trust.towns_of(each))
        or (wanted is not None and each.says == wanted and town in trust.towns_of(each))
    )
    put_words(inbox, key=node.identity.public, statements=words)
    keep = waiting_file(inbox, wanted) if wanted and _is_missing(wanted) else None
    for path in inbox.iterdir():
        old = path.name.endswith((ENDING, HALF)) and path != keep
        if old or (path == keep and wanted and _was_wrong(path, wanted)):
            path.unlink()


def bring(node: Node, stick: Path) -> str:
    """Take the file that is waited for from a stick; the version that came, or "".

    Raises OSError where this machine's own disk can't be written.
    """
    release = node.ledger.trust().release_for(node.identity.public, node.settings.town)
    if releases_folder() is None or release is None or not _is_missing(release):
        return ""
    put_down(node)
    to = waiting_file(node.settings.folder / INBOX_FOLDER, release)
    if to.exists():
        return ""
    for place in _PLACES:
        path = stick / place / to.name
        if _is_it(path, release) and _brought(path, to, release):
            return release.version
    return ""


def _state() -> State:
    folder = releases_folder()
    return (folder and read_state(folder)) or State()


def _is_missing(release: Release) -> bool:
    """Whether the guardian still waits for its file."""
    trial = _state().trial
    if trial is not None and trial.version.digest == release.digest.hex():
        return False
    return release.counter > _state().counter


def _was_wrong(path: Path, release: Release) -> bool:
    """Whether the guardian threw that file away."""
    last = _state().last
    if last is None or (last.number, last.outcome) != (release.number, Outcome.DAMAGED):
        return False
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest() != release.digest


def _is_it(path: Path, release: Release) -> bool:
    with suppress(OSError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == release.size
    return False


def _brought(path: Path, to: Path, release: Release) -> bool:
    """Whole, and the one that was signed. What can't be read from the stick is not."""
    if shutil.disk_usage(to.parent).free < 2 * release.size + ROOM_BYTES:
        return False
    digest = sha256()

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            left = release.size
            while left and (piece := file.read(min(_CHUNK_BYTES, left))):
                left -= len(piece)
                digest.update(piece)
                yield piece

    def check(written: Path) -> None:
        if digest.digest() != release.digest:
            raise _Another
        os.chmod(written, 0o600)  # noqa: PTH101

    try:
        write_new(to, pieces(), check=check)
    except _Another:
        return False
    except OSError:
        if path.exists():
            raise
        return False  # it was pulled out
    return True
