"""Decisions about records: one table, for each kind of them a reader of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.about import About
from sync.decision import Decision
from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.record import Record
from sync.trust import Trust

_COLUMNS = (
    "lane, number, town, author, of_lane, of_number, of_check, reason, stands, second, opened"
)
_BLANKS = ", ".join("?" * 12)


class Words:
    """The decisions of one kind, of anybody's; also those that were lifted."""

    def __init__(
        self,
        database: Database,
        board: str,
        groups: Mapping[str, str],
        read: Callable[[Record, Trust], Decision | None],
    ) -> None:
        """Over the tables in that database."""
        self._database = database
        self.board = board
        self.groups = groups
        self._read = read

    def clear(self) -> None:
        """Empty the table of this kind."""
        self._database.connection.execute("DELETE FROM words WHERE board = ?", (self.board,))

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one decision anew; the records that it is or was about."""
        connection = self._database.connection
        before = connection.execute(
            "DELETE FROM words WHERE lane = ? AND number = ? AND board = ?"
            " RETURNING of_lane, of_number",
            (*id_, self.board),
        ).fetchone()
        about = {before} if before else set()
        decision = self._read(record, trust) if record else None
        if decision is not None:
            connection.execute(
                f"INSERT INTO words (board, {_COLUMNS}) VALUES ({_BLANKS})",
                (
                    self.board,
                    *id_,
                    decision.town,
                    decision.author,
                    decision.about.lane,
                    decision.about.number,
                    decision.about.check,
                    decision.reason,
                    decision.stands,
                    decision.second,
                    decision.opened,
                ),
            )
            about.add((decision.about.lane, decision.about.number))
        return frozenset(about)

    def all(self) -> Sequence[Decision]:
        """Each of them."""
        return self._select("board = ?", self.board)

    def standing(self) -> Sequence[Decision]:
        """Those that stand."""
        return self._select("board = ? AND stands", self.board)

    def about(self, lane: bytes, number: int) -> Sequence[Decision]:
        """Those that stand and name the entry of that number in the lane of that id."""
        return self.about_those(lane, number, number).get(number, [])

    def about_those(self, lane: bytes, first: int, last: int) -> Mapping[int, Sequence[Decision]]:
        """The same of all entries between these two, by their numbers."""
        found: dict[int, list[Decision]] = {}
        for decision in self._select(
            "board = ? AND of_lane = ? AND of_number BETWEEN ? AND ? AND stands",
            self.board,
            lane,
            first,
            last,
        ):
            found.setdefault(decision.about.number, []).append(decision)
        return found

    def _select(self, which: str, *values: object) -> Sequence[Decision]:
        rows = self._database.connection.execute(
            f"SELECT {_COLUMNS} FROM words WHERE {which} ORDER BY lane, number", values
        )
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Decision:
    lane, number, town, author, of_lane, of_number, check, reason, stands, second, opened = row
    return Decision(
        id=EntryId(lane, number),
        town=town,
        author=author,
        about=About(lane=of_lane, number=of_number, check=check),
        reason=reason,
        stands=bool(stands),
        second=second,
        opened=bool(opened),
    )
