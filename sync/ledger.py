"""The contract of a ledger: every entry a machine holds, and nothing it hasn't checked.

`sync.machine` has a ledger in memory and one in SQLite; one test file holds both to the same
promises. What is kept in a transaction is kept whole or not at all, and the views that are
derived from it change in the same one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sync.bundle import Bundle
from sync.entry import EntryId, RecordId
from sync.frontier import LaneHeld, Summary
from sync.lane import Lane
from sync.trust import Statement, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry as it is held."""

    id: EntryId
    lane: Lane
    header: bytes
    payload: bytes | None  # None: a hole
    head: bytes  # of its lane, there


class Link(NamedTuple):
    """An entry about to be appended, with the head it makes and the record it changes."""

    header: bytes
    payload: bytes | None
    head: bytes
    record: RecordId


class Signature(NamedTuple):
    """The author's word for a lane up to a number."""

    number: int
    signature: bytes


@dataclass(slots=True)
class Changes:
    """What a transaction touched, for the views."""

    records: set[RecordId] = field(default_factory=set)
    trust: bool = False  # who may do what has changed: every record may read differently


Projection = Callable[[Changes], None]
"""Brings the views up to date; called once, inside the transaction, before it commits."""


class SetAside(NamedTuple):
    """A bundle that waits for a certificate or an earlier run."""

    key: int
    bundle: Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of another machine."""

    offers_seen: int = 0  # the largest counter in its offers to us
    offers_sent: int = 0  # the largest in ours to it
    agreed_digest: bytes = b""  # at that digest it held just `agreed`
    agreed: Summary | None = None


class Ledger(Protocol):
    """Every entry a machine holds."""

    def transaction(self) -> AbstractContextManager[None]:
        """One writer at a time; on an exception nothing of it is kept. May be nested."""

    # who is who

    def trust(self) -> Trust:
        """The authorities, and every statement held."""

    def state(self, statement: Statement) -> None:
        """Keep a statement that Trust gives a say."""

    # what is held

    def lane(self, lane: bytes) -> LaneHeld | None:
        """The lane of that id, if at least one entry is held."""

    def lanes(self) -> Sequence[LaneHeld]:
        """All of them."""

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        """The lives of an author of which something is held."""

    def head_at(self, lane: bytes, number: int) -> bytes | None:
        """The head there; at 0 the lane id; None past what is held."""

    def run(self, lane: bytes, first: int) -> Bundle | None:
        """The longest run from there that ends at a signature and fits a bundle."""

    def record(self, record: RecordId) -> Sequence[Stored]:
        """Every entry of a record, of whatever lane."""

    def records(self) -> Iterator[RecordId]:
        """Every record of which an entry is held."""

    # what is taken in

    def append(self, lane: Lane, links: Sequence[Link], signatures: Iterable[Signature]) -> None:
        """Continue a lane. The caller has checked that they follow."""

    def fill(self, lane: bytes, number: int, payload: bytes, record: RecordId) -> None:
        """Close a hole. The caller has checked that it is that payload."""

    def sign(self, lane: bytes, signature: Signature) -> None:
        """Keep one more signature of a lane, so that runs can be cut there."""

    # what waits

    def set_aside(self, source: str, bundle: Bundle) -> bool:
        """Keep it for later; False if there is no room left."""

    def waiting(self, author: bytes) -> Sequence[SetAside]:
        """What waits for that author's certificate or earlier runs, first numbers first."""

    def waiting_count(self) -> int:
        """How many bundles wait."""

    def let_go(self, waiting: SetAside) -> None:
        """It waits no longer."""

    # other machines, and ourselves

    def known(self, machine: bytes) -> Known:
        """What is remembered of the machine with that key."""

    def remember(self, machine: bytes, known: Known) -> None:
        """Remember it."""

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        """The life that a key of this machine writes in; the first is begun where there is none."""

    def version(self) -> int:
        """Grows with every transaction that changed something."""
