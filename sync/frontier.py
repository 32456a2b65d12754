"""What a machine holds: per lane one number, its head, and the holes below it.

Entries of a lane are numbered without gaps, so that says it all, and what two machines lack of
each other is a comparison of two dicts (docs/spec/4-ledger.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from sync import cbor
from sync.errors import Malformed, TooLarge
from sync.lane import Lane
from sync.limits import SUMMARY_LANES_MAX


class Range(NamedTuple):
    """Numbers from `first` to `last`, both in it."""

    first: int
    last: int


class Held(NamedTuple):
    """Of one lane: how far, with what head, and which payloads are missing."""

    number: int
    head: bytes
    holes: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneHeld:
    """The same, with the lane; `id` is the lane's, or after a fork the branch's."""

    id: bytes
    lane: Lane
    held: Held
    stretch: bytes  # by which the ledger keeps it

    @property
    def place(self) -> bytes:
        """Where it stands among all: histories of one lane side by side."""
        return self.lane.id + self.id


class Span(NamedTuple):
    """A stretch of the places of lanes: those behind `after`, up to `upto`."""

    after: bytes = b""
    upto: bytes = b"\xff" * 64

    def covers(self, item: LaneHeld) -> bool:
        """Whether that lane's place is in it."""
        return self.after < item.place <= self.upto


EVERYWHERE = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one machine tells another that it holds, of the towns both care for."""

    statements: frozenset[bytes]  # their digests
    lanes: Mapping[bytes, Held]  # by lane id
    span: Span = EVERYWHERE  # of lanes elsewhere it says nothing


def ranges(numbers: Iterable[int]) -> tuple[Range, ...]:
    """Ascending numbers as ranges that neither touch nor overlap."""
    found: list[Range] = []
    for number in numbers:
        if found and found[-1].last + 1 == number:
            found[-1] = Range(found[-1].first, number)
        else:
            found.append(Range(number, number))
    return tuple(found)


def digest(
    towns: Iterable[str],
    statements: Iterable[tuple[str, bytes]],
    lanes: Iterable[LaneHeld],
) -> bytes:
    """One digest over all that is held of these towns: equal digests, equal bytes held.

    `statements` are (town, digest of the statement).
    """
    stated: dict[str, list[bytes]] = {town: [] for town in towns}
    for town, statement in statements:
        if town in stated:
            stated[town].append(statement)
    grouped: dict[str, dict[tuple[int, int], dict[bytes, Held]]] = {town: {} for town in stated}
    for item in lanes:
        if item.lane.town in grouped:
            part = grouped[item.lane.town].setdefault((item.lane.class_, item.lane.audience), {})
            part[item.id] = item.held
    return sha256(
        b"kairan/1 held"
        + cbor.encode(
            [
                [
                    town,
                    sha256(b"kairan/1 statements" + b"".join(sorted(stated[town]))).digest(),
                    [
                        [class_, audience, _part_digest(part)]
                        for (class_, audience), part in sorted(grouped[town].items())
                    ],
                ]
                for town in sorted(stated)
            ]
        )
    ).digest()


def _part_digest(part: Mapping[bytes, Held]) -> bytes:
    return sha256(b"kairan/1 frontier" + cbor.encode_plain(_lanes_as_array(part))).digest()


def longest(summary: Summary, lanes_max: int = SUMMARY_LANES_MAX) -> Summary:
    """Less than all of it where that is too much to tell: the longest lanes."""
    if len(summary.lanes) <= lanes_max:
        return summary
    by_length = sorted(summary.lanes.items(), key=lambda line: (-line[1].number, line[0]))
    return replace(summary, lanes=dict(by_length[:lanes_max]))


def summary_as_array(summary: Summary) -> list[object]:
    """As it stands in offers, answers and labels."""
    return [
        sorted(summary.statements),
        _lanes_as_array(summary.lanes),
    ]


def read_summary(value: object, *, lanes_max: int | None = SUMMARY_LANES_MAX) -> Summary:
    """The summary an array stands for; of our own disk it may be as long as it is.

    Raises Malformed.
    """
    match value:
        case [list(statements), list(lanes)] if all(
            isinstance(s, bytes) and len(s) == 32 for s in statements
        ):
            pass
        case _:
            raise Malformed("not a summary")
    if lanes_max is not None and len(lanes) > lanes_max:
        raise TooLarge("a summary of too many lanes")
    held = [_read_held(item) for item in lanes]
    ids = [lane for lane, _ in held]
    if statements != sorted(set(statements)) or ids != sorted(set(ids)):
        raise Malformed("a summary out of order, or with something named twice")
    return Summary(statements=frozenset(statements), lanes=dict(held))


def _lanes_as_array(lanes: Mapping[bytes, Held]) -> list[list[object]]:
    return [
        [lane, held.number, held.head, [list(hole) for hole in held.holes]]
        for lane, held in sorted(lanes.items())
    ]


def _read_held(value: object) -> tuple[bytes, Held]:
    match value:
        case [bytes(lane), int(number), bytes(head), list(holes)] if (
            cbor.are_integers(number) and len(lane) == 32 and len(head) == 32 and number >= 1
        ):
            return lane, Held(number, head, _read_holes(holes, number))
        case _:
            raise Malformed("not a lane of a summary")


def _read_holes(value: list[object], number: int) -> tuple[Range, ...]:
    holes = tuple(map(_read_hole, value))
    if holes and holes[-1].last > number:
        raise Malformed("a hole past what is held")
    if any(before.last + 1 >= after.first for before, after in pairwise(holes)):
        raise Malformed("holes out of order, or that touch")
    return holes


def _read_hole(value: object) -> Range:
    match value:
        case [int(first), int(last)] if cbor.are_integers(first, last) and 1 <= first <= last:
            return Range(first, last)
        case _:
            raise Malformed("not a range")
