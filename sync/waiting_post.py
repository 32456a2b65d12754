"""A resident's post that waits for an office's look, sealed to it; and what the office decides.

docs/spec/3-trust.md, "What waits for a look". The post itself is written by the machine where it
waits, once it hears that it may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync import cbor
from sync.decision import Decision, groups, read_of_an_office
from sync.errors import Malformed
from sync.limits import KIND_BYTES_MAX, SEALED_PLAIN_BYTES_MAX
from sync.record import Record
from sync.trust import Trust

LET_IN, DECLINE = "waiting-grant", "waiting-decline"
WRITE_LET_IN, WRITE_DECLINE = f"{LET_IN}/write", f"{DECLINE}/write"
POST = "post"

GROUPS: Mapping[str, Mapping[str, str]] = {LET_IN: groups(POST), DECLINE: groups(POST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostThatWaits:
    """What somebody wants to post."""

    board: str
    fields: Mapping[str, object]
    opened: bool  # for towns that subscribe, too

    @property
    def plain(self) -> bytes:
        """As it is sealed."""
        return cbor.encode([1, self.board, dict(self.fields), self.opened])


def read_post_that_waits(plain: bytes) -> PostThatWaits:
    """What was sealed. Raises Malformed."""
    match cbor.decode(plain, bytes_max=SEALED_PLAIN_BYTES_MAX):
        case [1, str(board), dict(fields), bool(opened)] if len(
            board.encode()
        ) <= KIND_BYTES_MAX and all(isinstance(name, str) for name in fields):
            return PostThatWaits(board=board, fields=fields, opened=opened)
        case _:
            raise Malformed("not a post that waits")


def read_let_in(record: Record, trust: Trust) -> Decision | None:
    """An office's word that a post may be written; None if a record is none."""
    return read_of_an_office(record, trust, board=LET_IN, name=POST)


def read_decline(record: Record, trust: Trust) -> Decision | None:
    """An office's word that it may not, and why; None if a record is none."""
    return read_of_an_office(record, trust, board=DECLINE, name=POST)
