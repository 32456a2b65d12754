"""A ledger's file read again from its first entry, believing nothing that a process said."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sync.bundle import Parcel, pack_bundle, unpack_bundle
from sync.chain import fold, verify_head
from sync.frontier import LaneHeld
from sync.ingest import take
from sync.lacking import held_digest
from sync.ledger import Ledger
from sync.machine.database import Database
from sync.machine.memory import MemoryLedger
from sync.machine.settings import LEDGER_FILE, read_settings
from sync.machine.sqlite import SqliteLedger


def check_ledger(folder: Path) -> bytes:
    """The digest over all that a machine holds, once all of it has been checked."""
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    settings = read_settings(folder)
    database = Database(settings.ledger_path)
    try:
        held = SqliteLedger(database, settings.authorities)
        stranger = MemoryLedger(settings.authorities)
        statements = tuple(statement.encoded for statement in held.trust().statements)
        take(stranger, Parcel(statements=statements), source="story")
        for lane in held.lanes():
            _check_lane(held, lane, stranger)
        digest = held_digest(held, settings.towns)
        assert held_digest(stranger, settings.towns) == digest
        return digest
    finally:
        database.close()


def _check_lane(held: Ledger, lane: LaneHeld, stranger: Ledger) -> None:
    """Numbers without gaps, every run signed, and another machine takes in every byte of it."""
    number, head = 0, lane.lane.id
    while number < lane.held.number:
        run = held.run(lane.lane.id, number + 1)
        assert run is not None
        assert (run.first, run.before) == (number + 1, head)
        number, head = run.last, fold(head, (entry.header for entry in run.entries))
        verify_head(lane.lane, number, head, run.signature)
        received = unpack_bundle(pack_bundle(run))
        receipt = take(stranger, Parcel(bundles=(received,)), source="story")
        assert receipt.entries == len(run.entries)
    assert (number, head) == (lane.held.number, lane.held.head)
    assert lane.held.holes == ()
