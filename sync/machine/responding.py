"""The answering side of an exchange: takes an offer in, and answers with what it lacks."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from sync.bundle import Parcel
from sync.dictionary import dictionary, dictionary_for
from sync.errors import Malformed, Unverified
from sync.exchange import No, Offer, answer, decline, open_offer, verify_offer
from sync.frontier import EVERYWHERE, Summary
from sync.ingest import ingest_statement, take
from sync.lacking import digest_of_registers, held_registers, is_behind, lacking
from sync.ledger import Known, Ledger
from sync.limits import PUSH_BYTES_MAX, SUMMARY_LANES_MAX
from sync.machine.keys import Identity
from sync.machine.pace import BUDGET_BYTES, allows_packs
from sync.scope import own_scope, scope_of
from sync.statement import Statement, read_statement
from sync.telling import NOTHING_TOLD, Told, hear, name_of_base, tell
from sync.wrapping import UnknownDictionary, unwrap

INTRODUCTION_BYTES_MAX = 64 << 10  # unwrapped, of a machine that we don't know yet


def respond(
    ledger: Ledger,
    message: bytes,
    *,
    me: Identity,
    software: str,
    budget_bytes: int = BUDGET_BYTES,
    lines_max: int = SUMMARY_LANES_MAX,
) -> bytes:
    """The answer to an offer, and all that it brought taken in.

    Raises Malformed for bytes that are no offer, Unverified for an offer by somebody else, or for
    another machine.
    """
    opened = open_offer(message)
    sender = _sender(ledger, opened)
    if sender is None:
        return decline(opened, No.UNKNOWN, key=me.private, software=software)
    verify_offer(opened, sender=sender, to=me.public)
    known = ledger.known(sender)
    base = _base(opened, known)
    parcel = _unwrapped(ledger, opened, base)
    with ledger.transaction():
        for statement in parcel.statements if parcel else ():
            ingest_statement(ledger, statement, source=sender.hex())
        if ledger.trust().is_revoked(sender):  # a moment ago, by another's offer
            return decline(opened, No.UNKNOWN, key=me.private, software=software)
        allowed = ledger.trust().towns(sender)
        if opened.towns is not None and not opened.towns <= allowed:
            return decline(opened, No.TOWN, key=me.private, software=software)
        known_now = ledger.known(sender)
        seen = known_now.offers_seen
        if opened.counter <= seen:
            return decline(opened, No.COUNTER, key=me.private, software=software, counter=seen)
        receipt = take(ledger, parcel or Parcel(), source=sender.hex())
        asked = allowed if opened.towns is None else opened.towns
        trust = ledger.trust()  # as it is now, with what came
        scope = scope_of(trust, asked) & own_scope(trust, me.public)
        holding = ledger.holding(scope)
        digest, here = holding.digest, holding.summary
        equal = digest == opened.digest
        there = _there(opened, known, base, parcel)
        registers = digest_of_registers(ledger, scope)
        same = registers == opened.registers
        ledger.remember(
            sender,
            replace(
                known_now,
                offers_seen=opened.counter,
                agreed_digest=digest,
                agreed=here,
                registers_agreed=ledger.registers_kept() if same else known_now.registers_agreed,
            ),
        )
    # Looking for what it lacks takes its time; meanwhile others may write.
    send = lacking(
        ledger,
        here if equal or there is None else there,
        towns=scope,
        bytes_max=min(budget_bytes, opened.budget or budget_bytes),
        registers=()
        if same
        else held_registers(
            ledger, scope, 0 if opened.all_registers else known_now.registers_agreed
        ),
        packs=allows_packs(opened.budget),
    )
    told = NOTHING_TOLD
    if not equal and (there is None or opened.more or is_behind(there, here)):
        if there is None or there.span == EVERYWHERE:
            name = name_of_base(known.agreed_digest)
            told = tell(holding, base=base, name=name, parcel=Parcel(), lines_max=lines_max)
        else:
            told = Told(summary=holding.part(there.span, lines_max))
    packed = send.wrapped(lambda new: dictionary_for(ledger, base, new) if base else None)
    return answer(
        opened,
        key=me.private,
        digest=digest,
        receipt=receipt,
        software=software,
        told=told,
        parcel=packed,
        more=send.more,
        registers=registers,
    )


def _base(opened: Offer, known: Known) -> Summary | None:
    """The frontier that the offer is made from, if we know it too."""
    told = opened.told
    if told.base:
        return known.agreed if told.base == name_of_base(known.agreed_digest) else None
    is_bare = told.summary is None
    return known.agreed if is_bare and opened.digest == known.agreed_digest else None


def _there(
    opened: Offer, known: Known, base: Summary | None, parcel: Parcel | None
) -> Summary | None:
    """What the offerer holds, if that can be known."""
    if not opened.told.base and opened.told.summary is None:
        return base
    if parcel is None:
        return None
    name = name_of_base(known.agreed_digest)
    return hear(opened.told, base=base, name=name, parcel=parcel)


def _unwrapped(ledger: Ledger, opened: Offer, base: Summary | None) -> Parcel | None:
    """What came along; None where it was packed from what we don't have: it comes again."""
    if not opened.parcel:
        return Parcel()
    try:
        return unwrap(
            opened.parcel,
            dictionary=(lambda count: dictionary(ledger, base, count)) if base else None,
        )
    except UnknownDictionary:
        return None


def _sender(ledger: Ledger, opened: Offer) -> bytes | None:
    """The key of whoever made the offer, if an authority we know certified it."""
    trust = ledger.trust()
    known = trust.key(opened.sender)
    if known is not None:
        return known
    if not 0 < len(opened.parcel) <= PUSH_BYTES_MAX:
        return None
    try:
        introduction = unwrap(opened.parcel, bytes_max=INTRODUCTION_BYTES_MAX)
    except UnknownDictionary:  # it knows us; we have forgotten it
        return None
    return trust.with_statements(_readable(introduction.statements)).key(opened.sender)


def _readable(statements: Iterable[bytes]) -> Iterator[Statement]:
    for encoded in statements:
        with suppress(Malformed, Unverified):
            yield read_statement(encoded)
