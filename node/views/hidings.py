"""What isn't to be seen: the table of decisions to hide posts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.entry import EntryId, RecordId
from sync.hiding import GROUPS, HIDE, Hiding, read_hiding
from sync.machine.database import Database
from sync.record import Record
from sync.trust import Trust


class Hidings:
    """The decisions that stand, of anybody's."""

    board = HIDE
    groups: Mapping[str, str] = GROUPS[HIDE]

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def clear(self) -> None:
        """Empty the table."""
        self._database.connection.execute("DELETE FROM hidings")

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one decision anew; the posts that it is or was about."""
        connection = self._database.connection
        before = connection.execute(
            "DELETE FROM hidings WHERE lane = ? AND number = ? RETURNING post_lane, post_number",
            id_,
        ).fetchone()
        about = {before} if before else set()
        decision = read_hiding(record, trust) if record else None
        if decision is not None:
            connection.execute(
                "INSERT INTO hidings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *id_,
                    decision.town,
                    decision.author,
                    decision.lane,
                    decision.number,
                    decision.check,
                    decision.reason,
                ),
            )
            about.add((decision.lane, decision.number))
        return frozenset(about)

    def all(self) -> Sequence[Hiding]:
        """Each of them."""
        rows = self._database.connection.execute("SELECT * FROM hidings")
        return [_read(row) for row in rows]

    def about(self, lane: bytes, number: int) -> Sequence[Hiding]:
        """Those that name the entry of that number in the lane of that id."""
        sql = "SELECT * FROM hidings WHERE post_lane = ? AND post_number = ?"
        return [_read(row) for row in self._database.connection.execute(sql, (lane, number))]


def _read(row: tuple[Any, ...]) -> Hiding:
    lane, number, town, author, post_lane, post_number, check, reason = row
    return Hiding(
        id=EntryId(lane, number),
        town=town,
        author=author,
        lane=post_lane,
        number=post_number,
        check=check,
        reason=reason,
    )
