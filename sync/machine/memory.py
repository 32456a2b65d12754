"""The smallest ledger: everything in dicts, for tests and for reading along."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sync.bundle import Bundle, Entry, pack_bundle
from sync.entry import EntryId, RecordId
from sync.frontier import Range
from sync.histories import Histories, Order, Stretch, branch_id
from sync.lane import Lane
from sync.ledger import (
    Changes,
    Known,
    Link,
    Pack,
    PackedRun,
    Projection,
    SetAside,
    Signature,
    Stored,
)
from sync.machine.keys import incarnation_random
from sync.machine.letting_go import is_gone, still_taken
from sync.machine.waiting_room import Load, has_room, stripped
from sync.register import Register, one_too_many
from sync.statement import Statement
from sync.subscription import Subscription
from sync.trust import Trust


class _Kept(NamedTuple):
    link: Link
    record: RecordId
    ordered_away: bool = False


@dataclass
class _Stretch:
    lane: Lane
    parent: bytes | None
    first: int
    kept: list[_Kept] = field(default_factory=list)
    signatures: dict[int, bytes] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.first + len(self.kept) - 1

    def at(self, number: int) -> _Kept:
        return self.kept[number - self.first]

    def copy(self) -> "_Stretch":
        return replace(self, kept=[*self.kept], signatures={**self.signatures})


class _Waiting(NamedTuple):
    source: str
    size: int  # packed
    bundle: Bundle


@dataclass
class _State:
    trust: Trust
    stretches: dict[bytes, _Stretch] = field(default_factory=dict)
    records: dict[RecordId, tuple[EntryId, ...]] = field(default_factory=dict)
    orders: dict[bytes, tuple[Order, ...]] = field(default_factory=dict)  # by the lane ordered
    registers: dict[tuple[str, bytes, str], tuple[int, Register]] = field(default_factory=dict)
    packs: dict[Pack, bytes] = field(default_factory=dict)
    waiting: dict[int, _Waiting] = field(default_factory=dict)
    known: dict[bytes, Known] = field(default_factory=dict)
    own: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    next_waiting: int = 1
    version: int = 0

    def copy(self) -> "_State":
        return replace(
            self,
            stretches={id_: stretch.copy() for id_, stretch in self.stretches.items()},
            records={**self.records},
            orders={**self.orders},
            registers={**self.registers},
            packs={**self.packs},
            waiting={**self.waiting},
            known={**self.known},
            own={**self.own},
        )


class MemoryLedger(Histories):
    """A ledger that is gone with the process."""

    def __init__(
        self,
        authorities: Mapping[str, tuple[bytes, ...]],
        project: Projection = lambda changes: None,
    ) -> None:
        """`authorities`: per town, the keys whose word holds there, by place."""
        self._state = _State(Trust(authorities))
        self._project = project
        self._changes: Changes | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._changes is not None:
            yield
            return
        before = self._state.copy()
        self._changes = Changes()
        try:
            yield
            if self._changes.any:
                self._state.version += 1
                self._project(self._changes)
        except BaseException:
            self._state = before
            raise
        finally:
            self._changes = None

    @property
    def _touched(self) -> Changes:
        assert self._changes is not None, "outside a transaction"
        return self._changes

    # who is who

    def trust(self) -> Trust:
        return self._state.trust

    def state(self, statement: Statement, *, instead_of: Statement | None = None) -> None:
        self._touched.trust = True
        self._state.trust = self._state.trust.with_statements([statement], instead_of=instead_of)
        self._mind(statement)

    def subscribe(self, subscriptions: frozenset[Subscription]) -> None:
        before, state = self._state.trust, self._state
        trust = replace(before, subscriptions=subscriptions)
        state.trust = replace(trust, statements=still_taken(trust, before))
        self._touched.trust = True
        gone = {id_ for id_, held in state.stretches.items() if is_gone(trust, held.lane)}
        for id_ in gone:
            self._unpack_what_holds(id_, Range(1, state.stretches[id_].number))
            del state.stretches[id_]
        for record, entries in [*state.records.items()]:
            if any(entry.lane in gone for entry in entries):
                self._touched.records.add(record)
                state.records[record] = tuple(e for e in entries if e.lane not in gone)
        for lane, orders in [*state.orders.items()]:
            state.orders[lane] = tuple(o for o in orders if o.entry.lane not in gone)
        for key, waiting in [*state.waiting.items()]:
            if is_gone(trust, waiting.bundle.lane):
                del state.waiting[key]
        for machine, known in state.known.items():
            state.known[machine] = replace(
                known, agreed_digest=b"", agreed=None, registers_agreed=0
            )

    # what is held

    def stretch(self, id_: bytes) -> Stretch | None:
        held = self._state.stretches.get(id_)
        return self._as_stretch(id_, held) if held and held.number else None

    def stretches(self, lane: bytes) -> Sequence[Stretch]:
        found = [
            self._as_stretch(id_, held)
            for id_, held in self._state.stretches.items()
            if held.lane.id == lane and held.number
        ]
        return sorted(found, key=lambda stretch: (stretch.first, stretch.id))

    def leaves(self) -> Sequence[Stretch]:
        parents = {held.parent for held in self._state.stretches.values()}
        return [
            self._as_stretch(id_, held)
            for id_, held in self._state.stretches.items()
            if id_ not in parents and held.number
        ]

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        return frozenset(
            held.lane.incarnation
            for held in self._state.stretches.values()
            if held.lane.author == author
        )

    def record(self, record: RecordId) -> Sequence[Stored]:
        found = [self._stored(entry) for entry in self._state.records.get(record, ())]
        return [entry for entry in found if self.in_force(entry.id, entry.lane)]

    def records_between(
        self, lane: bytes, first: int, last: int
    ) -> Mapping[RecordId, Sequence[Stored]]:
        records = (EntryId(lane, number) for number in range(first, last + 1))
        return {record: found for record in records if (found := self.record(record))}

    def records(self) -> Iterator[RecordId]:
        return iter([record for record, entries in self._state.records.items() if entries])

    # what is taken in

    def append(self, lane: Lane, to: bytes, links: Sequence[Link]) -> None:
        held = self._state.stretches.setdefault(to, _Stretch(lane, None, 1))
        first = held.number + 1
        for number, link in enumerate(links, first):
            entry = EntryId(to, number)
            record = self.home(entry, link.record)
            held.kept.append(_Kept(link, record))
            self._add_to(record, entry)
        self._follow_orders(lane, first)
        if len(self.stretches(lane.id)) > 1:
            self._touched.records |= self._find_homes(lane.id, held.first)

    def part(self, id_: bytes, first: int) -> None:
        held = self._state.stretches[id_]
        self._unpack_what_holds(id_, Range(first, held.number))
        at = first - held.first
        new = branch_id(held.lane.id, first, held.kept[at].link.head)
        for other in self._state.stretches.values():
            if other.parent == id_:
                other.parent = new
        moved = _Stretch(held.lane, id_, first, held.kept[at:])
        moved.signatures = {n: s for n, s in held.signatures.items() if n >= first}
        held.signatures = {n: s for n, s in held.signatures.items() if n < first}
        del held.kept[at:]
        self._state.stretches[new] = moved
        for number, kept in enumerate(moved.kept, first):
            self._take_from(kept.record, EntryId(id_, number))
            self._add_to(kept.record, EntryId(new, number))
        for lane, orders in self._state.orders.items():
            self._state.orders[lane] = tuple(
                order._replace(entry=EntryId(new, order.entry.number))
                if order.entry.lane == id_ and order.entry.number >= first
                else order
                for order in orders
            )
        self._touched.records |= self._find_homes(held.lane.id, first)

    def branch(self, lane: Lane, parent: bytes, links: Sequence[Link]) -> bytes:
        first = self._state.stretches[parent].number + 1
        new = branch_id(lane.id, first, links[0].head)
        self._state.stretches[new] = _Stretch(lane, parent, first)
        self.append(lane, new, links)
        return new

    def fill(self, id_: bytes, number: int, payload: bytes) -> None:
        held = self._state.stretches[id_]
        kept = held.at(number)
        if not kept.ordered_away:
            kept = kept._replace(link=kept.link._replace(payload=payload))
            self._unpack_what_holds(id_, Range(number, number))
            held.kept[number - held.first] = kept
            self._touched.records.add(kept.record)

    def sign(self, id_: bytes, signature: Signature) -> None:
        self._state.stretches[id_].signatures[signature.number] = signature.signature

    def order_away(self, by: EntryId, lane: bytes, numbers: Range, check: bytes) -> None:
        order = Order(by, numbers, check)
        if order not in self._orders_of(lane):
            self._state.orders[lane] = (*self._orders_of(lane), order)
            for key, waiting in self._state.waiting.items():
                if waiting.bundle.lane.id == lane:
                    left = stripped(waiting.bundle, [numbers])
                    self._state.waiting[key] = waiting._replace(bundle=left)
            self._obey(lane, numbers.last)

    def register(self, register: Register, source: str = "") -> bool:
        _, held = self._state.registers.get(register.place, (0, None))
        if held is not None and held.order >= register.order:
            return False
        of_author = register.place[:2]
        names = {place[2] for place in self._state.registers if place[:2] == of_author}
        crowded_out = one_too_many({register.name, *names})
        if crowded_out == register.name:
            return False
        self._touched.registers, self._touched.source = True, source
        self._state.registers[register.place] = self.registers_kept() + 1, register
        if crowded_out is not None:
            del self._state.registers[*of_author, crowded_out]
        return True

    def registers(self, since: int = 0) -> Sequence[Register]:
        return [held for number, held in self._state.registers.values() if number > since]

    def registers_kept(self) -> int:
        return max((number for number, _ in self._state.registers.values()), default=0)

    # what was packed once

    def packs(self) -> Sequence[Pack]:
        return list(self._state.packs)

    def packed(self, pack: Pack) -> bytes | None:
        return self._state.packs.get(pack)

    def keep_packed(self, runs: Sequence[PackedRun], wrapped: bytes, *, size: int) -> None:
        assert self._changes is not None, "outside a transaction"
        key = max((pack.key for pack in self._state.packs), default=0) + 1
        pack = Pack(key=key, runs=tuple(sorted(runs)), size=size, wrapped_size=len(wrapped))
        self._state.packs[pack] = wrapped

    def unpack(self, pack: Pack) -> None:
        self._state.packs.pop(pack, None)

    def _unpack_what_holds(self, id_: bytes, numbers: Range) -> None:
        for pack in self.packs():
            if any(
                run.lane == id_ and run.first <= numbers.last and run.last >= numbers.first
                for run in pack.runs
            ):
                self.unpack(pack)

    # what waits

    def set_aside(self, source: str, bundle: Bundle) -> bool:
        ordered = [order.numbers for order in self._orders_of(bundle.lane.id)]
        bundle = stripped(bundle, ordered)
        held = self._state.waiting.values()
        if any(bundle == waiting.bundle for waiting in held):
            return True
        size = len(pack_bundle(bundle))
        beside = [waiting.size for waiting in held if waiting.source == source]
        in_all = Load(len(held), sum(waiting.size for waiting in held))
        if not has_room(size, beside=Load(len(beside), sum(beside)), in_all=in_all):
            return False
        self._state.waiting[self._state.next_waiting] = _Waiting(source, size, bundle)
        self._state.next_waiting += 1
        return True

    def waiting(self, author: bytes) -> Sequence[SetAside]:
        return sorted(
            (
                SetAside(key, waiting.bundle)
                for key, waiting in self._state.waiting.items()
                if waiting.bundle.lane.author == author
            ),
            key=lambda waiting: waiting.bundle.first,
        )

    def waiting_count(self) -> int:
        return len(self._state.waiting)

    def let_go(self, waiting: SetAside) -> None:
        self._state.waiting.pop(waiting.key, None)

    # other machines, and ourselves

    def known(self, machine: bytes) -> Known:
        return self._state.known.get(machine, Known())

    def remember(self, machine: bytes, known: Known) -> None:
        self._state.known[machine] = known

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        if author not in self._state.own:
            self.begin_incarnation(author)
        return self._state.own[author]

    def is_own(self, author: bytes) -> bool:
        return author in self._state.own

    def begin_incarnation(self, author: bytes) -> None:
        ordinals = [ordinal for ordinal, _ in self.incarnations(author)]
        if author in self._state.own:
            ordinals.append(self._state.own[author][0])
        self._state.own[author] = (max(ordinals, default=0) + 1, incarnation_random())

    def version(self) -> int:
        return self._state.version

    def _settled(self) -> object | None:
        return None if self._changes is not None and self._changes.any else self.version()

    # stretches

    def _as_stretch(self, id_: bytes, held: _Stretch) -> Stretch:
        return Stretch(
            id=id_,
            lane=held.lane,
            parent=held.parent,
            first=held.first,
            number=held.number,
            head=held.kept[-1].link.head if held.kept else b"",
        )

    def _head_in(self, stretch: bytes, number: int) -> bytes | None:
        return self._state.stretches[stretch].at(number).link.head

    def _entries_in(self, stretch: bytes, first: int, at_most: int) -> Sequence[Entry]:
        held = self._state.stretches[stretch]
        at = first - held.first
        return [Entry(k.link.header, k.link.payload) for k in held.kept[at : at + at_most]]

    def _signatures_in(self, stretch: bytes, first: int, below: int) -> dict[int, bytes]:
        held = self._state.stretches[stretch]
        return {n: s for n, s in held.signatures.items() if first <= n < below}

    def _holes(self, lane: bytes | None = None) -> Mapping[bytes, Sequence[int]]:
        return {
            id_: [
                number
                for number, kept in enumerate(held.kept, held.first)
                if kept.link.payload is None and not kept.ordered_away
            ]
            for id_, held in self._state.stretches.items()
            if lane in (None, held.lane.id)
        }

    def _naming(self, lane: bytes, first: int) -> Sequence[tuple[EntryId, bytes]]:
        of_lane = {lane, *(stretch.id for stretch in self.stretches(lane))}
        return [
            (entry, self._state.stretches[entry.lane].at(entry.number).link.header)
            for record, entries in self._state.records.items()
            if record.lane in of_lane and record.number >= first
            for entry in entries
        ]

    def _belongs(self, entry: EntryId, record: RecordId) -> None:
        held = self._state.stretches[entry.lane]
        kept = held.at(entry.number)
        if kept.record != record:
            self._touched.records.add(kept.record)
            self._take_from(kept.record, entry)
            self._add_to(record, entry)
            held.kept[entry.number - held.first] = kept._replace(record=record)

    def _orders_of(self, lane: bytes) -> Sequence[Order]:
        return self._state.orders.get(lane, ())

    def _ordered_lanes(self) -> Sequence[bytes]:
        return list(self._state.orders)

    def _is_readable(self, stretch: bytes, numbers: Range) -> bool:
        held = self._state.stretches[stretch]
        return any(
            held.at(number).link.payload is not None
            for number in range(numbers.first, numbers.last + 1)
        )

    def _withdraw(self, stretch: bytes, numbers: Range) -> None:
        held = self._state.stretches[stretch]
        for number in range(numbers.first, numbers.last + 1):
            kept = held.at(number)
            if kept.link.payload is not None:
                self._unpack_what_holds(stretch, Range(number, number))
            if not kept.ordered_away:
                self._touched.records.add(kept.record)
                held.kept[number - held.first] = kept._replace(
                    link=kept.link._replace(payload=None), ordered_away=True
                )

    def _want_again(self, stretch: bytes) -> None:
        held = self._state.stretches[stretch]
        for at, kept in enumerate(held.kept):
            if kept.ordered_away:
                self._touched.records.add(kept.record)
                held.kept[at] = kept._replace(ordered_away=False)

    def _add_to(self, record: RecordId, entry: EntryId) -> None:
        self._touched.records.add(record)
        self._state.records[record] = (*self._state.records.get(record, ()), entry)

    def _take_from(self, record: RecordId, entry: EntryId) -> None:
        self._touched.records.add(record)
        rest = tuple(e for e in self._state.records.get(record, ()) if e != entry)
        self._state.records[record] = rest

    def _stored(self, entry: EntryId) -> Stored:
        held = self._state.stretches[entry.lane]
        kept = held.at(entry.number)
        return Stored(
            id=entry,
            lane=held.lane,
            header=kept.link.header,
            payload=kept.link.payload,
            head=kept.link.head,
            path=tuple(stretch.id for stretch in self.path(entry.lane)),
            ordered_away=kept.ordered_away,
        )
