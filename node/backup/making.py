"""Writing a backup to a stick, while the machine runs and people post.

It is as of one moment. It has its name once all of it is on the stick and was read again from
there: opened, its signature looked at, and every lane found as far as it went. Of our own earlier
ones the newest stays beside it; other people's files, and other machines' backups, are left alone.
"""

import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from node.backup.closed import Changed, Label, begin, open_whole
from node.backup.content import reached, read, written
from node.backup.local import gather
from node.backup.noted import BackedUp, note
from node.carrying.file import FILE_BYTES_MAX, pieces
from node.carrying.left import LeftOnSticks
from node.carrying.stick import Wrote, why_not_written
from node.node import Node
from node.reading_files import Closed, secrets_of
from sync import cose
from sync.errors import Malformed, Unverified
from sync.machine import clock
from sync.machine.files import HALF, read_from_disk, sync_folder, write_new
from sync.machine.passphrase import COST

FOLDER = "kairan-backup"  # on the stick
ENDING = ".kairan-backup"
KEPT_MAX = 2
"""Of one machine on one stick, the new one among them."""

BACKUP_BYTES_MAX = FILE_BYTES_MAX
"""A carrier file's, so that whatever is written can be read again."""


class CannotBackUp(Exception):
    """No backup was made; what lay on the stick is still there. The message is for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was written and read again."""

    path: Path
    size: int  # bytes
    entries: int
    opens_with_passphrase: bool
    removed: tuple[str, ...]  # names of earlier ones of ours


class _NotWhole(Exception):
    """What was read again isn't what was written."""


def back_up(
    node: Node, stick: Path, *, typed: str | None = None, cost: int = COST, same_disk: bool = False
) -> Made:
    """Write one there. `typed`: a passphrase that opens it beside the reserve key.

    Raises CannotBackUp.
    """
    _check_place(node, stick, same_disk=same_disk)
    folder = stick / FOLDER
    try:
        if not folder.exists():
            folder.mkdir()
            sync_folder(stick)
        _clear(halves(node, folder))
        if node.identity.is_closed:
            raise Closed
        secrets_of(node).check()
        return _write(node, folder, typed=typed, cost=cost)
    except Closed as wrong:
        raise CannotBackUp(
            "この機械の鍵が開きません。控えは書いていません。"
            "kairan doctor が、していただくことを言います。"
        ) from wrong
    except _NotWhole as wrong:
        raise CannotBackUp(
            "書いたものを読み返したら、違うものになっていました。このUSBメモリーは壊れかけています。"
            "別のものを使ってください。"
        ) from wrong
    except OSError as wrong:
        raise CannotBackUp(_in_words(wrong, folder)) from wrong
    except Malformed as wrong:
        raise CannotBackUp(
            "控えに入りきらない大きさです。管理する人に知らせてください。"
        ) from wrong


def _check_place(node: Node, stick: Path, *, same_disk: bool) -> None:
    try:
        device = stick.stat().st_dev if stick.is_dir() else None
    except OSError:
        device = None
    if device is None:
        raise CannotBackUp(f"{stick} が見つかりません。USBメモリーを差してください。")
    if device == node.settings.folder.stat().st_dev and not same_disk:
        raise CannotBackUp(
            f"{stick} は、この機械の中の記憶装置です。機械が壊れると、控えも一緒になくなります。"
            "USBメモリーを差してから、もう一度お試しください。"
        )


def _write(node: Node, folder: Path, *, typed: str | None, cost: int) -> Made:
    before = ours(node, folder)
    path = folder / f"{prefix(node)}{_number(before[-1]) + 1 if before else 1:06}{ENDING}"
    moment = clock.now()
    with node.database.snapshot():
        label = Label(
            town=node.settings.town,
            machine=node.identity.public,
            name=node.settings.name,
            written=moment.written,
        )
        reserve = node.ledger.trust().in_office(label.town).keys[-1]
        closed, key = begin(label, reserve=reserve, typed=typed, cost=cost)
        frontier = {
            held.lane.id: held.held.number
            for held in node.ledger.holding(node.settings.towns).lanes
            if held.id == held.lane.id
        }
        ledger = pieces(node, bytes_max=BACKUP_BYTES_MAX, closed=True)
        content = written(gather(node), ledger, label=label, identity=node.identity)

        def check(half: Path) -> None:
            _read_again(half, label, key, frontier)

        size = write_new(path, closed.close(content, key), check=check)
    gone = before[: max(0, len(before) + 1 - KEPT_MAX)]
    entries = sum(frontier.values())
    with suppress(OSError, sqlite3.OperationalError):  # our own disk may be what fails
        left = LeftOnSticks(node.database)
        left.note(path.name)
        _clear(gone)
        left.forget(each.name for each in gone)
        note(node.settings.folder, BackedUp.at(moment, file=path.name, entries=entries))
    return Made(
        path=path,
        size=size,
        entries=entries,
        opens_with_passphrase=closed.takes_passphrase,
        removed=tuple(each.name for each in gone if not each.exists()),
    )


def _read_again(path: Path, label: Label, key: bytes, frontier: dict[bytes, int]) -> None:
    """From the stick, as whoever restores it will. Raises _NotWhole."""
    content = read_from_disk(path, BACKUP_BYTES_MAX)
    if content is None:
        raise Malformed("larger than a backup may be")
    try:
        there = reached(read(open_whole(content, key), label).ledger)
    except (Changed, Malformed, Unverified) as wrong:
        raise _NotWhole from wrong
    if any(there.get(lane, 0) < number for lane, number in frontier.items()):
        raise _NotWhole


def prefix(node: Node) -> str:
    """How the names of this machine's backups begin."""
    return f"kairan-{cose.short(node.identity.public).hex()}-"


def ours(node: Node, folder: Path) -> list[Path]:
    """Our own there, the oldest first."""
    named = re.compile(re.escape(prefix(node)) + r"\d{6,}" + re.escape(ENDING))
    found = [path for path in folder.iterdir() if named.fullmatch(path.name)]
    return sorted((path for path in found if path.is_file()), key=_number)


def halves(node: Node, folder: Path) -> list[Path]:
    """What is left of ours where a stick was pulled out, or the power went."""
    return list(folder.glob(f".{prefix(node)}*{HALF}"))


def _number(path: Path) -> int:
    return int(path.name.removesuffix(ENDING).rpartition("-")[2])


def _clear(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def _in_words(wrong: OSError, folder: Path) -> str:
    match why_not_written(wrong, folder):
        case Wrote.FULL:
            return (
                "USBメモリーがいっぱいで、控えを書けませんでした。前の控えはそのままです。"
                "いらないファイルを減らすか、別のものを使ってください。"
            )
        case Wrote.READ_ONLY:
            return (
                "このUSBメモリーには書きこめません。横につまみがあれば動かすか、"
                "別のものを使ってください。"
            )
        case _:
            return (
                "このUSBメモリーにうまく書きこめないので、差しなおすか、別のものを使ってください。"
            )
