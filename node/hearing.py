"""By which road the word of each other machine came here, and what it told against a third one.

Whoever writes says in its health who has signed for how much of it (docs/spec/7-registers.md). If
that is more than we were given by a machine that said it was equal to us, that one holds back
what it has: it is found out here, when another road brings the register, before its bundles.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from node.health import HEALTH, Health, quality_of, read_health, seconds_of
from node.notebook import Neighbour
from sync import cbor, cose
from sync.entry import Quality, Written
from sync.errors import Malformed
from sync.ledger import Ledger
from sync.machine.clock import Moment
from sync.machine.database import Database
from sync.register import Register

CARRIER, PHONE = "carrier", "phone"
LATER_SECONDS = 600
"""So much later than another's clock ours must have been to mean later."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS heard (author BLOB PRIMARY KEY, ordinal INTEGER NOT NULL,"
    " counter INTEGER NOT NULL, source TEXT NOT NULL, seconds INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, held_back BLOB NOT NULL) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A machine that has signed for entries, and said it was equal to us, and gave us none."""

    by: bytes
    entries: int
    certain: bool  # False: clocks are no good, and it may only have crossed our last exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How the newest word of an author came here."""

    source: str  # a key in hex, "carrier", "phone", or "" for whoever called
    at: Written  # by our clock
    held_back: tuple[HeldBack, ...]


class Hearing:
    """What one machine has heard."""

    def __init__(self, database: Database) -> None:
        """Makes the table where it is missing."""
        self._database = database
        database.make([_SCHEMA])

    def of(self, author: bytes) -> Heard | None:
        """How its newest word came."""
        row = self._database.connection.execute(
            "SELECT source, seconds, quality, held_back FROM heard WHERE author = ?", (author,)
        ).fetchone()
        if row is None:
            return None
        source, seconds, quality, held_back = row
        return Heard(
            source=source, at=Written(seconds, Quality(quality)), held_back=_read(held_back)
        )

    def note(
        self,
        ledger: Ledger,
        *,
        me: bytes,
        source: str,
        neighbours: list[Neighbour],
        now: Moment,
    ) -> None:
        """Note what came, in the transaction that brought it."""
        for register in ledger.registers():
            if register.name != HEALTH or register.author == me or self._is_known(register):
                continue
            before = self.of(register.author)
            found = list(_held_back(ledger, register, source=source, neighbours=neighbours))
            told = {each.by for each in found}
            # What was found stays found, until that machine itself brings what is new.
            for each in before.held_back if before else ():
                if each.by not in told and each.by.hex() != source:
                    found.append(each)
            self._database.connection.execute(
                "INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    register.author,
                    register.ordinal,
                    register.counter,
                    source,
                    now.written.seconds,
                    int(now.quality),
                    cbor.encode([[each.by, each.entries, each.certain] for each in found]),
                ),
            )

    def _is_known(self, register: Register) -> bool:
        row = self._database.connection.execute(
            "SELECT 1 FROM heard WHERE author = ? AND ordinal = ? AND counter = ?",
            (register.author, register.ordinal, register.counter),
        ).fetchone()
        return row is not None


def _read(encoded: bytes) -> tuple[HeldBack, ...]:
    found: list[HeldBack] = []
    value = cbor.decode(encoded, bytes_max=len(encoded))
    for item in value if isinstance(value, list) else ():
        match item:
            case [bytes(by), int(entries), bool(certain)]:
                found.append(HeldBack(by=by, entries=entries, certain=certain))
    return tuple(found)


def held_of(ledger: Ledger, author: bytes) -> int:
    """How many entries of an author are held."""
    return sum(item.held.number for item in ledger.lanes() if item.lane.author == author)


def _held_back(
    ledger: Ledger, register: Register, *, source: str, neighbours: list[Neighbour]
) -> Iterator[HeldBack]:
    health = read_health(register)
    if health is None or source not in (CARRIER, PHONE):
        return
    held = held_of(ledger, register.author)
    for by, neighbour in _signers(health, neighbours):
        met = next(each for each in health.met if each.machine == cose.short(by))
        lacked = met.entries - held
        if lacked <= 0 or neighbour.problem or by.hex() == source:
            continue
        ours = quality_of(neighbour.synced_clock)
        if min(ours, met.when.quality) >= Quality.CARRIED:
            if seconds_of(neighbour.synced) > met.when.seconds + LATER_SECONDS:
                yield HeldBack(by=by, entries=lacked, certain=True)
        else:
            yield HeldBack(by=by, entries=lacked, certain=False)


def _signers(health: Health, neighbours: list[Neighbour]) -> Iterator[tuple[bytes, Neighbour]]:
    """Our neighbours that have signed for what that author wrote."""
    signers = {each.machine for each in health.met}
    for neighbour in neighbours:
        try:
            key = bytes.fromhex(neighbour.key)
            if neighbour.synced and len(key) == 32 and cose.short(key) in signers:
                seconds_of(neighbour.synced)
                yield key, neighbour
        except (ValueError, Malformed):
            continue
