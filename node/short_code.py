"""Six digits by which a post is found: on slips of paper, on the telephone, at any kiosk's keys.

They follow from the record's id, so they are the same on every machine and never change; nothing is
written down anywhere. They are no secret and no key: what they find is what stands on the boards.
Among 50,000 posts one in twenty shares its digits with another; then both are shown.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from sync.entry import RecordId

DIGITS = 6
_ALL = 1_000_000
_STEP = 618_033
"""From one number of a lane to the next: no common factor with 10, so all come before one comes
again; and large, so that one wrong digit leads to no neighbour."""

_BACK: int = pow(_STEP, -1, _ALL)
_BETWEEN = re.compile(r"[\s\-‐-―ー]")


def short_code(record: RecordId) -> str:
    """That record's six digits."""
    return f"{(_begins(record.lane) + record.number * _STEP) % _ALL:0{DIGITS}}"


def in_groups(code: str) -> str:
    """As people read and say it."""
    return f"{code[:3]} {code[3:]}"


def read_code(typed: str) -> str:
    """The six digits that somebody typed, in whatever letters and groups; "" if it is no code."""
    code = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:40]))
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else ""


def records_of(code: str, lanes: Iterable[bytes]) -> Iterator[RecordId]:
    """The first record of each of these lanes that has that code, if the lane is so long."""
    for lane in lanes:
        number = (int(code) - _begins(lane)) * _BACK % _ALL
        yield RecordId(lane, number or _ALL)


def _begins(lane: bytes) -> int:
    return int.from_bytes(lane[:8]) % _ALL
