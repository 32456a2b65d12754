"""By when this machine held what: day after day how far each lane went, by a clock that was good.

An author's clock proves nothing. What is held on a day was written by then, whoever wrote it.
Losing it makes everything look newer, and so only stay longer.
"""

from datetime import date

from sync.entry import EntryId
from sync.ledger import Ledger
from sync.machine.database import Database

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS known_by (stretch BLOB NOT NULL, number INTEGER NOT NULL,"
    " day INTEGER NOT NULL, PRIMARY KEY (stretch, number)) WITHOUT ROWID"
)


class KnownBy:
    """The days of one machine."""

    def __init__(self, database: Database) -> None:
        """Makes the table where it is missing."""
        self._database = database
        database.make([_SCHEMA])

    def note(self, ledger: Ledger, day: date) -> None:
        """Note how far every lane goes today; inside a transaction."""
        connection = self._database.connection
        connection.executemany(
            "INSERT OR IGNORE INTO known_by VALUES (?, ?, ?)",
            [
                (stretch.id, stretch.number, day.toordinal())
                for leaf in ledger.leaves()
                for stretch in ledger.path(leaf.id)
                if stretch.number >= stretch.first
            ],
        )

    def day(self, entry: EntryId) -> date | None:
        """The first day on which that entry was certainly held; None if that isn't known yet."""
        (day,) = self._database.connection.execute(
            "SELECT min(day) FROM known_by WHERE stretch = ? AND number >= ?", entry
        ).fetchone()
        return None if day is None else date.fromordinal(day)
