"""What another machine lacks of ours, in the order that matters, cut to a budget."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from sync.authority import Replacement
from sync.bundle import Bundle, Parcel, joined
from sync.frontier import Held, LaneHeld, Range, Summary
from sync.histories import RUN_BYTES_MAX
from sync.ledger import Ledger, Pack, PackedRun
from sync.limits import MESSAGE_BYTES_MAX, PARCEL_BYTES_MAX
from sync.packs import size_of, worth_sending
from sync.scope import Towns, sight
from sync.wrapping import Dictionary, wrap, wrap_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Parcels to send as one, and whether the budget cut them."""

    parts: tuple[Parcel | bytes, ...]  # bytes: it was wrapped once, and is handed on as it is
    more: bool

    @property
    def parcel(self) -> Parcel:
        """What isn't wrapped yet."""
        return joined([part for part in self.parts if isinstance(part, Parcel)])

    def wrapped(
        self, dictionary: Callable[[Sequence[Bundle]], Dictionary | None] = lambda _: None
    ) -> bytes:
        """As one message carries it; nothing of nothing. `dictionary`: for a parcel alone."""
        match self.parts:
            case ():
                return b""
            case [Parcel() as parcel]:
                return wrap(parcel, dictionary=dictionary(parcel.bundles))
            case parts:
                return wrap_parts([p if isinstance(p, bytes) else wrap(p) for p in parts])


FEW_ENTRIES = 1_000
"""So many are packed in a tenth of a second, and from what both hold into fewer bytes."""

LOOSE_BYTES_MAX = 1 << 20
"""Of what wasn't packed once, in one message: to wrap it takes ten times that of memory."""

_WRAPPED_BYTES_MAX = MESSAGE_BYTES_MAX * 3 // 4  # leaves room for what a message tells
_STATEMENTS_BYTES_MAX = PARCEL_BYTES_MAX // 4


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


def held_registers(ledger: Ledger, towns: Towns, since: int = 0) -> list[bytes]:
    """Their bytes; of a town that others only subscribe to, none.

    `since`: those only that were kept after the ledger's `registers_kept` said that.
    """
    seen = sight(ledger.trust(), towns)
    return [register.encoded for register in ledger.registers(since) if seen.hears(register)]


def digest_of_registers(ledger: Ledger, towns: Towns) -> bytes:
    """The first half of their digest; empty where none is held."""
    return ledger.holding(towns).registers


def lacking(
    ledger: Ledger,
    there: Summary,
    *,
    towns: Towns,
    bytes_max: int,
    registers: Iterable[bytes] = (),
    packs: bool = False,
) -> Lacking:
    """What a machine that holds `there` lacks of these towns: statements, then by class.

    `bytes_max` is before compression, as LOOSE_BYTES_MAX is of what isn't packed; each is gone over
    by one bundle or pack at the most. `registers`
    go with the statements. `packs`: what was packed once may serve.
    """
    held = ledger.holding(towns).statements
    missing = ledger.trust().ordered(s for s in held if s.digest not in there.statements)
    statements = _as_many_as_fit(missing)
    if len(statements) < len(missing):  # what hangs on the others comes after them
        return Lacking(parts=(Parcel(statements=tuple(statements)),), more=True)
    statements = _as_many_as_fit([*statements, *registers])
    size = wrapped_size = sum(map(len, statements))
    parts: list[Parcel | bytes] = []
    bundles: list[Bundle] = []

    def close() -> None:
        nonlocal statements, bundles
        if statements or bundles:
            parts.append(Parcel(statements=tuple(statements), bundles=tuple(bundles)))
        statements, bundles = [], []

    more, loose = False, 0
    for piece in pieces(ledger, there, towns, ledger.packs() if packs else (), bytes_max):
        takes = piece.size if isinstance(piece, Pack) else size_of(piece)
        takes_wrapped = piece.wrapped_size if isinstance(piece, Pack) else takes
        too_much = size + takes > PARCEL_BYTES_MAX or (
            wrapped_size + takes_wrapped > _WRAPPED_BYTES_MAX
        )
        enough = size >= min(bytes_max, PARCEL_BYTES_MAX // 2) or loose >= LOOSE_BYTES_MAX
        if enough or (size and too_much):
            more = True
            break
        size, wrapped_size = size + takes, wrapped_size + takes_wrapped
        if isinstance(piece, Pack):
            close()
            wrapped = ledger.packed(piece)
            if wrapped is None:  # undone a moment ago
                more = True
                break
            parts.append(wrapped)
        else:
            bundles.append(piece)
            loose += takes
    close()
    return Lacking(parts=tuple(parts), more=more)


def _as_many_as_fit(statements: Sequence[bytes]) -> list[bytes]:
    """From the first on, those that one message has room for."""
    sizes = accumulate(map(len, statements))
    return [
        each for each, size in zip(statements, sizes, strict=True) if size <= _STATEMENTS_BYTES_MAX
    ]


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


def runs(
    ledger: Ledger, there: Summary, towns: Towns, bytes_max: int = RUN_BYTES_MAX
) -> Iterator[Bundle]:
    """What a machine that holds `there` lacks of these towns, class by class.

    Each run ends at the last signature within `bytes_max`, or at the first one past it.
    Of lanes of which it says nothing, for they are in no part that it told, nothing.
    """
    for item, number, holes in _behind(ledger, there, towns):
        yield from _closing(ledger, item, holes)
        yield from _following(ledger, item, number, bytes_max)


def pieces(
    ledger: Ledger,
    there: Summary,
    towns: Towns,
    packs: Sequence[Pack],
    bytes_max: int = RUN_BYTES_MAX,
) -> Iterator[Bundle | Pack]:
    """The same, as much of it as serves as it was packed once; runs of so many bytes."""
    behind = list(_behind(ledger, there, towns)) if packs else []
    lacking = sum(item.held.number - number for item, number, _ in behind)
    if lacking <= FEW_ENTRIES and (there.lanes or not packs):
        yield from runs(ledger, there, towns, bytes_max)
        return
    lanes = {item.id: item for item in ledger.holding(towns).in_order}
    reached = {id_: item.held.number for id_, item in lanes.items()}
    reached |= {item.id: number for item, number, _ in behind}
    packs = [pack for pack in packs if all(_is_of(run, lanes) for run in pack.runs)]
    for class_, of_class in groupby(behind, key=lambda each: each[0].lane.class_):
        of_these = [pack for pack in packs if lanes[pack.runs[0].lane].lane.class_ is class_]
        for pack in worth_sending(of_these, reached):
            for lane, first, last in pack.runs:
                yield from _following(ledger, lanes[lane], reached[lane], bytes_max, first - 1)
                reached[lane] = max(reached[lane], last)
            yield pack
        for item, _, holes in of_class:
            yield from _closing(ledger, item, holes)
            yield from _following(ledger, item, reached[item.id], bytes_max)


def _is_of(run: PackedRun, lanes: Mapping[bytes, LaneHeld]) -> bool:
    """Whether it is a run of one of these, which didn't fork or end before."""
    item = lanes.get(run.lane)
    return item is not None and item.stretch == run.lane and run.last <= item.held.number


def _behind(
    ledger: Ledger, there: Summary, towns: Towns
) -> Iterator[tuple[LaneHeld, int, Collection[Range]]]:
    """The histories of which something may be lacking there, and how far they are held there."""
    holding = ledger.holding(towns)
    if there is holding.summary:
        return
    for item in holding.in_order:
        told = there.lanes.get(item.id)
        if not there.span.covers(item) or (
            told is not None
            and not told.holes
            and (told.number, told.head) == (item.held.number, item.held.head)
        ):
            continue
        yield item, *_reached(ledger, item, there, holding.histories[item.lane.id])


def _following(
    ledger: Ledger, item: LaneHeld, number: int, bytes_max: int, last: int | None = None
) -> Iterator[Bundle]:
    """Runs from there on, to the end or to `last`."""
    end = item.held.number if last is None else last
    while number < end:
        bundle = ledger.run(item.stretch, number + 1, last, bytes_max=bytes_max)
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
    if item.stretch == item.lane.id and item.id not in there.lanes:
        return 0, ()  # it never forked, so it has no other name
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
