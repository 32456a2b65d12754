"""What comes for the guardian, put down where it looks: the newest word, and the file it names.

Words come as statements by every road. A file comes on a stick, by line (`fetching.py`), or lies
here for others; what isn't what was signed is never put down.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from node.node import Node
from node.updating.guardian import BASE, ROOM_BYTES
from node.updating.inbox import INBOX_FOLDER, put_words, waiting_file
from node.updating.shelf import Outcome, Shelf, State, read_state
from sync.authority import Replacement
from sync.machine.files import HALF, write_new
from sync.machine.form import releases_folder
from sync.machine.version_files import (
    ENDING,
    FOR_OTHERS,
    current,
    digest_of,
    let_go,
    name_of,
)
from sync.release import Release

_CHUNK_BYTES = 1 << 20
_PLACES = ("", "kairan")  # on a stick


class _Another(Exception):
    """The file isn't the one that was signed."""


def put_down(node: Node) -> None:
    """What is known now of versions for this machine; what lies here for others is seen to.

    Raises sqlite3.Error, OSError.
    """
    trust, town = node.ledger.trust(), node.settings.town
    if releases_folder() is not None:
        inbox = node.settings.folder / INBOX_FOLDER
        wanted = trust.release_for(node.identity.public, town)
        words = trust.ordered(
            each
            for each in trust.statements
            if (isinstance(each.says, Replacement) and town in trust.towns_of(each))
            or (wanted is not None and each.says == wanted and town in trust.towns_of(each))
        )
        put_words(inbox, key=node.identity.public, statements=words)
        _tidy(inbox, wanted)
        if (release := awaited(node)) is not None:
            here = node.settings.folder / FOR_OTHERS / name_of(release.digest)
            if here.exists() and has_room(node, release):
                with suppress(FileExistsError):
                    os.link(here, waiting_file(inbox, release))
    let_go(node.settings.folder, current(trust, [town]))


def _tidy(inbox: Path, wanted: Release | None) -> None:
    keep = waiting_file(inbox, wanted) if wanted and _is_missing(wanted) else None
    half = half_of(keep) if keep else None
    for path in inbox.iterdir():
        old = path.name.endswith((ENDING, HALF)) and path not in (keep, half)
        if old or (path == keep and wanted and _was_wrong(path, wanted)):
            path.unlink()


def awaited(node: Node) -> Release | None:
    """Whose file this machine waits for."""
    release = node.ledger.trust().release_for(node.identity.public, node.settings.town)
    if releases_folder() is None or release is None or not _is_missing(release):
        return None
    there = waiting_file(node.settings.folder / INBOX_FOLDER, release).exists()
    return None if there or release.base != BASE else release


def half_of(file: Path) -> Path:
    """Where what came by line so far of that file lies."""
    return file.with_name(file.name + HALF)


def has_room(node: Node, release: Release, *, arrived: int = 0) -> bool:
    """Whether there is, for the file here and on the shelf, of which so much is here."""
    free = shutil.disk_usage(node.settings.folder).free
    return free >= 2 * release.size - arrived + ROOM_BYTES


def bring(node: Node, stick: Path) -> str:
    """Take the file that is waited for from a stick; the version that came, or "".

    Raises OSError where this machine's own disk can't be written.
    """
    if releases_folder() is None:
        return ""
    put_down(node)  # also a word on a version that is here already
    release = awaited(node)
    if release is None or not has_room(node, release):
        return ""
    to = waiting_file(node.settings.folder / INBOX_FOLDER, release)
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
    folder, state, digest = releases_folder(), _state(), release.digest.hex()
    runs = state.standing is not None and state.standing.digest == digest
    there = runs or (folder is not None and Shelf(folder).file(digest).exists())
    return release.counter > state.counter and not there


def _was_wrong(path: Path, release: Release) -> bool:
    """Whether the guardian threw that file away."""
    last = _state().last
    if last is None or (last.number, last.outcome) != (release.number, Outcome.DAMAGED):
        return False
    return digest_of(path) != release.digest


def _is_it(path: Path, release: Release) -> bool:
    with suppress(OSError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == release.size
    return False


def _brought(path: Path, to: Path, release: Release) -> bool:
    """Whole, and the one that was signed. What can't be read from the stick is not."""
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
