"""How long until each of a node's two processes notices what the other one committed.

    python bench/notice.py --posts 50

There: a form is sent to `kairan web`; `kairan sync` beside it watches the same ledger and offers
to a hub through a proxy that looks at the clock. From the answer to the form until the first byte
of the offer, and until the last byte of the hub's answer. The limit is half of the interval at
which the ledger is looked at.

And back: `kairan sync` takes in from the hub what another node changed. From when a third process,
that does nothing but look at the ledger, sees the entry, until `kairan web` has answered with a
board that shows it; the page as it was before is kept by then. The limits are the same page drawn
anew where nothing has changed, and what any process needs to see what another one has committed to
a bare table.
"""

import argparse
import http.client
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench import table
from bench.children import Child, free_port, serving
from bench.form import Form
from bench.proxy import CountingProxy
from bench.rows import insert_row, open_rows
from bench.town import make_town
from bench.usage import Watch, machine_in_words
from bench.village_text import posts
from node.node import SOFTWARE, edition, open_node
from node.road import HttpRoad
from node.syncing import WATCH_SECONDS
from sync.ingest import ingest_statement
from sync.machine.exchanging import converse
from sync.machine.settings import LEDGER_FILE

_SECONDS_MAX = 20.0
_QUIET_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=50, help="how many are timed")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds in which nothing happens")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.posts} posts")
    hub_port, web_port = free_port(), free_port()
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        proxy = CountingProxy(hub_port)
        town = make_town(Path(folder), peer_of_here=proxy.url)
        with (
            serving("hub", town.hub, hub_port),
            serving("web", town.here, web_port),
            Child("-m", "cli.main", "sync", "--data", str(town.here)) as sync,
        ):
            _wait_for_answer(proxy)
            form = Form(web_port, "event")
            noticed, arrived = _measure(form, proxy, told.posts)
            idle = _idle_cpu(sync, told.idle)
            with Elsewhere(town.there, hub_port) as elsewhere:
                shown = _measure_back(form, elsewhere, town.here, web_port, told.posts)
            form.close()
        proxy.close()
        bare = _bare_rows(Path(folder) / "rows.sqlite", told.posts)
    _show(noticed, arrived, idle)
    _show_back(bare, shown)


def _measure(form: Form, proxy: CountingProxy, count: int) -> tuple[list[float], list[float]]:
    noticed, arrived = [], []
    random = Random(1)
    for fields in islice(posts(seed=1), count):
        time.sleep(_QUIET_SECONDS + random.random() * WATCH_SECONDS)
        proxy.look()
        form.send(fields)
        acknowledged = time.perf_counter()
        first_up, last_down = _wait_for_answer(proxy)
        noticed.append(first_up - acknowledged)
        arrived.append(last_down - acknowledged)
    return noticed, arrived


def _wait_for_answer(proxy: CountingProxy) -> tuple[float, float]:
    """When an offer began, and when its answer had come and nothing followed."""
    deadline = time.perf_counter() + _SECONDS_MAX
    while time.perf_counter() < deadline:
        seen = proxy.now()
        if (
            seen.first_up is not None
            and seen.last_down is not None
            and time.perf_counter() - seen.last_down > _QUIET_SECONDS
        ):
            return seen.first_up, seen.last_down
        time.sleep(0.01)
    raise AssertionError("no offer was made")


class Elsewhere:
    """Another node: it changes the same post again and again, and brings it to the hub."""

    def __init__(self, folder: Path, hub_port: int) -> None:
        """Its post is on the hub when this returns."""
        self._node = open_node(folder)
        self._road = HttpRoad(f"http://127.0.0.1:{hub_port}")
        self._hub, statements = self._road.hello()
        for statement in statements:
            ingest_statement(self._node.ledger, statement)
        # So that it stands on the first page, whenever this runs.
        day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        self._fields = {"title": "はじめ", "state": "planned", "starts_on": day, "place": "庭"}
        self._post = self._node.add(self._node.boards["event"], self._fields)

    def __enter__(self) -> "Elsewhere":
        return self

    def __exit__(self, *_: object) -> None:
        self._road.close()
        self._node.database.close()

    def change(self, title: str) -> None:
        """The hub holds the change when this returns."""
        node, fields = self._node, {**self._fields, "title": title}
        self._post = node.edit(self._post, fields, seen=edition(self._post))
        converse(node.ledger, self._road, me=node.identity, to=self._hub, software=SOFTWARE)


class Board:
    """A board as a browser asks for it, on a connection that is kept."""

    def __init__(self, port: int) -> None:
        """`port`: of the web process, on loopback."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def read(self, *, anew: str = "") -> str:
        """The page now; not a kept one where nobody asked for it by that name yet."""
        self._connection.request("GET", f"/boards/event?{anew}" if anew else "/boards/event")
        return self._connection.getresponse().read().decode()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@dataclass(slots=True)
class Shown:
    """Pages that were asked for, in seconds each."""

    kept: list[float] = field(default_factory=list)  # nothing had changed
    drawn: list[float] = field(default_factory=list)  # nor here, but it was drawn all the same
    changed: list[float] = field(default_factory=list)  # from the commit to the page that shows it
    late: int = 0  # pages that didn't show it yet


def _measure_back(form: Form, elsewhere: Elsewhere, here: Path, web_port: int, times: int) -> Shown:
    shown, board = Shown(), Board(web_port)
    with closing(sqlite3.connect(here / LEDGER_FILE, isolation_level=None)) as ledger:
        for number, fields in enumerate(posts(seed=2), 1):
            title = f"{number}回めの変更"
            elsewhere.change(title)
            held = _entries(ledger)
            form.send(fields)  # of this the sync process hears, and asks the hub
            board.read()
            kept, drawn = _timed(board), _timed(board, anew=str(number))
            if _entries(ledger) == held + 1:  # else it was quicker than we were
                _wait_for_entry(ledger, held + 2)
                began = time.perf_counter()
                while title not in board.read():
                    shown.late += 1
                shown.changed.append(time.perf_counter() - began)
                shown.kept.append(kept)
                shown.drawn.append(drawn)
            if len(shown.changed) == times:
                break
            time.sleep(_QUIET_SECONDS)
    board.close()
    return shown


def _timed(board: Board, *, anew: str = "") -> float:
    began = time.perf_counter()
    board.read(anew=anew)
    return time.perf_counter() - began


def _entries(ledger: sqlite3.Connection) -> int:
    (number,) = ledger.execute("SELECT max(rowid) FROM entries").fetchone()
    return int(number)


def _wait_for_entry(ledger: sqlite3.Connection, number: int) -> None:
    deadline = time.perf_counter() + _SECONDS_MAX
    while _entries(ledger) < number:
        assert time.perf_counter() < deadline, "nothing was taken in"


def _bare_rows(path: Path, times: int) -> list[float]:
    """From when a COMMIT of another process has returned until this one sees the row."""
    seen = []
    context = get_context("spawn")
    here, there = context.Pipe()
    writer = context.Process(target=_write_rows, args=(path, there), daemon=True)
    writer.start()
    here.recv()  # the table is made
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        for number in range(1, times + 1):
            here.send(number)
            while rows.execute("SELECT max(rowid) FROM entries").fetchone() != (number,):
                pass
            now = time.perf_counter()
            seen.append(max(0.0, now - here.recv()))
    here.send(None)
    writer.join()
    return seen


def _write_rows(path: Path, asked: Connection) -> None:
    with closing(open_rows(path)) as rows:
        asked.send(None)
        while (number := asked.recv()) is not None:
            insert_row(rows, number, bytes(500))
            asked.send(time.perf_counter())  # of all processes: CLOCK_MONOTONIC


def _idle_cpu(sync: Child, seconds: float) -> float:
    """CPU seconds of the sync process in a second in which nothing happens."""
    watch = Watch(sync.id)
    time.sleep(seconds)
    return watch.spent().cpu_seconds / seconds


def _show(noticed: list[float], arrived: list[float], idle: float) -> None:
    half, whole = WATCH_SECONDS / 2, WATCH_SECONDS
    rows = [("half the interval, the interval (limit)", half, whole, whole)]
    for name, seconds in (("the offer begins", noticed), ("the hub has answered", arrived)):
        rows.append(
            (name, median(seconds), quantiles(seconds, n=20, method="inclusive")[-1], max(seconds))
        )
    table.show(
        "After the form was answered",
        ("", "median", "p95", "most"),
        [(name, *map(table.milliseconds, seconds)) for name, *seconds in rows],
    )
    print(f"CPU of the sync process while nothing happens: {idle * 1e3:.1f} ms a second")


def _show_back(bare: list[float], shown: Shown) -> None:
    table.show(
        "After the sync process has committed",
        ("", "median", "p99", "most"),
        [
            (name, *map(table.milliseconds, (median(seconds), _p99(seconds), max(seconds))))
            for name, seconds in (
                ("a bare row is seen by another process (limit)", bare),
                ("the board, unchanged and kept, is asked for", shown.kept),
                ("the board, unchanged, is drawn anew (limit)", shown.drawn),
                ("the board that shows it has come", shown.changed),
            )
        ],
    )
    print(f"pages that came before and did not show it yet: {shown.late}")


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1]


if __name__ == "__main__":
    main()
