"""Old runs are packed once and handed on as they are: which of them serve whom, and what is due.

Packs grow as ledgers of columns do elsewhere: what is new is packed together with what was packed
last, as long as that isn't much more, so that an entry is packed a few times at most and there are
few packs. docs/decisions/0018-packed-once.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sync.bundle import Bundle
from sync.frontier import LaneHeld
from sync.lane import Class
from sync.ledger import Ledger, Pack, PackedRun
from sync.limits import PARCEL_BYTES_MAX

PACK_BYTES_MAX = PARCEL_BYTES_MAX * 7 // 8  # of headers and payloads
PACK_WRAPPED_BYTES_MAX = PARCEL_BYTES_MAX // 2
PACK_ENTRIES_MIN = 250
_FULL_BYTES = PACK_BYTES_MAX // 2  # a pack that isn't packed again as its lanes grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What to pack together, in the place of these packs."""

    befores: Mapping[bytes, int]  # of each lane the number after which it begins
    lasts: Mapping[bytes, int]
    instead_of: tuple[Pack, ...] = ()

    def bundles(self, ledger: Ledger) -> Iterator[Bundle]:
        """Lane by lane, as much as a pack holds, each as the ledger has it when it is asked for.

        All of them together are the largest thing a machine ever has in memory, so they never are.
        """
        left, is_first = PACK_BYTES_MAX, True
        for lane, number in self.befores.items():
            while number < self.lasts[lane]:
                bundle = ledger.run(lane, number + 1, self.lasts[lane])
                if bundle is None:
                    break
                left -= size_of(bundle)
                if left < 0 and not is_first:
                    return
                yield bundle
                number, is_first = bundle.last, False


def size_of(bundle: Bundle) -> int:
    """Of its headers and payloads, and what is beside them: rather too much than too little."""
    return _BESIDE_ENTRIES + sum(
        len(entry.header) + len(entry.payload or b"") for entry in bundle.entries
    )


_BESIDE_ENTRIES = 250  # bytes of a bundle: its lane, head and signature


def worth_sending(packs: Iterable[Pack], reached: Mapping[bytes, int]) -> Iterator[Pack]:
    """Those of which more than half is lacking there, each after what it continues.

    `reached`: up to which number each lane is held there; whoever iterates keeps it true. Where
    nothing continues what is held, a pack comes all the same, and something has to come before it.
    """
    left = [pack for pack in packs if all(run.lane in reached for run in pack.runs)]
    while left := [pack for pack in left if 2 * _lacking(pack, reached) > pack.entries]:
        following = (
            pack for pack in left if all(run.first <= reached[run.lane] + 1 for run in pack.runs)
        )
        pack = next(following, left[0])
        left.remove(pack)
        yield pack


def _lacking(pack: Pack, reached: Mapping[bytes, int]) -> int:
    return sum(max(0, run.last - max(run.first - 1, reached[run.lane])) for run in pack.runs)


def due(ledger: Ledger) -> Due | None:
    """What is to be packed next, if anything is."""
    groups: dict[tuple[object, ...], list[LaneHeld]] = {}
    for item in ledger.lanes():
        if item.lane.class_ is Class.PICTURE:
            continue  # packed, it would be as large, and lie here twice
        if item.id == item.lane.id == item.stretch:  # it never forked
            place = item.lane.class_, item.lane.town, item.lane.audience
            groups.setdefault(place, []).append(item)
    packs = ledger.packs()
    for _, lanes in sorted(groups.items(), key=lambda group: group[0]):
        lanes.sort(key=lambda item: item.id)
        numbers = {item.id: item.held.number for item in lanes}
        if found := _due_of(ledger, numbers, [pack for pack in packs if _fits(pack, numbers)]):
            return found
    return None


def out_of_place(ledger: Ledger) -> list[Pack]:
    """Packs that serve nobody any more: of a lane that forked, or was cut since."""
    numbers = {i.id: i.held.number for i in ledger.lanes() if i.id == i.lane.id == i.stretch}
    return [pack for pack in ledger.packs() if not _fits(pack, numbers)]


def _fits(pack: Pack, numbers: Mapping[bytes, int]) -> bool:
    return all(run.last <= numbers.get(run.lane, 0) for run in pack.runs)


def _due_of(ledger: Ledger, numbers: Mapping[bytes, int], packs: Sequence[Pack]) -> Due | None:
    """Of one town, class and audience."""
    kept = _in_order(packs, numbers)
    ends = _ends(kept, numbers)
    entries = _count(ends, numbers)
    if entries >= PACK_ENTRIES_MIN:
        instead_of: list[Pack] = []
        while kept and kept[-1].size < _FULL_BYTES and kept[-1].entries <= 2 * entries:
            entries += kept[-1].entries
            instead_of.append(kept.pop())
        found = Due(befores=_ends(kept, numbers), lasts=numbers, instead_of=tuple(instead_of))
        return found if _is_any(ledger, found) else None
    gaps = _first_gaps(packs, numbers)
    lasts = {lane: last for lane, (_, last) in gaps.items()}
    befores = {lane: first - 1 for lane, (first, _) in gaps.items()}
    if _count(befores, lasts) >= PACK_ENTRIES_MIN:
        found = Due(befores=befores, lasts=lasts)
        return found if _is_any(ledger, found) else None
    return None


def _is_any(ledger: Ledger, due: Due) -> bool:
    return next(due.bundles(ledger), None) is not None


def _in_order(packs: Sequence[Pack], numbers: Mapping[bytes, int]) -> list[Pack]:
    """Each after what it continues."""
    reached = dict.fromkeys(numbers, 0)
    found: list[Pack] = []
    for pack in worth_sending(packs, reached):
        found.append(pack)
        reached |= {run.lane: max(reached[run.lane], run.last) for run in pack.runs}
    return found


def _ends(packs: Iterable[Pack], numbers: Mapping[bytes, int]) -> dict[bytes, int]:
    """Of each lane the last number that is packed."""
    ends = dict.fromkeys(numbers, 0)
    for pack in packs:
        ends |= {run.lane: max(ends[run.lane], run.last) for run in pack.runs}
    return ends


def _count(befores: Mapping[bytes, int], lasts: Mapping[bytes, int]) -> int:
    return sum(lasts[lane] - before for lane, before in befores.items())


def _first_gaps(
    packs: Sequence[Pack], numbers: Mapping[bytes, int]
) -> dict[bytes, tuple[int, int]]:
    """Of each lane that has one, the first run before something packed that isn't packed itself."""
    runs = {lane: [PackedRun(lane, 0, 0)] for lane in numbers}
    for run in sorted(run for pack in packs for run in pack.runs):
        runs[run.lane].append(run)
    gaps: dict[bytes, tuple[int, int]] = {}
    for lane, some in runs.items():
        for before, after in pairwise(some):
            if before.last + 1 < after.first:
                gaps[lane] = before.last + 1, after.first - 1
                break
    return gaps
