"""Stretches of lanes and their entries in SQLite: what `Histories` asks for, row by row."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sync.bundle import Entry
from sync.entry import EntryId, RecordId
from sync.frontier import Range
from sync.histories import Histories, Order, Stretch
from sync.lane import Audience, Class, Lane
from sync.limits import SUMMARY_LANES_MAX
from sync.machine.changing import Changing
from sync.machine.rows import Row

LANE_COLUMNS = "town, author, ordinal, random, class, audience"


class StretchRows(Changing, Histories):
    """Who is held, how far, and what an order or a fork makes of it."""

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
    + LANE_COLUMNS.replace(", ", ", s.")
    + " FROM stretches AS s LEFT JOIN stretches AS p ON p.stretch = s.parent"
)


def _read_stretch(row: Row) -> Stretch:
    id_, parent, first, number, head, *described = row
    return Stretch(
        id=id_, lane=read_lane(*described), parent=parent, first=first, number=number, head=head
    )


@lru_cache(maxsize=SUMMARY_LANES_MAX)
def read_lane(
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
