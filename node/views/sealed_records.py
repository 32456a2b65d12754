"""What is sealed, about which posts and to which keys; what it says stays in the ledger alone."""

from collections.abc import Mapping, Sequence

from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.record import Record
from sync.sealed_record import GROUPS, read_sealed_record
from sync.trust import Trust

_STANDS = "WHERE board = ? AND stands"


class SealedRecords:
    """Those of one kind."""

    def __init__(self, database: Database, board: str) -> None:
        """Over the tables in that database."""
        self._database = database
        self.board = board
        self.groups: Mapping[str, str] = GROUPS[board]

    def clear(self) -> None:
        """Empty the tables of this kind."""
        execute = self._database.connection.execute
        execute(
            "DELETE FROM sealed_to WHERE (lane, number) IN"
            " (SELECT lane, number FROM sealed WHERE board = ?)",
            (self.board,),
        )
        execute("DELETE FROM sealed WHERE board = ?", (self.board,))

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one anew; no post stands otherwise for it."""
        connection = self._database.connection
        gone = connection.execute(
            "DELETE FROM sealed WHERE lane = ? AND number = ? AND board = ? RETURNING 1",
            (*id_, self.board),
        ).fetchone()
        if gone:
            connection.execute("DELETE FROM sealed_to WHERE lane = ? AND number = ?", id_)
        found, boards = None, (self.board,)
        if record is not None:
            found = read_sealed_record(record, trust, boards=boards, taken_back=record.withdrawn)
        if record is not None and found is not None:
            about = (found.about.lane, found.about.number) if found.about else (None, None)
            connection.execute(
                "INSERT INTO sealed VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*id_, self.board, found.address, *about, not record.withdrawn),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO sealed_to VALUES (?, ?, ?)",
                [(tag, *id_) for tag in found.sealed.parts],
            )
        return frozenset()

    def about(self, lane: bytes, number: int) -> Sequence[RecordId]:
        """Those about one post."""
        return self._select(f"{_STANDS} AND post_lane = ? AND post_number = ?", lane, number)

    def to(self, tag: bytes) -> Sequence[RecordId]:
        """Those that the key of that tag opens."""
        return self._select(f"JOIN sealed_to USING (lane, number) {_STANDS} AND tag = ?", tag)

    def by_address(self, address: str) -> RecordId | None:
        """The one of that address."""
        found = self._select(f"{_STANDS} AND address = ?", address)
        return found[0] if found else None

    def all(self) -> Sequence[RecordId]:
        """Each of them."""
        return self._select(_STANDS)

    def taken_back(self) -> Sequence[RecordId]:
        """Those that were withdrawn, and say something still."""
        return self._select("WHERE board = ? AND NOT stands")

    def _select(self, where: str, *values: object) -> list[RecordId]:
        sql = f"SELECT lane, number FROM sealed {where} ORDER BY lane, number"
        rows = self._database.connection.execute(sql, (self.board, *values))
        return [EntryId(*row) for row in rows]
