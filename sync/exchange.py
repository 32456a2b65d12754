"""One round of offer and answer: what two machines lack of each other, both ways at once.

docs/spec/5-exchange.md. Values in, bytes out; HTTP, or a test's pair of functions, only carries
them. Nothing here asks the clock, the network or a ledger; `sync.machine.exchanging` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.bundle import Parcel
from sync.errors import Malformed, Unverified
from sync.frontier import Summary, read_summary, summary_as_array
from sync.ingest import Receipt
from sync.lane import is_town
from sync.limits import COUNTER_MAX, MESSAGE_BYTES_MAX, SOFTWARE_CHARACTERS_MAX
from sync.wrapping import unwrap

VERSION = 1
OFFER = "kairan-offer"
ANSWER = "kairan-answer"
_KEYS = range(1, 13)
_NOT_DECLINED = frozenset({4, 5, 6, 7, 8, 10})


class No(StrEnum):
    """Why an offer was not answered."""

    UNKNOWN = "unknown"
    COUNTER = "counter"
    RECIPIENT = "recipient"
    TOWN = "town"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one machine holds, and what it thinks the other lacks."""

    sender: bytes  # short
    to: bytes  # short
    counter: int  # larger than in any earlier one of that sender to that recipient
    digest: bytes
    towns: frozenset[str] | None  # None: those of the sender's certificates
    summary: Summary | None
    parcel: bytes  # wrapped; not to be opened before the signature was checked
    registers: bytes  # digest; empty where none is held
    software: str
    sealed: cose.Sealed
    digest_of_message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other holds after taking that in, and what the offerer lacks."""

    digest: bytes
    kept: int
    waiting: int
    refused: int
    summary: Summary | None
    parcel: Parcel
    registers: bytes  # digest; empty where none is held
    software: str
    more: bool


class Declined(Exception):
    """The other side did not take the offer."""

    def __init__(self, why: No, counter: int = 0) -> None:
        """`counter`: the largest the other side has seen."""
        super().__init__(str(why))
        self.why = why
        self.counter = counter


def offer(
    *,
    key: Ed25519PrivateKey,
    to: bytes,
    counter: int,
    digest: bytes,
    software: str,
    towns: frozenset[str] | None = None,
    summary: Summary | None = None,
    parcel: bytes = b"",
    registers: bytes = b"",
) -> bytes:
    """The message that opens a round. `to` is a public key, `parcel` wrapped."""
    body: dict[int, object] = {1: VERSION, 2: cose.short(to), 3: counter, 4: digest}
    if towns is not None:
        body[5] = sorted(towns)
    if summary is not None:
        body[6] = summary_as_array(summary)
    if parcel:
        body[7] = parcel
    if registers:
        body[8] = registers
    body[9] = software
    return _signed(body, OFFER, key)


def open_offer(message: bytes) -> Offer:
    """What an offer says; whose it is, `cose.verify` of `sealed` tells. Raises Malformed."""
    sealed, body = _opened(message, OFFER)
    match body:
        case {
            2: bytes(to),
            3: int(counter),
            4: bytes(digest),
            9: str(software),
        } if (
            _is_counter(counter)
            and counter >= 1
            and len(to) == 8
            and len(digest) == 32
            and len(software) <= SOFTWARE_CHARACTERS_MAX
        ):
            pass
        case _:
            raise Malformed("not an offer of this version")
    return Offer(
        sender=sealed.key_id,
        to=to,
        counter=counter,
        digest=digest,
        towns=_read_towns(body.get(5)),
        summary=_read_summary(body.get(6)),
        parcel=_read_bytes(body.get(7)),
        registers=_read_digest(body.get(8)),
        software=software,
        sealed=sealed,
        digest_of_message=sha256(message).digest()[:16],
    )


def answer(
    opened: Offer,
    *,
    key: Ed25519PrivateKey,
    digest: bytes,
    receipt: Receipt,
    software: str,
    summary: Summary | None,
    parcel: bytes,
    more: bool,
    registers: bytes = b"",
) -> bytes:
    """The message that closes a round."""
    body = _answer_body(opened, software)
    body[4] = digest
    body[5] = [receipt.kept, receipt.waiting, receipt.refused]
    if summary is not None:
        body[6] = summary_as_array(summary)
    if parcel:
        body[7] = parcel
    if registers:
        body[8] = registers
    if more:
        body[10] = True
    return _signed(body, ANSWER, key)


def decline(
    opened: Offer, why: No, *, key: Ed25519PrivateKey, software: str, counter: int = 0
) -> bytes:
    """The message that says why an offer is not answered."""
    body = _answer_body(opened, software)
    if why is No.COUNTER:
        body[3] = counter
    body[12] = str(why)
    return _signed(body, ANSWER, key)


def open_answer(message: bytes, *, offered: bytes, key: bytes, sender: bytes) -> Answer:
    """What an answer says to the offer we sent, signed by the machine `sender`.

    `key` is our own. Raises Malformed, Unverified, or Declined.
    """
    sealed, body = _opened(message, ANSWER)
    cose.verify(sealed, sender)
    if (
        sealed.key_id != cose.short(sender)
        or body.get(2) != cose.short(key)
        or body.get(11) != sha256(offered).digest()[:16]
    ):
        raise Unverified("an answer to somebody else, or to another offer")
    mine = _opened(offered, OFFER)[1][3]
    if body.get(3) != mine and body.get(12) != No.COUNTER:
        raise Unverified("an answer to another offer")
    match body:
        case {3: int(counter), 9: str(software), 12: str(why)} if (
            _is_counter(counter)
            and len(software) <= SOFTWARE_CHARACTERS_MAX
            and body.keys().isdisjoint(_NOT_DECLINED)
        ):
            try:
                raise Declined(No(why), counter)
            except ValueError as wrong:
                raise Malformed("declined for a reason unknown to this version") from wrong
        case {
            4: bytes(digest),
            5: [int(kept), int(waiting), int(refused)],
            9: str(software),
        } if (
            cbor.are_integers(kept, waiting, refused)
            and min(kept, waiting, refused) >= 0
            and 12 not in body
            and body.get(10, True) is True
            and len(digest) == 32
            and len(software) <= SOFTWARE_CHARACTERS_MAX
        ):
            return Answer(
                digest=digest,
                kept=kept,
                waiting=waiting,
                refused=refused,
                summary=_read_summary(body.get(6)),
                parcel=unwrap(parcel) if (parcel := _read_bytes(body.get(7))) else Parcel(),
                registers=_read_digest(body.get(8)),
                software=software,
                more=10 in body,
            )
        case _:
            raise Malformed("not an answer of this version")


def _answer_body(opened: Offer, software: str) -> dict[int, object]:
    return {
        1: VERSION,
        2: opened.sender,
        3: opened.counter,
        9: software,
        11: opened.digest_of_message,
    }


def _signed(body: Mapping[int, object], type_: str, key: Ed25519PrivateKey) -> bytes:
    return cose.sign(
        cbor.encode(dict(body)), type_=type_, key_id=cose.short(cose.public(key)), key=key
    )


def _opened(message: bytes, type_: str) -> tuple[cose.Sealed, dict[int, object]]:
    sealed = cose.read(message, bytes_max=MESSAGE_BYTES_MAX)
    body = cbor.decode(sealed.payload, bytes_max=MESSAGE_BYTES_MAX)
    if sealed.type != type_ or len(sealed.key_id) != 8 or not isinstance(body, dict):
        raise Malformed(f"not a {type_}")
    if not cbor.are_integers(body.get(1)) or body[1] != VERSION:
        raise Malformed(f"not a {type_} of this version")
    if any(body.get(key, ...) is None for key in _KEYS):
        raise Malformed("null in the place of an absent key")
    return sealed, body


def _is_counter(value: int) -> bool:
    return cbor.are_integers(value) and 0 <= value <= COUNTER_MAX


def _read_towns(value: object) -> frozenset[str] | None:
    match value:
        case None:
            return None
        case list(items):
            towns = [item for item in items if isinstance(item, str) and is_town(item)]
            if items != sorted(set(towns)):
                raise Malformed("not a list of towns, or out of order")
            return frozenset(towns)
        case _:
            raise Malformed("not a list of towns")


def _read_summary(value: object) -> Summary | None:
    return None if value is None else read_summary(value)


def _read_bytes(value: object) -> bytes:
    match value:
        case None:
            return b""
        case bytes():
            return value
        case _:
            raise Malformed("not bytes")


def _read_digest(value: object) -> bytes:
    match value:
        case None:
            return b""
        case bytes() if len(value) == 32:
            return value
        case _:
            raise Malformed("not a digest")
