"""How one machine tells another what it holds, in as few bytes as that takes.

docs/spec/5-exchange.md. In full, or part by part where it is long; or as what changed since a
frontier that both know, the base; or, where a parcel with all that changed comes along, by that.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from sync.bundle import Bundle, Parcel
from sync.chain import fold
from sync.frontier import EVERYWHERE, Held, Range, Summary, ranges
from sync.holding import Holding

BASE_BYTES = 8


class Told(NamedTuple):
    """What a message says of its sender's frontier, beside its digest."""

    base: bytes = b""  # first bytes of the digest of the frontier that both know
    summary: Summary | None = None  # all, or with a base: what changed since


NOTHING_TOLD = Told()


def name_of_base(digest: bytes) -> bytes:
    """By which a message names it."""
    return digest[:BASE_BYTES]


def tell(
    holding: Holding, *, base: Summary | None, name: bytes, parcel: Parcel, lines_max: int
) -> Told:
    """The shortest that tells what is held to whoever knows `base`, and gets the parcel.

    Where that is more than so many lanes, as much as fits.
    """
    if base is not None:
        here = holding.summary
        if brought(base, parcel) == here:
            return Told(base=name)
        changed = Summary(
            statements=here.statements - base.statements,
            lanes={lane: held for lane, held in here.lanes.items() if base.lanes.get(lane) != held},
        )
        if len(changed.lanes) <= lines_max and replaced(base, changed) == here:
            return Told(base=name, summary=changed)
    return Told(summary=holding.part(EVERYWHERE, lines_max))


def hear(told: Told, *, base: Summary | None, name: bytes, parcel: Parcel) -> Summary | None:
    """What the sender holds, if that can be known: the other side of `tell`."""
    if not told.base:
        return told.summary
    if base is None or told.base != name:
        return None
    return brought(base, parcel) if told.summary is None else replaced(base, told.summary)


def replaced(base: Summary, changed: Summary) -> Summary:
    """The base with those lanes in the place of its own, and those statements beside its own."""
    return Summary(
        statements=base.statements | changed.statements, lanes={**base.lanes, **changed.lanes}
    )


def brought(base: Summary, parcel: Parcel) -> Summary:
    """The base, and what is in the parcel: of its runs those that continue a lane or begin one."""
    lanes = dict(base.lanes)
    for bundle in parcel.bundles:
        held = lanes.get(bundle.lane.id, Held(0, bundle.lane.id))
        if (held.number + 1, held.head) == (bundle.first, bundle.before):
            lanes[bundle.lane.id] = Held(
                bundle.last,
                fold(bundle.before, (entry.header for entry in bundle.entries)),
                _holes(held.holes, bundle),
            )
    statements = (sha256(statement).digest() for statement in parcel.statements)
    return Summary(statements=base.statements.union(statements), lanes=lanes, span=base.span)


def _holes(before: Iterable[Range], bundle: Bundle) -> tuple[Range, ...]:
    missing = [n for n, entry in enumerate(bundle.entries, bundle.first) if entry.payload is None]
    joined = list(before)
    for hole in ranges(missing):
        if joined and joined[-1].last + 1 == hole.first:
            hole = Range(joined.pop().first, hole.last)
        joined.append(hole)
    return tuple(joined)
