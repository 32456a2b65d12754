"""What there is to do so that a disk becomes a machine's: looked at, and said before it is done.

What is written is made ready first. What there is already is compared byte for byte, so whoever
asks twice is told that there is nothing to do.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from node.refused import Refused
from provisioning.disk.bios import starter_of
from provisioning.disk.boot import tell
from provisioning.disk.description import Description, described
from provisioning.disk.devices import Disk, why_not
from provisioning.disk.layout import (
    ESP,
    HEAD_BYTES,
    ROOT,
    SECTOR,
    SEED,
    Table,
    disk_of,
    of_disk,
    read,
)
from provisioning.disk.pieces import Piece, digest_of, is_there, put_into_new_file
from provisioning.disk.seed_partition import (
    is_wiped,
    make_seed_partition,
    noted,
    read_seed_partition,
)
from provisioning.seed_check import wrong_with

_HALF = b"kairan: half written, starts nothing\n"
_IN_IMAGE = (ESP, SEED, ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be on a disk."""

    disk: Disk
    seed: Path
    description: Description
    starter: bytes
    table: Table
    pieces: tuple[Piece, ...]
    before: str  # what is on it now, in words for whoever decides; empty where nothing of ours is

    @property
    def bytes_to_write(self) -> int:
        """Of files, beside what is made there."""
        return sum(piece.size for piece in self.pieces)


def describe(image: Path) -> tuple[Description, Table, bytes]:
    """What an image holds, where, and how old machines start it.

    Raises Refused where it isn't one, or not whole.
    """
    try:
        with image.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as wrong:
        raise Refused(f"{image} を読めません。") from wrong
    says, starter = described(head), starter_of(head)
    if says is None:
        raise Refused(f"{image} は、機械のイメージではありません。")
    table = read(image)
    if (
        table is None
        or table.names != _IN_IMAGE
        or says.digest
        != digest_of(image, start=HEAD_BYTES, size=table.end - HEAD_BYTES, after=starter)
    ):
        raise Refused(f"{image} は壊れているか、途中までです。作り直すか、もう一度写してください。")
    return says, table, starter


def plan(image: Path, disk: Disk, seed: Path, work: Path) -> Plan:
    """What there is to do, with what is written prepared in `work`. Raises Refused."""
    if reason := why_not(disk):
        raise Refused(f"{disk.path}: {reason}")
    if problems := list(wrong_with(seed)):
        raise Refused(f"{seed} は使えません。\n" + "\n".join(f"  {each}" for each in problems))
    description, there, starter = describe(image)
    head = beginning(disk.path)
    half, whole = _half(head), disk_of(head)
    before = noted(seed)
    if before is not None and before not in (half, whole):
        raise Refused(
            f"{seed} は、もう別のディスクに書いてあります。1台の機械にだけ使えるものです。"
            "そのディスクを使わないのなら、準備ファイルを作り直してください。"
        )
    made = description.made
    table = of_disk(before or uuid4(), disk.size)
    boot, seeds = work / "boot.fat", work / "seed.fat"
    cut_out(image, there, ESP, boot)
    tell(boot, disk=table.disk, version=description.version, made=made)
    make_seed_partition(seeds, seed, made=made)
    sources = ((ESP, boot, 0), (SEED, seeds, 0), (ROOT, image, there[ROOT].start))
    sizes = {ESP: boot.stat().st_size, SEED: seeds.stat().st_size, ROOT: there[ROOT].size}
    return Plan(
        disk=disk,
        seed=seed,
        description=description,
        starter=starter,
        table=table,
        pieces=tuple(
            Piece(source=source, skip=skip, at=table[name].start, size=sizes[name])
            for name, source, skip in sources
        ),
        before=_on_it(head),
    )


def is_done(planned: Plan) -> bool:
    """Whether the disk is that already. Raises Refused where its machine is on its way."""
    path, table, head = planned.disk.path, planned.table, beginning(planned.disk.path)
    if disk_of(head) != table.disk or read(path) != table or starter_of(head) != planned.starter:
        return False
    with path.open("rb") as disk, TemporaryDirectory() as folder:
        seed = Path(folder) / "seed.fat"
        cut_out(path, table, SEED, seed)
        if is_wiped(seed):
            raise Refused(
                f"{path} の機械は、もう動きはじめています。{planned.seed} は使ってあります。"
            )
        boot, seeds, root = planned.pieces
        same_seed = read_seed_partition(seed) == read_seed_partition(seeds.source)
        return same_seed and is_there(boot, disk) and is_there(root, disk)


def mark(disk: UUID) -> bytes:
    """In the place of the table, of the disk that is to be."""
    return (_HALF + str(disk).encode()).ljust(HEAD_BYTES, b"\0")


def no_right(path: Path) -> Refused:
    """What is said to whoever may not."""
    return Refused(f"{path} を使う権限がありません。sudo をつけて打ってください。")


def _half(head: bytes) -> UUID | None:
    """Of the disk that was to be, where writing was cut off."""
    if not head.startswith(_HALF):
        return None
    try:
        return UUID(head[len(_HALF) : SECTOR].rstrip(b"\0").decode())
    except ValueError:
        return None


def _on_it(head: bytes) -> str:
    if head.startswith(_HALF):
        return "前の書きこみが、途中で止まっています。はじめから書き直します。"
    if disk_of(head) and described(head):
        return "Kairanの機械のディスクです。その機械が動いていたのなら、投稿などがすべて消えます。"
    return ""


def beginning(path: Path) -> bytes:
    """What a disk begins with. Raises Refused."""
    try:
        with path.open("rb") as disk:
            return disk.read(HEAD_BYTES)
    except PermissionError as wrong:
        raise no_right(path) from wrong


def cut_out(source: Path, table: Table, name: str, out: Path) -> None:
    """A partition, as a file of its own."""
    part = table[name]
    with out.open("wb") as file:
        file.truncate(part.size)
        put_into_new_file(Piece(source=source, skip=part.start, at=0, size=part.size), file)
