"""Which subscriptions are in force: a function of what is held, in whatever order it came.

docs/spec/3-trust.md, "Subscriptions". A ledger remembers the answer; it is worked out anew whenever
an entry or a statement came that may change it.
"""

from collections.abc import Iterable, Iterator

from sync.authority import Replacement
from sync.certificate import Certificate, Role
from sync.enrolment import Confirmation
from sync.entry import EntryId, RecordId, read_header
from sync.histories import Stretch
from sync.lane import Class, Lane
from sync.ledger import Ledger, Link
from sync.limits import DECISIONS_MAX
from sync.record import Record, resolve
from sync.revocation import Revocation, Succession
from sync.statement import Statement
from sync.subscription import GROUPS, SUBSCRIBE, SUBSCRIPTION, Subscription, read_subscription


def heed_entries(ledger: Ledger, lane: Lane, links: Iterable[Link]) -> None:
    """After these were kept: they may say to what a town subscribes, or end a lane at its cut."""
    if lane.class_ is Class.TRUST and (
        any(SUBSCRIPTION.encode() in link.header for link in links)
        or ledger.trust().cut(lane) is not None
    ):
        heed(ledger)


def heed_statement(ledger: Ledger, statement: Statement) -> None:
    """After it was kept: who is an office, and what stands of its words, may have changed."""
    match statement.says:
        case Revocation() | Succession() | Replacement() | Confirmation():
            heed(ledger)
        case Certificate(role=role, by=by) if role is Role.OFFICE or by:
            heed(ledger)


def heed(ledger: Ledger) -> None:
    """Take what is in force now, and let go of what is not."""
    # What goes may have been another town's own subscriptions; then once more.
    while (found := in_force(ledger)) != ledger.trust().subscriptions:
        ledger.subscribe(found)


def in_force(ledger: Ledger) -> frozenset[Subscription]:
    """Of every town of which anything is held, its own or what it opened."""
    return frozenset(said for _, said in decisions(ledger))


def decisions(ledger: Ledger) -> Iterator[tuple[Record, Subscription]]:
    """The records that say so, and that stand."""
    trust = ledger.trust()
    for id_ in _begun(ledger):
        record = resolve(ledger.record(id_), trust=trust, groups=GROUPS)
        if (
            record is not None
            and record.board == SUBSCRIPTION
            and record.lane.class_ is Class.TRUST
            and trust.is_office(record.lane.author, record.lane.town)
            and record.complete
            and record.understood
            and not record.withdrawn
            and (said := read_subscription(record.lane.town, record.fields))
        ):
            yield record, said


def _begun(ledger: Ledger) -> Iterator[RecordId]:
    """Records of that board that begin in lanes of class trust: of each lane the newest."""
    trust = ledger.trust()
    begun: dict[bytes, dict[RecordId, bytes]] = {}  # per lane, each with the head there
    looked: set[bytes] = set()
    for leaf in ledger.leaves():
        lane = leaf.lane
        if lane.class_ is not Class.TRUST or not trust.is_office(lane.author, lane.town):
            continue
        for stretch in ledger.path(leaf.id):
            if stretch.id not in looked:
                looked.add(stretch.id)
                begun.setdefault(lane.id, {}).update(_begun_in(ledger, stretch))
    for records in begun.values():
        in_order = sorted(records, key=lambda record: (record.number, records[record]))
        yield from in_order[-DECISIONS_MAX:]


def _begun_in(ledger: Ledger, stretch: Stretch) -> Iterator[tuple[RecordId, bytes]]:
    entries = ledger.entries(stretch.id, stretch.first, stretch.number)
    for number, entry in enumerate(entries, stretch.first):
        if SUBSCRIPTION.encode() in entry.header:
            header = read_header(entry.header, stretch.lane.id)
            if header.kind == SUBSCRIBE and header.record is None:
                head = ledger.head_at(stretch.id, number)
                yield EntryId(stretch.id, number), head or b""
