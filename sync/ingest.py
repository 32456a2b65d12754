"""The one door in: whatever a road brought is looked at here, once, and nowhere again.

docs/spec/4-ledger.md. Limits, certificate, signature, chain, and nothing else: what entries mean
is for views. One bad bundle stops nothing else.
"""

from collections import deque
from dataclasses import dataclass

from sync.authority import Replacement
from sync.bundle import Bundle, Parcel
from sync.certificate import Certificate, Role
from sync.chain import next_head, verify_head
from sync.enrolment import Confirmation
from sync.entry import record_changed
from sync.errors import Malformed, TooLarge, Unverified
from sync.fork import ForkProof, prove_fork
from sync.ledger import Ledger, Link, Signature
from sync.order import obey
from sync.register import Register
from sync.statement import Statement, open_beside
from sync.subscribing import heed_entries, heed_statement
from sync.trust import NoCertificateYet, Refusal, Trust


@dataclass(frozen=True, slots=True)
class Kept:
    """It is held, now or already."""

    entries: int = 0  # that are new
    payloads: int = 0  # that closed a hole
    forked: bool = False  # it tells another history than one that is held

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
    """Ingest all of a parcel; outside a transaction in several, so that nobody waits long."""
    taking = _Taking(ledger, parcel, source)
    while taking.items:
        with ledger.transaction():
            taking.go_on(entries=_PIECE_ENTRIES)
    for _ in taking.foreign:
        taking.receipt.refuse(Refusal.FOREIGN)
    for wrong in parcel.unreadable:
        taking.receipt.refuse(_name_of(wrong))
    return taking.receipt


_PIECE_ENTRIES = 1_000


class _Taking:
    """How far a parcel is taken in."""

    def __init__(self, ledger: Ledger, parcel: Parcel, source: str) -> None:
        self._ledger = ledger
        self._source = source
        self._taken = ledger.trust().taken
        self.items = deque[bytes | Bundle]([*parcel.statements, *parcel.bundles])
        self.foreign: list[bytes | Bundle] = []
        self.receipt = Receipt()

    def go_on(self, *, entries: int) -> None:
        """Until so many are taken in, or all."""
        while self.items and entries > 0:
            item = self.items.popleft()
            entries -= self._take(item)
            if self._ledger.trust().taken != self._taken:
                # With the decision to subscribe came what was foreign before it.
                self._taken = self._ledger.trust().taken
                self.items.extendleft(reversed(self.foreign))
                self.foreign = []

    def _take(self, item: bytes | Bundle) -> int:
        outcome: Outcome
        if isinstance(item, bytes):
            outcome = ingest_statement(self._ledger, item, source=self._source)
            self.receipt.statements += outcome.entries if isinstance(outcome, Kept) else 0
        else:
            outcome = ingest(self._ledger, item, source=self._source)
        match outcome:
            case Refused(Refusal.FOREIGN):
                self.foreign.append(item)
            case Refused(why):
                self.receipt.refuse(why)
            case _ if isinstance(item, Bundle):
                self.receipt.add(outcome)
        return 0 if isinstance(item, bytes) else len(item.entries)


def ingest_statement(ledger: Ledger, encoded: bytes, *, source: str = "") -> Kept | Refused:
    """Keep a statement if its signature holds and its signer has a say here."""
    try:
        statement = open_beside(encoded)
    except Malformed as wrong:
        return Refused(_name_of(wrong))
    except Unverified:
        return Refused(Refusal.SIGNATURE)
    with ledger.transaction():
        trust = ledger.trust()
        if isinstance(statement, Register):
            return _keep_register(ledger, statement, trust, source)
        if statement in trust.statements:
            return Kept()
        known = trust.with_statements([statement]) if _is_of_many(statement) else trust
        if not known.towns_of(statement):
            return Refused(trust.why_not(statement))
        beside = None
        if isinstance(statement.says, ForkProof):
            # Whoever forks can make any number of proofs; all machines keep the same one.
            beside = trust.proof_beside(statement.says)
            if beside is not None and beside.digest < statement.digest:
                return Kept()
        ledger.state(statement, instead_of=beside)
        heed_statement(ledger, statement)
        _retry(ledger, statement)
    return Kept(entries=1)


def _is_of_many(statement: Statement) -> bool:
    """Whether what it comes to hangs on others of its kind."""
    match statement.says:
        case Replacement() | Confirmation():
            return True
        case Certificate(by=by):
            return by is not None
        case _:
            return False


def _keep_register(ledger: Ledger, register: Register, trust: Trust, source: str) -> Kept | Refused:
    if register.town not in trust.authorities:  # how other towns are is nobody's business here
        return Refused(Refusal.FOREIGN)
    if not trust.hears(register.author, register.town):
        return Refused(Refusal.TOWN)
    return Kept(entries=int(ledger.register(register, source)))


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

    cut = ledger.trust().cut(lane)
    if cut is not None and bundle.first > cut.number:
        return Refused(Refusal.REVOKED)
    place = _place(ledger, bundle)
    if isinstance(place, Refusal):
        return Refused(place)
    if place is None:
        return Waiting()
    kept = _follow(ledger, bundle, links, place)
    _mind_own_life(ledger, bundle, kept)
    obey(ledger, lane, bundle.first, links)
    if kept.changed:
        heed_entries(ledger, lane, links)
    return kept


def _place(ledger: Ledger, bundle: Bundle) -> bytes | Refusal | None:
    """The stretch that the bundle continues or repeats; None while what comes before isn't held."""
    lane, number = bundle.lane, bundle.first - 1
    if number == 0:
        return lane.id if bundle.before == lane.id else Refusal.CONTRADICTS
    for stretch in ledger.stretches(lane.id):
        if (
            stretch.first <= number <= stretch.number
            and ledger.head_at(stretch.id, number) == bundle.before
        ):
            return stretch.id
    return None


def _follow(ledger: Ledger, bundle: Bundle, links: list[Link], at: bytes) -> Kept:
    """Go along what is held as far as the bundle agrees; keep what is new, perhaps as a branch."""
    number, filled, appended, forked = bundle.first, 0, 0, False
    while number <= bundle.last:
        rest = links[number - bundle.first :]
        stretch = ledger.stretch(at)
        end = stretch.number if stretch else 0
        if number <= end:
            agreed = _agreed(ledger, at, number, rest, end)
            filled += _fill(ledger, at, number, rest[: agreed - number + 1])
            number = agreed + 1
            if number <= min(end, bundle.last):
                ledger.part(at, number)
            continue
        after = [s for s in ledger.stretches(bundle.lane.id) if s.parent == at]
        child = next((s.id for s in after if ledger.head_at(s.id, number) == rest[0].head), None)
        if child is not None:
            at = child
            continue
        if after:
            at, forked = ledger.branch(bundle.lane, at, rest), True
            _prove(ledger, bundle, links, after[0].id)
        else:
            ledger.append(bundle.lane, at, rest)
        appended = len(rest)
        break
    if appended or filled:
        # What came emptied came perhaps with one signature for more than fits a bundle.
        ledger.sign(at, Signature(bundle.last, bundle.signature))
    return Kept(entries=appended, payloads=filled, forked=forked)


def _prove(ledger: Ledger, bundle: Bundle, links: list[Link], other: bytes) -> None:
    """Keep what proves the fork, so that whoever is told needs no entries to believe it.

    `other`: the stretch that the bundle's history parted from.
    """
    parted = ledger.stretch(other)
    histories = ledger.histories(bundle.lane.id)
    leaves = (h.stretch for h in histories if other in {s.id for s in ledger.path(h.stretch)})
    leaf = next(leaves, None)  # none where a revocation cut that history off: it needs no proof
    if parted is None or leaf is None:
        return
    run = ledger.run(leaf, parted.first)
    if run is None:
        return
    if run.last <= bundle.last:
        number = run.last
        head, signature = ledger.head_at(leaf, number), run.signature
        other_head = links[number - bundle.first].head
        later = [link.header for link in links[number - bundle.first + 1 :]]
        later_signature = bundle.signature
    else:
        number = bundle.last
        head, signature = links[-1].head, bundle.signature
        other_head = ledger.head_at(leaf, number) or b""
        later = [entry.header for entry in run.entries[number - run.first + 1 :]]
        later_signature = run.signature
    proof = prove_fork(
        bundle.lane,
        number=number,
        head=head or b"",
        signature=signature,
        other_head=other_head,
        later=later,
        later_signature=later_signature,
    )
    if proof is not None:
        ingest_statement(ledger, proof)


def _agreed(ledger: Ledger, at: bytes, first: int, links: list[Link], end: int) -> int:
    """The last number at which the stretch and the links have the same head."""
    last = min(end, first + len(links) - 1)
    if ledger.head_at(at, last) == links[last - first].head:
        return last
    low, high = first - 1, last  # heads agree at `low` and don't at `high`
    while high - low > 1:
        middle = (low + high) // 2
        if ledger.head_at(at, middle) == links[middle - first].head:
            low = middle
        else:
            high = middle
    return low


def _fill(ledger: Ledger, at: bytes, first: int, links: list[Link]) -> int:
    """Close holes with what these links bring; how many."""
    history = ledger.lane(at)
    filled = 0
    last = first + len(links) - 1
    for hole in history.held.holes if history else ():
        for number in range(max(hole.first, first), min(hole.last, last) + 1):
            payload = links[number - first].payload
            if payload is not None:
                ledger.fill(at, number, payload)
                filled += 1
    return filled


def _mind_own_life(ledger: Ledger, bundle: Bundle, kept: Kept) -> None:
    """Entries of ours that we don't know: we were restored or copied, and go on in a new life."""
    author = bundle.lane.author
    if (
        kept.entries
        and ledger.is_own(author)
        and bundle.lane.incarnation == ledger.own_incarnation(author)
    ):
        ledger.begin_incarnation(author)


def _name_of(wrong: Malformed) -> Refusal:
    return Refusal.TOO_LARGE if isinstance(wrong, TooLarge) else Refusal.MALFORMED


def _links(bundle: Bundle) -> list[Link]:
    links: list[Link] = []
    head = bundle.before
    for entry in bundle.entries:
        head = next_head(head, entry.header)
        record = record_changed(entry.header, bundle.lane.id)
        links.append(Link(entry.header, entry.payload, head, record))
    return links


def _retry(ledger: Ledger, statement: Statement) -> None:
    match statement.says:
        case Certificate(key=key, role=role):
            _retry_author(ledger, key)
            if role is Role.OFFICE:
                _obey_author(ledger, key)
        case Replacement() | Confirmation():  # what counts now may have come before
            for key in sorted(ledger.trust().keys()):
                _retry_author(ledger, key)
                if any(c.role is Role.OFFICE for c in ledger.trust().certificates(key)):
                    _obey_author(ledger, key)


def _obey_author(ledger: Ledger, author: bytes) -> None:
    """It may have given orders before it was known to be an office."""
    for leaf in ledger.leaves():
        at = 1
        while leaf.lane.author == author and (run := ledger.run(leaf.id, at)):
            obey(ledger, run.lane, run.first, _links(run))
            at = run.last + 1


def _retry_author(ledger: Ledger, author: bytes) -> None:
    """Try again what waits; a run that is kept may be the one that others wait for."""
    for waiting in ledger.waiting(author):
        if not isinstance(_keep(ledger, waiting.bundle), Waiting):
            ledger.let_go(waiting)
