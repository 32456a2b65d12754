"""An exchange between ledgers: what `sync.exchange` says, done to what a machine holds.

Whoever carries the bytes is a `Road`; an answerer's door is `respond`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from sync import cose
from sync.bundle import Parcel
from sync.errors import Malformed, Unverified
from sync.exchange import (
    Answer,
    Declined,
    No,
    Offer,
    answer,
    decline,
    offer,
    open_answer,
    open_offer,
)
from sync.frontier import Summary
from sync.ingest import Receipt, ingest_statement, take
from sync.lacking import held_digest, held_registers, held_summary, is_behind, lacking
from sync.ledger import Ledger
from sync.limits import PUSH_BYTES_MAX
from sync.machine.keys import Identity
from sync.statement import Statement, read_statement
from sync.wrapping import unwrap, wrap

Road = Callable[[bytes], bytes]
"""Carries an offer there and brings the answer. Raises Unreachable."""

BUDGET_BYTES = 4 << 20  # of bundles in one message, before compression
PUSH_UNPACKED_BYTES = 3 * PUSH_BYTES_MAX  # posts pack to a third of their bytes, or less
ROUNDS_MAX = 1_000
INTRODUCTION_BYTES_MAX = 64 << 10  # unwrapped, of a machine that we don't know yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What came of offering to another machine."""

    synced: bool  # by its signed answer: both hold the same bytes
    rounds: int
    taken: Receipt  # what it sent us
    given: int  # bundles of ours that it kept
    software: str


def certificates_of(ledger: Ledger, machine: bytes) -> tuple[bytes, ...]:
    """The statements that certify it."""
    return tuple(
        sorted(
            s.encoded
            for s in ledger.trust().statements
            if s.certificate is not None and s.certificate.key == machine
        )
    )


def converse(
    ledger: Ledger,
    road: Road,
    *,
    me: Identity,
    to: bytes,
    software: str,
    budget_bytes: int = BUDGET_BYTES,
) -> Exchanged:
    """Offer until both hold the same, or nothing moves any more.

    Raises Unreachable, Malformed or Unverified as road and answer have it, Declined if the other
    side doesn't take our offers, or was revoked and gets none.
    """
    if ledger.trust().is_revoked(to):
        raise Declined(No.UNKNOWN)
    there: Summary | None = None
    there_digest = b""
    tell_registers = False
    taken, given = Receipt(), 0
    mended: set[No] = set()
    rounds = 0
    while True:
        rounds += 1
        message = _next_offer(
            ledger,
            there,
            me=me,
            to=to,
            software=software,
            budget_bytes=budget_bytes,
            with_registers=tell_registers,
        )
        try:
            answered = open_answer(road(message), offered=message, key=me.public, sender=to)
        except Declined as no:
            if no.why in mended or not _mend(ledger, no, to=to):
                raise
            mended.add(no.why)
            continue
        receipt = take(ledger, answered.parcel, source=to.hex())
        taken.merge(receipt)
        given += answered.kept
        synced = _agree(ledger, answered, me=me, to=to)
        moved = receipt.changed or answered.digest != there_digest
        there, there_digest = answered.summary, answered.digest
        # Told once in a conversation; what they don't take then they have no use for.
        tell_registers = not tell_registers and _registers_differ(ledger, answered, me=me, to=to)
        if tell_registers:
            continue
        if synced or rounds == ROUNDS_MAX or not moved:
            break
        if not answered.more and not _worth_another(ledger, there, me=me, to=to):
            break
    return Exchanged(
        synced=synced, rounds=rounds, taken=taken, given=given, software=answered.software
    )


def _mend(ledger: Ledger, no: Declined, *, to: bytes) -> bool:
    """Whether what we remember of the other machine was wrong, and isn't any more."""
    with ledger.transaction():
        known = ledger.known(to)
        match no.why:
            case No.COUNTER:  # our count was lost; go on from theirs
                ledger.remember(to, replace(known, offers_sent=no.counter))
                return True
            case No.UNKNOWN:  # all that it knew was lost; introduce ourselves again
                ledger.remember(to, replace(known, agreed_digest=b"", agreed=None))
                return known.agreed is not None
            case No.RECIPIENT | No.TOWN:
                return False


def respond(
    ledger: Ledger, message: bytes, *, me: Identity, software: str, budget_bytes: int = BUDGET_BYTES
) -> bytes:
    """The answer to an offer, and all that it brought taken in.

    Raises Malformed for bytes that are no offer, Unverified for an offer by somebody else.
    """
    opened = open_offer(message)
    sender = _sender(ledger, opened)
    if sender is None:
        return decline(opened, No.UNKNOWN, key=me.private, software=software)
    cose.verify(opened.sealed, sender)
    parcel = unwrap(opened.parcel) if opened.parcel else Parcel()
    if opened.to != cose.short(me.public):
        return decline(opened, No.RECIPIENT, key=me.private, software=software)
    with ledger.transaction():
        for statement in parcel.statements:
            ingest_statement(ledger, statement)
        allowed = ledger.trust().towns(sender)
        if opened.towns is not None and not opened.towns <= allowed:
            return decline(opened, No.TOWN, key=me.private, software=software)
        known = ledger.known(sender)
        if opened.counter <= known.offers_seen:
            return decline(
                opened, No.COUNTER, key=me.private, software=software, counter=known.offers_seen
            )
        receipt = take(ledger, parcel, source=sender.hex())
        asked = allowed if opened.towns is None else opened.towns
        towns = asked & ledger.trust().towns(me.public)
        digest, here = held_digest(ledger, towns), held_summary(ledger, towns)
        there = opened.summary
        if there is None and known.agreed_digest == opened.digest:
            there = known.agreed
        equal = digest == opened.digest
        registers, held = held_registers(ledger, towns)
        send = lacking(
            ledger,
            here if equal or there is None else there,
            towns=towns,
            bytes_max=budget_bytes,
            registers=held if registers != opened.registers else (),
        )
        ledger.remember(
            sender,
            replace(known, offers_seen=opened.counter, agreed_digest=digest, agreed=here),
        )
    return answer(
        opened,
        key=me.private,
        digest=digest,
        receipt=receipt,
        software=software,
        summary=None if equal else here,
        parcel=send.wrapped,
        more=send.more,
        registers=registers,
    )


def _next_offer(
    ledger: Ledger,
    there: Summary | None,
    *,
    me: Identity,
    to: bytes,
    software: str,
    budget_bytes: int,
    with_registers: bool,
) -> bytes:
    with ledger.transaction():
        known = ledger.known(to)
        counter = known.offers_sent + 1
        ledger.remember(to, replace(known, offers_sent=counter))
        towns = _common_towns(ledger, me.public, to)
        certified = towns & ledger.trust().towns(to)
        digest = held_digest(ledger, towns)
        summary: Summary | None = None
        parcel = b""
        if there is not None:
            summary = held_summary(ledger, towns)
            parcel = lacking(ledger, there, towns=certified, bytes_max=budget_bytes).wrapped
        elif known.agreed is None:
            summary = held_summary(ledger, towns)
            parcel = _introduction(ledger, me.public)
        elif known.agreed_digest != digest:
            summary = held_summary(ledger, towns)
            parcel = _pushed(ledger, known.agreed, certified)
        registers, told = held_registers(ledger, towns)
        if with_registers:
            summary = held_summary(ledger, towns)
            parcel = lacking(
                ledger, there or summary, towns=certified, bytes_max=budget_bytes, registers=told
            ).wrapped
    return offer(
        key=me.private,
        to=to,
        counter=counter,
        digest=digest,
        software=software,
        summary=summary,
        parcel=parcel,
        registers=registers,
    )


def _pushed(ledger: Ledger, there: Summary, towns: frozenset[str]) -> bytes:
    """What fits a blind push: as much as packs well, or else as much as fits unpacked."""
    for bytes_max in (PUSH_UNPACKED_BYTES, PUSH_BYTES_MAX):
        pushed = lacking(ledger, there, towns=towns, bytes_max=bytes_max)
        if len(pushed.wrapped) <= PUSH_BYTES_MAX:
            return pushed.wrapped
    return b""


def _introduction(ledger: Ledger, machine: bytes) -> bytes:
    return wrap(Parcel(statements=certificates_of(ledger, machine)))


def _agree(ledger: Ledger, answered: Answer, *, me: Identity, to: bytes) -> bool:
    """Whether both hold the same now; if so, remember what."""
    with ledger.transaction():
        towns = _common_towns(ledger, me.public, to)
        synced = held_digest(ledger, towns) == answered.digest
        known = ledger.known(to)
        if synced and (known.agreed is None or known.agreed_digest != answered.digest):
            ledger.remember(
                to,
                replace(known, agreed_digest=answered.digest, agreed=held_summary(ledger, towns)),
            )
        return synced


def _registers_differ(ledger: Ledger, answered: Answer, *, me: Identity, to: bytes) -> bool:
    towns = _common_towns(ledger, me.public, to)
    return held_registers(ledger, towns)[0] != answered.registers


def _worth_another(ledger: Ledger, there: Summary | None, *, me: Identity, to: bytes) -> bool:
    if there is None:
        return False
    here = held_summary(ledger, _common_towns(ledger, me.public, to))
    return is_behind(here, there) or is_behind(there, here)


def _common_towns(ledger: Ledger, one: bytes, other: bytes) -> frozenset[str]:
    trust = ledger.trust()
    towns = trust.towns(one)
    return towns & trust.towns(other) if trust.certificates(other) else towns


def _sender(ledger: Ledger, opened: Offer) -> bytes | None:
    """The key of whoever made the offer, if an authority we know certified it."""
    trust = ledger.trust()
    known = trust.key(opened.sender)
    if known is not None:
        return known
    if not 0 < len(opened.parcel) <= PUSH_BYTES_MAX:
        return None
    introduction = unwrap(opened.parcel, bytes_max=INTRODUCTION_BYTES_MAX)
    return trust.with_statements(_readable(introduction.statements)).key(opened.sender)


def _readable(statements: Iterable[bytes]) -> Iterator[Statement]:
    for encoded in statements:
        with suppress(Malformed, Unverified):
            yield read_statement(encoded)
