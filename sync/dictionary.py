"""The bytes that two machines both hold, and from which what is new is packed.

docs/spec/5-exchange.md, "The dictionary": the newest entries of each lane of a frontier that both
know, in an order that doesn't depend on how they came.
"""

from collections.abc import Iterator, Sequence

from sync.bundle import Bundle, Entry
from sync.errors import TooLarge
from sync.frontier import Held, LaneHeld, Summary
from sync.ledger import Ledger
from sync.wrapping import Dictionary, table

COUNT_MAX = 1_000
BYTES_MAX = 1 << 20
_PAYLOAD_BYTES_MAX = 4_096  # a longer one is left out: its like doesn't come again
_PER_NEW_ENTRY = 20
_COUNT_MIN = 60


def dictionary_for(ledger: Ledger, base: Summary, new: Sequence[Bundle]) -> Dictionary | None:
    """What these bundles are packed from; None where nothing is to be had from it."""
    entries = sum(len(bundle.entries) for bundle in new)
    count = min(COUNT_MAX, max(_COUNT_MIN, _PER_NEW_ENTRY * entries))
    if not entries or entries > COUNT_MAX or not base.lanes:
        return None
    return Dictionary(count, dictionary(ledger, base, count))


def dictionary(ledger: Ledger, base: Summary, count: int) -> bytes:
    """Made of at most so many entries, or of one entry of as many lanes."""
    shares = list(_shares(base, count))
    held = {item.id: item for item in ledger.lanes()}
    runs = [
        run
        for lane, share in shares
        if lane in held and (run := _newest(ledger, held[lane], base.lanes[lane], share))
    ]
    heads = (base.lanes[lane].head for lane, _ in shares)
    try:
        content = table(runs)
    except TooLarge:  # of thousands of odd fields; then the heads alone
        content = b""
    return (content + b"".join(heads))[-BYTES_MAX:]


def _shares(base: Summary, count: int) -> Iterator[tuple[bytes, int]]:
    """Of each lane as many entries as of any other, so far as it has them, `count` in all."""
    lanes = sorted(base.lanes)[:count]
    numbers = sorted(base.lanes[lane].number for lane in lanes)
    share, left = 0, count
    for at, number in enumerate(numbers):
        share = min(number, left // (len(numbers) - at))
        if share < number:
            break
        left -= number
    for lane in lanes:
        yield lane, min(base.lanes[lane].number, share)


def _newest(ledger: Ledger, item: LaneHeld, held: Held, share: int) -> Bundle | None:
    first = held.number - share + 1
    before = ledger.head_at(item.stretch, first - 1)
    if before is None or ledger.head_at(item.stretch, held.number) != held.head:
        return None
    return Bundle(
        lane=item.lane,
        first=first,
        before=before,
        entries=tuple(map(_bounded, ledger.entries(item.stretch, first, held.number))),
        signature=bytes(64),
    )


def _bounded(entry: Entry) -> Entry:
    long = entry.payload is not None and len(entry.payload) > _PAYLOAD_BYTES_MAX
    return Entry(entry.header, None) if long else entry
