"""One SQLite file, and how every connection to it is opened.

WAL with `synchronous=FULL`: what a transaction committed is on the disk. One connection per
thread; transactions are `BEGIN IMMEDIATE`, so whoever reads in one may write what follows.

A damaged file is moved aside, by one process, while no other one writes: nothing is committed to
a file that has been given up (docs/decisions/0007-damaged-ledger.md).
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sync.machine.mishap import move_aside

BUSY_SECONDS_MAX = 30
_EMPTY_MILLISECONDS_MAX = 200


class Damaged(sqlite3.DatabaseError):
    """The file is damaged, or another process has moved it aside."""


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_Identity = tuple[int, int]
Ask = Callable[[str], tuple[Any, ...] | None]
"""The first row of what is asked."""


class Database:
    """The connections of this process to one file; `local` is what belongs to this thread."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet."""
        self.path = path
        self.local = threading.local()
        self._opened: _Identity | None = None  # the file that this process knows
        self._given_up = False

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection. Raises Damaged if its file isn't the ledger any more."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        if connection is None:
            with self._held(fcntl.LOCK_SH):
                connection = self.local.connection = self._open()
        elif not connection.in_transaction:
            self._check_place()
        return connection

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has one open."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        return connection is not None and connection.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time, of all processes; on an exception all is rolled back."""
        connection = self.connection
        with self._held(fcntl.LOCK_SH):
            self._check_place()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What this thread reads meanwhile is all as of one moment; others write on."""
        connection = self.connection
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # that moment
            yield
        finally:
            connection.execute("ROLLBACK")

    def make(self, statements: Sequence[str]) -> None:
        """Make the tables that are missing; on a disk that can't be written, none is."""
        try:
            with self.transaction() as connection:
                for statement in statements:
                    connection.execute(statement)
        except sqlite3.OperationalError as wrong:
            if _code(wrong) != sqlite3.SQLITE_READONLY:
                raise

    def check(self) -> None:
        """Read all of the file. Raises Damaged."""
        (said,) = self.connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise Damaged(said)

    def give_up(self, wrong: BaseException) -> bool:
        """Whether that says that the file is lost; then it lies aside now, and this process ends.

        What it remembers of the file is true no more: who opens anew begins anew.
        """
        if not _is_damage(wrong):
            return False
        self.close()
        with self._held(fcntl.LOCK_EX):
            # Another process, or another thread, may have been first.
            if not self._given_up and _identity(self.path) == self._opened:
                move_aside(self.path, why=str(wrong))
            self._given_up = True
        return True

    def empty_log(self) -> bool:
        """What was withdrawn can be read in the log until that is emptied.

        False where it is in use or the disk is full: then later. While SQLite waits for whoever
        reads, nobody can write; so it waits a moment, and not as long as a writer may.
        """
        connection = self.connection
        connection.execute(f"PRAGMA busy_timeout={_EMPTY_MILLISECONDS_MAX}")
        try:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        finally:
            connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS_MAX * 1_000}")
        return not busy

    def close(self) -> None:
        """Close this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
            self.local.connection = None

    def _open(self) -> sqlite3.Connection:
        if self._opened:
            self._check_place()
        try:
            return _connect(self.path)
        finally:
            # A new file is there only once something was asked of it.
            self._opened = self._opened or _identity(self.path)

    def _check_place(self) -> None:
        if self._given_up or _identity(self.path) != self._opened:
            raise Damaged(f"{self.path} was moved aside")

    @contextmanager
    def _held(self, how: int) -> Iterator[None]:
        """Writers share the folder; who moves a file has it alone."""
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


@contextmanager
def looked_into(path: Path) -> Iterator[Ask]:
    """A file that is left as it is, whatever is wrong with it. Raises sqlite3.DatabaseError."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        yield lambda asked: connection.execute(asked).fetchone()


def copy_ledger(path: Path, to: Path) -> None:
    """A file once more, as it is at one moment, while others write. Raises sqlite3.Error."""
    address = f"file:{quote(str(path))}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as here,
        closing(sqlite3.connect(to)) as there,
    ):
        here.backup(there)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS_MAX, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what was erased is written over
        connection.execute("PRAGMA trusted_schema=OFF")
    except BaseException as wrong:
        connection.close()
        if isinstance(wrong, sqlite3.OperationalError) and _is_whole_and_read_only(path):
            address = f"file:{quote(str(path))}?immutable=1"
            return sqlite3.connect(address, uri=True, isolation_level=None)
        raise
    return connection


def _is_whole_and_read_only(path: Path) -> bool:
    """On a disk that can't be written, and closed in order: nothing of it is beside it."""
    beside = path.with_name(f"{path.name}-wal")
    return path.exists() and not os.access(path, os.W_OK) and not beside.exists()


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_damage(wrong: BaseException) -> bool:
    return isinstance(wrong, Damaged) or (
        isinstance(wrong, sqlite3.DatabaseError) and _code(wrong) in _DAMAGE
    )


def _code(wrong: sqlite3.Error) -> int:
    """Without what SQLite adds to it; 0 for what isn't SQLite's own."""
    return int(getattr(wrong, "sqlite_errorcode", 0)) & 0xFF
