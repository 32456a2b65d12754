"""What towns switched off: the table of what offices said, also what they took back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.entry import EntryId, RecordId
from sync.machine.database import Database
from sync.record import Record
from sync.switch_off import GROUPS, SWITCH_OFF, SwitchedOff, read_switched_off
from sync.trust import Trust

_COLUMNS = "lane, number, town, author, what, reason, stands"


class Switches:
    """What any office said."""

    board = SWITCH_OFF
    groups: Mapping[str, str] = GROUPS[SWITCH_OFF]

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def clear(self) -> None:
        """Empty the table."""
        self._database.connection.execute("DELETE FROM switches")

    def follow(
        self, id_: RecordId, record: Record | None, trust: Trust
    ) -> frozenset[tuple[bytes, int]]:
        """Write one anew; it is about no post."""
        connection = self._database.connection
        connection.execute("DELETE FROM switches WHERE lane = ? AND number = ?", id_)
        said = read_switched_off(record, trust) if record else None
        if said is not None:
            connection.execute(
                f"INSERT INTO switches ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*id_, said.town, said.author, said.what, said.reason, said.stands),
            )
        return frozenset()

    def of(self, town: str) -> Sequence[SwitchedOff]:
        """All that was said in a town."""
        sql = f"SELECT {_COLUMNS} FROM switches WHERE town = ? ORDER BY lane, number"
        return [_read(row) for row in self._database.connection.execute(sql, (town,))]


def _read(row: tuple[Any, ...]) -> SwitchedOff:
    lane, number, town, author, what, reason, stands = row
    return SwitchedOff(
        id=EntryId(lane, number),
        town=town,
        author=author,
        what=what,
        reason=reason,
        stands=bool(stands),
    )
