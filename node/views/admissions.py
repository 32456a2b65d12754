"""What places wish of residents' posts: the table of what stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync import cbor
from sync.admission import ADMIT, GROUPS, Admission, read_admission
from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.record import Record
from sync.trust import Trust

_COLUMNS = "lane, number, town, author, place, waits, allowance, versions, counter"


class Admissions:
    """The wishes that stand, of anybody's."""

    board = ADMIT
    groups: Mapping[str, str] = GROUPS[ADMIT]

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def clear(self) -> None:
        """Empty the table."""
        self._database.connection.execute("DELETE FROM admissions")

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one anew; it is about no post."""
        connection = self._database.connection
        connection.execute("DELETE FROM admissions WHERE lane = ? AND number = ?", id_)
        said = read_admission(record, trust) if record else None
        if said is not None:
            connection.execute(
                f"INSERT INTO admissions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *id_,
                    said.town,
                    said.author,
                    said.place,
                    cbor.encode(sorted(said.waits)),
                    said.allowance,
                    cbor.encode([list(version) for version in said.versions]),
                    said.counter,
                ),
            )
        return frozenset()

    def of(self, town: str) -> Sequence[Admission]:
        """Those about a town's places."""
        sql = f"SELECT {_COLUMNS} FROM admissions WHERE town = ? ORDER BY lane, number"
        return [_read(row) for row in self._database.connection.execute(sql, (town,))]


def _read(row: tuple[Any, ...]) -> Admission:
    lane, number, town, author, place, waits, allowance, versions, counter = row
    boards: Any = cbor.decode(waits, bytes_max=len(waits))
    parents: Any = cbor.decode(versions, bytes_max=len(versions))
    return Admission(
        id=EntryId(lane, number),
        town=town,
        author=author,
        place=place,
        waits=frozenset(boards),
        allowance=allowance,
        versions=tuple(EntryId(*parent) for parent in parents),
        counter=counter,
    )
