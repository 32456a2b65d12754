"""What a file from outside holds: records to be, and the rows a person must look at.

Nothing is dropped without a word: a row is an Item, a Doubt or both, and a file that cannot
be read says why in a sentence for the person who handed it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | bool | list[list[str]]
"""What a field of a board may hold; the boards declare which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a thing is called by its issuer, and how the issuer orders his own words."""

    key: str
    serial: int  # the issuer's, 0 where there is none
    issued: str  # the issuer's time, UTC, "YYYY-MM-DDThh:mm:ssZ" so that it sorts; "" where none
    sent: str = ""  # when the issuer sent it, same form: a 訂正 keeps the time of what it corrects
    cancels: bool  # 取消
    digest: bytes  # SHA-256 over the content as it came

    @property
    def order(self) -> tuple[int, str, str, bool, bytes]:
        """Among records with one key, the largest is the issuer's last word."""
        return (self.serial, self.issued, self.sent, self.cancels, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record to be, by the declaration of its board; empty fields are left out."""

    board: str  # "disaster", "event" or "guide"
    fields: Mapping[str, Value]
    outside: Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A row a person must look at. Its Item, if one could be made, is still among the items."""

    row: int  # as a person counts the rows of the file, from 1
    text: str  # the row's gist
    why: str  # what is uncertain and what to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a file holds."""

    kind: str  # for the one line shown to the person
    items: tuple[Item, ...]
    doubts: tuple[Doubt, ...]


class Unreadable(Exception):
    """The file cannot be read. The message is for a screen: what is wrong and what to do."""
