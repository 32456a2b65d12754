"""The ledger of a real machine, in one SQLite file: the only SQL for entries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from sync import cbor
from sync.bundle import Bundle, Entry, pack_bundle, unpack_bundle
from sync.entry import EntryId, RecordId
from sync.frontier import Held, LaneHeld, ranges, read_summary, summary_as_array
from sync.lane import Audience, Class, Lane
from sync.ledger import Changes, Known, Link, Projection, SetAside, Signature, Stored
from sync.limits import BUNDLE_ENTRIES_MAX, MESSAGE_BYTES_MAX, SUMMARY_LANES_MAX
from sync.machine.cut import RUN_BYTES_MAX, Load, has_room
from sync.machine.database import Database
from sync.machine.keys import incarnation_random
from sync.trust import Statement, Trust, read_statement


@dataclass(slots=True)
class _Transaction:
    """What this thread has changed and not committed."""

    changes: Changes
    trust: Trust | None = None  # with the statements in it, which other threads must not see yet


_SCHEMA = files("sync.machine").joinpath("ledger.sql")
_Row = tuple[Any, ...]
_LANE_COLUMNS = "town, author, ordinal, random, class, audience"


class SqliteLedger:
    """A ledger whose transactions are on the disk when they are over."""

    def __init__(
        self,
        database: Database,
        authorities: Mapping[str, frozenset[bytes]],
        project: Projection = lambda changes: None,
    ) -> None:
        """`authorities`: per town, the keys whose word holds there."""
        self._database = database
        self._authorities = authorities
        self._project = project
        self._trust: tuple[int, Trust] = (-1, Trust(authorities))
        with database.transaction() as connection:
            for statement in _SCHEMA.read_text().split(";\n"):
                connection.execute(statement)

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
                if changes.records or changes.trust:
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
        if count != self._trust[0]:
            rows = self._database.connection.execute("SELECT statement FROM statements")
            held = Trust(self._authorities).with_statements(read_statement(row[0]) for row in rows)
            self._trust = (count, held)
        return self._trust[1]

    def state(self, statement: Statement) -> None:
        held = self.trust().with_statements([statement])
        self._changes.trust = True
        assert self._transaction is not None
        self._transaction.trust = held
        self._execute(
            "INSERT INTO statements (digest, statement) VALUES (?, ?)",
            statement.digest,
            statement.encoded,
        )
        self._execute("UPDATE counts SET trust = trust + 1")

    # what is held

    def lane(self, lane: bytes) -> LaneHeld | None:
        row = self._first(f"SELECT {_HELD} FROM lanes WHERE id = ? AND number > 0", lane)
        if row is None:
            return None
        holes = self._all(
            "SELECT number FROM entries WHERE lane = ? AND payload IS NULL ORDER BY number", row[0]
        )
        return _lane_held(row, (hole for (hole,) in holes))

    def lanes(self) -> Sequence[LaneHeld]:
        rows = self._all(f"SELECT {_HELD} FROM lanes WHERE number > 0")
        holes: dict[int, list[int]] = {}
        for lane, number in self._all(
            "SELECT lane, number FROM entries WHERE payload IS NULL ORDER BY lane, number"
        ):
            holes.setdefault(lane, []).append(number)
        return [_lane_held(row, holes.get(row[0], ())) for row in rows]

    def incarnations(self, author: bytes) -> frozenset[tuple[int, bytes]]:
        return frozenset(
            (ordinal, random)
            for ordinal, random in self._all(
                "SELECT DISTINCT ordinal, random FROM lanes WHERE author = ?", author
            )
        )

    def head_at(self, lane: bytes, number: int) -> bytes | None:
        if number == 0:
            return lane
        row = self._first(
            "SELECT entries.head FROM entries JOIN lanes USING (lane)"
            " WHERE id = ? AND entries.number = ?",
            lane,
            number,
        )
        return row[0] if row else None

    def run(self, lane: bytes, first: int) -> Bundle | None:
        key, *described = self._one(f"SELECT lane, {_LANE_COLUMNS} FROM lanes WHERE id = ?", lane)
        signed: dict[int, bytes] = dict(
            self._all(
                "SELECT number, signature FROM signatures"
                " WHERE lane = ? AND number >= ? AND number < ?",
                key,
                first,
                first + BUNDLE_ENTRIES_MAX,
            )
        )
        entries: list[Entry] = []
        size, fitting = 0, 0
        for header, payload in self._all(
            "SELECT header, payload FROM entries WHERE lane = ? AND number >= ?"
            " ORDER BY number LIMIT ?",
            key,
            first,
            max(signed, default=first - 1) - first + 1,
        ):
            size += len(header) + len(payload or b"")
            if size > RUN_BYTES_MAX and fitting:
                break
            entries.append(Entry(header, payload))
            if first + len(entries) - 1 in signed:
                fitting = len(entries)
        before = self.head_at(lane, first - 1)
        if not fitting or before is None:
            return None
        return Bundle(
            lane=_read_lane(*described),
            first=first,
            before=before,
            entries=tuple(entries[:fitting]),
            signature=signed[first + fitting - 1],
        )

    def record(self, record: RecordId) -> Sequence[Stored]:
        return [
            Stored(
                id=EntryId(lane, number),
                lane=_read_lane(*described),
                header=header,
                payload=payload,
                head=head,
            )
            for lane, number, header, payload, head, *described in self._all(
                f"SELECT id, entries.number, header, payload, entries.head, {_LANE_COLUMNS}"
                " FROM entries JOIN lanes USING (lane)"
                " WHERE record_lane = (SELECT lane FROM lanes WHERE id = ?)"
                " AND record_number = ?",
                record.lane,
                record.number,
            )
        ]

    def records(self) -> Iterator[RecordId]:
        for lane, number in self._all(
            "SELECT DISTINCT id, record_number FROM entries JOIN lanes ON record_lane = lanes.lane"
        ):
            yield EntryId(lane, number)

    # what is taken in

    def append(self, lane: Lane, links: Sequence[Link], signatures: Iterable[Signature]) -> None:
        key = self._lane_key(lane.id)
        self._execute(
            f"UPDATE lanes SET ({_LANE_COLUMNS}) = (?, ?, ?, ?, ?, ?) WHERE lane = ?",
            *lane.as_array(),
            key,
        )
        (number,) = self._one("SELECT number FROM lanes WHERE lane = ?", key)
        record_keys: dict[bytes, int] = {}
        rows: list[tuple[object, ...]] = []
        for at, link in enumerate(links, number + 1):
            if link.record.lane not in record_keys:
                record_keys[link.record.lane] = self._lane_key(link.record.lane)
            rows.append(
                (
                    key,
                    at,
                    link.header,
                    link.payload,
                    link.head,
                    record_keys[link.record.lane],
                    link.record.number,
                )
            )
        self._database.connection.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._execute(
            "UPDATE lanes SET number = ?, head = ? WHERE lane = ?",
            number + len(links),
            links[-1].head,
            key,
        )
        for signature in signatures:
            self.sign(lane.id, signature)
        self._changes.records.update(link.record for link in links)

    def fill(self, lane: bytes, number: int, payload: bytes, record: RecordId) -> None:
        self._execute(
            "UPDATE entries SET payload = ? WHERE lane = ? AND number = ? AND payload IS NULL",
            payload,
            self._lane_key(lane),
            number,
        )
        self._changes.records.add(record)

    def sign(self, lane: bytes, signature: Signature) -> None:
        self._execute(
            "INSERT OR IGNORE INTO signatures VALUES (?, ?, ?)",
            self._lane_key(lane),
            signature.number,
            signature.signature,
        )

    # what waits

    def set_aside(self, source: str, bundle: Bundle) -> bool:
        packed = pack_bundle(bundle)
        if self._first(
            "SELECT 1 FROM waiting WHERE author = ? AND first = ? AND bundle = ?",
            bundle.lane.author,
            bundle.first,
            packed,
        ):
            return True
        load = "SELECT count(*), coalesce(sum(length(bundle)), 0) FROM waiting"
        beside = Load(*self._one(f"{load} WHERE source = ?", source))
        if not has_room(len(packed), beside=beside, in_all=Load(*self._one(load))):
            return False
        self._execute(
            "INSERT INTO waiting (source, author, first, bundle) VALUES (?, ?, ?, ?)",
            source,
            bundle.lane.author,
            bundle.first,
            packed,
        )
        return True

    def waiting(self, author: bytes) -> Sequence[SetAside]:
        return [
            SetAside(key, unpack_bundle(packed))
            for key, packed in self._all(
                "SELECT key, bundle FROM waiting WHERE author = ? ORDER BY first", author
            )
        ]

    def waiting_count(self) -> int:
        (count,) = self._one("SELECT count(*) FROM waiting")
        return int(count)

    def let_go(self, waiting: SetAside) -> None:
        self._execute("DELETE FROM waiting WHERE key = ?", waiting.key)

    # other machines, and ourselves

    def known(self, machine: bytes) -> Known:
        row = self._first("SELECT seen, sent, digest, agreed FROM known WHERE machine = ?", machine)
        if row is None:
            return Known()
        seen, sent, digest, agreed = row
        return Known(
            offers_seen=seen,
            offers_sent=sent,
            agreed_digest=digest,
            agreed=read_summary(cbor.decode(agreed, bytes_max=MESSAGE_BYTES_MAX))
            if agreed
            else None,
        )

    def remember(self, machine: bytes, known: Known) -> None:
        self._execute(
            "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)",
            machine,
            known.offers_seen,
            known.offers_sent,
            known.agreed_digest,
            cbor.encode(summary_as_array(known.agreed)) if known.agreed else None,
        )

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        with self.transaction():
            self._execute(
                "INSERT OR IGNORE INTO own VALUES (?, 1, ?)", author, incarnation_random()
            )
            ordinal, random = self._one("SELECT ordinal, random FROM own WHERE author = ?", author)
            return int(ordinal), bytes(random)

    def version(self) -> int:
        (version,) = self._one("SELECT version FROM counts")
        return int(version)

    # SQL

    def _lane_key(self, lane: bytes) -> int:
        """The row of a lane, made where there is none: a record's lane may come after its edits."""
        row = self._first("SELECT lane FROM lanes WHERE id = ?", lane)
        if row is None:
            cursor = self._database.connection.execute("INSERT INTO lanes (id) VALUES (?)", (lane,))
            assert cursor.lastrowid is not None
            return cursor.lastrowid
        return int(row[0])

    def _execute(self, sql: str, *values: object) -> None:
        assert self._database.in_transaction, "outside a transaction"
        self._database.connection.execute(sql, values)

    def _all(self, sql: str, *values: object) -> list[_Row]:
        return self._database.connection.execute(sql, values).fetchall()

    def _first(self, sql: str, *values: object) -> _Row | None:
        row: _Row | None = self._database.connection.execute(sql, values).fetchone()
        return row

    def _one(self, sql: str, *values: object) -> _Row:
        row = self._first(sql, *values)
        assert row is not None
        return row


_HELD = f"lane, number, head, {_LANE_COLUMNS}"


def _lane_held(row: _Row, holes: Iterable[int]) -> LaneHeld:
    _, number, head, *described = row
    return LaneHeld(_read_lane(*described), Held(number, head, ranges(holes)))


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
