"""The part of a disk in which it is told who it shall be: a FAT with the files of a seed folder.

A PC shows what is in it. Once the machine is who it shall be, all of it is zeros. The folder at the
desk notes on which disk it was written, for one seed makes one machine.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from node.refused import Refused
from provisioning.disk.fat import copy_in, copy_out, make_fat
from provisioning.disk.layout import SEED, SEED_BYTES
from sync.machine.files import read_bounded, write_whole
from sync.machine.settings import SETTINGS_FILE

NOTE_FILE = "disk.txt"
"""In a seed folder at the desk: which disk it was written on."""

SEED_FILES_BYTES_MAX = SEED_BYTES // 2
_NOTE_BYTES_MAX = 100


def make_seed_partition(out: Path, folder: Path, *, made: int) -> None:
    """With all files of that folder. Raises Refused."""
    files = {path.name: path for path in sorted(folder.iterdir()) if path.name != NOTE_FILE}
    if others := [name for name, path in files.items() if not path.is_file() or path.is_symlink()]:
        raise Refused(f"{folder} に、準備ファイルでないもの（{'、'.join(others)}）があります。")
    if sum(path.stat().st_size for path in files.values()) > SEED_FILES_BYTES_MAX:
        raise Refused(f"{folder} にあるものが大きすぎます。")
    make_fat(out, SEED_BYTES, bits=16, label=SEED, made=made)
    copy_in(out, files, made=made)


def read_seed_partition(partition: Path) -> dict[str, bytes] | None:
    """The files in it; None where it isn't one, or not whole."""
    with TemporaryDirectory() as folder:
        if not copy_out(partition, Path(folder)):
            return None
        found = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return found if SETTINGS_FILE in found else None


def is_wiped(partition: Path) -> bool:
    """Whether nothing is left in it."""
    with partition.open("rb") as file:
        return not any(chunk.strip(b"\0") for chunk in iter(lambda: file.read(1 << 20), b""))


def wipe(partition: Path) -> None:
    """As far as the disk forgets what is written over."""
    with partition.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())


def noted(folder: Path) -> UUID | None:
    """On which disk it was written. Raises Refused."""
    try:
        content = read_bounded(folder / NOTE_FILE, _NOTE_BYTES_MAX)
        return UUID((content or b"").decode().strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as wrong:
        raise Refused(f"{folder / NOTE_FILE} を読めません。") from wrong


def note(folder: Path, disk: UUID) -> None:
    """Before that disk can start a machine."""
    write_whole(folder / NOTE_FILE, f"{disk}\n".encode())
