"""Files of versions: what they are called, and those that somebody put here for other machines.

A file is named by what is in it. Nobody writes to one that has its name.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sync.machine.files import HALF, write_new
from sync.release import Release
from sync.trust import Trust

ENDING = ".kairan-release"
FOR_OTHERS = "for-others"
"""A folder in a machine's own: files that were put there to be handed on."""

_CHUNK_BYTES = 1 << 20


class NotNamed(Exception):
    """No word that is known here says that a machine should run that file."""


def name_of(digest: bytes) -> str:
    """How a version's file is called, wherever it lies."""
    return f"{digest.hex()}{ENDING}"


def current(trust: Trust, towns: Iterable[str]) -> dict[bytes, Release]:
    """What machines of these towns should run now, by digest."""
    return {each.digest: each for town in towns for each in trust.current_releases(town)}


def digest_of(file: Path) -> bytes:
    """Of all that is in it. Raises OSError."""
    digest = sha256()
    with file.open("rb") as opened:
        for chunk in _chunks(opened):
            digest.update(chunk)
    return digest.digest()


def put_for_others(folder: Path, file: Path, named: Mapping[bytes, Release]) -> Release:
    """Copy a file into a machine's folder, and let go of what nobody should run any more; which.

    Raises NotNamed, OSError.
    """
    release = named.get(digest_of(file))
    if release is None or file.stat().st_size != release.size:
        raise NotNamed
    let_go(folder, named)
    kept = folder / FOR_OTHERS / name_of(release.digest)
    kept.parent.mkdir(exist_ok=True, mode=0o755)
    if not kept.exists():
        with file.open("rb") as opened:
            write_new(kept, _chunks(opened), check=lambda written: _check(written, release))
    owner = folder.stat()
    for path in (kept.parent, kept):  # whoever put it there, those who serve tend it
        if path.stat().st_uid != owner.st_uid:
            shutil.chown(path, owner.st_uid, owner.st_gid)
    return release


def let_go(folder: Path, named: Mapping[bytes, Release]) -> None:
    """Of what lies there for others, and no machine should run any more. Raises OSError."""
    there, wanted = folder / FOR_OTHERS, {name_of(digest) for digest in named}
    for path in there.iterdir() if there.is_dir() else ():
        if path.name.endswith((ENDING, HALF)) and path.name not in wanted:
            path.unlink()


def _check(written: Path, release: Release) -> None:
    if digest_of(written) != release.digest:  # it was changed while it was copied
        raise NotNamed


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
