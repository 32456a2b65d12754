"""A record as people meet it on a board."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.entry import EntryId, RecordId, Written


class PostState(StrEnum):
    """Whether, and why not, a record stands on its board."""

    SHOWN = "shown"
    WITHDRAWN = "withdrawn"  # taken down
    INCOMPLETE = "incomplete"  # part of it has not arrived: what is missing may be a correction
    NOT_UNDERSTOOD = "not_understood"  # it needs newer software
    HIDDEN = "hidden"  # by decision of the office or a centre
    ERASED = "erased"  # its content was ordered away
    SUPERSEDED = "superseded"  # its issuer has since said something newer
    STANDBY = "standby"  # a newer form of the same announcement is shown
    NOT_ALLOWED = "not_allowed"  # its author may not write to that board
    NO_BOARD = "no_board"  # a kind of board this software doesn't know


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post, a telegram, a facility: one record and how it stands."""

    id: RecordId
    address: str  # in links and QR codes
    board: str
    state: PostState
    fields: Mapping[str, object]  # by the board's declaration
    versions: tuple[EntryId, ...]  # what the next edit replaces
    counter: int
    written: Written
    changed: Written
    author: bytes
    town: str  # of its first entry's lane
    opened: bool  # to towns that subscribe

    def text(self, name: str) -> str:
        """A field's text, empty where it says nothing."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""
