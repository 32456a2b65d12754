"""What a post costs, from the button to the disk, and that it costs no more in a large ledger.

    python bench/post.py            at 1,000 and 10,000 posts; with --large at 50,000 too

By turns: a post through `Node.add`; a row of the same bytes into a bare table of as many rows,
with the same pragmas and in a transaction of its own (the limit); a form sent over HTTP to
`kairan web`. All are on the disk when they are acknowledged.
"""

import argparse
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench import table
from bench.children import free_port, node_process, serving
from bench.form import Form
from bench.rows import insert_row, open_rows
from bench.town import Town, make_town
from bench.usage import Watch, machine_in_words
from bench.village_text import posts
from node.boards import BOARDS
from node.node import Node, open_node
from sync.entry import make_payload

_BOARD = "event"
_Fields = Mapping[str, object]


@dataclass(slots=True)
class Samples:
    """Of one way to write, in seconds a post."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def take(self, do: Callable[[], object], cpu: Callable[[], float]) -> None:
        """Do it once, timed."""
        spent, began = cpu(), time.perf_counter()
        do()
        self.wall.append(time.perf_counter() - began)
        self.cpu.append(cpu() - spent)

    def row(self, name: str, size: int) -> tuple[str, ...]:
        """For the table."""
        return (
            f"{size:,} held",
            name,
            table.milliseconds(median(self.wall)),
            table.milliseconds(quantiles(self.wall, n=100, method="inclusive")[-1]),
            table.milliseconds(median(self.cpu)),
            table.milliseconds(sum(self.cpu) / len(self.cpu)),
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--large", action="store_true", help="at 50,000 posts too")
    parser.add_argument("--posts", type=int, default=500, help="how many are timed at each size")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.posts} posts at each size, all by this machine")
    rows: list[tuple[str, ...]] = []
    for size in [*told.sizes, *([50_000] if told.large else [])]:
        with TemporaryDirectory(prefix="kairan-bench-") as folder:
            rows += _measure(make_town(Path(folder)), size, told.posts)
    table.show(
        "One post, acknowledged when it is on the disk",
        ("", "", "median", "p99", "CPU, median", "CPU, mean"),
        rows,
    )


def _measure(town: Town, size: int, count: int) -> list[tuple[str, ...]]:
    with node_process(town.here) as filling:
        filling.ask("write", count=size, seed=1, authors=[])
    bare = open_rows(town.here / "bare.sqlite")
    bare.execute("BEGIN")
    for number, payload in enumerate(_payloads(size, seed=1)):
        _insert_unsynced(bare, number, payload)
    bare.execute("COMMIT")
    node, port = open_node(town.here), free_port()
    limit, added, sent = Samples(), Samples(), Samples()
    with serving("web", town.here, port) as web:
        form = Form(port, _BOARD)
        watch = Watch(web.id)
        for at, (fields, payload) in enumerate(
            zip(posts(seed=2), _payloads(count, seed=2), strict=False)
        ):
            number = size + at
            limit.take(lambda n=number, p=payload: insert_row(bare, n, p), time.thread_time)  # type: ignore[misc]
            added.take(lambda f=fields: _add(node, f), time.thread_time)  # type: ignore[misc]
            sent.take(lambda f=fields: form.send(f), lambda: watch.spent().cpu_seconds)  # type: ignore[misc]
        form.close()
    node.database.close()
    bare.close()
    return [
        limit.row("bare SQLite insert (limit)", size),
        added.row("`Node.add`", size),
        sent.row("form over HTTP", size),
    ]


def _add(node: Node, fields: _Fields) -> None:
    node.add(BOARDS[_BOARD], fields)


def _payloads(count: int, *, seed: int) -> Iterator[bytes]:
    return (make_payload(fields, salt=bytes(8)) for fields in islice(posts(seed), count))


def _insert_unsynced(connection: sqlite3.Connection, number: int, payload: bytes) -> None:
    connection.execute(
        "INSERT INTO entries VALUES (1, ?, ?, ?, ?)", (number, payload[:100], payload, payload[:32])
    )


if __name__ == "__main__":
    main()
