"""A lane as it is held: one stretch of entries, or, after a fork, a tree of them.

docs/spec/4-ledger.md, "Fork proofs and branches". A stretch ends where histories part; each history
is the way from the root to a leaf, and goes by its leaf's id. A lane that never forked has one
stretch, whose id is the lane's.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from sync import cbor
from sync.authority import Replacement
from sync.bundle import Bundle, Entry
from sync.certificate import Certificate
from sync.enrolment import Confirmation
from sync.entry import EntryId, RecordId, Reference, read_header
from sync.frontier import Held, LaneHeld, Range, ranges
from sync.holding import Holding
from sync.lane import Class, Lane
from sync.limits import BUNDLE_BYTES_MAX, BUNDLE_ENTRIES_MAX
from sync.register import Register
from sync.revocation import Cut, Revocation
from sync.scope import Scope, Towns
from sync.statement import Statement
from sync.trust import Trust

RUN_BYTES_MAX = BUNDLE_BYTES_MAX * 3 // 4
"""Of headers and payloads: leaves room for what CBOR puts around 2,000 of them."""

_HOLDINGS_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Entries of one lane with one history before them."""

    id: bytes
    lane: Lane
    parent: bytes | None  # the stretch it parted from
    first: int  # number of its first entry
    number: int  # of its last
    head: bytes  # at its last


class Order(NamedTuple):
    """What an entry of an office orders of a lane's payloads."""

    entry: EntryId
    numbers: Range
    check: bytes  # of the head at the last of them: which history is meant


class StandingOrder(NamedTuple):
    """What an order that is in force names, and whether it was obeyed here."""

    by: EntryId
    lane: bytes
    numbers: Range
    check: bytes  # of the head at the last of them: which history is meant
    obeyed: bool  # nothing that may be meant can be read here any more


def branch_id(lane: bytes, first: int, head: bytes) -> bytes:
    """What a branch is called: where it parts, and its head there."""
    return sha256(b"kairan/1 branch" + lane + cbor.encode(first) + head).digest()


class Histories(ABC):
    """What follows for whole histories from what a ledger keeps of each stretch."""

    _lanes: tuple[object, Sequence[LaneHeld]] | None = None  # and when they were held

    @cached_property
    def _holdings(self) -> dict[Scope | frozenset[str], tuple[object, Holding]]:
        return {}

    @abstractmethod
    def trust(self) -> Trust:
        """The authorities, and every statement held."""

    @abstractmethod
    def registers(self) -> Sequence[Register]:
        """All that are held."""

    @abstractmethod
    def stretch(self, id_: bytes) -> Stretch | None:
        """The stretch of that id."""

    @abstractmethod
    def stretches(self, lane: bytes) -> Sequence[Stretch]:
        """All of a lane, the root first."""

    @abstractmethod
    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        """The lives of an author of which something is held."""

    @abstractmethod
    def leaves(self) -> Sequence[Stretch]:
        """The last stretch of every history of every lane."""

    @abstractmethod
    def _head_in(self, stretch: bytes, number: int) -> bytes | None: ...

    @abstractmethod
    def _entries_in(self, stretch: bytes, first: int, at_most: int) -> Sequence[Entry]: ...

    @abstractmethod
    def _signatures_in(self, stretch: bytes, first: int, below: int) -> dict[int, bytes]: ...

    @abstractmethod
    def _holes(self, lane: bytes | None = None) -> Mapping[bytes, Sequence[int]]:
        """Per stretch (of that lane) that has any, ascending."""

    @abstractmethod
    def _settled(self) -> object | None:
        """Another thing after each transaction; None inside one that has changed something."""

    @abstractmethod
    def _naming(self, lane: bytes, first: int) -> Sequence[tuple[EntryId, bytes]]:
        """Entries, with their headers, of records that begin there or later in any history."""

    @abstractmethod
    def _belongs(self, entry: EntryId, record: RecordId) -> None:
        """From now on the entry counts to that record."""

    @abstractmethod
    def _orders_of(self, lane: bytes) -> Sequence[Order]: ...

    @abstractmethod
    def _ordered_lanes(self) -> Sequence[bytes]:
        """The lanes that orders name."""

    @abstractmethod
    def _is_readable(self, stretch: bytes, numbers: Range) -> bool:
        """Whether a payload of those numbers is in that stretch."""

    @abstractmethod
    def _withdraw(self, stretch: bytes, numbers: Range) -> None:
        """Drop these payloads of a stretch, and count them as holes no more."""

    @abstractmethod
    def _want_again(self, stretch: bytes) -> None:
        """Count as holes what was withdrawn of a stretch."""

    def path(self, id_: bytes) -> list[Stretch]:
        """From the root to that stretch."""
        found: list[Stretch] = []
        at: bytes | None = id_
        while at is not None and (stretch := self.stretch(at)) is not None:
            found.append(stretch)
            at = stretch.parent
        return found[::-1]

    def lane(self, id_: bytes) -> LaneHeld | None:
        """The history that ends with that stretch, if at least one entry is held."""
        stretch = self.stretch(id_)
        return self._held(stretch, self._holes(stretch.lane.id)) if stretch else None

    def lanes(self) -> Sequence[LaneHeld]:
        """Every history of every lane, as far as no revocation cuts it."""
        settled = self._settled()
        if settled is None:
            return self._standing(self.leaves(), self._holes())
        kept = self._lanes
        if kept is None or kept[0] != settled:
            kept = self._lanes = settled, self._standing(self.leaves(), self._holes())
        return kept[1]

    def histories(self, lane: bytes) -> Sequence[LaneHeld]:
        """Those of one lane."""
        stretches = self.stretches(lane)
        parents = {stretch.parent for stretch in stretches}
        leaves = [stretch for stretch in stretches if stretch.id not in parents]
        return self._standing(leaves, self._holes(lane))

    def holding(self, towns: Towns) -> Holding:
        """All that is held of these towns; worked out once after each change."""
        place, settled = towns if isinstance(towns, Scope) else frozenset(towns), self._settled()
        kept = self._holdings.get(place)
        if settled is None or kept is None or kept[0] != settled:
            kept = settled, Holding(towns, self.trust(), self.lanes(), self.registers)
            if settled is not None:
                if len(self._holdings) >= _HOLDINGS_MAX:
                    self._holdings.clear()
                self._holdings[place] = kept
        return kept[1]

    def _standing(
        self, leaves: Iterable[Stretch], holes: Mapping[bytes, Sequence[int]]
    ) -> list[LaneHeld]:
        """The histories that end there, as far as no revocation cuts them."""
        trust = self.trust()
        found: dict[bytes, LaneHeld] = {}
        for leaf in leaves:
            cut = trust.cut(leaf.lane)
            whole = self._held(leaf, holes)
            held = whole if cut is None else self._cut(leaf, whole, cut)
            if held is not None:
                found[held.id] = held
        return list(found.values())

    def in_force(self, entry: EntryId, lane: Lane) -> bool:
        """Whether no revocation cuts an entry off."""
        cut = self.trust().cut(lane)
        if cut is None:
            return True
        end = self._end(lane.id, cut)
        if end is None:
            return entry.number < cut.number
        return entry.number <= cut.number and entry.lane in {s.id for s in self.path(end.id)}

    def _end(self, lane: bytes, cut: Cut) -> Stretch | None:
        """The stretch in which a history ends that a cut leaves; None while that isn't held."""
        for stretch in self.stretches(lane):
            if (
                stretch.first <= cut.number <= stretch.number
                and self._head_in(stretch.id, cut.number) == cut.head
            ):
                return stretch
        return None

    def _cut(self, leaf: Stretch, held: LaneHeld, cut: Cut) -> LaneHeld | None:
        """What a cut leaves of a history: once its head is held, one of them; till then, any.

        Of a history that has another head there all the rest may be of the one that is meant.
        """
        end, path = self._end(leaf.lane.id, cut), self.path(leaf.id)
        if end is not None and end not in path:
            return None
        number = cut.number if end else cut.number - 1
        if leaf.number <= number and end is None:
            return held
        head = self.head_at(leaf.id, number)
        if number < 1 or head is None:
            return None
        holes = tuple(
            Range(first, min(last, number)) for first, last in held.held.holes if first <= number
        )
        name = leaf.lane.id if end else next(s.id for s in path if number <= s.number)
        return LaneHeld(name, leaf.lane, Held(number, head, holes), leaf.id)

    def head_at(self, id_: bytes, number: int) -> bytes | None:
        """The head there in the history of that stretch; None past its end."""
        stretch = self.stretch(id_)
        if stretch is not None and number == 0:
            return stretch.lane.id
        while stretch is not None and number < stretch.first and stretch.parent is not None:
            stretch = self.stretch(stretch.parent)
        if stretch is None or not stretch.first <= number <= stretch.number:
            return None
        return self._head_in(stretch.id, number)

    def run(
        self, id_: bytes, first: int, last: int | None = None, *, bytes_max: int = RUN_BYTES_MAX
    ) -> Bundle | None:
        """The longest run of that history from there that ends at a signature and fits a bundle.

        It goes no further than `last`, if given, nor than the first signature past `bytes_max`.
        """
        path = [stretch for stretch in self.path(id_) if stretch.number >= first]
        below = first + BUNDLE_ENTRIES_MAX
        if last is not None:
            below = min(below, last + 1)
        signed: dict[int, bytes] = {}
        for stretch in path:
            signed |= self._signatures_in(stretch.id, first, below)
        entries: list[Entry] = []
        size, fitting = 0, 0
        for entry in self._entries_along(path, first, max(signed, default=0)):
            size += len(entry.header) + len(entry.payload or b"")
            if size > min(bytes_max, RUN_BYTES_MAX) and fitting:
                break
            entries.append(entry)
            if first + len(entries) - 1 in signed:
                fitting = len(entries)
        before = self.head_at(id_, first - 1)
        if not fitting or before is None:
            return None
        return Bundle(
            lane=path[0].lane,
            first=first,
            before=before,
            entries=tuple(entries[:fitting]),
            signature=signed[first + fitting - 1],
        )

    def entries(self, id_: bytes, first: int, last: int) -> Iterator[Entry]:
        """Those of the history of that stretch, as far as it goes."""
        return self._entries_along(self.path(id_), first, last)

    def home(self, entry: EntryId, reference: Reference | None) -> RecordId:
        """The entry that is meant, by the stretch that keeps it.

        `entry` is the one that makes the reference; None is the reference to itself.
        """
        if reference is None:
            return entry
        lane, number = reference.entry
        if reference.check:
            for stretch in self.stretches(lane):
                if stretch.first <= number <= stretch.number and reference.holds(
                    self._head_in(stretch.id, number) or b""
                ):
                    return EntryId(stretch.id, number)
            return reference.entry  # not held, or another history than ours
        at = self.stretch(entry.lane)
        while at is not None and number < at.first and at.parent is not None:
            at = self.stretch(at.parent)
        return EntryId(at.id if at else lane, number)

    def _find_homes(self, lane: bytes, first: int) -> set[RecordId]:
        """After histories parted: who names an entry from there on may mean a branch's now."""
        changed: set[RecordId] = set()
        for entry, header in self._naming(lane, first):
            read = read_header(header, self._root(entry.lane))
            record = self.home(entry, read.record)
            self._belongs(entry, record)
            changed.add(record)
        return changed

    def _follow_orders(self, lane: Lane, first: int) -> None:
        """Obey them in a lane that goes on with that number now."""
        if self.trust().cut(lane) is None:
            self._obey(lane.id, first)
        else:
            self._obey_anew()  # it may have come to where it is cut

    def _mind(self, statement: Statement) -> None:
        """Of what it changes in what stands, obey and disobey what orders name."""
        match statement.says:
            case Certificate(key=key, by=None) if not self.incarnations(key):
                pass  # nothing of it is held, and it casts no doubt on another
            case Certificate() | Revocation() | Replacement() | Confirmation():
                self._obey_anew()
            case _:
                pass

    def _obey_anew(self) -> None:
        """After a change of what is in force: what no order names any more is a hole again."""
        for lane in self._ordered_lanes():
            for stretch in self.stretches(lane):
                self._want_again(stretch.id)
            self._obey(lane, 1)

    def _obey(self, lane: bytes, since: int) -> None:
        """Withdraw what orders name of a lane, if it ends at that number or later.

        Of a history that isn't held that far nobody knows yet whether it is meant.
        """
        for entry, numbers, check in self._orders_of(lane):
            by = self._office_lane(entry)
            if numbers.last < since or by is None:
                continue
            for end in self.stretches(lane):
                if (
                    end.first <= numbers.last <= end.number
                    and (self._head_in(end.id, numbers.last) or b"").startswith(check)
                    and end.lane.town == by.town
                    and end.lane.class_ is not Class.TRUST
                    and self.in_force(EntryId(end.id, numbers.last), end.lane)
                ):
                    for stretch in self.path(end.id):
                        last = min(numbers.last, stretch.number)
                        self._withdraw(stretch.id, Range(max(numbers.first, stretch.first), last))

    def orders(self) -> list[StandingOrder]:
        """What is ordered away by entries that are in force."""
        return [
            StandingOrder(
                order.entry, lane, order.numbers, order.check, self._is_obeyed(lane, order)
            )
            for lane in self._ordered_lanes()
            for order in self._orders_of(lane)
            if self._office_lane(order.entry)
        ]

    def _office_lane(self, order: EntryId) -> Lane | None:
        """The lane of an order that is in force."""
        by = self.stretch(order.lane)
        if (
            by is None
            or not self.in_force(order, by.lane)
            or not self.trust().is_office(by.lane.author, by.lane.town)
        ):
            return None
        return by.lane

    def _is_obeyed(self, lane: bytes, order: Order) -> bool:
        """Of a history that isn't held to its end nobody knows yet whether it is meant."""
        stretches = self.stretches(lane)
        parents = {stretch.parent for stretch in stretches}
        for leaf in stretches:
            head = self.head_at(leaf.id, order.numbers.last)
            if leaf.id in parents or (head is not None and not head.startswith(order.check)):
                continue
            for stretch in self.path(leaf.id):
                first = max(order.numbers.first, stretch.first)
                last = min(order.numbers.last, stretch.number)
                if first <= last and self._is_readable(stretch.id, Range(first, last)):
                    return False
        return True

    def _root(self, id_: bytes) -> bytes:
        stretch = self.stretch(id_)
        return stretch.lane.id if stretch else id_

    def _entries_along(self, path: Sequence[Stretch], first: int, last: int) -> Iterator[Entry]:
        for stretch in path:
            start = max(first, stretch.first)
            if start <= last:
                yield from self._entries_in(stretch.id, start, last - start + 1)

    def _held(self, leaf: Stretch, holes: Mapping[bytes, Sequence[int]]) -> LaneHeld:
        path = [leaf] if leaf.parent is None or not holes else self.path(leaf.id)
        missing = ranges(n for stretch in path for n in holes.get(stretch.id, ()))
        return LaneHeld(leaf.id, leaf.lane, Held(leaf.number, leaf.head, missing), leaf.id)
