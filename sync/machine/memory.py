"""The smallest ledger: everything in dicts, for tests and for reading along."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.bundle import Bundle, Entry, pack_bundle
from sync.entry import EntryId, RecordId
from sync.frontier import Held, LaneHeld, ranges
from sync.lane import Lane
from sync.ledger import Changes, Known, Link, Projection, SetAside, Signature, Stored
from sync.limits import BUNDLE_ENTRIES_MAX
from sync.machine.cut import RUN_BYTES_MAX, Load, has_room
from sync.machine.keys import incarnation_random
from sync.trust import Statement, Trust


@dataclass
class _Lane:
    lane: Lane
    links: list[Link] = field(default_factory=list)
    signatures: dict[int, bytes] = field(default_factory=dict)

    @property
    def held(self) -> Held:
        holes = (n for n, link in enumerate(self.links, 1) if link.payload is None)
        return Held(len(self.links), self.links[-1].head, ranges(holes))


class _Waiting(NamedTuple):
    source: str
    size: int  # packed
    bundle: Bundle


@dataclass
class _State:
    trust: Trust
    lanes: dict[bytes, _Lane] = field(default_factory=dict)
    records: dict[RecordId, list[EntryId]] = field(default_factory=dict)
    waiting: dict[int, _Waiting] = field(default_factory=dict)
    known: dict[bytes, Known] = field(default_factory=dict)
    own: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    next_waiting: int = 1
    version: int = 0


class MemoryLedger:
    """A ledger that is gone with the process."""

    def __init__(
        self,
        authorities: Mapping[str, frozenset[bytes]],
        project: Projection = lambda changes: None,
    ) -> None:
        """`authorities`: per town, the keys whose word holds there."""
        self._state = _State(Trust(authorities))
        self._project = project
        self._changes: Changes | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._changes is not None:
            yield
            return
        before = copy.deepcopy(self._state)
        self._changes = Changes()
        try:
            yield
            if self._changes.records or self._changes.trust:
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

    def trust(self) -> Trust:
        return self._state.trust

    def state(self, statement: Statement) -> None:
        self._touched.trust = True
        self._state.trust = self._state.trust.with_statements([statement])

    def lane(self, lane: bytes) -> LaneHeld | None:
        held = self._state.lanes.get(lane)
        return LaneHeld(held.lane, held.held) if held else None

    def lanes(self) -> Sequence[LaneHeld]:
        return [LaneHeld(held.lane, held.held) for held in self._state.lanes.values()]

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        return frozenset(
            held.lane.incarnation
            for held in self._state.lanes.values()
            if held.lane.author == author
        )

    def head_at(self, lane: bytes, number: int) -> bytes | None:
        if number == 0:
            return lane
        held = self._state.lanes.get(lane)
        return held.links[number - 1].head if held and number <= len(held.links) else None

    def run(self, lane: bytes, first: int) -> Bundle | None:
        held = self._state.lanes[lane]
        size, last = 0, 0
        for number in range(first, min(len(held.links), first + BUNDLE_ENTRIES_MAX - 1) + 1):
            link = held.links[number - 1]
            size += len(link.header) + len(link.payload or b"")
            if size > RUN_BYTES_MAX and last:
                break
            if number in held.signatures:
                last = number
        if not last:
            return None
        before = self.head_at(lane, first - 1)
        assert before is not None
        return Bundle(
            lane=held.lane,
            first=first,
            before=before,
            entries=tuple(Entry(k.header, k.payload) for k in held.links[first - 1 : last]),
            signature=held.signatures[last],
        )

    def record(self, record: RecordId) -> Sequence[Stored]:
        return [self._stored(entry) for entry in self._state.records.get(record, ())]

    def records(self) -> Iterator[RecordId]:
        return iter(list(self._state.records))

    def append(self, lane: Lane, links: Sequence[Link], signatures: Iterable[Signature]) -> None:
        held = self._state.lanes.setdefault(lane.id, _Lane(lane))
        for link in links:
            held.links.append(link)
            self._state.records.setdefault(link.record, []).append(
                EntryId(lane.id, len(held.links))
            )
            self._touched.records.add(link.record)
        held.signatures.update(signatures)

    def fill(self, lane: bytes, number: int, payload: bytes, record: RecordId) -> None:
        links = self._state.lanes[lane].links
        links[number - 1] = links[number - 1]._replace(payload=payload)
        self._touched.records.add(record)

    def sign(self, lane: bytes, signature: Signature) -> None:
        self._state.lanes[lane].signatures[signature.number] = signature.signature

    def set_aside(self, source: str, bundle: Bundle) -> bool:
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
        del self._state.waiting[waiting.key]

    def known(self, machine: bytes) -> Known:
        return self._state.known.get(machine, Known())

    def remember(self, machine: bytes, known: Known) -> None:
        self._state.known[machine] = known

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        return self._state.own.setdefault(author, (1, incarnation_random()))

    def version(self) -> int:
        return self._state.version

    def _stored(self, entry: EntryId) -> Stored:
        held = self._state.lanes[entry.lane]
        link = held.links[entry.number - 1]
        return Stored(
            id=entry, lane=held.lane, header=link.header, payload=link.payload, head=link.head
        )
