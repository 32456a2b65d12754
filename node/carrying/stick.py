"""A stick that was plugged in: read, written, and fit to be pulled out.

Whenever it is pulled out nothing is damaged on either side: what was taken in is in the ledger,
and a file on the stick has its name once all of it is there. Of what lies there only files of our
own are ever removed: halves, what has arrived everywhere, and what a newer file of ours says too.
"""

import errno
import logging
import os
import sqlite3
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

from node.carrying.file import (
    FILE_BYTES_MAX,
    Brought,
    lacks_something,
    pieces,
    take_in,
)
from node.carrying.left import LeftOnSticks
from node.carrying.ours import FileThere, delivered, file_there, plan
from node.carrying.receipts import Receipts
from node.node import Node
from node.updating.coming import bring
from sync import cose
from sync.machine import clock
from sync.machine.files import HALF, read_bounded, sync_folder, write_new
from sync.receipt import Taken

FOLDER = "kairan"  # on the stick
ENDING = ".kairan"
FILES_MAX = 200
READ_SECONDS_MAX = 1_800.0
_ROOM_BYTES = 64 << 10
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_log = logging.getLogger(__name__)


class Wrote(Enum):
    """What became of writing."""

    WRITTEN = auto()
    RECEIPT = auto()  # others have all that we have
    NOTHING_NEW = auto()  # what lies there says it all
    READ_ONLY = auto()
    FULL = auto()
    FAILED = auto()
    MUTE = auto()  # our key lies closed, and a file of ours has our receipt with it
    NOT_TRIED = auto()


class Trouble(Enum):
    """Why a visit broke off."""

    NO_PLACE = auto()  # there is no such folder
    PULLED_OUT = auto()
    OUR_DISK = auto()  # it is full, or can't be written


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of it."""

    new: int = 0  # entries, and payloads that were missing
    files: int = 0  # of Kairan, by others
    of_other_towns: int = 0
    damaged: int = 0
    not_ours: int = 0  # named like ours, and something else; or too large
    refused: int = 0  # bundles
    waiting: int = 0
    joined: bool = False  # by it this machine became one of the town's
    wrote: Wrote = Wrote.NOT_TRIED
    arrived_at: tuple[str, ...] = ()  # who says that it took in a file of ours that lay there
    version: str = ""  # of Kairan, whose file lay there and is waited for
    trouble: Trouble | None = None

    @property
    def well(self) -> bool:
        """Whether all that was to be written is there."""
        return self.trouble is None and self.wrote in (
            Wrote.WRITTEN,
            Wrote.RECEIPT,
            Wrote.NOTHING_NEW,
        )

    @property
    def removable(self) -> bool:
        """Whether somebody may pull it out: always, but where there is nothing to pull out."""
        return self.trouble not in (Trouble.NO_PLACE, Trouble.PULLED_OUT)


class _PulledOut(Exception):
    """The stick can't be read any more."""


@dataclass(slots=True)
class _Found:
    """What lay on the stick."""

    visit: Visit = field(default_factory=Visit)
    taken: list[Taken] = field(default_factory=list)
    there: list[FileThere] = field(default_factory=list)
    halves: list[Path] = field(default_factory=list)
    said_arrived: set[tuple[bytes, bytes]] = field(default_factory=set)  # by whom, which file


def visit(node: Node, stick: Path) -> Visit:
    """Read and write a stick that is mounted there, once whoever else carries is done."""
    found, device = _Found(), _device(stick)
    if device is None:
        return Visit(trouble=Trouble.NO_PLACE)
    receipts = Receipts(node)
    try:
        with receipts.one_stick_at_a_time():
            _read(node, receipts, stick, found)
            found.visit = replace(found.visit, version=bring(node, stick))
            if _device(stick) != device:  # what is there now is our own disk
                raise _PulledOut
            wrote = _write(node, receipts, stick / FOLDER, found)
    except _PulledOut:
        return replace(found.visit, trouble=Trouble.PULLED_OUT)
    except (sqlite3.Error, OSError) as wrong:
        _log.warning("what was on a stick can't be kept: %s", wrong, exc_info=True)
        node.database.give_up(wrong)
        return replace(found.visit, trouble=Trouble.OUR_DISK)
    if wrote is not Wrote.NOTHING_NEW and _device(stick) != device:
        return replace(found.visit, trouble=Trouble.PULLED_OUT)
    return replace(found.visit, wrote=wrote, arrived_at=_arrived_at(node, found))


def _device(stick: Path) -> int | None:
    try:
        return stick.stat().st_dev if stick.is_dir() else None
    except OSError:
        return None


# reading


def _read(node: Node, receipts: Receipts, stick: Path, found: _Found) -> None:
    until = clock.running() + READ_SECONDS_MAX
    for path in _files(stick):
        name = path.name.lower()
        if name.startswith(f".{_prefix(node)}") and name.endswith(HALF):
            found.halves.append(path)
        elif name.endswith(ENDING) and not name.startswith("."):
            _read_file(node, receipts, path, found, seconds_max=until - clock.running())


def _files(stick: Path) -> list[Path]:
    """Plain files at its top and in our folder there."""
    named: list[Path] = []
    try:
        for folder in (stick, stick / FOLDER):
            with suppress(FileNotFoundError, NotADirectoryError):
                named += sorted(p for p in folder.iterdir() if _is_named(p))
        return [p for p in named if stat.S_ISREG(p.lstat().st_mode)][:FILES_MAX]
    except OSError as wrong:
        raise _PulledOut from wrong


def _is_named(path: Path) -> bool:
    return path.name.lower().endswith((ENDING, HALF))


def _read_file(
    node: Node, receipts: Receipts, path: Path, found: _Found, *, seconds_max: float
) -> None:
    try:
        content = read_bounded(path, FILE_BYTES_MAX)
    except OSError:
        if not path.parent.is_dir():
            raise _PulledOut from None
        found.visit = replace(found.visit, damaged=found.visit.damaged + 1)
        return
    if content is None:
        found.visit = replace(found.visit, not_ours=found.visit.not_ours + 1)
        return
    brought = take_in(node, content, source="carrier", seconds_max=seconds_max)
    receipts.keep(brought.told)
    file = file_there(node, path, brought)
    if brought.whole:
        found.there.append(file)
    elif path.name.lower().startswith(_prefix(node)):
        found.halves.append(path)
    _count(brought, found, ours=file.receipt is not None or path in found.halves)


def _count(brought: Brought, found: _Found, *, ours: bool) -> None:
    visit, receipt, reading = found.visit, brought.receipt, brought.reading
    visit = replace(
        visit,
        new=visit.new + brought.new,
        waiting=visit.waiting + receipt.waiting,
        joined=visit.joined or brought.joined,
    )
    if ours:
        found.visit = visit
    elif not reading.frames:
        found.visit = replace(visit, not_ours=visit.not_ours + 1)
    elif brought.only_of_other_towns:
        found.visit = replace(visit, of_other_towns=visit.of_other_towns + 1)
    else:
        foreign = sum(why == "foreign" for why in receipt.reasons)
        found.visit = replace(
            visit,
            files=visit.files + 1,
            refused=visit.refused + receipt.refused - foreign,
            damaged=visit.damaged + (not brought.whole),
        )
        counts = (receipt.kept, receipt.waiting, receipt.refused)
        if brought.whole and any(counts):  # a receipt alone needs none
            found.taken.append(Taken(reading.checksum, *counts))
    for told in brought.told:
        files = (each.checksum for each in told.taken if each.wholly)
        found.said_arrived |= {(told.sender, checksum) for checksum in files}


def _arrived_at(node: Node, found: _Found) -> tuple[str, ...]:
    trust = node.ledger.trust()
    checksums = {file.checksum for file in found.there if file.receipt is not None}
    said = {sender for sender, checksum in found.said_arrived if checksum in checksums}
    return tuple(sorted(trust.name(key) for short in said if (key := trust.key(short))))


# writing


def _write(node: Node, receipts: Receipts, folder: Path, found: _Found) -> Wrote:
    if node.identity.is_closed:
        return Wrote.MUTE
    planned = plan(node, receipts, found.there, found.taken)
    if not planned.write:
        with suppress(OSError):
            _clear(found.halves)
        return Wrote.NOTHING_NEW
    receipt = receipts.write(found.taken)
    path = folder / f"{_prefix(node)}{receipt.ordinal}-{receipt.counter:08}{ENDING}"
    left = LeftOnSticks(node.database)
    try:
        _clear(found.halves)
        if not folder.exists():
            folder.mkdir()
            sync_folder(folder.parent)
        try:
            write_new(path, pieces(node, made_for=planned.made_for, receipt=receipt.encoded))
        except OSError as wrong:
            if why_not_written(wrong, folder) is not Wrote.FULL:
                raise
            gone = delivered(node, receipts, found.there)
            _clear(gone)
            left.forget(each.name for each in gone)
            less = receipts.held_by_all() or planned.made_for
            write_new(path, pieces(node, made_for=less, receipt=receipt.encoded))
        left.note(path.name)
        _clear(planned.replaces)
        left.forget(each.name for each in planned.replaces)
    except OSError as wrong:
        return why_not_written(wrong, folder)
    return Wrote.WRITTEN if lacks_something(node, planned.made_for) else Wrote.RECEIPT


def _clear(paths: Iterable[Path]) -> None:
    """They are files of ours that nobody needs any more."""
    folders = set()
    for path in paths:
        path.unlink(missing_ok=True)
        folders.add(path.parent)
    for folder in folders:
        sync_folder(folder)


def _prefix(node: Node) -> str:
    return f"kairan-{cose.short(node.identity.public).hex()}-"


def why_not_written(wrong: OSError, folder: Path) -> Wrote:
    """Why nothing could be written there.

    Asked of the stick first: some file systems say that they are full in odd ways.
    """
    try:
        there = os.statvfs(folder if folder.exists() else folder.parent)
    except OSError:
        return Wrote.FAILED
    if there.f_flag & os.ST_RDONLY:
        return Wrote.READ_ONLY
    if wrong.errno in _FULL or there.f_bavail * there.f_frsize < _ROOM_BYTES:
        return Wrote.FULL
    return Wrote.READ_ONLY if wrong.errno in _READ_ONLY else Wrote.FAILED
