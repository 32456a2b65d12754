"""Who may write which lane, and with what rank (docs/spec/3-trust.md).

Certificates add up: a newer one takes nothing away, so the order of arrival never matters. What
is signed by an authority of a town holds in that town and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import Audience, Class, Lane, is_town
from sync.limits import INCARNATIONS_MAX, NAME_CHARACTERS_MAX, STATEMENT_BYTES_MAX

CERTIFICATE = "kairan-certificate"


class Role(StrEnum):
    """What a machine is in its town."""

    OFFICE = "office"
    NODE = "node"
    FEED = "feed"
    HUB = "hub"
    ENROLMENT = "enrolment"


class Rank(IntEnum):
    """Whose word goes over whose."""

    NONE = 0
    CENTRE = 1
    MUNICIPALITY = 2
    AUTHORITY = 3


CLASSES_OF: Mapping[Role, frozenset[Class]] = {
    Role.OFFICE: frozenset(Class),
    Role.NODE: frozenset({Class.TRUST, Class.MESSAGE, Class.BOARD}),
    Role.FEED: frozenset({Class.ALERT, Class.BOARD}),
    Role.HUB: frozenset(),
    Role.ENROLMENT: frozenset(),
}
"""The most a certificate of that role may name."""


def rank_of(role: Role, class_: Class) -> Rank:
    """A feed has the municipality's rank for the alerts it passes on, and for nothing else."""
    match role:
        case Role.OFFICE:
            return Rank.MUNICIPALITY
        case Role.FEED:
            return Rank.MUNICIPALITY if class_ is Class.ALERT else Rank.CENTRE
        case Role.NODE:
            return Rank.CENTRE
        case Role.HUB | Role.ENROLMENT:
            return Rank.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What an authority says of a key."""

    key: bytes
    name: str
    role: Role
    towns: frozenset[str]
    classes: frozenset[Class]
    audiences: frozenset[Audience]
    counter: int
    incarnations: int = INCARNATIONS_MAX  # the largest ordinal it may use


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Signed by an authority; a certificate, or of a type this version only passes on."""

    encoded: bytes
    signer: bytes
    type: str
    certificate: Certificate | None

    @cached_property
    def digest(self) -> bytes:
        """By which a summary names it."""
        return sha256(self.encoded).digest()


class Refusal(StrEnum):
    """Why something was not kept. The names are those of docs/spec/3-trust.md and 4-ledger.md."""

    FOREIGN = "foreign"
    TOWN = "town"
    CLASS = "class"
    AUDIENCE = "audience"
    INCARNATION = "incarnation"
    SIGNATURE = "signature"
    CONTRADICTS = "contradicts"
    MALFORMED = "malformed"
    TOO_LARGE = "too large"
    TOO_MANY_WAITING = "too many waiting"


class NoCertificateYet:
    """No certificate of the author is held: it may still come."""


_SUBJECT, _CONFIRMATION = 2, 8
_ROLE, _TOWNS, _CLASSES, _AUDIENCES, _COUNTER, _INCARNATIONS = range(-65537, -65543, -1)


def certify(certificate: Certificate, authority: Ed25519PrivateKey) -> bytes:
    """The statement by which an authority says so: a CWT (RFC 8392) with `cnf` (RFC 8747)."""
    claims: dict[int, object] = {
        _SUBJECT: certificate.name,
        _CONFIRMATION: {1: {1: 1, -1: 6, -2: certificate.key}},
        _ROLE: str(certificate.role),
        _TOWNS: sorted(certificate.towns),
        _CLASSES: sorted(map(int, certificate.classes)),
        _AUDIENCES: sorted(map(int, certificate.audiences)),
        _COUNTER: certificate.counter,
        _INCARNATIONS: certificate.incarnations,
    }
    return cose.sign(
        cbor.encode(claims), type_=CERTIFICATE, key_id=cose.public(authority), key=authority
    )


def read_statement(encoded: bytes) -> Statement:
    """A statement whose signature holds; whether its signer is an authority is `Trust`'s to say.

    Raises Malformed or Unverified.
    """
    sealed = cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX)
    if len(sealed.key_id) != 32:
        raise Malformed("a statement that doesn't name its signer")
    cose.verify(sealed, sealed.key_id)
    certificate = None
    if sealed.type == CERTIFICATE:
        certificate = _read_certificate(cbor.decode(sealed.payload, bytes_max=STATEMENT_BYTES_MAX))
    return Statement(
        encoded=encoded, signer=sealed.key_id, type=sealed.type, certificate=certificate
    )


def _read_certificate(claims: object) -> Certificate:
    match claims:
        case {
            2: str(name),
            8: {1: {1: 1, -1: 6, -2: bytes(key)}},
            -65537: str(role),
            -65538: [str(), *_] as towns,
            -65539: list(classes),
            -65540: list(audiences),
            -65541: int(counter),
            -65542: int(incarnations),
        } if (
            cbor.are_integers(counter, incarnations, *classes, *audiences)
            and len(name) <= NAME_CHARACTERS_MAX
            and len(key) == 32
        ):
            pass
        case _:
            raise Malformed("not a certificate")
    try:
        certificate = Certificate(
            key=key,
            name=name,
            role=Role(role),
            towns=frozenset(towns),
            classes=frozenset(map(Class, classes)),
            audiences=frozenset(map(Audience, audiences)),
            counter=counter,
            incarnations=incarnations,
        )
    except (ValueError, TypeError) as wrong:
        raise Malformed("a certificate with an unknown role, class or audience") from wrong
    if (
        not all(isinstance(town, str) and is_town(town) for town in towns)
        or sorted(certificate.towns) != towns
        or sorted(certificate.classes) != classes
        or sorted(certificate.audiences) != audiences
        or counter < 1
        or incarnations < 1
    ):
        raise Malformed("a certificate with lists out of order or wrong numbers")
    if not certificate.classes <= CLASSES_OF[certificate.role]:
        raise Malformed(f"a certificate that gives a {role} more than its role allows")
    return certificate


@dataclass(frozen=True)
class Trust:
    """All that is known of who is who: the authorities of each town, and what they have signed."""

    authorities: Mapping[str, frozenset[bytes]]
    statements: frozenset[Statement] = field(default=frozenset())

    def with_statements(self, statements: Iterable[Statement]) -> "Trust":
        """The same and these."""
        return Trust(self.authorities, self.statements | frozenset(statements))

    def towns_of(self, statement: Statement) -> frozenset[str]:
        """The towns in which a statement holds; empty: its signer has no say here."""
        signed = {town for town, keys in self.authorities.items() if statement.signer in keys}
        if statement.certificate is None:
            return frozenset(signed)
        towns = statement.certificate.towns
        return towns if towns <= signed else frozenset()

    @cached_property
    def _certificates(self) -> Mapping[bytes, tuple[Certificate, ...]]:
        certificates: dict[bytes, list[Certificate]] = {}
        for statement in self.statements:
            if statement.certificate is not None and self.towns_of(statement):
                certificates.setdefault(statement.certificate.key, []).append(statement.certificate)
        return {
            key: tuple(sorted(held, key=lambda c: (c.counter, c.name)))
            for key, held in certificates.items()
        }

    @cached_property
    def _keys_by_short(self) -> Mapping[bytes, bytes]:
        return {cose.short(key): key for key in self._certificates}

    def certificates(self, key: bytes) -> tuple[Certificate, ...]:
        """Those of a key, the newest last."""
        return self._certificates.get(key, ())

    def keys(self) -> Iterable[bytes]:
        """Every certified key."""
        return self._certificates.keys()

    def key(self, short: bytes) -> bytes | None:
        """The certified key of that short name."""
        return self._keys_by_short.get(short)

    def name(self, key: bytes) -> str:
        """What people call the machine; empty where no certificate says."""
        return held[-1].name if (held := self.certificates(key)) else ""

    def towns(self, key: bytes) -> frozenset[str]:
        """The towns whose lanes that machine may hold."""
        return frozenset().union(*(c.towns for c in self.certificates(key)))

    def refusal(self, lane: Lane) -> Refusal | NoCertificateYet | None:
        """Why that lane may not be written; None if it may."""
        if lane.town not in self.authorities:
            return Refusal.FOREIGN
        held = self.certificates(lane.author)
        if not held:
            return NoCertificateYet()
        held = tuple(c for c in held if lane.town in c.towns)
        if not held:
            return Refusal.TOWN
        held = tuple(c for c in held if lane.class_ in c.classes)
        if not held:
            return Refusal.CLASS
        held = tuple(c for c in held if lane.audience in c.audiences)
        if not held:
            return Refusal.AUDIENCE
        if all(lane.ordinal > c.incarnations for c in held):
            return Refusal.INCARNATION
        return None

    def rank(self, lane: Lane) -> Rank:
        """The rank of what is written in a lane: of the certificate, not of who typed it."""
        return max(
            (
                rank_of(c.role, lane.class_)
                for c in self.certificates(lane.author)
                if lane.town in c.towns and lane.class_ in c.classes
            ),
            default=Rank.NONE,
        )

    def roles(self, key: bytes, town: str) -> frozenset[Role]:
        """What that machine is in the town."""
        return frozenset(c.role for c in self.certificates(key) if town in c.towns)

    def is_office(self, key: bytes, town: str) -> bool:
        """Whether that machine is an office of the town."""
        return Role.OFFICE in self.roles(key, town)
