"""What it costs to make a node's views anew from its ledger, as after a new version.

    python bench/rebuild.py --n 10000

Beside it, in the same run, the limit: the finished rows copied into empty tables with the same
indexes.
"""

import argparse
import sqlite3
import time
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import table
from bench.children import node_process
from bench.rows import PRAGMAS
from bench.town import make_town
from bench.usage import Watch, machine_in_words
from sync.machine.settings import LEDGER_FILE


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=10_000, help="posts in the ledger")
    parser.add_argument("--authors", type=int, default=20, help="how many lanes they are in")
    parser.add_argument("--rounds", type=int, default=5, help="figures are medians of")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.n:,} posts by {told.authors} authors")
    wall, cpu, limit, peak = [], [], [], 0
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        town = make_town(Path(folder), authors=told.authors)
        with node_process(town.here) as node:
            authors = [str(author) for author in town.authors]
            node.ask("write", count=told.n, seed=1, authors=authors)
            for at in range(told.rounds):
                watch, began = Watch(node.id), time.perf_counter()
                node.ask("rebuild")
                wall.append(time.perf_counter() - began)
                spent = watch.spent()
                cpu.append(spent.cpu_seconds)
                peak = max(peak, spent.peak_bytes)
                limit.append(_copy(town.here / LEDGER_FILE, Path(folder) / f"copy-{at}.sqlite"))
    table.show(
        "Views made anew",
        ("", "CPU", "wall", "CPU a post", "RSS"),
        [
            ("rows alone, copied (limit)", table.milliseconds(median(limit)), "", "", ""),
            (
                "`kairan rebuild`",
                table.milliseconds(median(cpu)),
                table.milliseconds(median(wall)),
                table.milliseconds(median(cpu) / told.n),
                table.megabytes(peak),
            ),
        ],
    )


def _copy(ledger: Path, to: Path) -> float:
    """CPU seconds."""
    target = sqlite3.connect(to, isolation_level=None)
    for pragma in PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    target.executescript(files("node.views").joinpath("views.sql").read_text())
    source = sqlite3.connect(ledger)
    began = time.process_time()
    rows = source.execute("SELECT * FROM posts").fetchall()
    blanks = ", ".join("?" * len(rows[0]))
    target.execute("BEGIN IMMEDIATE")
    target.executemany(f"INSERT INTO posts VALUES ({blanks})", rows)
    target.execute("COMMIT")
    spent = time.process_time() - began
    source.close()
    target.close()
    return spent


if __name__ == "__main__":
    main()
