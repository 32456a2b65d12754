"""Write the whole file or none of it."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

HALF = ".part"
"""What the names of files end in that are not all written."""


def read_bounded(path: Path, bytes_max: int) -> bytes | None:
    """What is in a file, or in a device that claims to be one; None if that is more."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > bytes_max:
            return None
        content = file.read(bytes_max + 1)
    return content if len(content) <= bytes_max else None


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at `path`: after a power cut it is the old one or the new one, whole."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(
    path: Path, pieces: Iterable[bytes], *, check: Callable[[Path], None] = lambda written: None
) -> int:
    """Write a file that must not be there yet, whole or not at all; its bytes.

    `check` looks at what is written before it has its name, and may raise. Raises FileExistsError;
    like any OSError it leaves nothing behind. What stays where a stick is pulled out meanwhile ends
    in HALF.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=HALF)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(OSError):  # a stick's file system has no modes
                os.fchmod(file.fileno(), 0o644)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            written = file.tell()
        check(Path(temporary))
        _give_new_name(Path(temporary), path)
    finally:
        with suppress(OSError):  # a stick that was pulled out has nothing to unlink
            Path(temporary).unlink(missing_ok=True)
    sync_folder(path.parent)
    return written


def _give_new_name(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as wrong:
        if wrong.errno not in (errno.EPERM, errno.ENOTSUP):
            raise
        if path.exists():  # a stick's file system has no links, and no other writer than us
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from wrong
        temporary.replace(path)


def read_from_disk(path: Path, bytes_max: int) -> bytes | None:
    """What is in a file, as far as the system can be told not to answer from memory."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return read_bounded(path, bytes_max)


def destroy(path: Path) -> None:
    """Write it over, as far as the disk forgets what is written over, and take it away."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make what is in it durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
