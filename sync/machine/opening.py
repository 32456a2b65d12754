"""Opening what a provisioned machine has in its folder: its key, its ledger, what certifies it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sync import cbor
from sync.errors import Malformed
from sync.ingest import Kept, Refused, ingest_statement
from sync.ledger import Ledger
from sync.machine.database import Database
from sync.machine.enrolling import grow_up
from sync.machine.keys import Identity
from sync.machine.mishap import mind_a_missing
from sync.machine.own_keys import own_key
from sync.machine.settings import KEY_FILE, STATEMENTS_FILE, NotProvisioned, Settings
from sync.trust import Refusal

_Machine = TypeVar("_Machine")


def with_ledger(path: Path, open_machine: Callable[[Database], _Machine]) -> _Machine:
    """A machine opened over its ledger's file; over a new one if that is damaged."""
    mind_a_missing(path)
    database = Database(path)
    try:
        return open_machine(database)
    except sqlite3.DatabaseError as wrong:
        if not database.give_up(wrong):
            raise
    return open_machine(Database(path))


def open_identity(settings: Settings, name: str = KEY_FILE) -> Identity:
    """A key of the machine, perhaps closed. Raises NotProvisioned."""
    try:
        grow_up(settings.folder)
        return own_key(settings.folder, name)
    except (OSError, ValueError) as wrong:
        raise NotProvisioned(f"鍵（{settings.folder / name}）を読めません: {wrong}") from wrong


def take_in_statements(settings: Settings, ledger: Ledger) -> None:
    """Keep the statements that the machine was provisioned with; those it has change nothing.

    Raises NotProvisioned if one of them isn't, and never was, an authority's.
    """
    held = {statement.encoded for statement in ledger.trust().statements}
    for statement in read_statements(settings.folder / STATEMENTS_FILE):
        if statement in held:
            continue
        match ingest_statement(ledger, statement):
            case Kept() | Refused(Refusal.REVOKED):  # its signer was replaced since
                continue
            case Refused():
                raise NotProvisioned(f"{STATEMENTS_FILE} に、この町の証明でないものがあります。")


def read_statements(path: Path) -> list[bytes]:
    """The statements in a file, none where there is none. Raises NotProvisioned."""
    try:
        items = list(cbor.sequence(path.read_bytes()))
    except FileNotFoundError:
        return []
    except (OSError, Malformed) as wrong:
        raise NotProvisioned(f"{path} を読めません: {wrong}") from wrong
    return [item for item in items if isinstance(item, bytes)]
