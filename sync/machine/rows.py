"""Asking one SQLite file, in few words."""

from typing import Any

from sync.machine.database import Database

Row = tuple[Any, ...]


class Rows:
    """Whatever keeps its facts in a database."""

    def __init__(self, database: Database) -> None:
        """Opens nothing yet."""
        self._database = database

    def _execute(self, sql: str, *values: object) -> None:
        assert self._database.in_transaction, "outside a transaction"
        self._database.connection.execute(sql, values)

    def _all(self, sql: str, *values: object) -> list[Row]:
        return self._database.connection.execute(sql, values).fetchall()

    def _first(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._database.connection.execute(sql, values).fetchone()
        return row

    def _one(self, sql: str, *values: object) -> Row:
        row = self._first(sql, *values)
        assert row is not None
        return row
