"""The offering side of an exchange: what `sync.exchange` says, done to what a machine holds.

Whoever carries the bytes is a `Road`; the other side's door is `sync.machine.responding`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from sync.bundle import Parcel
from sync.dictionary import dictionary, dictionary_for
from sync.errors import Interrupted, Unreachable
from sync.exchange import Answer, Declined, No, offer, open_answer
from sync.frontier import EVERYWHERE, Span, Summary
from sync.holding import Holding
from sync.ingest import Receipt, take
from sync.lacking import (
    Lacking,
    certificates_of,
    digest_of_registers,
    held_registers,
    is_behind,
    lacking,
)
from sync.ledger import Known, Ledger
from sync.limits import PUSH_BYTES_MAX, SUMMARY_LANES_MAX
from sync.machine import clock
from sync.machine.keys import Identity
from sync.machine.pace import BUDGET_BYTES, Pace
from sync.scope import Scope, own_scope, scope_of_machine
from sync.telling import NOTHING_TOLD, Told, brought, hear, name_of_base, tell
from sync.wrapping import UnknownDictionary, unwrap, wrap

Road = Callable[[bytes], bytes]
"""Carries an offer there and brings the answer. Raises Unreachable."""

ROUNDS_MAX = 1_000
_PUSHES = tuple(times * PUSH_BYTES_MAX for times in (6, 3, 1))
"""How much is tried to push, before compression: posts pack to a sixth, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What came of offering to another machine."""

    synced: bool  # by its signed answer: both hold the same bytes
    rounds: int
    taken: Receipt  # what it sent us
    given: int  # bundles of ours that it kept
    software: str


class _Registers(IntEnum):
    """Which of them an offer tells."""

    NONE = 0
    NEW = 1  # since both held the same
    ALL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """An offer on its way, and what it told."""

    message: bytes
    here: Summary
    known: Known


def converse(
    ledger: Ledger,
    road: Road,
    *,
    me: Identity,
    to: bytes,
    software: str,
    budget_bytes: int = BUDGET_BYTES,
    pace: Pace | None = None,
    lines_max: int = SUMMARY_LANES_MAX,
) -> Exchanged:
    """Offer until both hold the same, or nothing moves any more.

    `pace`: what is known of that line, if it was used before; else no message holds more than
    `budget_bytes`. What is held is told in parts of `lines_max` lanes, one after another.

    Raises Unreachable, Malformed or Unverified as road and answer have it, Declined if the other
    side doesn't take our offers, or was revoked and gets none.
    """
    talk = _Conversation(
        ledger,
        me=me,
        to=to,
        software=software,
        pace=pace or Pace(budget_bytes),
        lines_max=lines_max,
    )
    there: Summary | None = None
    there_digest = b""
    tell_registers, registers_told = _Registers.NONE, _Registers.NONE
    taken, given = Receipt(), 0
    mended: set[No] = set()
    rounds = 0
    while True:
        if ledger.trust().is_revoked(to):  # perhaps since the last round
            raise Declined(No.UNKNOWN)
        rounds += 1
        offered = talk.next_offer(there, with_registers=tell_registers)
        try:
            answered = open_answer(
                talk.carried(road, offered.message), offered=offered.message, sender=to
            )
        except Declined as no:
            if no.why in mended or not talk.mend(no):
                raise
            mended.add(no.why)
            continue
        try:
            parcel = talk.unwrapped(offered, answered)
        except UnknownDictionary:
            if not talk.forget():
                raise
            there = None
            continue
        talk.was_told(parcel)
        receipt = take(ledger, parcel, source=to.hex())
        taken.merge(receipt)
        given += answered.kept
        synced = talk.agree(answered)
        moved = receipt.changed or answered.digest != there_digest
        told = talk.heard(offered, answered)
        # It tells nothing where it holds all that we offered, and sends what we lack.
        there = brought(offered.here, parcel) if told is None else told
        there_digest = answered.digest
        # First those that are new; then all. What they don't take then they have no use for.
        differ = registers_told < _Registers.ALL and talk.registers_differ(answered)
        is_new = registers_told is _Registers.NONE and offered.known.registers_agreed
        next_told = _Registers.NEW if is_new else _Registers.ALL
        tell_registers = next_told if differ else _Registers.NONE
        if tell_registers:
            registers_told = tell_registers
            continue
        if synced or rounds == ROUNDS_MAX:
            break
        if moved and (answered.more or talk.is_worth_another(there, told=told is not None)):
            continue
        upto = min(there.span.upto, offered.here.span.upto)
        if not offered.here.span.after < upto < EVERYWHERE.upto:
            break
        there, there_digest = _nothing_after(upto, there), b""
    return Exchanged(
        synced=synced, rounds=rounds, taken=taken, given=given, software=answered.software
    )


def _nothing_after(upto: bytes, there: Summary) -> Summary:
    """What we know of the next part before the other side tells it."""
    return Summary(statements=there.statements, lanes={}, span=Span(upto, upto))


class _Conversation:
    """What is asked of the ledger while we talk with one machine."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        me: Identity,
        to: bytes,
        software: str,
        pace: Pace,
        lines_max: int,
    ) -> None:
        self._ledger = ledger
        self._me = me
        self._to = to
        self._software = software
        self._pace = pace
        self._lines_max = lines_max
        self._told_us: set[bytes] = set()  # statements and registers, in this conversation

    def next_offer(self, there: Summary | None, *, with_registers: _Registers) -> _Offered:
        """`there`: what it holds, as far as it told in this conversation."""
        ledger = self._ledger
        with ledger.transaction():
            known = ledger.known(self._to)
            counter = known.offers_sent + 1
            ledger.remember(self._to, replace(known, offers_sent=counter))
            scope = self._scope()
            holding = ledger.holding(scope)
        # Packing takes its time; meanwhile others may write.
        told, parcel, more = NOTHING_TOLD, b"", False
        if there is not None or with_registers:
            since = known.registers_agreed if with_registers is _Registers.NEW else 0
            span = Span(there.span.after) if there else EVERYWHERE
            told = Told(summary=holding.part(span, self._lines_max))
            send = self._lacking(
                there or holding.summary,
                self._pace.budget_bytes,
                [r for r in self._registers(since) if r not in self._told_us]
                if with_registers
                else (),
                packs=self._pace.packs,
            )
            parcel, more = send.wrapped(), send.more
        elif known.agreed is None:
            told = Told(summary=holding.part(EVERYWHERE, self._lines_max))
            parcel = wrap(Parcel(statements=certificates_of(ledger, self._me.public)))
        elif known.agreed_digest != holding.digest:
            told, parcel, more = self._pushed(holding, known, known.agreed)
        message = offer(
            key=self._me.private,
            to=self._to,
            counter=counter,
            digest=holding.digest,
            software=self._software,
            towns=self._asked(),
            told=told,
            parcel=parcel,
            registers=holding.registers,
            more=more,
            budget=self._pace.asked,
            all_registers=with_registers is _Registers.ALL,
        )
        here = holding.summary if told.base or told.summary is None else told.summary
        return _Offered(message=message, here=here, known=known)

    def carried(self, road: Road, message: bytes) -> bytes:
        """The answer to it, by that road, of which we learn how fast it is."""
        began = clock.running()
        try:
            answered = road(message)
        except Unreachable as wrong:
            under_way = isinstance(wrong, Interrupted)
            self._pace.broke(clock.running() - began, under_way=under_way)
            raise
        self._pace.took(len(message) + len(answered), clock.running() - began)
        return answered

    def unwrapped(self, offered: _Offered, answered: Answer) -> Parcel:
        """What came with an answer. Raises Malformed, and UnknownDictionary of that."""
        base = offered.known.agreed
        if not answered.parcel:
            return Parcel()
        return unwrap(
            answered.parcel,
            dictionary=(lambda count: dictionary(self._ledger, base, count)) if base else None,
        )

    def was_told(self, parcel: Parcel) -> None:
        """What they know themselves needn't be told to them."""
        self._told_us.update(parcel.statements)

    def agree(self, answered: Answer) -> bool:
        """Whether both hold the same now; if so, remember what."""
        ledger = self._ledger
        with ledger.transaction():
            holding = ledger.holding(self._scope())
            synced = holding.digest == answered.digest
            known = now = ledger.known(self._to)
            if synced and known.agreed_digest != answered.digest:
                now = replace(now, agreed_digest=answered.digest, agreed=holding.summary)
            if holding.registers == answered.registers:
                now = replace(now, registers_agreed=ledger.registers_kept())
            if now != known:
                ledger.remember(self._to, now)
            return synced

    def heard(self, offered: _Offered, answered: Answer) -> Summary | None:
        """What the other machine holds, if it says so."""
        known = offered.known
        return hear(
            answered.told,
            base=known.agreed,
            name=name_of_base(known.agreed_digest),
            parcel=Parcel(),
        )

    def mend(self, no: Declined) -> bool:
        """Whether what we remember of the other machine was wrong, and isn't any more."""
        match no.why:
            case No.COUNTER:  # our count was lost; go on from theirs
                with self._ledger.transaction():
                    known = self._ledger.known(self._to)
                    counter = max(known.offers_sent, no.counter)
                    self._ledger.remember(self._to, replace(known, offers_sent=counter))
                return True
            case No.UNKNOWN:  # all that it knew was lost; introduce ourselves again
                return self.forget()
            case No.TOWN:
                return False

    def forget(self) -> bool:
        """Begin anew with that machine; False if nothing was known of it."""
        with self._ledger.transaction():
            known = self._ledger.known(self._to)
            self._ledger.remember(self._to, replace(known, agreed_digest=b"", agreed=None))
        return known.agreed is not None

    def registers_differ(self, answered: Answer) -> bool:
        """Whether it holds other registers than we do."""
        return digest_of_registers(self._ledger, self._scope()) != answered.registers

    def is_worth_another(self, there: Summary, *, told: bool) -> bool:
        """Whether one of us has something that the other lacks; perhaps since what it sent.

        Unless that is `told`, all that it has came, and what of that we didn't take won't again;
        but between two decisions to subscribe we may have let go of it, and want it again.
        """
        holding = self._ledger.holding(self._scope())
        lacks = told or bool(self._ledger.trust().subscriptions)
        return is_behind(holding.within(there.span), there) or (
            lacks and is_behind(there, holding.summary)
        )

    def _scope(self) -> Scope:
        """What both care for."""
        trust = self._ledger.trust()
        mine = own_scope(trust, self._me.public)
        return mine & self._their_scope() if trust.certificates(self._to) else mine

    def _asked(self) -> frozenset[str] | None:
        """Our own towns by name, where those that we take from might have certified us too."""
        trust = self._ledger.trust()
        ours = trust.towns(self._me.public) & trust.authorities.keys()
        return ours if trust.taken else None

    def _their_scope(self) -> Scope:
        return scope_of_machine(self._ledger.trust(), self._to)

    def _registers(self, since: int) -> list[bytes]:
        """Those that may go to that machine."""
        return held_registers(self._ledger, self._scope() & self._their_scope(), since)

    def _lacking(
        self,
        there: Summary,
        bytes_max: int,
        registers: Sequence[bytes] = (),
        *,
        packs: bool = False,
    ) -> Lacking:
        certified = self._scope() & self._their_scope()
        return lacking(
            self._ledger,
            there,
            towns=certified,
            bytes_max=bytes_max,
            registers=registers,
            packs=packs,
        )

    def _pushed(self, holding: Holding, known: Known, base: Summary) -> tuple[Told, bytes, bool]:
        """What is new since the base, as far as it fits a blind push."""
        name = name_of_base(known.agreed_digest)

        def telling(parcel: Parcel) -> Told:
            return tell(holding, base=base, name=name, parcel=parcel, lines_max=self._lines_max)

        for bytes_max in _PUSHES:
            send = self._lacking(base, min(bytes_max, self._pace.budget_bytes))
            packed = wrap(
                send.parcel, dictionary=dictionary_for(self._ledger, base, send.parcel.bundles)
            )
            if len(packed) <= PUSH_BYTES_MAX:
                return telling(send.parcel), packed if send.parcel else b"", send.more
        return telling(Parcel()), b"", True
