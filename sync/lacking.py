"""What another machine lacks of ours, in the order that matters, cut to a budget."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync.authority import Replacement
from sync.bundle import Bundle, Parcel
from sync.frontier import Held, LaneHeld, Range, Summary
from sync.ledger import Ledger
from sync.limits import PARCEL_BYTES_MAX, REGISTERS_DIGEST_BYTES
from sync.register import registers_digest
from sync.scope import Scope, Towns


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A parcel, and whether the budget cut it."""

    parcel: Parcel
    more: bool


_BESIDE_ENTRIES = 250  # bytes of a bundle: its lane, head and signature


def held_digest(ledger: Ledger, towns: Towns) -> bytes:
    """One digest over all that the ledger holds of these towns."""
    return ledger.holding(towns).digest


def held_summary(ledger: Ledger, towns: Towns) -> Summary:
    """The same, told in full."""
    return ledger.holding(towns).summary


def certificates_of(ledger: Ledger, machine: bytes) -> tuple[bytes, ...]:
    """The statements that certify it, and those by which their signers came to speak for a town."""
    trust = ledger.trust()
    return tuple(
        trust.ordered(
            s
            for s in trust.statements
            if trust.towns_of(s)
            and (
                isinstance(s.says, Replacement)
                or (s.certificate is not None and s.certificate.key == machine)
            )
        )
    )


def held_registers(ledger: Ledger, towns: Towns) -> tuple[bytes, list[bytes]]:
    """The first half of their digest, empty where none is held, and their bytes.

    Of a town that others only subscribe to, none.
    """
    whole = towns.whole if isinstance(towns, Scope) else towns
    trust = ledger.trust()
    held = [
        register
        for register in ledger.registers()
        if register.town in whole and trust.hears(register.author, register.town)
    ]
    digest = registers_digest(held)[:REGISTERS_DIGEST_BYTES] if held else b""
    return digest, [register.encoded for register in held]


def lacking(
    ledger: Ledger,
    there: Summary,
    *,
    towns: Towns,
    bytes_max: int,
    registers: Iterable[bytes] = (),
) -> Lacking:
    """What a machine that holds `there` lacks of these towns: statements, then by class.

    `bytes_max` is before compression, and goes over by one bundle at the most. `registers` go with
    the statements.
    """
    held = ledger.holding(towns).statements
    statements = ledger.trust().ordered(s for s in held if s.digest not in there.statements)
    statements += registers
    budget = min(bytes_max, PARCEL_BYTES_MAX // 2) - sum(map(len, statements))
    bundles: list[Bundle] = []
    more = False
    for bundle in runs(ledger, there, towns):
        if budget <= 0:
            more = True
            break
        bundles.append(bundle)
        budget -= _BESIDE_ENTRIES + sum(
            len(entry.header) + len(entry.payload or b"") for entry in bundle.entries
        )
    return Lacking(parcel=Parcel(statements=tuple(statements), bundles=tuple(bundles)), more=more)


def is_behind(here: Summary, there: Summary) -> bool:
    """Whether `there` lacks something that `here` has, as far as summaries of one span tell."""
    return not here.statements <= there.statements or any(
        lane not in there.lanes
        or there.lanes[lane].number < held.number
        or (there.lanes[lane].number == held.number and there.lanes[lane].head != held.head)
        or _can_fill(held, there.lanes[lane])
        for lane, held in here.lanes.items()
    )


def _can_fill(here: Held, there: Held) -> bool:
    up_to = min(here.number, there.number)  # of the two one is ours, and counted
    return not set(_numbers(there.holes, up_to)) <= set(_numbers(here.holes, up_to))


def runs(ledger: Ledger, there: Summary, towns: Towns) -> Iterator[Bundle]:
    """What a machine that holds `there` lacks of these towns, class by class.

    Of lanes of which it says nothing, for they are in no part that it told, nothing.
    """
    holding = ledger.holding(towns)
    for item in holding.in_order:
        told = there.lanes.get(item.id)
        if not there.span.covers(item) or (
            told is not None
            and not told.holes
            and (told.number, told.head) == (item.held.number, item.held.head)
        ):
            continue
        number, holes = _reached(ledger, item, there, holding.histories[item.lane.id])
        yield from _closing(ledger, item, holes)
        while number < item.held.number:
            bundle = ledger.run(item.stretch, number + 1)
            if bundle is None:
                break
            yield bundle
            number = bundle.last


def _reached(
    ledger: Ledger, item: LaneHeld, there: Summary, histories: Sequence[LaneHeld]
) -> tuple[int, Collection[Range]]:
    """How far the other machine holds one of our histories of a lane, and with what holes.

    It may know the lane as one that never forked, or other branches of it than we do. What it
    holds that is on no history of ours may be the continuation of this one: it is to tell.
    """
    names = {item.id, *(stretch.id for stretch in ledger.stretches(item.lane.id))}
    told = [there.lanes[name] for name in sorted(names) if name in there.lanes]
    others = [other for other in histories if other.id != item.id]
    if not told:
        return 0, ()
    ours = {stretch.id for stretch in ledger.path(item.stretch)}
    number: int = 0
    holes: Collection[Range] = ()
    for held in told:
        if ledger.head_at(item.stretch, held.number) == held.head:
            return held.number, held.holes
        beside = [o for o in others if ledger.head_at(o.stretch, held.number) == held.head]
        if not beside and held.number > item.held.number:
            number, holes = item.held.number, held.holes
        for other in beside:
            shared = [s.number for s in ledger.path(other.stretch) if s.id in ours]
            number = max(number, min(held.number, max(shared, default=0)))
    return number, holes


def _closing(ledger: Ledger, item: LaneHeld, holes: Collection[Range]) -> Iterator[Bundle]:
    """Runs that cover the holes whose payloads we hold."""
    covered = 0
    ours = set(_numbers(item.held.holes, item.held.number))
    for number in _numbers(holes, item.held.number):
        if covered < number and number not in ours:
            bundle = ledger.run(item.stretch, number)
            if bundle is not None:
                yield bundle
                covered = bundle.last


def _numbers(holes: Collection[Range], up_to: int) -> Iterator[int]:
    """Their numbers as far as we hold the lane: another machine's claims may be endless."""
    for first, last in holes:
        yield from range(first, min(last, up_to) + 1)
