"""The ledger of a real machine, in one SQLite file: the only SQL for entries.

What it keeps is in files of their own beside this one: here is what takes entries in, and gives
the records that they add up to.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from sync.entry import EntryId, RecordId
from sync.frontier import Range
from sync.histories import branch_id
from sync.lane import Lane
from sync.ledger import Link, Projection, Signature, Stored
from sync.machine.database import Database
from sync.machine.form import bring_forward
from sync.machine.own_lives import OwnLives
from sync.machine.packs import Packs
from sync.machine.register_rows import RegisterRows
from sync.machine.statement_rows import StatementRows
from sync.machine.stretch_rows import LANE_COLUMNS, read_lane

_SCHEMA = files("sync.machine").joinpath("ledger.sql")


class _Home(NamedTuple):
    """What is to be said of all entries of a stretch."""

    id: bytes
    lane: Lane
    path: tuple[bytes, ...]
    uncut: bool


class SqliteLedger(StatementRows, RegisterRows, OwnLives, Packs):
    """A ledger whose transactions are on the disk when they are over."""

    def __init__(
        self,
        database: Database,
        authorities: Mapping[str, tuple[bytes, ...]],
        project: Projection = lambda changes: None,
    ) -> None:
        """`authorities`: per town, the keys whose word holds there, by place."""
        super().__init__(database, authorities)
        self._project = project
        database.make(_SCHEMA.read_text().split(";\n"))
        bring_forward(database)

    # the records that entries add up to

    def record(self, record: RecordId) -> Sequence[Stored]:
        return self.records_between(record.lane, record.number, record.number).get(record, [])

    def records_between(
        self, lane: bytes, first: int, last: int
    ) -> Mapping[RecordId, Sequence[Stored]]:
        homes: dict[int, _Home] = {}
        found: dict[RecordId, list[Stored]] = {}
        for number, stretch, at, header, payload, head, ordered_away in self._all(
            "SELECT record_number, stretch, number, header, payload, head, ordered_away"
            " FROM entries WHERE record_stretch = (SELECT stretch FROM stretches WHERE id = ?)"
            " AND record_number BETWEEN ? AND ?",
            lane,
            first,
            last,
        ):
            home = homes.get(stretch)
            if home is None:
                home = homes[stretch] = self._home_of(stretch)
            entry = EntryId(home.id, at)
            if not home.uncut and not self.in_force(entry, home.lane):
                continue
            found.setdefault(EntryId(lane, number), []).append(
                Stored(
                    id=entry,
                    lane=home.lane,
                    header=header,
                    payload=payload,
                    head=head,
                    path=home.path,
                    ordered_away=bool(ordered_away),
                )
            )
        return found

    def _home_of(self, stretch: int) -> "_Home":
        id_, parent, *described = self._one(
            f"SELECT id, parent, {LANE_COLUMNS} FROM stretches WHERE stretch = ?", stretch
        )
        lane = read_lane(*described)
        path = () if parent is None else tuple(each.id for each in self.path(id_))
        return _Home(id_, lane, path or (id_,), self.trust().cut(lane) is None)

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
            f"UPDATE stretches SET ({LANE_COLUMNS}) = (?, ?, ?, ?, ?, ?)"
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
            f"UPDATE stretches SET (parent, first, number, head, {LANE_COLUMNS})"
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
            f"UPDATE stretches SET (parent, first, number, {LANE_COLUMNS})"
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
