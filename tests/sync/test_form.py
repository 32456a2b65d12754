"""A ledger's form goes forward one step at a time, never back, and not during a trial."""

import sqlite3
from pathlib import Path

import pytest

from sync.machine import form
from sync.machine.database import Database
from sync.machine.form import HELD_BACK, RELEASES, bring_forward, form_of
from sync.machine.settings import LEDGER_FILE, NotProvisioned
from sync.machine.sqlite import SqliteLedger

STEPS = (("CREATE TABLE one (it INTEGER)",), ("CREATE TABLE two (it INTEGER)",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger's file, of this software."""
    database = Database(tmp_path / LEDGER_FILE)
    SqliteLedger(database, {})
    database.close()
    return tmp_path / LEDGER_FILE


@pytest.fixture
def newer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Software that knows two forms more than what made the file."""
    assert path.exists()
    monkeypatch.setattr(form, "STEPS", STEPS)
    monkeypatch.setattr(form, "FORM", 1 + len(STEPS))


def tables(path: Path) -> set[str]:
    """Those of the file."""
    with sqlite3.connect(path) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


@pytest.mark.usefixtures("newer")
def test_newer_software_brings_it_forward_once(path: Path) -> None:
    for _ in range(2):
        database = Database(path)
        SqliteLedger(database, {})
        assert form_of(database) == 3
        database.close()
    assert {"one", "two"} <= tables(path)


@pytest.mark.usefixtures("newer")
def test_software_on_trial_reads_and_writes_it_as_it_is(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RELEASES, str(tmp_path))
    (tmp_path / HELD_BACK).touch()
    database = Database(path)
    SqliteLedger(database, {})
    assert form_of(database) == 1
    assert not {"one", "two"} & tables(path)
    (tmp_path / HELD_BACK).unlink()
    assert bring_forward(database) == 3


def test_a_later_form_than_is_known_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=2")
    before = path.read_bytes()
    with pytest.raises(NotProvisioned, match="新しい版"):
        SqliteLedger(Database(path), {})
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert len(path.read_bytes()) == len(before)


@pytest.mark.usefixtures("newer")
def test_a_step_that_fails_leaves_it_in_the_form_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "STEPS", (STEPS[0], ("CREATE TABLE two (it INTEGER)", "nonsense")))
    database = Database(path)
    with pytest.raises(sqlite3.OperationalError):
        SqliteLedger(database, {})
    assert form_of(database) == 2
    assert "two" not in tables(path)
