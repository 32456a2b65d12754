"""To which keys one seals: the table of those that are announced."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.about import About
from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.reading_key import GROUPS, READING_KEY, Escrow, ReadingKey, read_reading_key
from sync.record import Record
from sync.trust import Trust


class ReadingKeys:
    """The keys of whatever machine; also those that were taken back."""

    board = READING_KEY
    groups: Mapping[str, str] = GROUPS[READING_KEY]

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def clear(self) -> None:
        """Empty the table."""
        self._database.connection.execute("DELETE FROM reading_keys")

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one key anew; no post stands otherwise for it."""
        connection = self._database.connection
        connection.execute("DELETE FROM reading_keys WHERE lane = ? AND number = ?", id_)
        key = read_reading_key(record, trust) if record else None
        if key is not None:
            about, escrow = key.about, key.escrow
            connection.execute(
                "INSERT INTO reading_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *id_,
                    key.lane,
                    key.town,
                    key.author,
                    key.key,
                    key.stands,
                    *((about.lane, about.number, about.check) if about else (None,) * 3),
                    key.account,
                    *((escrow.tag, escrow.wrapped) if escrow else (None,) * 2),
                ),
            )
        return frozenset()

    def of_places(self, town: str) -> Sequence[ReadingKey]:
        """Those that are for no one post."""
        return self._select("town = ? AND post_lane IS NULL", town)

    def about(self, lane: bytes, number: int) -> Sequence[ReadingKey]:
        """Those for what is written about that post alone."""
        return self._select("post_lane = ? AND post_number = ?", lane, number)

    def of_town(self, town: str) -> Sequence[ReadingKey]:
        """Each of them."""
        return self._select("town = ?", town)

    def _select(self, where: str, *values: object) -> list[ReadingKey]:
        sql = f"SELECT * FROM reading_keys WHERE {where} ORDER BY lane, number"
        return [_read(row) for row in self._database.connection.execute(sql, values)]


def _read(row: tuple[Any, ...]) -> ReadingKey:
    lane, number, lane_id, town, author, key, stands, *post, account, tag, wrapped = row
    return ReadingKey(
        id=EntryId(lane, number),
        lane=lane_id,
        town=town,
        author=author,
        key=key,
        stands=bool(stands),
        about=About(lane=post[0], number=post[1], check=post[2]) if post[0] else None,
        account=account,
        escrow=Escrow(tag=tag, wrapped=wrapped) if tag else None,
    )
