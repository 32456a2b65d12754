"""What a disk was told, in order, and what a power cut would have left of it.

A disk may keep what it was told in its own memory until it is told to flush, and may write that
in any order. So after a cut there is all up to the last flush, and of what came later any part:
here every block of 4 KiB, which disks write whole, is there or not by the throw of a coin.
"""

import random
import struct
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

BLOCK_BYTES = 4096

_HEAD = struct.Struct("<QI")  # offset, bytes
_FLUSH_OFFSET = (1 << 64) - 1
FLUSH = _HEAD.pack(_FLUSH_OFFSET, 0)


def as_logged(offset: int, data: bytes) -> bytes:
    return _HEAD.pack(offset, len(data)) + data


@dataclass(frozen=True, slots=True)
class Told:
    """One thing a disk was told; `end` is how long the log was then."""

    end: int
    offset: int = 0
    data: bytes | None = None  # None: flush

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        for at in range(0, len(self.data or b""), BLOCK_BYTES):
            yield self.offset + at, (self.data or b"")[at : at + BLOCK_BYTES]


def read_log(path: Path) -> list[Told]:
    log = path.read_bytes()
    told, at = [], 0
    while at < len(log):
        offset, size = _HEAD.unpack_from(log, at)
        at += _HEAD.size + size
        flush = offset == _FLUSH_OFFSET
        told.append(Told(at) if flush else Told(at, offset, log[at - size : at]))
    return told


class Replay:
    """A disk on its way through the log, from one cut to the next."""

    def __init__(self, disk: Path, told: Sequence[Told]) -> None:
        """`disk`: as it was before it was told anything; it is brought forward in place."""
        self._disk = disk
        self._told = told
        self._flushed = 0  # so many of `told` are on it for certain

    def cut(self, after: int, rng: random.Random, left: Path) -> None:
        """Make `left` what is there when the power goes after so many things it was told.

        A cut comes never before the one before it.
        """
        flushed = self._flushed
        for at in range(flushed, after):
            if self._told[at].data is None:
                flushed = at
        certain = chain.from_iterable(told.blocks() for told in self._told[self._flushed : flushed])
        _write(self._disk, certain)
        self._flushed = flushed
        subprocess.run(["cp", "--sparse=always", self._disk, left], check=True)
        late = chain.from_iterable(told.blocks() for told in self._told[flushed:after])
        _write(left, (block for block in late if rng.random() < 0.5))


def _write(disk: Path, blocks: Iterable[tuple[int, bytes]]) -> None:
    with disk.open("r+b") as file:
        for offset, data in blocks:
            file.seek(offset)
            file.write(data)
