"""What a town does without, where the law leaves that to it: a record of class trust.

docs/spec/3-trust.md, "Switched off". Only an office's word counts. It is off while any stands, so
two offices that didn't know of each other never switch it on between them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.decision import REASON_CHARACTERS_MAX
from sync.entry import RecordId
from sync.lane import Audience, Class
from sync.limits import KIND_BYTES_MAX
from sync.record import Record
from sync.trust import Trust

SWITCH_OFF = "switch-off"
WRITE_SWITCH_OFF = f"{SWITCH_OFF}/write"
LETTERS = "letters/"
"""Before a board's name: letters about posts there are passed on."""

GROUPS: Mapping[str, Mapping[str, str]] = {SWITCH_OFF: {"what": "what", "reason": "what"}}
"""What is off, and why, doesn't change in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """One such word of an office."""

    id: RecordId
    town: str
    author: bytes
    what: str
    reason: str
    stands: bool  # False: it was switched on again, or isn't all there


def as_fields(what: str, reason: str) -> dict[str, object]:
    """What the entry says."""
    return {"what": what, "reason": reason}


def read_switched_off(record: Record, trust: Trust) -> SwitchedOff | None:
    """The word that a record is; None if it is none."""
    lane = record.lane
    if (record.board, lane.class_, lane.audience) != (SWITCH_OFF, Class.TRUST, Audience.TOWN):
        return None
    if not trust.is_office(lane.author, lane.town):
        return None
    match record.fields:
        case {"what": str(what), "reason": str(reason)} if (
            0 < len(what) <= KIND_BYTES_MAX and len(reason) <= REASON_CHARACTERS_MAX
        ):
            return SwitchedOff(
                id=record.id,
                town=lane.town,
                author=lane.author,
                what=what,
                reason=reason,
                stands=record.complete and record.understood and not record.withdrawn,
            )
        case _:
            return None


def off(said: Iterable[SwitchedOff], *, town: str) -> frozenset[str]:
    """All that is off in a town."""
    return frozenset(each.what for each in said if each.stands and each.town == town)
