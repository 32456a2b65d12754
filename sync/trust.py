"""Who may write which lane, and with what rank (docs/spec/3-trust.md).

Certificates add up: a newer one takes nothing away, so the order of arrival never matters; only a
revocation takes away. What an authority of a town signed holds in that town and nowhere else. Of a
town that ours only subscribe to, there are open lanes, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from sync import cose
from sync.authority import InOffice, Replacement, Said, in_office
from sync.certificate import Certificate, Rank, Role, Voucher, rank_of
from sync.enrolment import UNCONFIRMED, Confirmation
from sync.fork import ForkProof
from sync.lane import Audience, Class, Lane
from sync.release import Release
from sync.revocation import Cut, Revocation, Succession
from sync.statement import Statement
from sync.subscription import Subscription, is_open, taken_by


class Refusal(StrEnum):
    """Why something was not kept. The names are those of docs/spec/3-trust.md and 4-ledger.md."""

    FOREIGN = "foreign"
    TOWN = "town"
    CLASS = "class"
    AUDIENCE = "audience"
    INCARNATION = "incarnation"
    SIGNATURE = "signature"
    REVOKED = "revoked"
    CONTRADICTS = "contradicts"
    MALFORMED = "malformed"
    TOO_LARGE = "too large"
    TOO_MANY_WAITING = "too many waiting"


class NoCertificateYet:
    """No certificate of the author is held: it may still come."""


@dataclass(frozen=True)
class Trust:
    """All that is known of who is who: the authorities of each town, and what they have signed.

    `authorities`: per town the keys a machine was told, by place; a later place outranks.
    """

    authorities: Mapping[str, tuple[bytes, ...]]
    statements: frozenset[Statement] = field(default=frozenset())
    subscriptions: frozenset[Subscription] = field(default=frozenset())  # of whatever town

    def with_statements(
        self, statements: Iterable[Statement], *, instead_of: Statement | None = None
    ) -> "Trust":
        """The same and these; without the one that they take the place of."""
        gone = frozenset({instead_of} if instead_of else ())
        new = frozenset(statements)
        found = replace(self, statements=(self.statements - gone) | new)
        if "_in_office" in self.__dict__ and not any(
            isinstance(statement.says, Replacement) for statement in new | gone
        ):
            found.__dict__["_in_office"] = self._in_office  # it hangs on nothing else here
        return found

    def proof_beside(self, proof: ForkProof) -> Statement | None:
        """The one that is held of such lanes of its author: one is enough."""
        return self._proofs.get(proof.kin)

    @cached_property
    def taken(self) -> Mapping[str, tuple[bytes, ...]]:
        """Of the towns that ours subscribe to, the first keys of their authority, by place."""
        return taken_by(self.authorities, self.subscriptions)

    def towns_of(self, statement: Statement) -> frozenset[str]:
        """The towns in which a statement holds; empty: its signer has no say here."""
        signed = self._spoken_for_by(statement.signer)
        match statement.says:
            case Replacement():
                return frozenset(
                    town for town, of in self._in_office.items() if statement.encoded in of.steps
                )
            case Certificate(by=Voucher() as seed) as child:
                return frozenset() if self._passed_over(child, seed) else child.towns
            case Certificate(towns=towns):
                return towns if towns <= signed else frozenset()
            case Confirmation(by=office):
                towns = office.certificate.towns
                if towns <= self._spoken_for_by(office.signer):
                    return frozenset(t for t in towns if not self.is_revoked(statement.signer, t))
                return frozenset()
            case ForkProof(lane=lane):
                return frozenset({lane.town} if self.refusal(lane) is None else ())
            case Revocation() | Succession() | Release() | None:
                return signed

    def _spoken_for_by(self, key: bytes) -> frozenset[str]:
        return frozenset(town for town, of in self._in_office.items() if key in of.keys)

    def _is_seed(self, seed: Voucher) -> bool:
        """Whether those who speak for its towns say that machines may be set up with it."""
        of = seed.certificate
        return of.towns <= self._spoken_for_by(seed.signer) and not any(
            self.is_revoked(of.key, town) for town in of.towns
        )

    def _passed_over(self, child: Certificate, seed: Voucher) -> bool:
        """Whether a machine is none, for its seed has no say, or an office says it's another."""
        confirmed = self._confirmed.get(seed.certificate.key, child.key)
        return confirmed != child.key or not self._is_seed(seed)

    @cached_property
    def _confirmed(self) -> Mapping[bytes, bytes]:
        """Of each seed of which an office said which of its children it is, that one."""
        found: dict[bytes, tuple[int, bytes, bytes]] = {}
        for statement in self.statements:
            match statement.says:
                case Confirmation(seed=seed, child=child, counter=counter) if self.towns_of(
                    statement
                ):
                    this = (counter, statement.encoded, child)
                    found[seed] = max(this, found.get(seed, this))
        return {seed: child for seed, (_, _, child) in found.items()}

    @cached_property
    def _children(self) -> Mapping[bytes, frozenset[bytes]]:
        """Of each seed the machines that were set up with it, and may still be meant."""
        found: dict[bytes, set[bytes]] = {}
        for statement in self.statements:
            match statement.says:
                case Certificate(by=Voucher() as seed) as child if not self._passed_over(
                    child, seed
                ) and not any(self.is_revoked(child.key, town) for town in child.towns):
                    found.setdefault(seed.certificate.key, set()).add(child.key)
        return {seed: frozenset(children) for seed, children in found.items()}

    @property
    def in_doubt(self) -> Mapping[bytes, frozenset[bytes]]:
        """Seeds that more than one machine was set up with, and those machines."""
        return {seed: found for seed, found in self._children.items() if len(found) > 1}

    def confirmations(self, seed: bytes) -> int:
        """The largest counter of those that say which child of a seed it is."""
        said = [s.says for s in self.statements if isinstance(s.says, Confirmation)]
        return max((says.counter for says in said if says.seed == seed), default=0)

    @cached_property
    def _proofs(self) -> Mapping[tuple[object, ...], Statement]:
        return {s.says.kin: s for s in self.statements if isinstance(s.says, ForkProof)}

    @cached_property
    def _in_office(self) -> Mapping[str, InOffice]:
        said = [
            Said(statement.signer, statement.says, statement.encoded)
            for statement in self.statements
            if isinstance(statement.says, Replacement)
        ]
        known = {**self.taken, **self.authorities}
        return {town: in_office(keys, said) for town, keys in known.items()}

    @cached_property
    def ever_in_office(self) -> frozenset[bytes]:
        """Every key that speaks or spoke for a town of which anything counts here."""
        return frozenset().union(*({*of.keys} | of.replaced for of in self._in_office.values()))

    def in_office(self, town: str) -> InOffice:
        """Which keys speak for a town of ours now, and which did."""
        return self._in_office[town]

    def was_replaced(self, key: bytes) -> bool:
        """Whether it spoke for a town, and does so no more."""
        return any(key in of.replaced for of in self._in_office.values())

    def why_not(self, statement: Statement) -> Refusal:
        """Why a statement that holds nowhere isn't kept."""
        match statement.says:
            case Certificate(by=Voucher(signer=signer)) | Confirmation(by=Voucher(signer=signer)):
                known = signer in self.ever_in_office  # the seed has no say, or the office
            case _:
                known = self.was_replaced(statement.signer)
        return Refusal.REVOKED if known else Refusal.FOREIGN

    def ordered(self, statements: Iterable[Statement]) -> list[bytes]:
        """Fit to be taken in one after the other: who speaks for a town before what they say."""
        steps = [step for of in self._in_office.values() for step in of.steps]
        places = {step: place for place, step in enumerate(dict.fromkeys(steps))}
        encoded = [statement.encoded for statement in statements]
        return sorted(encoded, key=lambda each: (places.get(each, len(places)), each))

    @cached_property
    def _certificates(self) -> Mapping[bytes, tuple[Certificate, ...]]:
        certificates: dict[bytes, list[Certificate]] = {}
        for statement in self.statements:
            certificate = statement.certificate
            if certificate is not None and self.towns_of(statement):
                if certificate.by and certificate.by.certificate.key in self.in_doubt:
                    classes = certificate.classes & UNCONFIRMED
                    certificate = replace(certificate, classes=classes)
                certificates.setdefault(certificate.key, []).append(certificate)
        return {
            # What our own towns say of a machine comes last: that is what we call it.
            key: tuple(sorted(held, key=lambda c: (self._is_ours(c), c.counter, c.name)))
            for key, held in certificates.items()
        }

    def _is_ours(self, certificate: Certificate) -> bool:
        return not certificate.towns.isdisjoint(self.authorities)

    @cached_property
    def _keys_by_short(self) -> Mapping[bytes, bytes]:
        return {cose.short(key): key for key in self._certificates if not self.is_revoked(key)}

    @cached_property
    def _revocations(self) -> Mapping[tuple[str, bytes], Revocation]:
        """Of each key revoked in a town the one in force there."""
        found: dict[tuple[str, bytes], tuple[int, bytes, Revocation]] = {}
        for statement in self.statements:
            says = statement.says
            for town in self.towns_of(statement) if isinstance(says, Revocation) else ():
                assert isinstance(says, Revocation)
                this, place = (says.counter, statement.encoded, says), (town, says.key)
                found[place] = max(this, found.get(place, this), key=lambda f: f[:2])
        return {place: says for place, (_, _, says) in found.items()}

    @cached_property
    def _successions(self) -> frozenset[tuple[str, bytes, bytes]]:
        return frozenset(
            (town, statement.says.old, statement.says.new)
            for statement in self.statements
            if isinstance(statement.says, Succession)
            for town in self.towns_of(statement)
        )

    def revocation(self, key: bytes, town: str) -> Revocation | None:
        """That of a key which is in force in the town."""
        return self._revocations.get((town, key))

    def is_revoked(self, key: bytes, town: str | None = None) -> bool:
        """Whether it has no say any more, in that town or any, but for what its cuts leave."""
        if town is not None:
            return (town, key) in self._revocations
        towns = {town for town, revoked in self._revocations if revoked == key}
        return bool(towns) and self.towns(key) <= towns

    def hears(self, key: bytes, town: str) -> bool:
        """Whether registers of that machine count in the town."""
        ours = town in self.authorities  # how others are is nobody's business
        return ours and town in self.towns(key) and not self.is_revoked(key, town)

    def cut(self, lane: Lane) -> Cut | None:
        """Up to where a lane holds; None: all of it. (0, lane id) is nothing."""
        if lane.id not in self._cuts:
            self._cuts[lane.id] = self._cut(lane)
        return self._cuts[lane.id]

    @cached_property
    def _cuts(self) -> dict[bytes, Cut | None]:
        return {}

    def _cut(self, lane: Lane) -> Cut | None:
        nothing = Cut(0, lane.id)
        if self.refusal(lane) is not None:  # what let it be written once stands no more
            return nothing
        revocation = self._revocations.get((lane.town, lane.author))
        return revocation.cuts.get(lane.id, nothing) if revocation else None

    def releases(self, town: str) -> list[tuple[Release, Statement]]:
        """What its authority says that machines of the town should run; the newest word first."""
        found = [
            (statement.says, statement)
            for statement in self.statements
            if isinstance(statement.says, Release) and town in self.towns_of(statement)
        ]
        return sorted(found, key=lambda each: (each[0].counter, each[1].encoded), reverse=True)

    def release_for(self, key: bytes, town: str) -> Release | None:
        """What that machine should run, by the newest word that names it or all."""
        named = (
            says for says, _ in self.releases(town) if not says.machines or key in says.machines
        )
        return next(named, None)

    def current_releases(self, town: str) -> Iterator[Release]:
        """What some machine of the town should run, by its newest word."""
        named: set[bytes] = set()
        for says, _ in self.releases(town):
            if not says.machines or not named.issuperset(says.machines):
                yield says
            if not says.machines:
                return
            named.update(says.machines)

    def succeeds(self, new: bytes, old: bytes, town: str) -> bool:
        """Whether a key was named successor of another in the town, or of its successor."""
        heirs, looked = {old}, set[bytes]()
        while heirs - looked:
            at = (heirs - looked).pop()
            looked.add(at)
            heirs |= {
                heir for where, before, heir in self._successions if (where, before) == (town, at)
            }
        return new in heirs - {old}

    def successors(self, old: bytes, town: str) -> frozenset[bytes]:
        """The keys that were named to come after one in the town."""
        return frozenset(new for where, of, new in self._successions if (where, of) == (town, old))

    def certificates(self, key: bytes) -> tuple[Certificate, ...]:
        """Those of a key, the newest last."""
        return self._certificates.get(key, ())

    def keys(self) -> Iterable[bytes]:
        """Every certified key."""
        return self._certificates.keys()

    def key(self, short: bytes) -> bytes | None:
        """The certified key of that short name, unless it was revoked."""
        return self._keys_by_short.get(short)

    def name(self, key: bytes) -> str:
        """What people call the machine; empty where no certificate says."""
        return held[-1].name if (held := self.certificates(key)) else ""

    def towns(self, key: bytes) -> frozenset[str]:
        """The towns whose lanes that machine may hold."""
        return frozenset().union(*(c.towns for c in self.certificates(key)))

    def refusal(self, lane: Lane) -> Refusal | NoCertificateYet | None:
        """Why that lane may not be written; None if it may."""
        if lane.town not in self.authorities and not (lane.town in self.taken and is_open(lane)):
            return Refusal.FOREIGN
        held = self.certificates(lane.author)
        if not held:
            return NoCertificateYet()
        held = tuple(c for c in held if lane.town in c.towns)
        if not held:
            return Refusal.TOWN
        held = tuple(c for c in held if c.lets_write(lane.class_))
        if not held:
            return Refusal.CLASS
        held = tuple(c for c in held if lane.audience in c.audiences)
        if not held:
            return Refusal.AUDIENCE
        if all(lane.ordinal > c.incarnations for c in held):
            return Refusal.INCARNATION
        return None

    def may_write(self, key: bytes, town: str, class_: Class, audience: Audience) -> bool:
        """Whether some certificate lets that machine write such a lane."""
        return any(
            town in c.towns and c.lets_write(class_) and audience in c.audiences
            for c in self.certificates(key)
        )

    def rank(self, lane: Lane) -> Rank:
        """The rank of what is written in a lane: of the certificate, not of who typed it."""
        return max(
            (
                rank_of(c.role, lane.class_)
                for c in self.certificates(lane.author)
                if lane.town in c.towns and c.lets_write(lane.class_)
            ),
            default=Rank.NONE,
        )

    def roles(self, key: bytes, town: str) -> frozenset[Role]:
        """What that machine is in the town."""
        if (key, town) not in self._roles:
            self._roles[key, town] = frozenset(
                c.role for c in self.certificates(key) if town in c.towns
            )
        return self._roles[key, town]

    @cached_property
    def _roles(self) -> dict[tuple[bytes, str], frozenset[Role]]:
        return {}

    def is_office(self, key: bytes, town: str) -> bool:
        """Whether that machine is an office of the town."""
        return Role.OFFICE in self.roles(key, town)
