"""A ledger's file read again from its first byte, believing nothing that a process said."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from sync.bundle import Parcel
from sync.chain import fold, verify_head
from sync.entry import read_header
from sync.frontier import Summary
from sync.ingest import take
from sync.lacking import held_digest, runs
from sync.lane import Audience, Class, Lane
from sync.machine.database import Database
from sync.machine.memory import MemoryLedger
from sync.machine.settings import LEDGER_FILE, read_settings
from sync.machine.sqlite import SqliteLedger


def check_ledger(folder: Path) -> bytes:
    """The digest over all that a machine holds, once all of it has been checked."""
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        for key, lane, number, head in _lanes(file):
            _check_lane(file, key, lane, number, head)
    return _taken_in_anew(folder)


def _lanes(file: sqlite3.Connection) -> Iterator[tuple[int, Lane, int, bytes]]:
    for key, id_, town, author, ordinal, random, class_, audience, number, head in file.execute(
        "SELECT stretch, id, town, author, ordinal, random, class, audience, number, head"
        " FROM stretches WHERE number > 0"
    ).fetchall():
        lane = Lane(
            town=town,
            author=author,
            ordinal=ordinal,
            random=random,
            class_=Class(class_),
            audience=Audience(audience),
        )
        assert lane.id == id_
        yield key, lane, number, head


def _check_lane(file: sqlite3.Connection, key: int, lane: Lane, number: int, head: bytes) -> None:
    """Numbers without gaps, every head, every signature, every payload."""
    entries = file.execute(
        "SELECT number, header, payload, head FROM entries WHERE stretch = ? ORDER BY number",
        (key,),
    ).fetchall()
    assert [entry[0] for entry in entries] == list(range(1, number + 1))
    heads = {0: lane.id}
    for at, header, payload, held in entries:
        heads[at] = fold(heads[at - 1], [header])
        assert heads[at] == held
        if payload is not None:
            assert read_header(header, lane.id).digest == sha256(payload).digest()
    assert heads[number] == head
    signatures = file.execute(
        "SELECT number, signature FROM signatures WHERE stretch = ? ORDER BY number", (key,)
    ).fetchall()
    for at, signature in signatures:
        verify_head(lane, at, heads[at], signature)
    assert signatures[-1][0] == number


def _taken_in_anew(folder: Path) -> bytes:
    """The digest of another machine that took in all of it, by the one door."""
    settings = read_settings(folder)
    database = Database(settings.ledger_path)
    try:
        held = SqliteLedger(database, settings.authorities)
        stranger = MemoryLedger(settings.authorities)
        parcel = Parcel(
            statements=tuple(sorted(s.encoded for s in held.trust().statements)),
            bundles=tuple(runs(held, Summary(statements=frozenset(), lanes={}), settings.towns)),
        )
        receipt = take(stranger, parcel, source="story")
        assert not receipt.refused
        assert not receipt.waiting
        digest = held_digest(held, settings.towns)
        assert held_digest(stranger, settings.towns) == digest
        return digest
    finally:
        database.close()
