"""That a post isn't to be seen: a record in a lane of class trust (docs/spec/3-trust.md, "Hiding").

A statement of its own, so no later edit of the post undoes it. It is lifted by withdrawing it,
which only its author, who took its author's place, and the office can do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.about import read_about
from sync.certificate import Role
from sync.entry import CHECK_BYTES, RecordId
from sync.lane import Audience, Class
from sync.record import Record
from sync.trust import Trust

HIDE = "hide"
WRITE_HIDE = f"{HIDE}/write"
REASON_CHARACTERS_MAX = 200

GROUPS: Mapping[str, Mapping[str, str]] = {HIDE: {"post": "what", "reason": "what"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiding:
    """One decision that stands."""

    id: RecordId
    town: str
    author: bytes
    lane: bytes  # of the post's first entry: the lane's id, also on a branch
    number: int
    check: bytes  # of the head there
    reason: str


def as_fields(*, lane: bytes, number: int, head: bytes, reason: str) -> dict[str, object]:
    """What the entry says."""
    return {"post": [lane, number, head[:CHECK_BYTES]], "reason": reason}


def read_hiding(record: Record, trust: Trust) -> Hiding | None:
    """The decision that a record is; None if it is none, or doesn't stand."""
    lane = record.lane
    if (record.board, lane.class_, lane.audience) != (HIDE, Class.TRUST, Audience.TOWN):
        return None
    if not trust.roles(lane.author, lane.town) & {Role.OFFICE, Role.NODE}:
        return None
    if record.withdrawn or not record.complete or not record.understood:
        return None
    post, reason = read_about(record.fields.get("post")), record.fields.get("reason")
    if post is None or not isinstance(reason, str) or len(reason) > REASON_CHARACTERS_MAX:
        return None
    return Hiding(
        id=record.id,
        town=lane.town,
        author=lane.author,
        lane=post.lane,
        number=post.number,
        check=post.check,
        reason=reason,
    )


def hides(decision: Hiding, trust: Trust, *, author: bytes, town: str, here: bytes) -> bool:
    """Whether it hides a post of that author and town on the machine with the key `here`.

    An office's hides it in all its town; a node's, where the post is its own; and on its screens.
    """
    by = decision.author
    return (
        trust.is_office(by, decision.town)
        or (decision.town == town and (by == author or trust.succeeds(by, author, town)))
        or by == here
        or trust.succeeds(here, by, decision.town)
    )
