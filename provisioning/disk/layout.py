"""How a node's disk is divided.

    esp        what starts it: boot loader, kernel, and what looks for the root file system
    NODESEED   who it shall be; zeros from the moment that it is
    root-a     its root file system, which nobody writes to
    root-b     room for the next one
    data       all that it keeps: the rest of the disk

An image has the first three. Each disk has an identity of its own, from which those of its
partitions follow, so that a machine with two such disks in it knows which is whose.
"""

import json
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

from provisioning.programs import run

SECTOR = 512
MIB = 1 << 20
HEAD_BYTES = MIB
"""Before the first partition: the table, and what an image says of itself."""

TAIL_BYTES = MIB
"""After the last: the table again."""

ESP_BYTES = 256 * MIB
SEED_BYTES = 16 * MIB
ROOT_BYTES = 1536 * MIB
DATA_BYTES_MIN = 2048 * MIB
DISK_BYTES_MIN = HEAD_BYTES + ESP_BYTES + SEED_BYTES + 2 * ROOT_BYTES + DATA_BYTES_MIN + TAIL_BYTES
DISK_BYTES_MAX = 2 << 40  # more than any node needs; a table of it is still made in no time

ESP, SEED, ROOT, NEXT_ROOT, DATA = "esp", "NODESEED", "root-a", "root-b", "data"
_KINDS = {
    ESP: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    SEED: "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
    ROOT: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
    NEXT_ROOT: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
    DATA: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
}
"""Of partitions, as GPT has them."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Where one lies, in bytes."""

    name: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """What a disk says of its parts."""

    disk: UUID
    partitions: tuple[Partition, ...]

    def __getitem__(self, name: str) -> Partition:
        return next(each for each in self.partitions if each.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """In their order."""
        return tuple(each.name for each in self.partitions)

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return max((each.start + each.size for each in self.partitions), default=HEAD_BYTES)


def identity(disk: UUID, name: str) -> UUID:
    """What a partition, or the machine, is called where no other may be meant."""
    return uuid5(disk, name)


def of_image(disk: UUID, root_bytes: int) -> Table:
    """With room for a root file system of that size."""
    sizes = ((ESP, ESP_BYTES), (SEED, SEED_BYTES), (ROOT, _whole_mib(root_bytes)))
    return Table(disk, _one_after_another(sizes))


def of_disk(disk: UUID, disk_bytes: int) -> Table:
    """With all that a node needs."""
    sizes = [(ESP, ESP_BYTES), (SEED, SEED_BYTES), (ROOT, ROOT_BYTES), (NEXT_ROOT, ROOT_BYTES)]
    left = disk_bytes - HEAD_BYTES - sum(size for _, size in sizes) - TAIL_BYTES
    return Table(disk, _one_after_another([*sizes, (DATA, left // MIB * MIB)]))


def written(table: Table, disk_bytes: int) -> tuple[bytes, bytes]:
    """The bytes of a table: what the disk begins with, and what it ends with."""
    lines = ["label: gpt", f"label-id: {table.disk}", "unit: sectors"]
    lines += [
        f"start={each.start // SECTOR}, size={each.size // SECTOR}, name={each.name}, "
        f"type={_KINDS[each.name]}, uuid={identity(table.disk, each.name)}"
        for each in table.partitions
    ]
    with TemporaryDirectory() as folder:
        blank, script = Path(folder) / "disk", Path(folder) / "script"
        with blank.open("wb") as file:
            file.truncate(disk_bytes)
        script.write_text("\n".join([*lines, ""]))
        run(["sfdisk", "--quiet", str(blank)], "ディスクの区切りを作れません。", reads=script)
        with blank.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(disk_bytes - TAIL_BYTES)
            return head, file.read(TAIL_BYTES)


def disk_of(head: bytes) -> UUID | None:
    """The identity of the disk that begins so; None where it has no such table."""
    signature, found = struct.unpack_from("<8s48x16s", head, SECTOR)
    return UUID(bytes_le=found) if signature == b"EFI PART" else None


def read(path: Path) -> Table | None:
    """What a disk or an image says; None where it is divided otherwise, or not at all."""
    done = subprocess.run(["sfdisk", "--json", path], capture_output=True, text=True)
    if done.returncode:
        return None
    told = json.loads(done.stdout)["partitiontable"]
    if told["label"] != "gpt" or told["sectorsize"] != SECTOR:
        return None
    found = told.get("partitions", ())
    return Table(UUID(told["id"]), tuple(map(_partition, found)))


def _partition(told: dict[str, object]) -> Partition:
    start, size = (int(str(told[name])) * SECTOR for name in ("start", "size"))
    return Partition(str(told.get("name", "")), start, size)


def _one_after_another(sizes: Sequence[tuple[str, int]]) -> tuple[Partition, ...]:
    found: list[Partition] = []
    start = HEAD_BYTES
    for name, size in sizes:
        found.append(Partition(name, start, size))
        start += size
    return tuple(found)


def _whole_mib(size: int) -> int:
    return -(-size // MIB) * MIB
