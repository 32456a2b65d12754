"""The contract of a ledger: every entry a machine holds, and nothing it hasn't checked.

`sync.machine` has a ledger in memory and one in SQLite; one test file holds both to the same
promises. What is kept in a transaction is kept whole or not at all, and the views that are
derived from it change in the same one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sync.bundle import Bundle, Entry
from sync.entry import EntryId, RecordId, Reference
from sync.frontier import LaneHeld, Range, Summary
from sync.histories import RUN_BYTES_MAX, StandingOrder, Stretch
from sync.holding import Holding
from sync.lane import Lane
from sync.register import Register
from sync.scope import Towns
from sync.statement import Statement
from sync.subscription import Subscription
from sync.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry as it is held; the lane in its id is the stretch it is kept in."""

    id: EntryId
    lane: Lane
    header: bytes
    payload: bytes | None  # None: a hole, or ordered away
    head: bytes  # of its lane, there
    path: tuple[bytes, ...]  # the stretches of its history up to it, its own last
    ordered_away: bool = False  # an order names it: what is missing is no hole


class Link(NamedTuple):
    """An entry about to be appended, with the head it makes and the record it changes."""

    header: bytes
    payload: bytes | None
    head: bytes
    record: Reference | None  # None: it begins one


class Signature(NamedTuple):
    """The author's word for a lane up to a number."""

    number: int
    signature: bytes


@dataclass(slots=True)
class Changes:
    """What a transaction touched, for the views."""

    records: set[RecordId] = field(default_factory=set)
    trust: bool = False  # who may do what has changed: every record may read differently
    registers: bool = False
    source: str = ""  # where those came from, as `ingest` was told; "" for us, or nobody knows

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.records or self.trust or self.registers)


Projection = Callable[[Changes], None]
"""Brings the views up to date; called once, inside the transaction, before it commits."""


class SetAside(NamedTuple):
    """A bundle that waits for a certificate or an earlier run."""

    key: int
    bundle: Bundle


class PackedRun(NamedTuple):
    """Consecutive entries of a lane that has one history."""

    lane: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Runs that were wrapped once and are kept so, to be handed on as they are.

    They are of one town, class and audience. Whatever changes a byte of them undoes it.
    """

    key: int  # ours
    runs: tuple[PackedRun, ...]
    size: int  # of headers and payloads
    wrapped_size: int

    @property
    def entries(self) -> int:
        """How many are in it."""
        return sum(run.last - run.first + 1 for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of another machine."""

    offers_seen: int = 0  # the largest counter in its offers to us
    offers_sent: int = 0  # the largest in ours to it
    agreed_digest: bytes = b""  # at that digest it held just `agreed`; empty: nothing agreed yet
    agreed: Summary | None = None
    registers_agreed: int = 0  # what `registers_kept` said when it last held the same


class Ledger(Protocol):
    """Every entry a machine holds."""

    def transaction(self) -> AbstractContextManager[None]:
        """One writer at a time; on an exception nothing of it is kept. May be nested."""

    # who is who

    def trust(self) -> Trust:
        """The authorities, and every statement held."""

    def state(self, statement: Statement, *, instead_of: Statement | None = None) -> None:
        """Keep a statement that Trust gives a say; let another one go for it."""

    def subscribe(self, subscriptions: frozenset[Subscription]) -> None:
        """These are in force now, and no others; what is held by none of them any more goes."""

    # what is held

    def stretch(self, id_: bytes) -> Stretch | None:
        """The stretch of that id, if at least one entry of its lane is held."""

    def stretches(self, lane: bytes) -> Sequence[Stretch]:
        """All of a lane, the root first."""

    def leaves(self) -> Sequence[Stretch]:
        """The last stretch of every history of every lane, cuts or no cuts."""

    def path(self, id_: bytes) -> Sequence[Stretch]:
        """From the root of its lane to that stretch."""

    def lane(self, id_: bytes) -> LaneHeld | None:
        """The history that ends with that stretch, if at least one entry is held."""

    def lanes(self) -> Sequence[LaneHeld]:
        """Every history of every lane, as far as no revocation cuts it: one, but for forks."""

    def histories(self, lane: bytes) -> Sequence[LaneHeld]:
        """Those of one lane."""

    def holding(self, towns: Towns) -> Holding:
        """All that is held of these towns; worked out once after each change."""

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        """The lives of an author of which something is held."""

    def head_at(self, id_: bytes, number: int) -> bytes | None:
        """The head there in the history of that stretch; None past its end."""

    def run(
        self, id_: bytes, first: int, last: int | None = None, *, bytes_max: int = RUN_BYTES_MAX
    ) -> Bundle | None:
        """The longest run of that history from there that ends at a signature and fits a bundle.

        It goes no further than `last`, if given, nor than the first signature past `bytes_max`.
        """

    def entries(self, id_: bytes, first: int, last: int) -> Iterator[Entry]:
        """Those of the history of that stretch, as far as it goes."""

    def record(self, record: RecordId) -> Sequence[Stored]:
        """Every entry of a record, of whatever lane, that no revocation cuts off."""

    def records_between(
        self, lane: bytes, first: int, last: int
    ) -> Mapping[RecordId, Sequence[Stored]]:
        """The same of all records that began in that lane with one of these numbers."""

    def records(self) -> Iterator[RecordId]:
        """Every record of which an entry is held."""

    # what is taken in

    def append(self, lane: Lane, to: bytes, links: Sequence[Link]) -> None:
        """Continue the stretch `to`, or begin the lane. The caller has checked that they follow."""

    def part(self, id_: bytes, first: int) -> None:
        """Histories part there: what the stretch holds from that number on becomes a branch."""

    def branch(self, lane: Lane, parent: bytes, links: Sequence[Link]) -> bytes:
        """Begin another branch behind the end of a stretch, perhaps an empty root; its id."""

    def fill(self, id_: bytes, number: int, payload: bytes) -> None:
        """Close a hole of a stretch. The caller has checked that it is that payload."""

    def sign(self, id_: bytes, signature: Signature) -> None:
        """Keep one more signature in a stretch, so that runs can be cut there."""

    def order_away(self, by: EntryId, lane: bytes, numbers: Range, check: bytes) -> None:
        """Withdraw these payloads, and whatever of them comes later, while that entry is in force.

        `by`: an office's, of the lane's town. `check` is that of a reference to the last of them.
        """

    def orders(self) -> Sequence[StandingOrder]:
        """What is ordered away by entries that are in force."""

    def register(self, register: Register, source: str = "") -> bool:
        """Keep the newest value of a name of an author; False if it is not newer."""

    def registers(self, since: int = 0) -> Sequence[Register]:
        """All that are held; those only that were kept after `registers_kept` said that."""

    def registers_kept(self) -> int:
        """Grows with every register that is kept."""

    # what was packed once

    def packs(self) -> Sequence[Pack]:
        """All that are held."""

    def packed(self, pack: Pack) -> bytes | None:
        """A wrapped parcel of just those runs; None if it is gone."""

    def keep_packed(self, runs: Sequence[PackedRun], wrapped: bytes, *, size: int) -> None:
        """Keep one, as long as nothing in it changes. The caller has checked that it is just so."""

    def unpack(self, pack: Pack) -> None:
        """Drop one."""

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

    def is_own(self, author: bytes) -> bool:
        """Whether it is a key that this machine writes with."""

    def begin_incarnation(self, author: bytes) -> None:
        """Go on in a new life, its ordinal one more than the largest known of that author."""

    def version(self) -> int:
        """Grows with every transaction that changed something."""
