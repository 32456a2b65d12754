"""What no carrier bears: the words of what is hidden everywhere in town.

Whoever takes a file along could read it with a program of their own, and a file is for anybody who
asks. So of a post that its own place or the office hid only the headers go along: what they leave
out is a hole, which a line fills, or the next file once it is shown again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from node.node import Node
from sync.bundle import Bundle, Entry
from sync.decision import Decision
from sync.entry import EntryId, read_header
from sync.frontier import Held, Range, Summary
from sync.hiding import hides
from sync.ledger import Pack, Stored

_NOWHERE = b""  # in the place of a machine: what it hides on its own screens alone isn't meant


@dataclass(frozen=True, slots=True)
class Withheld:
    """The entries whose payloads stay here."""

    entries: frozenset[EntryId] = frozenset()
    headers: frozenset[bytes] = frozenset()

    def without(self, bundle: Bundle) -> Bundle:
        """The same run without their payloads."""
        if self.headers.isdisjoint(entry.header for entry in bundle.entries):
            return bundle
        emptied = [
            Entry(entry.header, None) if entry.header in self.headers else entry
            for entry in bundle.entries
        ]
        return replace(bundle, entries=tuple(emptied))

    def is_in(self, pack: Pack) -> bool:
        """Whether one of them was packed there with others."""
        return any(
            run.lane == lane and run.first <= number <= run.last
            for lane, number in self.entries
            for run in pack.runs
        )

    def as_holes(self, held: Summary) -> Summary:
        """What somebody holds to whom files alone bring what we hold."""
        lanes = dict(held.lanes)
        for lane, number in sorted(self.entries):
            if lane in lanes and number <= lanes[lane].number:
                lanes[lane] = _with_hole(lanes[lane], number)
        return replace(held, lanes=lanes)


def withheld(node: Node) -> Withheld:
    """What is hidden so now, with all that was ever said of it."""
    stored = [each for decision in node.views.hidings.standing() for each in _of(node, decision)]
    return Withheld(
        frozenset(each.id for each in stored), frozenset(each.header for each in stored)
    )


def _of(node: Node, decision: Decision) -> Iterator[Stored]:
    named, trust = decision.about, node.ledger.trust()
    for stretch in node.ledger.stretches(named.lane):
        if not stretch.first <= named.number <= stretch.number:
            continue
        stored = node.ledger.record(EntryId(stretch.id, named.number))
        if _is_meant(node, decision, stored) and hides(
            decision, trust, author=stretch.lane.author, town=stretch.lane.town, here=_NOWHERE
        ):
            yield from stored


def _is_meant(node: Node, decision: Decision, stored: Sequence[Stored]) -> bool:
    """Whether it is of just that post, on a board where that place may hide."""
    named = decision.about
    first = next(
        (
            each
            for each in stored
            if each.id.number == named.number and each.head.startswith(named.check)
        ),
        None,
    )
    if first is None:
        return False
    name, _, _ = read_header(first.header, first.lane.id).kind.partition("/")
    board = node.boards.get(name)
    return board is not None and (
        board.open_to_anyone or node.ledger.trust().is_office(decision.author, decision.town)
    )


def _with_hole(held: Held, number: int) -> Held:
    if any(hole.first <= number <= hole.last for hole in held.holes):
        return held
    return held._replace(holes=tuple(sorted((*held.holes, Range(number, number)))))
