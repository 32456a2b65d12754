"""What an office orders of payloads: that they go, everywhere.

docs/spec/4-ledger.md, "Orders". The headers stay and the chain still verifies.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sync import cbor
from sync.entry import CHECK_BYTES, EntryId, read_header, read_payload
from sync.errors import Malformed
from sync.frontier import Range
from sync.lane import Class, Lane
from sync.ledger import Ledger, Link

ERASE = "order/erase"
RETAIN = "order/retain"


def obey(ledger: Ledger, lane: Lane, first: int, links: Iterable[Link]) -> None:
    """Withdraw what these entries of a lane order, if its author is an office of its town."""
    if lane.class_ is not Class.TRUST or not ledger.trust().is_office(lane.author, lane.town):
        return
    for number, link in enumerate(links, first):
        for ordered in read_order(link.header, link.payload, lane.id):
            by = _place(ledger, lane, number, link.head)
            ledger.order_away(by, ordered.lane, ordered.numbers, ordered.check)


def _place(ledger: Ledger, lane: Lane, number: int, head: bytes) -> EntryId:
    """Where an entry that was kept is."""
    return next(
        EntryId(stretch.id, number)
        for stretch in ledger.stretches(lane.id)
        if stretch.first <= number and ledger.head_at(stretch.id, number) == head
    )


class Ordered(NamedTuple):
    """Payloads of one lane that are to go."""

    lane: bytes
    numbers: Range
    check: bytes  # of the head at the last of them


def read_order(header: bytes, payload: bytes | None, lane: bytes) -> Iterator[Ordered]:
    """What an entry orders; nothing if it is no order, or can't be read."""
    if payload is None:
        return
    try:
        kind = read_header(header, lane).kind
        if kind not in (ERASE, RETAIN):
            return
        fields = read_payload(payload).fields
    except Malformed:
        return
    listed = fields.get("entries" if kind == ERASE else "ranges")
    for item in listed if isinstance(listed, list) else []:
        ordered = _read_erased(item) if kind == ERASE else _read_retained(item)
        if ordered is not None:
            yield ordered


def _read_erased(item: object) -> Ordered | None:
    match item:
        case [bytes(lane), int(number), bytes(check)] if (
            cbor.are_integers(number) and number >= 1 and len(check) == CHECK_BYTES
        ):
            return Ordered(lane, Range(number, number), check)
        case _:
            return None


def _read_retained(item: object) -> Ordered | None:
    match item:
        case [bytes(lane), int(first), int(last), bytes(check)] if (
            cbor.are_integers(first, last) and 1 <= first <= last and len(check) == CHECK_BYTES
        ):
            return Ordered(lane, Range(first, last), check)
        case _:
            return None
