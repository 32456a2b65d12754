"""A newer image onto the disk of a machine that goes on as who it is: Debian, kernel and Kairan are
the image's, and all that the machine keeps stays.

The root file system goes into the part that isn't used just now, and is read again there; only then
what starts it is told of it. Where that was cut off the machine may not start, and nothing is lost:
it is done once more from the beginning.
"""

from dataclasses import dataclass
from pathlib import Path

from node.refused import Refused
from provisioning.disk.bios import with_starter
from provisioning.disk.boot import tell, told_root
from provisioning.disk.description import Description, described, with_description
from provisioning.disk.devices import Disk, why_not
from provisioning.disk.layout import DATA, ESP, NEXT_ROOT, ROOT, SEED, Table, read
from provisioning.disk.pieces import (
    Differs,
    Piece,
    forget_what_was_read,
    is_there,
    put,
    read_again,
)
from provisioning.disk.planning import beginning, cut_out, describe
from provisioning.disk.writing import Through, all_of, alone, broken

_OF_A_MACHINE = (ESP, SEED, ROOT, NEXT_ROOT, DATA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What is to be on the disk beside what stays."""

    disk: Disk
    description: Description
    before: Description
    head: bytes
    root: Piece
    boot: Piece

    @property
    def bytes_to_write(self) -> int:
        """Of files."""
        return self.root.size + self.boot.size


def plan_renewal(image: Path, disk: Disk, work: Path) -> Renewal:
    """What there is to do, with what is written prepared in `work`. Raises Refused."""
    if reason := why_not(disk):
        raise Refused(f"{disk.path}: {reason}")
    description, there, starter = describe(image)
    head = beginning(disk.path)
    table, before = read(disk.path), described(head)
    if table is None or before is None or table.names != _OF_A_MACHINE:
        raise Refused(
            f"{disk.path} は、機械のディスクではありません。"
            "はじめて書くときは kairan provision write です。"
        )
    if there[ROOT].size > table[ROOT].size:
        raise Refused("中身が大きすぎて、ディスクの決まった場所に入りません。")
    boot = work / "boot.fat"
    cut_out(image, there, ESP, boot)
    to = _root_to_use(
        disk.path, table, Piece(source=image, skip=there[ROOT].start, at=0, size=there[ROOT].size)
    )
    tell(boot, disk=table.disk, version=description.version, made=description.made, root=to)
    return Renewal(
        disk=disk,
        description=description,
        before=before,
        head=with_description(with_starter(head, starter), description),
        root=Piece(
            source=image,
            skip=there[ROOT].start,
            at=table[to].start,
            size=there[ROOT].size,
        ),
        boot=Piece(source=boot, at=table[ESP].start, size=boot.stat().st_size),
    )


def is_renewed(renewal: Renewal) -> bool:
    """Whether the disk is that already."""
    if beginning(renewal.disk.path) != renewal.head:
        return False
    with renewal.disk.path.open("rb") as disk:
        return is_there(renewal.boot, disk) and is_there(renewal.root, disk)


def carry_out_renewal(renewal: Renewal, through: Through) -> None:
    """Do it. Raises Refused where the disk isn't free, or doesn't hold what it was given."""
    path = renewal.disk.path
    for piece, name in ((renewal.root, "中身"), (renewal.boot, "起動するもの")):
        with alone(path) as disk:
            all_of(through(f"{name}を書いています", piece.size, put(piece, disk)))
            forget_what_was_read(disk)
            try:
                again = read_again(piece, disk)
                all_of(through(f"{name}を読み直しています", piece.size, again))
            except Differs as wrong:
                raise broken(path) from wrong
    with alone(path) as disk:
        disk.write(renewal.head)
        forget_what_was_read(disk)
        disk.seek(0)
        if disk.read(len(renewal.head)) != renewal.head:
            raise broken(path)


def _root_to_use(path: Path, table: Table, root: Piece) -> str:
    """The part that isn't started from, unless the one that is holds that very root already."""
    used = told_root(path, table)
    if used is None:  # what starts it was being written when it was cut off
        used = NEXT_ROOT if _holds(path, table, ROOT, root) else ROOT
    elif _holds(path, table, used, root):
        return used
    return ROOT if used == NEXT_ROOT else NEXT_ROOT


def _holds(path: Path, table: Table, name: str, root: Piece) -> bool:
    there = Piece(source=root.source, skip=root.skip, at=table[name].start, size=root.size)
    with path.open("rb") as disk:
        return is_there(there, disk)
