"""The files that this machine has left on sticks: what was ordered away since may stand in them.

Nobody can ask a stick. When it is met again a new file takes the place of such a one.
"""

from collections.abc import Iterable

from sync.machine.database import Database

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS left_on_sticks"
    " (name TEXT PRIMARY KEY, orders INTEGER NOT NULL) WITHOUT ROWID"
)
_ORDERS = "(SELECT count(*) FROM ordered)"


class LeftOnSticks:
    """Those of one machine."""

    def __init__(self, database: Database) -> None:
        """Makes the table where it is missing."""
        self._database = database
        database.make([_SCHEMA])

    def note(self, name: str) -> None:
        """A file of that name was written now."""
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO left_on_sticks VALUES (?, {_ORDERS})", (name,)
            )

    def forget(self, names: Iterable[str]) -> None:
        """They were removed."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM left_on_sticks WHERE name = ?", [(name,) for name in names]
            )

    def stale(self) -> int:
        """How many were written before something was ordered away that we know of."""
        sql = f"SELECT count(*) FROM left_on_sticks WHERE orders < {_ORDERS}"
        (count,) = self._database.connection.execute(sql).fetchone()
        return int(count)
