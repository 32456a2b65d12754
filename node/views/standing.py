"""How a record stands on its board, and where: what its row says beside its fields."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from node.boards.declaration import Board, FieldType, Writer
from node.post import PostState
from sync.certificate import Role
from sync.lane import Audience, Class
from sync.record import OUTSIDE, Record

_DIGITS = re.compile("[0-9]+")
_DIGITS_MAX = 9  # of numbers that people give things; longer ones come after, as they are spelled
_CLASSES = {"alert": Class.ALERT, "board": Class.BOARD}


def state(record: Record, board: Board | None, roles: Collection[Role]) -> PostState:
    """How it stands by its own entries; others' decisions are not looked at here."""
    if board is None:
        return PostState.NO_BOARD
    if _CLASSES[board.lane_class] is not record.lane.class_ or not _may_write(board, roles):
        return PostState.NOT_ALLOWED
    if record.lane.audience is Audience.OPEN and not board.may_be_opened:
        return PostState.NOT_ALLOWED
    if record.erased:
        return PostState.ERASED
    if not record.understood:
        return PostState.NOT_UNDERSTOOD
    if not record.complete:
        return PostState.INCOMPLETE
    return PostState.WITHDRAWN if record.withdrawn else PostState.SHOWN


def without_words(record: Record) -> Record:
    """Of what was erased only what its issuer calls it: also where a later word came late."""
    kept = {name: said for name, said in record.fields.items() if name == OUTSIDE}
    return replace(record, fields=kept)


def sort(record: Record, board: Board | None) -> str:
    """What its board is ordered by, as text that sorts."""
    if board is None or not board.order.field:
        return f"{record.written.seconds:020d}"
    said = text(record, board.order.field)
    field = board.field(board.order.field)
    if field is not None and field.type is FieldType.MOMENT:
        said = _in_utc(said)
    elif field is not None and field.type is FieldType.TEXT:
        said = _by_number(said)
    return said or ("" if board.order.newest_first else "9999")  # what has no date comes last


def _in_utc(text: str) -> str:
    """A moment so that it sorts, whatever offset its issuer wrote it with."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).isoformat(timespec="seconds") if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def _by_number(text: str) -> str:
    """A name so that what is numbered in it comes in the order of the numbers: 6 before 59."""
    plain = unicodedata.normalize("NFKC", text)
    return _DIGITS.sub(lambda digits: digits[0].lstrip("0").zfill(_DIGITS_MAX), plain)


def text(record: Record, name: str) -> str:
    """A field that is text; "" for anything else."""
    value = record.fields.get(name)
    return value if isinstance(value, str) else ""


def _may_write(board: Board, roles: Collection[Role]) -> bool:
    return (
        board.open_to_anyone
        or (Writer.OFFICE in board.writers and Role.OFFICE in roles)
        or (Writer.FEED in board.writers and Role.FEED in roles)
    )


def outside(record: Record, roles: Collection[Role]) -> tuple[object, ...]:
    """Key, serial, issued, sent, cancels, digest; nothing for a thing of our own."""
    if Role.OFFICE not in roles and Role.FEED not in roles:
        return ()
    match record.fields.get(OUTSIDE):
        case {
            "key": str(key),
            "serial": int(serial),
            "issued": str(issued),
            "sent": str(sent),
            "cancels": bool(cancels),
            "digest": bytes(digest),
        } if abs(serial) < 1 << 62:
            return key, serial, issued, sent, cancels, digest
        case _:
            return ()
