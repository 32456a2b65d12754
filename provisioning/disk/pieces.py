"""Bytes of files that belong at places of a disk: put there, and read again from there."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 4 << 20
_FORGET = 0x1261  # BLKFLSBUF in linux/fs.h


class Differs(Exception):
    """What was read isn't what was to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some bytes of a file, and where on the disk they belong."""

    source: Path
    skip: int = 0  # where in the file they begin
    at: int
    size: int


def put(piece: Piece, disk: BinaryIO) -> Iterator[int]:
    """Write it; gives how many bytes each time some are written."""
    for at, content in _chunks(piece):
        disk.seek(at)
        disk.write(content)
        disk.flush()
        os.fdatasync(disk.fileno())  # else a progress would be that of memory
        yield len(content)


def put_into_new_file(piece: Piece, file: BinaryIO) -> None:
    """The same, where all is zero yet: zeros take no room."""
    for at, content in _chunks(piece):
        if content.strip(b"\0"):
            file.seek(at)
            file.write(content)


def read_again(piece: Piece, disk: BinaryIO) -> Iterator[int]:
    """How many bytes, each time some are as they should be. Raises Differs."""
    for at, content in _chunks(piece):
        disk.seek(at)
        if disk.read(len(content)) != content:
            raise Differs
        yield len(content)


def is_there(piece: Piece, disk: BinaryIO) -> bool:
    """Whether the disk holds it already."""
    try:
        for _ in read_again(piece, disk):
            pass
    except Differs:
        return False
    return True


def forget_what_was_read(disk: BinaryIO) -> None:
    """So that what is read next comes from the disk, and not from memory."""
    disk.flush()
    os.fsync(disk.fileno())
    if stat.S_ISBLK(os.fstat(disk.fileno()).st_mode):
        with suppress(OSError):
            ioctl(disk, _FORGET, 0)
    os.posix_fadvise(disk.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def digest_of(path: Path, *, start: int, size: int, after: bytes = b"") -> str:
    """Of some bytes, and a part of a file after them."""
    found = sha256(after)
    for _, content in _chunks(Piece(source=path, skip=start, at=0, size=size)):
        found.update(content)
    return found.hexdigest()


def _chunks(piece: Piece) -> Iterator[tuple[int, bytes]]:
    """Where on the disk, and what. Ends early where the file does."""
    with piece.source.open("rb") as source:
        source.seek(piece.skip)
        done = 0
        while content := source.read(min(CHUNK_BYTES, piece.size - done)):
            yield piece.at + done, content
            done += len(content)
