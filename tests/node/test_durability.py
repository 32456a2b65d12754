"""Acknowledged means on the disk: there is one way to open a database, and it waits for that."""

import ast
from pathlib import Path
from threading import Thread

import hub.hub
import node.node
from sync.machine.database import Database
from sync.machine.settings import Part
from tests.node.builders import Village

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["cli", "hub", "kiosk_ui", "node", "provisioning", "sync"]
FULL = 2  # PRAGMA synchronous


def promises(database: Database) -> tuple[object, ...]:
    return tuple(
        database.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    )


def test_every_connection_of_a_machine_waits_for_the_disk(tmp_path: Path) -> None:
    village = Village(tmp_path)
    machine = village.node()
    mailbox = hub.hub.open_hub(village.make("hub", Part.HUB))
    seen = [promises(machine.database), promises(mailbox.ledger._database)]
    other = Thread(target=lambda: seen.append(promises(machine.database)))
    other.start()
    other.join()
    assert seen == [("wal", FULL, 1)] * 3


def test_a_connection_that_is_opened_again_waits_for_the_disk_too(tmp_path: Path) -> None:
    machine = node.node.open_node(Village(tmp_path).make("上郷", Part.NODE))
    machine.database.close()
    assert promises(machine.database) == ("wal", FULL, 1)


def test_nothing_opens_a_database_but_the_one_place_that_sets_this() -> None:
    opening = []
    for path in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")):
        for found in ast.walk(ast.parse(path.read_bytes())):
            match found:
                case ast.Attribute(value=ast.Name(id="sqlite3"), attr="connect" | "Connection"):
                    opening.append(path.relative_to(ROOT).as_posix())
                case ast.ImportFrom(module="sqlite3"):
                    opening.append(path.relative_to(ROOT).as_posix())
    assert set(opening) == {"sync/machine/database.py"}


def test_nothing_lowers_the_promise() -> None:
    for path in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.*")):
        if path.suffix in (".py", ".sql"):
            said = path.read_text().lower()
            assert "synchronous=full" in said or "pragma synchronous" not in said, path
