"""An image and a seed become a disk: looked at, planned, done, and read again.

While a disk is written it bears a mark in the place of its table, so it starts no machine and is
not taken for whole; the table comes last, once all else was read back from the disk as it should
be. Where it was cut off, it is written again from the beginning, and that is said.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from node.refused import Refused
from provisioning.disk.bios import with_starter
from provisioning.disk.console import put_word
from provisioning.disk.description import with_description
from provisioning.disk.layout import DATA, TAIL_BYTES, identity, written
from provisioning.disk.pieces import Differs, forget_what_was_read, put, read_again
from provisioning.disk.planning import Plan, mark, no_right
from provisioning.disk.seed_partition import note
from provisioning.programs import run

KEPT_FOLDERS = ("kairan", "releases", "journal", "systemd")
"""What the partition of all that is kept has at its top."""

_READ_TABLE_AGAIN = 0x125F  # BLKRRPART in linux/fs.h

Through = Callable[[str, int, Iterable[int]], Iterator[int]]
"""Says how far something is that takes so many bytes, while they pass."""


def carry_out(planned: Plan, through: Through, *, word: str) -> None:
    """Do it. `word`: that of who may type commands there.

    Raises Refused where the disk isn't free, or doesn't hold what it was given.
    """
    path, table, size = planned.disk.path, planned.table, planned.disk.size
    with alone(path) as disk:
        disk.write(mark(table.disk))
        disk.seek(size - TAIL_BYTES)
        disk.write(bytes(TAIL_BYTES))
        forget_what_was_read(disk)
        counts = (count for piece in planned.pieces for count in put(piece, disk))
        all_of(through("書いています", planned.bytes_to_write, counts))
    _make_room(planned, word)
    with alone(path) as disk:
        forget_what_was_read(disk)
        counts = (count for piece in planned.pieces for count in read_again(piece, disk))
        try:
            all_of(through("読み直しています", planned.bytes_to_write, counts))
        except Differs as wrong:
            raise broken(path) from wrong
        head, tail = written(table, size)
        note(planned.seed, table.disk)
        head = with_description(with_starter(head, planned.starter), planned.description)
        _put_table(disk, {size - TAIL_BYTES: tail, 0: head})


def _put_table(disk: BinaryIO, places: Mapping[int, bytes]) -> None:
    """With the last of them the disk is whole."""
    for at, content in places.items():
        disk.seek(at)
        disk.write(content)
        forget_what_was_read(disk)
        disk.seek(at)
        if disk.read(len(content)) != content:
            raise broken(Path(disk.name))
    with suppress(OSError):  # a file has no parts, and a disk that was taken out has none any more
        ioctl(disk, _READ_TABLE_AGAIN, 0)


def _make_room(planned: Plan, word: str) -> None:
    """A file system for all that is kept, with next to nothing in it, read again from the disk."""
    path, table = planned.disk.path, planned.table
    part = table[DATA]
    with TemporaryDirectory() as folder:
        for each in KEPT_FOLDERS:
            (Path(folder) / each).mkdir()
        put_word(Path(folder), word)
        made_so = f"offset={part.start},root_owner=0:0,nodiscard"
        name = ("-L", "kairan-data", "-U", str(identity(table.disk, DATA)))
        command = ["mke2fs", "-q", "-F", "-t", "ext4", *name, "-E", made_so, "-d", folder]
        run([*command, str(path), f"{part.size >> 10}k"], f"{path} に、記録の場所を作れません。")
    with alone(path) as disk:
        forget_what_was_read(disk)
    looked = subprocess.run(
        ["e2fsck", "-f", "-n", f"{path}?offset={part.start}"], capture_output=True, text=True
    )
    if looked.returncode:
        raise broken(path)


@contextmanager
def alone(path: Path) -> Iterator[BinaryIO]:
    """The disk, while nobody else may mount it. Raises Refused."""
    exclusive = os.O_EXCL if path.is_block_device() else 0
    try:
        descriptor = os.open(path, os.O_RDWR | exclusive)
    except PermissionError as wrong:
        raise no_right(path) from wrong
    except OSError as wrong:
        raise Refused(f"{path} は、ほかのものが使っています（{wrong.strerror}）。") from wrong
    with os.fdopen(descriptor, "r+b") as disk:
        yield disk


def broken(path: Path) -> Refused:
    """What is said of a disk that forgets."""
    return Refused(
        f"{path} から読み直すと、書いたものと違いました。"
        "このディスクは壊れかけています。別のものに替えてください。"
    )


def all_of(counts: Iterator[int]) -> None:
    """Until it is done."""
    for _ in counts:
        pass
