"""A word on a record: what is decided, about which one, and why (docs/spec/3-trust.md).

A record of its own in a lane of class trust, so no later edit of what it is about undoes it. It is
lifted by withdrawing it, which only its author, who took its author's place, and the office can do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.about import About, read_about
from sync.certificate import Role
from sync.entry import RecordId
from sync.lane import Audience, Class
from sync.record import Record
from sync.trust import Trust

REASON_CHARACTERS_MAX = 200
ACCOUNT_BYTES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an office or a node decided about a record."""

    id: RecordId
    town: str
    author: bytes
    about: About
    reason: str
    stands: bool  # False: it was lifted, or isn't all there
    second: bytes | None = None  # the other account that agreed, where it took two
    opened: bool = False  # it is said to towns that subscribe, of what they see


def as_fields(
    name: str, about: About, reason: str, *, second: bytes | None = None
) -> dict[str, object]:
    """What the entry says; `name`: of the field that names the record."""
    fields: dict[str, object] = {name: about.as_array, "reason": reason}
    return fields if second is None else {**fields, "second": second}


def groups(name: str) -> Mapping[str, str]:
    """What is decided about what, and why, doesn't change in parts."""
    return {name: "what", "reason": "what", "second": "what"}


def read_decision(
    record: Record, trust: Trust, *, board: str, name: str, may_be_opened: bool = False
) -> Decision | None:
    """The decision that a record is; None if it is none."""
    lane = record.lane
    opened = lane.audience is Audience.OPEN
    if (record.board, lane.class_) != (board, Class.TRUST) or (opened and not may_be_opened):
        return None
    if not trust.roles(lane.author, lane.town) & {Role.OFFICE, Role.NODE}:
        return None
    about = read_about(record.fields.get(name))
    match record.fields.get("reason"), record.fields.get("second"):
        case str(reason), (None | bytes()) as second if (
            about is not None
            and len(reason) <= REASON_CHARACTERS_MAX
            and (second is None or len(second) == ACCOUNT_BYTES)
        ):
            return Decision(
                id=record.id,
                town=lane.town,
                author=lane.author,
                about=about,
                reason=reason,
                stands=record.complete and record.understood and not record.withdrawn,
                second=second,
                opened=opened,
            )
        case _:
            return None


def read_of_an_office(record: Record, trust: Trust, *, board: str, name: str) -> Decision | None:
    """The same, where only an office's word counts."""
    decision = read_decision(record, trust, board=board, name=name)
    if decision is None or not trust.is_office(decision.author, decision.town):
        return None
    return decision
