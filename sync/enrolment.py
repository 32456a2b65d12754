"""How a machine becomes a member by itself: with the key of a seed that was made for it.

docs/spec/3-trust.md, "Enrolment". The desk certifies the seed's key; at its first start the machine
certifies its own key with that one. A seed that was copied has more than one child: then none has
a say in what matters, until an office says which one people know.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.certificate import (
    CLASSES_OF,
    Certificate,
    Role,
    Voucher,
    certify,
    read_voucher,
)
from sync.errors import Malformed
from sync.lane import Audience, Class

CONFIRMATION = "kairan-confirmation"
UNCONFIRMED = frozenset({Class.BOARD})
"""What a machine may write whose seed has other children, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Of the children of a seed it is this one; an office says so."""

    seed: bytes
    child: bytes
    counter: int
    by: Voucher  # what makes its signer an office


def enrol(key: bytes, voucher: Voucher, seed: Ed25519PrivateKey) -> bytes:
    """The statement by which a machine certifies its own key. `voucher` certifies the seed's."""
    of = voucher.certificate
    child = Certificate(
        key=key,
        name=of.name,
        role=Role.NODE,
        towns=of.towns,
        classes=CLASSES_OF[Role.NODE],
        audiences=frozenset(Audience),
        counter=of.counter,
        incarnations=of.incarnations,
        by=voucher,
    )
    return certify(child, seed)


def confirm(
    seed: bytes, child: bytes, counter: int, voucher: bytes, office: Ed25519PrivateKey
) -> bytes:
    """The statement by which an office says which child it is. `voucher` certifies the office."""
    body = cbor.encode({1: seed, 2: child, 3: counter, 4: voucher})
    return cose.sign(body, type_=CONFIRMATION, key_id=cose.public(office), key=office)


def read_confirmation(body: object, *, signer: bytes) -> Confirmation:
    """The confirmation that a payload is. Raises Malformed, or Unverified of its voucher."""
    match body:
        case {1: bytes(seed), 2: bytes(child), 3: int(counter), 4: bytes(encoded), **others} if (
            not others
            and len(seed) == len(child) == 32
            and cbor.are_integers(counter)
            and counter >= 1
        ):
            voucher = read_voucher(encoded)
        case _:
            raise Malformed("not a confirmation")
    if voucher.certificate.role is not Role.OFFICE or voucher.certificate.key != signer:
        raise Malformed("a confirmation by another than its voucher certifies")
    return Confirmation(seed=seed, child=child, counter=counter, by=voucher)
