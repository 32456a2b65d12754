"""The one door in: whatever a road brought is looked at here, once, and nowhere again.

docs/spec/4-ledger.md. Limits, certificate, signature, chain, and nothing else: what entries mean
is for views. One bad bundle stops nothing else.
"""

from dataclasses import dataclass

from sync.bundle import Bundle, Parcel
from sync.chain import next_head, verify_head
from sync.entry import EntryId, read_header
from sync.errors import Malformed, TooLarge, Unverified
from sync.ledger import Ledger, Link, Signature
from sync.limits import INCARNATIONS_MAX
from sync.trust import NoCertificateYet, Refusal, Statement, read_statement


@dataclass(frozen=True, slots=True)
class Kept:
    """It is held, now or already."""

    entries: int = 0  # that are new
    payloads: int = 0  # that closed a hole

    @property
    def changed(self) -> bool:
        """Whether it said anything new."""
        return bool(self.entries or self.payloads)


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is set aside until a certificate or an earlier run arrives."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be kept as it is."""

    why: Refusal


Outcome = Kept | Waiting | Refused


@dataclass(slots=True)
class Receipt:
    """What became of a parcel."""

    statements: int = 0  # that are new
    entries: int = 0  # that are new
    payloads: int = 0  # that closed a hole
    kept: int = 0  # bundles
    waiting: int = 0
    refused: int = 0
    reasons: tuple[Refusal, ...] = ()  # one per refusal, in order

    @property
    def changed(self) -> bool:
        """Whether anything new was taken in."""
        return bool(self.statements or self.entries or self.payloads)

    def add(self, outcome: Outcome) -> None:
        """Count one bundle."""
        match outcome:
            case Kept(entries, payloads):
                self.kept += 1
                self.entries += entries
                self.payloads += payloads
            case Waiting():
                self.waiting += 1
            case Refused(why):
                self.refuse(why)

    def merge(self, other: "Receipt") -> None:
        """Count what became of another parcel too."""
        self.statements += other.statements
        self.entries += other.entries
        self.payloads += other.payloads
        self.kept += other.kept
        self.waiting += other.waiting
        self.refused += other.refused
        self.reasons += other.reasons

    def refuse(self, why: Refusal) -> None:
        """Count one thing that was not kept."""
        self.refused += 1
        self.reasons += (why,)


def take(ledger: Ledger, parcel: Parcel, *, source: str) -> Receipt:
    """Ingest all of a parcel in one transaction."""
    receipt = Receipt()
    with ledger.transaction():
        for encoded in parcel.statements:
            match ingest_statement(ledger, encoded):
                case Kept(entries):
                    receipt.statements += entries
                case Refused(refusal):
                    receipt.refuse(refusal)
        for bundle in parcel.bundles:
            receipt.add(ingest(ledger, bundle, source=source))
        for wrong in parcel.unreadable:
            receipt.refuse(_name_of(wrong))
    return receipt


def ingest_statement(ledger: Ledger, encoded: bytes) -> Kept | Refused:
    """Keep a statement if its signature holds and its signer has a say here."""
    try:
        statement = read_statement(encoded)
    except Malformed as wrong:
        return Refused(_name_of(wrong))
    except Unverified:
        return Refused(Refusal.SIGNATURE)
    with ledger.transaction():
        trust = ledger.trust()
        if not trust.towns_of(statement):
            return Refused(Refusal.FOREIGN)
        if statement in trust.statements:
            return Kept()
        ledger.state(statement)
        _retry(ledger, statement)
    return Kept(entries=1)


def ingest(ledger: Ledger, bundle: Bundle, *, source: str) -> Outcome:
    """Keep a bundle whole, set it aside, or refuse it by name.

    `source` is whatever the road is known by; what waits is bounded per source.
    """
    with ledger.transaction():
        outcome = _keep(ledger, bundle)
        if isinstance(outcome, Waiting) and not ledger.set_aside(source, bundle):
            return Refused(Refusal.TOO_MANY_WAITING)
        if isinstance(outcome, Kept) and outcome.entries:
            _retry_author(ledger, bundle.lane.author)
        return outcome


def _keep(ledger: Ledger, bundle: Bundle) -> Outcome:
    lane = bundle.lane
    match ledger.trust().refusal(lane):
        case NoCertificateYet():
            return Waiting()
        case Refusal() as why:
            return Refused(why)
        case None:
            pass
    try:
        links = _links(bundle)
        verify_head(lane, bundle.last, links[-1].head, bundle.signature)
    except Malformed as wrong:
        return Refused(_name_of(wrong))
    except Unverified:
        return Refused(Refusal.SIGNATURE)

    here = ledger.lane(lane.id)
    number, holes = (here.held.number, here.held.holes) if here else (0, ())
    if bundle.first > number + 1:
        return Waiting()
    common = min(bundle.last, number)
    if ledger.head_at(lane.id, bundle.first - 1) != bundle.before or (
        common >= bundle.first
        and ledger.head_at(lane.id, common) != links[common - bundle.first].head
    ):
        return Refused(Refusal.CONTRADICTS)
    if here is None:
        lives = ledger.incarnations(lane.author)
        if lane.incarnation not in lives and len(lives) >= INCARNATIONS_MAX:
            return Refused(Refusal.INCARNATION)

    filled = 0
    for hole in holes:
        for at in range(max(hole.first, bundle.first), min(hole.last, common) + 1):
            link = links[at - bundle.first]
            if link.payload is not None:
                ledger.fill(lane.id, at, link.payload, link.record)
                filled += 1
    signature = Signature(bundle.last, bundle.signature)
    new = links[max(0, number + 1 - bundle.first) :]
    if new:
        ledger.append(lane, new, [signature])
    elif filled:
        # What came emptied came perhaps with one signature for more than fits a bundle.
        ledger.sign(lane.id, signature)
    return Kept(entries=len(new), payloads=filled)


def _name_of(wrong: Malformed) -> Refusal:
    return Refusal.TOO_LARGE if isinstance(wrong, TooLarge) else Refusal.MALFORMED


def _links(bundle: Bundle) -> list[Link]:
    links: list[Link] = []
    head = bundle.before
    for number, entry in enumerate(bundle.entries, bundle.first):
        head = next_head(head, entry.header)
        header = read_header(entry.header, bundle.lane.id)
        record = header.record.entry if header.record else EntryId(bundle.lane.id, number)
        links.append(Link(entry.header, entry.payload, head, record))
    return links


def _retry(ledger: Ledger, statement: Statement) -> None:
    if statement.certificate is not None:
        _retry_author(ledger, statement.certificate.key)


def _retry_author(ledger: Ledger, author: bytes) -> None:
    """Try again what waits; a run that is kept may be the one that others wait for."""
    for waiting in ledger.waiting(author):
        if not isinstance(_keep(ledger, waiting.bundle), Waiting):
            ledger.let_go(waiting)
