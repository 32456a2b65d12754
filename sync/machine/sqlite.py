"""The ledger of a real machine, in one SQLite file: the only SQL for entries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from sync.bundle import Entry
from sync.entry import EntryId, RecordId
from sync.frontier import Range
from sync.histories import Histories, Order, Stretch, branch_id
from sync.lane import Audience, Class, Lane
from sync.ledger import Changes, Link, Projection, Signature, Stored
from sync.limits import SUMMARY_LANES_MAX
from sync.machine.acquaintances import Acquaintances
from sync.machine.database import Database
from sync.machine.keys import incarnation_random
from sync.machine.letting_go import is_gone, still_taken
from sync.machine.mishap import Lives
from sync.machine.packs import Packs
from sync.machine.rows import Row
from sync.register import Register, kept_register, one_too_many
from sync.statement import Statement, read_statement
from sync.subscription import Subscription
from sync.trust import Trust


@dataclass(slots=True)
class _Transaction:
    """What this thread has changed and not committed."""

    changes: Changes
    trust: Trust | None = None  # as it is now, with statements that others must not see yet


_SCHEMA = files("sync.machine").joinpath("ledger.sql")
_LANE_COLUMNS = "town, author, ordinal, random, class, audience"


class SqliteLedger(Acquaintances, Packs, Histories):
    """A ledger whose transactions are on the disk when they are over."""

    def __init__(
        self,
        database: Database,
        authorities: Mapping[str, tuple[bytes, ...]],
        project: Projection = lambda changes: None,
    ) -> None:
        """`authorities`: per town, the keys whose word holds there, by place."""
        super().__init__(database)
        self._authorities = authorities
        self._project = project
        self._trust: tuple[int, Trust] = (-1, Trust(authorities))
        self._lives = Lives(database.path)
        self._begun: dict[bytes, tuple[int, bytes]] = {}
        database.make(_SCHEMA.read_text().split(";\n"))

    # transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._database.in_transaction:
            assert self._transaction is not None, "in a transaction that isn't the ledger's"
            yield
            return
        with self._database.transaction() as connection:
            changes = Changes()
            self._database.local.ledger = _Transaction(changes)
            try:
                yield
                if changes.any:
                    connection.execute("UPDATE counts SET version = version + 1")
                    self._project(changes)
            finally:
                self._database.local.ledger = None

    @property
    def _transaction(self) -> "_Transaction | None":
        transaction: _Transaction | None = getattr(self._database.local, "ledger", None)
        return transaction

    @property
    def _changes(self) -> Changes:
        assert self._transaction is not None, "outside a transaction"
        return self._transaction.changes

    # who is who

    def trust(self) -> Trust:
        if self._transaction is not None and self._transaction.trust is not None:
            return self._transaction.trust
        (count,) = self._one("SELECT trust FROM counts")
        kept = self._trust  # another thread may put its own there meanwhile
        if count != kept[0]:
            rows = self._database.connection.execute("SELECT statement FROM statements")
            held = Trust(self._authorities).with_statements(read_statement(row[0]) for row in rows)
            said = self._all("SELECT taker, town, keys, name FROM subscriptions")
            held = replace(held, subscriptions=frozenset(_read_subscription(*row) for row in said))
            kept = self._trust = (count, held)
        trust = kept[1]
        if self._transaction is not None:  # meanwhile nobody else writes
            self._transaction.trust = trust
        return trust

    def state(self, statement: Statement, *, instead_of: Statement | None = None) -> None:
        held = self.trust().with_statements([statement], instead_of=instead_of)
        self._changes.trust = True
        assert self._transaction is not None
        self._transaction.trust = held
        if instead_of is not None:
            self._execute("DELETE FROM statements WHERE digest = ?", instead_of.digest)
        self._execute(
            "INSERT INTO statements (digest, statement) VALUES (?, ?)",
            statement.digest,
            statement.encoded,
        )
        self._execute("UPDATE counts SET trust = trust + 1")
        self._mind(statement)

    def subscribe(self, subscriptions: frozenset[Subscription]) -> None:
        before = self.trust()
        trust = replace(before, subscriptions=subscriptions)
        kept = still_taken(trust, before)
        self._changes.trust = True
        assert self._transaction is not None
        self._transaction.trust = replace(trust, statements=kept)
        self._database.connection.executemany(
            "DELETE FROM statements WHERE digest = ?",
            [(statement.digest,) for statement in before.statements - kept],
        )
        self._execute("DELETE FROM subscriptions")
        self._database.connection.executemany(
            "INSERT INTO subscriptions VALUES (?, ?, ?, ?)",
            [(each.by, each.town, b"".join(each.keys), each.name) for each in subscriptions],
        )
        self._execute("UPDATE counts SET trust = trust + 1")
        self._forget_agreements()
        self._let_go_waiting(lambda lane: is_gone(trust, lane))
        for row in self._all(f"SELECT stretch, {_LANE_COLUMNS} FROM stretches WHERE number > 0"):
            if is_gone(trust, _read_lane(*row[1:])):
                self._drop(row[0])

    def _drop(self, stretch: int) -> None:
        """All that is held in it; as if it were only named, for it may be, from elsewhere."""
        self._changes.records.update(
            EntryId(*row)
            for row in self._all(
                "SELECT DISTINCT id, record_number FROM entries"
                " JOIN stretches ON stretches.stretch = record_stretch WHERE entries.stretch = ?",
                stretch,
            )
        )
        for table in ("entries", "signatures", "ordered"):
            self._execute(f"DELETE FROM {table} WHERE stretch = ?", stretch)
        self._execute(
            f"UPDATE stretches SET (parent, first, number, head, {_LANE_COLUMNS})"
            " = (NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE stretch = ?",
            stretch,
        )

    # what is held

    def stretch(self, id_: bytes) -> Stretch | None:
        row = self._first(f"{_STRETCHES} WHERE s.id = ? AND s.number > 0", id_)
        return _read_stretch(row) if row else None

    def stretches(self, lane: bytes) -> Sequence[Stretch]:
        rows = self._all(
            f"{_STRETCHES} WHERE s.lane = ? AND s.number > 0 ORDER BY s.first, s.id", lane
        )
        return [_read_stretch(row) for row in rows]

    def leaves(self) -> Sequence[Stretch]:
        rows = self._all(
            f"{_STRETCHES} WHERE s.number > 0"
            " AND NOT EXISTS (SELECT 1 FROM stretches AS c WHERE c.parent = s.stretch)"
        )
        return [_read_stretch(row) for row in rows]

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        return frozenset(
            (ordinal, random)
            for ordinal, random in self._all(
                "SELECT DISTINCT ordinal, random FROM stretches WHERE author = ?", author
            )
        )

    def record(self, record: RecordId) -> Sequence[Stored]:
        return self.records_between(record.lane, record.number, record.number).get(record, [])

    def records_between(
        self, lane: bytes, first: int, last: int
    ) -> Mapping[RecordId, Sequence[Stored]]:
        paths: dict[bytes, tuple[bytes, ...]] = {}
        uncut: dict[bytes, bool] = {}
        found: dict[RecordId, list[Stored]] = {}
        for number, id_, at, header, payload, head, ordered_away, parent, *described in self._all(
            "SELECT record_number, id, entries.number, header, payload, entries.head, ordered_away,"
            f" parent, {_LANE_COLUMNS} FROM entries JOIN stretches USING (stretch)"
            " WHERE record_stretch = (SELECT stretch FROM stretches WHERE id = ?)"
            " AND record_number BETWEEN ? AND ?",
            lane,
            first,
            last,
        ):
            of = _read_lane(*described)
            entry = EntryId(id_, at)
            if id_ not in paths:
                path = () if parent is None else self.path(id_)
                paths[id_] = tuple(stretch.id for stretch in path) or (id_,)
                uncut[id_] = self.trust().cut(of) is None
            if not uncut[id_] and not self.in_force(entry, of):
                continue
            found.setdefault(EntryId(lane, number), []).append(
                Stored(
                    id=entry,
                    lane=of,
                    header=header,
                    payload=payload,
                    head=head,
                    path=paths[id_],
                    ordered_away=bool(ordered_away),
                )
            )
        return found

    def records(self) -> Iterator[RecordId]:
        for id_, number in self._all(
            "SELECT DISTINCT id, record_number FROM entries"
            " JOIN stretches ON record_stretch = stretches.stretch"
        ):
            yield EntryId(id_, number)

    # what is taken in

    def append(self, lane: Lane, to: bytes, links: Sequence[Link]) -> None:
        key = self._key(to, lane.id)
        self._execute(
            f"UPDATE stretches SET ({_LANE_COLUMNS}) = (?, ?, ?, ?, ?, ?)"
            " WHERE stretch = ? AND town IS NULL",
            *lane.as_array(),
            key,
        )
        (begins, number) = self._one("SELECT first, number FROM stretches WHERE stretch = ?", key)
        first = max(number + 1, begins)
        keys: dict[bytes, int] = {to: key}
        rows: list[tuple[object, ...]] = []
        for at, link in enumerate(links, first):
            record = self._home_in(lane, to, key, at, link)
            if record.lane not in keys:
                keys[record.lane] = self._key(record.lane, record.lane)
            self._changes.records.add(record)
            rows.append(
                (
                    key,
                    at,
                    link.header,
                    link.payload,
                    link.head,
                    keys[record.lane],
                    record.number,
                )
            )
        self._database.connection.executemany(
            "INSERT INTO entries (stretch, number, header, payload, head, record_stretch,"
            " record_number) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._execute(
            "UPDATE stretches SET number = ?, head = ? WHERE stretch = ?",
            first + len(links) - 1,
            links[-1].head,
            key,
        )
        self._follow_orders(lane, first)
        if self._first(
            "SELECT 1 FROM stretches WHERE lane = ? AND parent IS NOT NULL LIMIT 1", lane.id
        ):
            self._changes.records |= self._find_homes(lane.id, begins)

    def _home_in(self, lane: Lane, to: bytes, key: int, number: int, link: Link) -> RecordId:
        """The record of an entry about to be kept; the usual cases without a question."""
        reference = link.record
        if reference is None:
            return EntryId(to, number)
        if not reference.check and to == lane.id:
            return reference.entry
        return self.home(EntryId(to, number), reference)

    def part(self, id_: bytes, first: int) -> None:
        stretch = self.stretch(id_)
        assert stretch is not None
        head = self._head_in(id_, first)
        before = self.head_at(id_, first - 1)
        assert head is not None
        new = branch_id(stretch.lane.id, first, head)
        old_key = self._key(id_, stretch.lane.id)
        new_key = self._key(new, stretch.lane.id)
        self._execute(
            f"UPDATE stretches SET (parent, first, number, head, {_LANE_COLUMNS})"
            " = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE stretch = ?",
            old_key,
            first,
            stretch.number,
            stretch.head,
            *stretch.lane.as_array(),
            new_key,
        )
        self._execute(
            "UPDATE stretches SET parent = ? WHERE parent = ? AND stretch != ?",
            new_key,
            old_key,
            new_key,
        )
        for table in ("entries", "signatures", "ordered"):
            self._execute(
                f"UPDATE {table} SET stretch = ? WHERE stretch = ? AND number >= ?",
                new_key,
                old_key,
                first,
            )
        self._execute(
            "UPDATE stretches SET number = ?, head = ? WHERE stretch = ?",
            first - 1,
            before,
            old_key,
        )
        self._changes.records |= self._find_homes(stretch.lane.id, first)

    def branch(self, lane: Lane, parent: bytes, links: Sequence[Link]) -> bytes:
        stretch = self.stretch(parent)
        first = stretch.number + 1 if stretch else 1
        new = branch_id(lane.id, first, links[0].head)
        self._execute(
            f"UPDATE stretches SET (parent, first, number, {_LANE_COLUMNS})"
            " = (?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE stretch = ?",
            self._key(parent, lane.id),
            first,
            first - 1,
            *lane.as_array(),
            self._key(new, lane.id),
        )
        self.append(lane, new, links)
        return new

    def fill(self, id_: bytes, number: int, payload: bytes) -> None:
        row = self._first(
            "UPDATE entries SET payload = ? WHERE stretch = ? AND number = ?"
            " AND payload IS NULL AND NOT ordered_away"
            " RETURNING (SELECT id FROM stretches WHERE stretch = record_stretch), record_number",
            payload,
            self._key(id_, id_),
            number,
        )
        if row:
            self._changes.records.add(EntryId(*row))

    def sign(self, id_: bytes, signature: Signature) -> None:
        self._execute(
            "INSERT OR IGNORE INTO signatures VALUES (?, ?, ?)",
            self._key(id_, id_),
            signature.number,
            signature.signature,
        )

    def order_away(self, by: EntryId, lane: bytes, numbers: Range, check: bytes) -> None:
        self._execute(
            "INSERT OR IGNORE INTO ordered VALUES (?, ?, ?, ?, ?, ?)",
            lane,
            *numbers,
            check,
            self._key(by.lane, by.lane),
            by.number,
        )
        self._strip_waiting(lane, numbers)
        self._obey(lane, numbers.last)

    def register(self, register: Register, source: str = "") -> bool:
        row = self._first(
            "SELECT register FROM registers WHERE town = ? AND author = ? AND name = ?",
            *register.place,
        )
        if row and kept_register(row[0]).order >= register.order:
            return False
        of_author = "registers WHERE town = ? AND author = ?"
        names = self._all(f"SELECT name FROM {of_author}", *register.place[:2])
        crowded_out = one_too_many({register.name, *(name for (name,) in names)})
        if crowded_out == register.name:
            return False
        self._execute(
            "INSERT OR REPLACE INTO registers VALUES (?, ?, ?, ?,"
            " (SELECT coalesce(max(sequence), 0) + 1 FROM registers))",
            *register.place,
            register.encoded,
        )
        if crowded_out is not None:  # it goes last, so that no sequence number is given twice
            self._execute(f"DELETE FROM {of_author} AND name = ?", *register.place[:2], crowded_out)
        self._changes.registers, self._changes.source = True, source
        return True

    def registers(self, since: int = 0) -> Sequence[Register]:
        rows = self._all("SELECT register FROM registers WHERE sequence > ?", since)
        return [kept_register(row[0]) for row in rows]

    def registers_kept(self) -> int:
        (newest,) = self._one("SELECT coalesce(max(sequence), 0) FROM registers")
        return int(newest)

    # ourselves

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        with self.transaction():
            own = self._own_life(author)
            # A smaller one than was begun: the ledger was put back, and not what lies beside it.
            if own is None or own[0] < self._lives.largest(author):
                self.begin_incarnation(author)
                own = self._own_life(author)
            assert own is not None
            return own

    def is_own(self, author: bytes) -> bool:
        return self._first("SELECT 1 FROM own WHERE author = ?", author) is not None

    def _own_life(self, author: bytes) -> tuple[int, bytes] | None:
        row = self._first("SELECT ordinal, random FROM own WHERE author = ?", author)
        return (int(row[0]), bytes(row[1])) if row else None

    def begin_incarnation(self, author: bytes) -> None:
        (known,) = self._one(
            "SELECT max((SELECT coalesce(max(ordinal), 0) FROM stretches WHERE author = ?),"
            " (SELECT coalesce(max(ordinal), 0) FROM own WHERE author = ?))",
            author,
            author,
        )
        largest = max(known, self._lives.largest(author))
        life = self._begun.get(author)
        if life is None or life[0] != largest or known == largest:
            life = (largest + 1, incarnation_random())
            self._lives.begin(author, life[0])
            # A disk may be full for long: what was rolled back is begun again, not another one.
            self._begun[author] = life
        self._execute("INSERT OR REPLACE INTO own VALUES (?, ?, ?)", author, *life)

    def version(self) -> int:
        (version,) = self._one("SELECT version FROM counts")
        return int(version)

    def _settled(self) -> object | None:
        transaction = self._transaction
        return None if transaction and transaction.changes.any else self.version()

    # stretches

    def _head_in(self, stretch: bytes, number: int) -> bytes | None:
        row = self._first(
            "SELECT entries.head FROM entries JOIN stretches USING (stretch)"
            " WHERE id = ? AND entries.number = ?",
            stretch,
            number,
        )
        return row[0] if row else None

    def _entries_in(self, stretch: bytes, first: int, at_most: int) -> Sequence[Entry]:
        rows = self._all(
            "SELECT header, payload FROM entries"
            " WHERE stretch = (SELECT stretch FROM stretches WHERE id = ?) AND number >= ?"
            " ORDER BY number LIMIT ?",
            stretch,
            first,
            at_most,
        )
        return [Entry(header, payload) for header, payload in rows]

    def _signatures_in(self, stretch: bytes, first: int, below: int) -> dict[int, bytes]:
        return dict(
            self._all(
                "SELECT number, signature FROM signatures"
                " WHERE stretch = (SELECT stretch FROM stretches WHERE id = ?)"
                " AND number >= ? AND number < ?",
                stretch,
                first,
                below,
            )
        )

    def _holes(self, lane: bytes | None = None) -> Mapping[bytes, Sequence[int]]:
        holes: dict[bytes, list[int]] = {}
        for id_, number in self._all(
            "SELECT id, entries.number FROM entries JOIN stretches USING (stretch)"
            " WHERE payload IS NULL AND NOT ordered_away"
            + (" AND lane = ?" if lane else "")
            + " ORDER BY entries.number",
            *([lane] if lane else []),
        ):
            holes.setdefault(id_, []).append(number)
        return holes

    def _naming(self, lane: bytes, first: int) -> Sequence[tuple[EntryId, bytes]]:
        rows = self._all(
            "SELECT own.id, entries.number, header FROM entries"
            " JOIN stretches AS own ON own.stretch = entries.stretch"
            " WHERE record_stretch IN (SELECT stretch FROM stretches WHERE lane = ?)"
            " AND record_number >= ?",
            lane,
            first,
        )
        return [(EntryId(id_, number), header) for id_, number, header in rows]

    def _belongs(self, entry: EntryId, record: RecordId) -> None:
        key = self._key(entry.lane, entry.lane)
        row = self._one(
            "SELECT id, record_number FROM entries"
            " JOIN stretches ON stretches.stretch = record_stretch"
            " WHERE entries.stretch = ? AND entries.number = ?",
            key,
            entry.number,
        )
        if EntryId(*row) != record:
            self._changes.records |= {EntryId(*row), record}
            self._execute(
                "UPDATE entries SET (record_stretch, record_number) = (?, ?)"
                " WHERE stretch = ? AND number = ?",
                self._key(record.lane, record.lane),
                record.number,
                key,
                entry.number,
            )

    def _orders_of(self, lane: bytes) -> Sequence[Order]:
        rows = self._all(
            "SELECT id, ordered.number, ordered.first, last, head_check"
            " FROM ordered JOIN stretches USING (stretch) WHERE ordered.lane = ?",
            lane,
        )
        return [
            Order(EntryId(id_, number), Range(first, last), check)
            for id_, number, first, last, check in rows
        ]

    def _ordered_lanes(self) -> Sequence[bytes]:
        return [lane for (lane,) in self._all("SELECT DISTINCT lane FROM ordered")]

    def _is_readable(self, stretch: bytes, numbers: Range) -> bool:
        found = self._first(
            "SELECT 1 FROM entries WHERE stretch = ? AND number BETWEEN ? AND ?"
            " AND payload IS NOT NULL LIMIT 1",
            self._key_of(stretch),
            *numbers,
        )
        return found is not None

    def _withdraw(self, stretch: bytes, numbers: Range) -> None:
        self._changes.records.update(
            EntryId(*row)
            for row in self._all(
                "UPDATE entries SET payload = NULL, ordered_away = 1"
                " WHERE stretch = ? AND number BETWEEN ? AND ? AND NOT ordered_away"
                " RETURNING (SELECT id FROM stretches WHERE stretch = record_stretch),"
                " record_number",
                self._key(stretch, stretch),
                *numbers,
            )
        )

    def _want_again(self, stretch: bytes) -> None:
        self._changes.records.update(
            EntryId(*row)
            for row in self._all(
                "UPDATE entries SET ordered_away = 0 WHERE stretch = ? AND ordered_away"
                " RETURNING (SELECT id FROM stretches WHERE stretch = record_stretch),"
                " record_number",
                self._key(stretch, stretch),
            )
        )

    # SQL

    def _key_of(self, id_: bytes) -> int | None:
        """The row of a stretch."""
        row = self._first("SELECT stretch FROM stretches WHERE id = ?", id_)
        return None if row is None else int(row[0])

    def _key(self, id_: bytes, lane: bytes) -> int:
        """The row of a stretch, made where there is none: a record may be named before it comes."""
        key = self._key_of(id_)
        if key is None:
            key = self._database.connection.execute(
                "INSERT INTO stretches (id, lane) VALUES (?, ?)", (id_, lane)
            ).lastrowid
            assert key is not None
        return key


_STRETCHES = (
    "SELECT s.id, p.id, s.first, s.number, s.head, s."
    + _LANE_COLUMNS.replace(", ", ", s.")
    + " FROM stretches AS s LEFT JOIN stretches AS p ON p.stretch = s.parent"
)


def _read_stretch(row: Row) -> Stretch:
    id_, parent, first, number, head, *described = row
    return Stretch(
        id=id_, lane=_read_lane(*described), parent=parent, first=first, number=number, head=head
    )


def _read_subscription(by: str, town: str, keys: bytes, name: str) -> Subscription:
    each = tuple(keys[at : at + 32] for at in range(0, len(keys), 32))
    return Subscription(by, town, each, name)


@lru_cache(maxsize=SUMMARY_LANES_MAX)
def _read_lane(
    town: str, author: bytes, ordinal: int, random: bytes, class_: int, audience: int
) -> Lane:
    """The same object each time, for a lane computes its id but once."""
    return Lane(
        town=town,
        author=author,
        ordinal=ordinal,
        random=random,
        class_=Class(class_),
        audience=Audience(audience),
    )
