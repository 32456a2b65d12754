"""To which keys one seals: a record in a lane of class trust (docs/spec/11-sealed.md).

A machine announces keys that it holds, and nobody else's: for the place, for one of its accounts,
or for what is written about one post. It takes a key back by withdrawing the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.about import About, read_about
from sync.certificate import Role
from sync.entry import RecordId
from sync.lane import Audience, Class
from sync.record import Record
from sync.sealing import KEY_BYTES, TAG_BYTES, WRAPPED_BYTES, Place
from sync.trust import Trust

READING_KEY = "reading-key"
WRITE_READING_KEY = f"{READING_KEY}/write"

GROUPS: Mapping[str, Mapping[str, str]] = {
    READING_KEY: {"key": "key", "post": "key", "account": "key", "escrow": "key"}
}

_ACCOUNT_BYTES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """The secret, closed to the reserve key that the town had then."""

    tag: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingKey:
    """One key that may be sealed to, or might once."""

    id: RecordId
    lane: bytes  # of the announcement: the lane's id, also on a branch
    town: str
    author: bytes  # the machine that holds it
    key: bytes
    stands: bool = True  # False: it was taken back, and opens what was sealed to it before
    about: About | None = None  # only for what is written about that post
    account: bytes | None = None  # only that account reads with it, as entries name it
    escrow: Escrow | None = None

    @property
    def for_the_place(self) -> bool:
        """Whether it is for whoever keeps the place."""
        return self.about is None and self.account is None


def as_fields(
    key: bytes, *, about: About | None, account: bytes | None, escrow: Escrow | None
) -> dict[str, object]:
    """What the entry says."""
    fields: dict[str, object] = {"key": key}
    if about is not None:
        fields["post"] = about.as_array
    if account is not None:
        fields["account"] = account
    if escrow is not None:
        fields["escrow"] = [escrow.tag, escrow.wrapped]
    return fields


def escrow_place(town: str, lane: bytes, number: int) -> Place:
    """To which announcement a closed secret belongs: by its lane's id, and its number."""
    return Place(town=town, kind=WRITE_READING_KEY, lane=lane, number=number)


def read_reading_key(record: Record, trust: Trust) -> ReadingKey | None:
    """The key that a record announces; None if it does not."""
    lane = record.lane
    if (record.board, lane.class_, lane.audience) != (READING_KEY, Class.TRUST, Audience.TOWN):
        return None
    if not trust.roles(lane.author, lane.town) & {Role.OFFICE, Role.NODE}:
        return None
    if not record.complete or not record.understood:
        return None
    said = record.fields
    about, account, escrow = said.get("post"), said.get("account"), said.get("escrow")
    match said.get("key"):
        case bytes(key) if len(key) == KEY_BYTES:
            pass
        case _:
            return None
    if account is not None and not (isinstance(account, bytes) and len(account) == _ACCOUNT_BYTES):
        return None
    read = read_about(about)
    if about is not None and read is None:
        return None
    return ReadingKey(
        id=record.id,
        lane=lane.id,
        town=lane.town,
        author=lane.author,
        key=key,
        stands=not record.withdrawn,
        about=read,
        account=account,
        escrow=_read_escrow(escrow),
    )


def _read_escrow(said: object) -> Escrow | None:
    match said:
        case [bytes(tag), bytes(wrapped)] if (
            len(tag) == TAG_BYTES and len(wrapped) == WRAPPED_BYTES
        ):
            return Escrow(tag=tag, wrapped=wrapped)
        case _:
            return None


def is_sealed_to(key: ReadingKey, place: bytes, trust: Trust) -> bool:
    """Whether one seals to it who means the machine with that key, or who took its place."""
    ours = key.author == place or trust.succeeds(key.author, place, key.town)
    return ours and key.stands and not trust.is_revoked(key.author, key.town)
