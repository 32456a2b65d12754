"""What only a ledger in a file promises: it outlives the process, and takes many writers."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sync.frontier import Summary
from sync.ingest import Waiting, ingest
from sync.ledger import Known, Ledger, PackedRun
from sync.machine.database import Database
from sync.machine.rows import Row
from sync.machine.sqlite import SqliteLedger
from tests.sync.builders import (
    TOWN,
    Machine,
    authorities,
    keep,
    key,
    lane,
    run,
    sqlite,
)

ROOT = Path(__file__).resolve().parents[2]


def at_once(*doings: Callable[[], None]) -> None:
    """Do them in threads of their own, and fail with the first that failed."""
    failed: list[BaseException] = []

    def guarded(doing: Callable[[], None]) -> None:
        try:
            doing()
        except BaseException as wrong:
            failed.append(wrong)

    threads = [threading.Thread(target=guarded, args=[doing]) for doing in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A process of its own, in the checkout."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_every_connection_writes_through_to_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "kairan.sqlite")
    SqliteLedger(database, authorities())
    found: list[tuple[object, ...]] = []

    def look() -> None:
        asked = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        one = database.connection.execute
        found.append(tuple(one(f"PRAGMA {name}").fetchone()[0] for name in asked))
        database.close()

    look()
    at_once(look, look, look)
    assert found == [("wal", 2, 1, 0)] * 4, "synchronous=2 is FULL"


def test_a_ledger_opened_again_holds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "kairan.sqlite"
    node = Machine("上郷", sqlite(path))
    node.edit(node.post(title="夏祭り"), title="秋祭り")
    keep(node.ledger, TOWN.certify(key("下郷")))
    ingest(node.ledger, run("下郷", empty=[1, 3]), source="stick")
    assert ingest(node.ledger, run("知らない人"), source="stick") == Waiting()
    with node.ledger.transaction():
        node.ledger.remember(
            b"m" * 32, Known(offers_sent=4, agreed_digest=node.digest(), agreed=node.summary())
        )
    begun = node.ledger.own_incarnation(node.identity.public)

    again = Machine("上郷", sqlite(path))
    assert again.digest() == node.digest()
    assert again.boards() == node.boards()
    assert again.bundles() == node.bundles()
    assert again.ledger.known(b"m" * 32) == node.ledger.known(b"m" * 32)
    assert again.ledger.own_incarnation(node.identity.public) == begun
    assert again.ledger.version() == node.ledger.version()
    assert again.ledger.waiting_count() == 1


def test_opening_it_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kairan.sqlite"
    node = Machine("上郷", sqlite(path))
    node.post(title="夏祭り")
    before = node.ledger.version()
    sqlite(path)
    assert node.ledger.version() == before


def numbers_without_gaps(ledger: Ledger, author: str) -> bool:
    found = ledger.run(lane(author).id, 1)
    assert found is not None
    return found.first == 1 and all(entry.payload is not None for entry in found.entries)


def test_posts_written_at_once_in_threads_are_numbered_without_gaps(tmp_path: Path) -> None:
    node = Machine("上郷", sqlite(tmp_path / "kairan.sqlite"))

    def post_ten() -> None:
        for n in range(10):
            node.post(title=f"{n}")

    at_once(post_ten, post_ten, post_ten, post_ten)
    (held,) = node.ledger.lanes()
    assert held.held.number == 40
    assert numbers_without_gaps(node.ledger, "上郷")


POST_TEN = """
import sys
from pathlib import Path
from tests.sync.builders import Machine, sqlite
node = Machine("上郷", sqlite(Path(sys.argv[1])))
for n in range(10):
    node.post(title=sys.argv[2] + str(n))
"""


def test_processes_open_a_new_file_at_once_and_number_without_gaps(tmp_path: Path) -> None:
    path = tmp_path / "kairan.sqlite"
    started = [python(POST_TEN, path, name) for name in "abc"]
    assert [process.wait() for process in started] == [0, 0, 0]
    for process in started:
        process.communicate()
    node = Machine("上郷", sqlite(path))
    (held,) = node.ledger.lanes()
    assert held.held.number == 30
    assert numbers_without_gaps(node.ledger, "上郷")
    titles = [record.fields["title"] for record in node.boards().values() if record]
    assert sorted(map(str, titles)) == sorted(f"{name}{n}" for name in "abc" for n in range(10))


DIE_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from tests.sync.builders import Machine, sqlite
node = Machine("上郷", sqlite(Path(sys.argv[1])))
node.post(title="kept")
print(node.ledger.version(), flush=True)
with node.ledger.transaction():
    node.post(title="lost")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_of_a_process_killed_half_way_all_that_was_acknowledged_is_there(tmp_path: Path) -> None:
    path = tmp_path / "kairan.sqlite"
    killed = python(DIE_HALF_WAY, path)
    acknowledged, _ = killed.communicate()
    assert killed.returncode == -9
    node = Machine("上郷", sqlite(path))
    assert [record and record.fields["title"] for record in node.boards().values()] == ["kept"]
    assert node.ledger.version() == int(acknowledged)


def test_nobody_sees_what_is_not_committed(tmp_path: Path) -> None:
    node = Machine("上郷", sqlite(tmp_path / "kairan.sqlite"))
    seen: list[object] = []

    def look() -> None:
        seen.append((len(node.ledger.lanes()), len(node.ledger.trust().statements)))

    with node.ledger.transaction():
        node.post(title="夏祭り")
        keep(node.ledger, TOWN.certify(key("下郷")))
        at_once(look)
        assert len(node.ledger.trust().statements) == 2
    at_once(look)
    assert seen == [(0, 1), (1, 2)]


def test_a_statement_that_was_undone_says_nothing(tmp_path: Path) -> None:
    ledger = sqlite(tmp_path / "kairan.sqlite")
    with pytest.raises(InterruptedError), ledger.transaction():  # noqa: PT012 - what is undone
        keep(ledger, TOWN.certify(key("上郷")))
        assert ledger.trust().certificates(lane().author)
        raise InterruptedError
    assert not ledger.trust().certificates(lane().author)
    keep(ledger, TOWN.certify(key("下郷")))
    assert not ledger.trust().certificates(lane().author)


def test_a_transaction_around_the_ledgers_own_would_keep_views_in_the_dark(tmp_path: Path) -> None:
    database = Database(tmp_path / "kairan.sqlite")
    node = Machine("上郷", SqliteLedger(database, authorities()))
    with pytest.raises(AssertionError), database.transaction():
        node.post(title="夏祭り")
    assert node.ledger.lanes() == []


def test_what_another_process_agrees_on_meanwhile_leaves_nothing_agreed(tmp_path: Path) -> None:
    """A base that is gone as it is asked for is none: then all is told."""
    path, peer = tmp_path / "ledger.sqlite", bytes(32)
    first = sqlite(path)

    def agree_on(number: int) -> None:
        with first.transaction():
            agreed = Summary(statements=frozenset({bytes([number]) * 32}), lanes={})
            first.remember(peer, Known(agreed_digest=bytes([number]) * 32, agreed=agreed))

    class Slow(SqliteLedger):
        def _base(self, digest: bytes) -> Summary | None:
            agree_on(2)
            return super()._base(digest)

    agree_on(1)
    assert Slow(Database(path), authorities()).known(peer) == Known()
    assert sqlite(path).known(peer).agreed_digest == bytes([2]) * 32


def test_a_pack_that_is_gone_is_never_another_one(tmp_path: Path) -> None:
    """Else who was about to be sent one of open lanes might get what a town keeps for itself."""
    here = Machine("上郷", sqlite(tmp_path / "ledger.sqlite"))
    here.post(title="回覧")
    (run_held,) = [PackedRun(item.id, 1, 1) for item in here.ledger.lanes()]
    with here.ledger.transaction():
        here.ledger.keep_packed([run_held], b"for all", size=1)
    (pack,) = here.ledger.packs()
    with here.ledger.transaction():
        here.ledger.unpack(pack)
        here.ledger.keep_packed([run_held], b"for few", size=1)
    assert here.ledger.packed(pack) is None


def test_packs_are_listed_while_another_process_packs(tmp_path: Path) -> None:
    other = Machine("上郷", sqlite(tmp_path / "ledger.sqlite"))
    other.post(title="回覧")
    (lane_held,) = other.ledger.lanes()

    class Slow(SqliteLedger):
        def _all(self, sql: str, *values: object) -> list[Row]:
            found = super()._all(sql, *values)
            if not other.ledger.packs():
                with other.ledger.transaction():
                    other.ledger.keep_packed([PackedRun(lane_held.id, 1, 1)], b"", size=1)
            return found

    slow = Slow(Database(tmp_path / "ledger.sqlite"), authorities())
    assert slow.packs() == []
    assert slow.packs() == other.ledger.packs() != []


def test_while_somebody_reads_the_log_is_not_emptied_and_others_can_write(tmp_path: Path) -> None:
    """SQLite lets nobody write while it waits for who reads; five seconds are ample without."""
    machine = Machine("上郷", sqlite(tmp_path / "ledger.sqlite"))
    machine.post(title="夏祭り")
    database = Database(tmp_path / "ledger.sqlite")
    reader = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM entries").fetchone() == (1,)
    machine.post(title="秋祭り")
    emptied: list[bool] = []

    def empty() -> None:
        for _ in range(5):
            emptied.append(database.empty_log())
        database.close()

    def write() -> None:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite", timeout=5.0)) as writer, writer:
            writer.execute("UPDATE counts SET version = version + 1")

    at_once(empty, write)
    assert emptied == [False] * 5
    reader.close()
    assert database.empty_log()
