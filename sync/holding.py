"""All that a machine holds of some towns, as it tells others (docs/spec/4-ledger.md)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby

from sync.frontier import EVERYWHERE, LaneHeld, Span, Summary, digest
from sync.limits import REGISTERS_DIGEST_BYTES
from sync.register import Register, registers_digest
from sync.scope import Towns, sight
from sync.statement import Statement
from sync.trust import Trust

LINE_BYTES = 80  # of a lane without holes, in a summary
HOLE_BYTES = 10
PART_BYTES_MAX = 2 << 20


class Holding:
    """What is held at one moment; what follows from it is worked out once."""

    def __init__(
        self,
        towns: Towns,
        trust: Trust,
        lanes: Sequence[LaneHeld],
        registers: Callable[[], Iterable[Register]],
    ) -> None:
        """`lanes` and `registers`: all of the ledger's, of whatever town."""
        self._registers = registers
        self._seen = sight(trust, towns)
        self.lanes = sorted(
            (item for item in lanes if self._seen.covers(item.lane)), key=lambda item: item.place
        )

    @cached_property
    def statements(self) -> Mapping[Statement, frozenset[str]]:
        """Those that have a say there, and in which towns."""
        found = ((s, self._seen.towns_of(s)) for s in self._seen.trust.statements)
        return {statement: towns for statement, towns in found if towns}

    @cached_property
    def digest(self) -> bytes:
        """One over all of it."""
        stated = [(town, s.digest) for s, towns in self.statements.items() for town in towns]
        return digest(self._seen.scope.towns, stated, self.lanes)

    @cached_property
    def registers(self) -> bytes:
        """The first half of the digest over them; empty where none is held."""
        held = list(filter(self._seen.hears, self._registers()))
        return registers_digest(held)[:REGISTERS_DIGEST_BYTES] if held else b""

    @cached_property
    def summary(self) -> Summary:
        """The same, in full."""
        return self.within(EVERYWHERE)

    @cached_property
    def in_order(self) -> Sequence[LaneHeld]:
        """As lanes are sent: by class."""
        return sorted(self.lanes, key=lambda item: item.lane.class_)

    @cached_property
    def histories(self) -> Mapping[bytes, Sequence[LaneHeld]]:
        """Of each lane, by its id."""
        return {
            lane: tuple(items) for lane, items in groupby(self.lanes, key=lambda item: item.lane.id)
        }

    def within(self, span: Span) -> Summary:
        """What is held of lanes in that span."""
        return Summary(
            statements=frozenset(statement.digest for statement in self.statements),
            lanes={item.id: item.held for item in self.lanes if span.covers(item)},
            span=span,
        )

    def part(self, span: Span, lines_max: int) -> Summary:
        """As much of that span, from its beginning, as one message tells."""
        lines, size = 0, 0
        before: LaneHeld | None = None
        for item in self.lanes:
            if not span.covers(item):
                continue
            lines += 1
            size += LINE_BYTES + HOLE_BYTES * len(item.held.holes)
            if before is not None and (lines > lines_max or size > PART_BYTES_MAX):
                forked = item.lane.id == before.lane.id
                upto = before.place if forked else before.lane.id + b"\xff" * 32
                return self.within(Span(span.after, upto))
            before = item
        return self.within(span)
