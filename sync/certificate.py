"""What an authority says of a key: its role, and the lanes it may write (docs/spec/3-trust.md).

A CWT (RFC 8392) without dates: nobody's clock is good enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import Audience, Class, is_town
from sync.limits import INCARNATIONS_MAX, NAME_CHARACTERS_MAX

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


def read_certificate(claims: object) -> Certificate:
    """The certificate that these claims are. Raises Malformed."""
    match claims:
        case {
            2: str(name),
            8: {1: {1: kind, -1: 6, -2: bytes(key)}},
            -65537: str(role),
            -65538: [str(), *_] as towns,
            -65539: list(classes),
            -65540: list(audiences),
            -65541: int(counter),
            -65542: int(incarnations),
        } if (
            cbor.are_integers(kind, counter, incarnations, *classes, *audiences)
            and kind == 1
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
