"""How an author adds to its own lane: numbers without gaps, and its signature at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.chain import next_head, sign_head
from sync.entry import (
    CHECK_BYTES,
    EntryId,
    RecordId,
    Reference,
    Written,
    make_header,
    make_payload,
)
from sync.errors import TooLarge
from sync.lane import Lane
from sync.ledger import Ledger, Link, Signature
from sync.limits import HEADER_BYTES_MAX, PARENTS_MAX, PAYLOAD_BYTES_MAX, SIGNED_EVERY_BYTES
from sync.order import obey
from sync.record import OUTSIDE
from sync.subscribing import heed_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry to be: what it changes, and which versions it replaces."""

    kind: str
    fields: Mapping[str, object]
    record: RecordId | None = None
    parents: Sequence[EntryId] = ()
    counter: int = 1
    account: bytes | None = None  # who was signed in


def next_number(ledger: Ledger, lane: Lane) -> int:
    """Of the entry that is written next; it stays so until the transaction ends."""
    here = ledger.lane(lane.id)
    return here.held.number + 1 if here else 1


def write(
    ledger: Ledger,
    lane: Lane,
    drafts: Sequence[Draft],
    *,
    key: Ed25519PrivateKey,
    written: Written,
    salt: Callable[[], bytes],
) -> list[EntryId]:
    """Append them, signed, in one transaction; what is returned is durable.

    Raises TooLarge if one of them doesn't fit an entry; then none is written.
    """
    with ledger.transaction():
        here = ledger.lane(lane.id)
        number, head = (here.held.number, here.held.head) if here else (0, lane.id)
        links: list[Link] = []
        signatures: list[Signature] = []
        unsigned_bytes = 0
        for draft in drafts:
            link = _link(ledger, lane, number + 1, head, draft, written=written, salt=salt())
            size = len(link.header) + len(link.payload or b"")
            if links and unsigned_bytes + size > SIGNED_EVERY_BYTES:
                signatures.append(Signature(number, sign_head(lane, number, head, key)))
                unsigned_bytes = 0
            unsigned_bytes += size
            number, head = number + 1, link.head
            links.append(link)
        if links:
            signatures.append(Signature(number, sign_head(lane, number, head, key)))
            ledger.append(lane, lane.id, links)
            for signature in signatures:
                ledger.sign(lane.id, signature)
            obey(ledger, lane, number - len(links) + 1, links)
            heed_entries(ledger, lane, links)
        return [EntryId(lane.id, n) for n in range(number - len(links) + 1, number + 1)]


def _link(
    ledger: Ledger,
    lane: Lane,
    number: int,
    head: bytes,
    draft: Draft,
    *,
    written: Written,
    salt: bytes,
) -> Link:
    said = {name: value for name, value in draft.fields.items() if name != OUTSIDE}
    payload = make_payload(said, salt=salt)
    record = _reference(ledger, lane, draft.record) if draft.record else None
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise TooLarge(f"a post of {len(payload)} bytes")
    header = make_header(
        lane=lane.id,
        kind=draft.kind,
        payload=payload,
        written=written,
        record=record,
        parents=[_reference(ledger, lane, parent) for parent in draft.parents],
        counter=draft.counter,
        account=draft.account,
        outside=draft.fields.get(OUTSIDE),
    )
    if len(header) > HEADER_BYTES_MAX or len(draft.parents) > PARENTS_MAX:
        raise TooLarge(f"a header of {len(header)} bytes, {len(draft.parents)} parents")
    return Link(header, payload, next_head(head, header), record)


def _reference(ledger: Ledger, lane: Lane, entry: EntryId) -> Reference:
    if entry.lane == lane.id:
        return Reference(entry)
    stretch, head = ledger.stretch(entry.lane), ledger.head_at(entry.lane, entry.number)
    assert stretch is not None, "an entry that isn't held can't be built on"
    assert head is not None, "an entry that isn't held can't be built on"
    # By its lane, also where it is on a branch: where that begins, later forks may change.
    return Reference(EntryId(stretch.lane.id, entry.number), head[:CHECK_BYTES])
