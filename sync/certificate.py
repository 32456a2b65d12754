"""What an authority says of a key: its role, and the lanes it may write (docs/spec/3-trust.md).

A CWT (RFC 8392) without dates: nobody's clock is good enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import Audience, Class, is_town
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
    Role.OFFICE: frozenset(Class) - {Class.PICTURE},
    Role.NODE: frozenset({Class.TRUST, Class.MESSAGE, Class.BOARD}),
    Role.FEED: frozenset({Class.ALERT, Class.BOARD}),
    Role.HUB: frozenset(),
    Role.ENROLMENT: frozenset(),
}
"""The most a certificate of that role may name; none names pictures."""


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


class Voucher(NamedTuple):
    """A certificate that comes inside of what is said with the key it certifies."""

    signer: bytes
    certificate: "Certificate"
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What an authority says of a key, or a machine of its own key, with that of its seed."""

    key: bytes
    name: str
    role: Role
    towns: frozenset[str]
    classes: frozenset[Class]
    audiences: frozenset[Audience]
    counter: int
    incarnations: int = INCARNATIONS_MAX  # the largest ordinal it may use
    by: Voucher | None = None  # what certifies the seed that the machine was set up with

    def lets_write(self, class_: Class) -> bool:
        """Whether it is for lanes of that class; who may write posts may add pictures to them."""
        return (Class.BOARD if class_ is Class.PICTURE else class_) in self.classes


_SUBJECT, _CONFIRMATION = 2, 8
_ROLE, _TOWNS, _CLASSES, _AUDIENCES, _COUNTER, _INCARNATIONS, _VOUCHER = range(-65537, -65544, -1)


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
    if certificate.by is not None:
        claims[_VOUCHER] = certificate.by.encoded
    return cose.sign(
        cbor.encode(claims), type_=CERTIFICATE, key_id=cose.public(authority), key=authority
    )


def read_voucher(encoded: bytes) -> Voucher:
    """A certificate inside of another statement. Raises Malformed or Unverified."""
    sealed = cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX)
    if sealed.type != CERTIFICATE or len(sealed.key_id) != 32:
        raise Malformed("a voucher that is no certificate")
    certificate = _read(cbor.decode(sealed.payload, bytes_max=STATEMENT_BYTES_MAX))
    cose.verify(sealed, sealed.key_id)
    return Voucher(sealed.key_id, certificate, encoded)


def read_certificate(claims: object, *, signer: bytes) -> Certificate:
    """The certificate that these claims are. Raises Malformed, or Unverified of its voucher."""
    certificate = _read(claims)
    match claims:
        case {-65543: bytes(encoded)}:
            voucher = read_voucher(encoded)
        case {-65543: _}:
            raise Malformed("a voucher that is no certificate")
        case _:
            return certificate
    seed = voucher.certificate
    if not (
        seed.role is Role.ENROLMENT
        and seed.key == signer != certificate.key
        and certificate.role is Role.NODE
        and (certificate.name, certificate.towns) == (seed.name, seed.towns)
        and certificate.incarnations <= seed.incarnations
    ):
        raise Malformed("a certificate that goes beyond what its seed was made for")
    return replace(certificate, by=voucher)


def _read(claims: object) -> Certificate:
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
