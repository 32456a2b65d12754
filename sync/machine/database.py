"""One SQLite file, and how every connection to it is opened.

WAL with `synchronous=FULL`: what a transaction committed is on the disk. One connection per
thread; transactions are `BEGIN IMMEDIATE`, so whoever reads in one may write what follows.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS_MAX = 30


class Database:
    """The connections of this process to one file; `local` is what belongs to this thread."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet."""
        self.path = path
        self.local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = _open(self.path)
        return connection

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has one open."""
        return self.connection.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time, of all processes; on an exception all is rolled back."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
            self.local.connection = None


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS_MAX, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection
