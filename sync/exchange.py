"""One round of offer and answer: what two machines lack of each other, both ways at once.

docs/spec/5-exchange.md. Values in, bytes out; HTTP, or a test's pair of functions, only carries
them. Nothing here asks the clock, the network or a ledger; `sync.machine.exchanging` does.

Of a signature only its 64 bytes travel. Whom an offer is for, and which offer an answer answers,
is signed and not sent: who checks it knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.frontier import EVERYWHERE, Span, read_summary, summary_as_array
from sync.ingest import Receipt
from sync.lane import is_town
from sync.limits import (
    COUNTER_MAX,
    MESSAGE_BYTES_MAX,
    REGISTERS_DIGEST_BYTES,
    SOFTWARE_CHARACTERS_MAX,
)
from sync.telling import BASE_BYTES, NOTHING_TOLD, Told

VERSION = 1
_OFFER, _ANSWER = "kairan offer", "kairan answer"
_TOWNS, _BASE, _SUMMARY, _PARCEL, _REGISTERS, _SOFTWARE, _MORE, _RECEIPT = range(1, 9)
_COUNTER, _SPAN, _BUDGET, _ALL_REGISTERS = range(9, 13)


class No(StrEnum):
    """Why an offer was not answered."""

    UNKNOWN = "unknown"
    COUNTER = "counter"
    TOWN = "town"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one machine holds, and what it thinks the other lacks."""

    sender: bytes  # short
    counter: int  # larger than in any earlier one of that sender to that recipient
    digest: bytes
    towns: frozenset[str] | None  # None: those of the sender's certificates
    told: Told
    parcel: bytes  # wrapped; not to be opened before the signature was checked
    registers: bytes  # first half of their digest; empty where none is held
    software: str
    more: bool
    budget: int  # bytes of bundles that the answer shall not go over by more than one; 0: any
    all_registers: bool  # not only those that are new since both held the same
    parts: tuple[object, ...]  # that are signed
    signature: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other holds after taking that in, and what the offerer lacks."""

    digest: bytes
    kept: int
    waiting: int
    refused: int
    told: Told
    parcel: bytes  # wrapped
    registers: bytes  # first half of their digest; empty where none is held
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
    told: Told = NOTHING_TOLD,
    parcel: bytes = b"",
    registers: bytes = b"",
    more: bool = False,
    budget: int = 0,
    all_registers: bool = False,
) -> bytes:
    """The message that opens a round. `to` is a public key, `parcel` wrapped."""
    further = _further(told, parcel, software, more)
    if towns is not None:
        further[_TOWNS] = sorted(towns)
    if registers:
        further[_REGISTERS] = registers
    if budget:
        further[_BUDGET] = budget
    if all_registers:
        further[_ALL_REGISTERS] = True
    parts = [cose.short(cose.public(key)), counter, digest, further]
    return _signed(parts, [_OFFER, VERSION, to], key)


def open_offer(message: bytes) -> Offer:
    """What an offer says; whose it is, `verify_offer` tells. Raises Malformed."""
    match cbor.decode(message, bytes_max=MESSAGE_BYTES_MAX):
        case [bytes(sender), int(counter), bytes(digest), dict(further), bytes(signature)] if (
            len(sender) == 8
            and cbor.are_integers(counter)
            and 1 <= counter <= COUNTER_MAX
            and len(digest) == 32
            and len(signature) == 64
        ):
            return Offer(
                sender=sender,
                counter=counter,
                digest=digest,
                towns=_read_towns(further),
                told=_read_told(further),
                parcel=_read_bytes(further, _PARCEL),
                registers=_read_bytes(further, _REGISTERS, REGISTERS_DIGEST_BYTES),
                software=_read_software(further),
                more=_read_flag(further, _MORE),
                budget=_read_budget(further),
                all_registers=_read_flag(further, _ALL_REGISTERS),
                parts=(sender, counter, digest, further),
                signature=signature,
                hash=sha256(message).digest(),
            )
        case _:
            raise Malformed("not an offer")


def verify_offer(opened: Offer, *, sender: bytes, to: bytes) -> None:
    """Raises Unverified unless the machine `sender` made it for the machine `to`."""
    signed = cbor.encode([_OFFER, VERSION, to, *opened.parts])
    cose.verify_detached(signed, opened.signature, sender)


def answer(
    opened: Offer,
    *,
    key: Ed25519PrivateKey,
    digest: bytes,
    receipt: Receipt,
    software: str,
    told: Told,
    parcel: bytes,
    more: bool,
    registers: bytes = b"",
) -> bytes:
    """The message that closes a round."""
    further = _further(told, parcel, software, more)
    if opened.parcel:
        further[_RECEIPT] = [receipt.kept, receipt.waiting, receipt.refused]
    if registers != opened.registers:
        further[_REGISTERS] = registers
    said = True if digest == opened.digest else digest
    return _signed([said, further], [_ANSWER, VERSION, opened.hash], key)


def decline(
    opened: Offer, why: No, *, key: Ed25519PrivateKey, software: str, counter: int = 0
) -> bytes:
    """The message that says why an offer is not answered."""
    further: dict[int, object] = {_SOFTWARE: software}
    if why is No.COUNTER:
        further[_COUNTER] = counter
    return _signed([str(why), further], [_ANSWER, VERSION, opened.hash], key)


def open_answer(message: bytes, *, offered: bytes, sender: bytes) -> Answer:
    """What an answer says to the offer we sent, signed by the machine `sender`.

    Raises Malformed, Unverified, or Declined.
    """
    match cbor.decode(message, bytes_max=MESSAGE_BYTES_MAX):
        case [said, dict(further), bytes(signature)] if len(signature) == 64:
            pass
        case _:
            raise Malformed("not an answer")
    signed = cbor.encode([_ANSWER, VERSION, sha256(offered).digest(), said, further])
    cose.verify_detached(signed, signature, sender)
    mine = open_offer(offered)
    software = _read_software(further)
    match said:
        case str(why):
            try:
                raise Declined(No(why), _read_counter(further, why == No.COUNTER))
            except ValueError as wrong:
                raise Malformed("declined for a reason unknown to this version") from wrong
        case True:
            digest = mine.digest
        case bytes(digest) if len(digest) == 32 and digest != mine.digest:
            pass
        case _:
            raise Malformed("an answer that says nothing")
    kept, waiting, refused = _read_receipt(further, expected=bool(mine.parcel))
    return Answer(
        digest=digest,
        kept=kept,
        waiting=waiting,
        refused=refused,
        told=_read_told(further),
        parcel=_read_bytes(further, _PARCEL),
        registers=_read_bytes(further, _REGISTERS, 0, REGISTERS_DIGEST_BYTES)
        if _REGISTERS in further
        else mine.registers,
        software=software,
        more=_read_flag(further, _MORE),
    )


def _further(told: Told, parcel: bytes, software: str, more: bool) -> dict[int, object]:
    further: dict[int, object] = {_SOFTWARE: software}
    if told.base:
        further[_BASE] = told.base
    if told.summary is not None:
        further[_SUMMARY] = summary_as_array(told.summary)
        if told.summary.span != EVERYWHERE:
            further[_SPAN] = list(told.summary.span)
    if parcel:
        further[_PARCEL] = parcel
    if more:
        further[_MORE] = True
    return further


def _signed(parts: list[object], about: list[object], key: Ed25519PrivateKey) -> bytes:
    signature = cose.sign_detached(cbor.encode([*about, *parts]), key)
    return cbor.encode([*parts, signature])


def _read_towns(further: Mapping[object, object]) -> frozenset[str] | None:
    if _TOWNS not in further:
        return None
    match further[_TOWNS]:
        case list(items):
            towns = [item for item in items if isinstance(item, str) and is_town(item)]
            if items != sorted(set(towns)):
                raise Malformed("not a list of towns, or out of order")
            return frozenset(towns)
        case _:
            raise Malformed("not a list of towns")


def _read_told(further: Mapping[object, object]) -> Told:
    base = _read_bytes(further, _BASE, BASE_BYTES)
    span = _read_span(further)
    if _SUMMARY not in further:
        return Told(base)
    summary = read_summary(further[_SUMMARY])
    return Told(base, summary if base else replace(summary, span=span))


def _read_span(further: Mapping[object, object]) -> Span:
    match further.get(_SPAN):
        case [bytes(after), bytes(upto)] if len(after) in (0, 64) and len(upto) == 64:
            return Span(after, upto)
        case None if _SPAN not in further:
            return EVERYWHERE
        case _:
            raise Malformed("not a span of lanes")


def _read_bytes(further: Mapping[object, object], key: int, *sizes: int) -> bytes:
    if key not in further:
        return b""
    match further[key]:
        case bytes(value) if not sizes or len(value) in sizes:
            return value
        case _:
            raise Malformed("not bytes, or not as many as there should be")


def _read_software(further: Mapping[object, object]) -> str:
    match further.get(_SOFTWARE):
        case str(software) if len(software) <= SOFTWARE_CHARACTERS_MAX:
            return software
        case _:
            raise Malformed("a message that doesn't name its software")


def _read_flag(further: Mapping[object, object], key: int) -> bool:
    if further.get(key, True) is not True:
        raise Malformed("what isn't so is an absent key")
    return key in further


def _read_budget(further: Mapping[object, object]) -> int:
    match further.get(_BUDGET):
        case int(budget) if cbor.are_integers(budget) and 1 <= budget <= MESSAGE_BYTES_MAX:
            return budget
        case None if _BUDGET not in further:
            return 0
        case _:
            raise Malformed("not a number of bytes for an answer")


def _read_receipt(further: Mapping[object, object], *, expected: bool) -> tuple[int, int, int]:
    match further.get(_RECEIPT):
        case [int(kept), int(waiting), int(refused)] if (
            expected
            and cbor.are_integers(kept, waiting, refused)
            and min(kept, waiting, refused) >= 0
        ):
            return kept, waiting, refused
        case None if not expected and _RECEIPT not in further:
            return 0, 0, 0
        case _:
            raise Malformed("an answer to a parcel without a receipt, or the other way round")


def _read_counter(further: Mapping[object, object], expected: bool) -> int:
    match further.get(_COUNTER):
        case int(counter) if (
            expected and cbor.are_integers(counter) and 0 <= counter <= COUNTER_MAX
        ):
            return counter
        case None if not expected and _COUNTER not in further:
            return 0
        case _:
            raise Malformed("a refusal with a wrong counter, or the other way round")
