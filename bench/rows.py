"""The limit for what SQLite does: bare rows, kept with the pragmas that a ledger has."""

import sqlite3
import time
from pathlib import Path

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF")
_TABLE = (
    "CREATE TABLE entries (stretch INTEGER NOT NULL, number INTEGER NOT NULL, header BLOB NOT NULL,"
    " payload BLOB, head BLOB NOT NULL, UNIQUE (stretch, number))"
)
_INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?, ?)"


def copy_rows(ledger: Path, to: Path, count: int) -> float:
    """CPU seconds for that many entries, read after a cursor and inserted in one transaction."""
    target = open_rows(to)
    began = time.process_time()
    source = sqlite3.connect(ledger)
    target.execute("BEGIN IMMEDIATE")
    target.executemany(
        _INSERT,
        source.execute(
            "SELECT stretch, number, header, payload, head FROM entries WHERE rowid > 0 LIMIT ?",
            (count,),
        ),
    )
    target.execute("COMMIT")
    spent = time.process_time() - began
    source.close()
    target.close()
    return spent


def open_rows(path: Path) -> sqlite3.Connection:
    """A new SQLite file with nothing but a table of entries."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_TABLE)
    return connection


def insert_row(connection: sqlite3.Connection, number: int, payload: bytes) -> None:
    """One entry in a transaction of its own: on the disk when this returns."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_INSERT, (1, number, payload[:100], payload, payload[:32]))
    connection.execute("COMMIT")
