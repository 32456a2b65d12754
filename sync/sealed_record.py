"""A record of class message whose words are sealed (docs/spec/11-sealed.md).

Everybody holds it, and sees of it when and at which machine it was written, about which post, how
large it is, and tags of the keys that open it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sync.about import About, read_about
from sync.certificate import Role
from sync.entry import RecordId, Written
from sync.errors import Malformed
from sync.lane import Audience, Class
from sync.record import Record, address
from sync.sealing import Place, Sealed, read_sealed
from sync.trust import Trust

LETTER = "letter"
"""What a person writes to whoever is behind a post, and their answers."""

LOOKED = "looked"
"""That somebody opened something, and why."""

ERASURE = "erasure"
"""That somebody wants a post erased."""

ESCROW = "escrow"
"""The secret for what is written about one post, closed to the town's reserve key."""

REPORT = "report"
"""That something is wrong with a post."""

WAITING = "waiting"
"""A resident's post that waits for an office's look."""

SEALED_KINDS = (LETTER, LOOKED, ERASURE, ESCROW, REPORT, WAITING)
_GROUP = {"sealed": "sealed", "post": "sealed", "answer": "sealed"}
GROUPS: Mapping[str, Mapping[str, str]] = dict.fromkeys(SEALED_KINDS, _GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRecord:
    """One of them, closed."""

    id: RecordId
    board: str
    town: str
    author: bytes  # the machine where it was written
    about: About | None
    answers: bool  # by whoever is behind the post; the machine says so that wrote it
    sealed: Sealed
    place: Place
    written: Written

    @property
    def address(self) -> str:
        """What names it in links."""
        return address(self.id)


def as_fields(sealed: bytes, *, about: About | None, answers: bool) -> dict[str, object]:
    """What the entry says."""
    fields: dict[str, object] = {"sealed": sealed}
    if about is not None:
        fields["post"] = about.as_array
    if answers:
        fields["answer"] = True
    return fields


def kind(board: str) -> str:
    """Of the entries of such records."""
    return f"{board}/write"


def read_sealed_record(
    record: Record,
    trust: Trust,
    *,
    boards: Collection[str] = SEALED_KINDS,
    taken_back: bool = False,
) -> SealedRecord | None:
    """What a record is; None if it is none of these, or isn't there any more.

    `taken_back`: of those that were withdrawn, whose words are still there.
    """
    lane, said = record.lane, record.fields
    if record.board not in boards:
        return None
    if (lane.class_, lane.audience) != (Class.MESSAGE, Audience.TOWN):
        return None
    if not trust.roles(lane.author, lane.town) & {Role.OFFICE, Role.NODE}:
        return None
    if (
        record.erased
        or record.withdrawn is not taken_back
        or not record.complete
        or not record.understood
    ):
        return None
    encoded, about = said.get("sealed"), read_about(said.get("post"))
    if not isinstance(encoded, bytes) or ("post" in said and about is None):
        return None
    try:
        sealed = read_sealed(encoded)
    except Malformed:
        return None
    return SealedRecord(
        id=record.id,
        board=record.board,
        town=lane.town,
        author=lane.author,
        about=about,
        answers=said.get("answer") is True,
        sealed=sealed,
        place=Place(town=lane.town, kind=kind(record.board), lane=lane.id, number=record.id.number),
        written=record.written,
    )
