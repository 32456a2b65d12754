"""What it costs to bring two machines to the same posts: bytes, turns, CPU, time, memory.

    python bench/exchange.py --n 10000

A node exchanges with a hub, each in processes of its own, over real HTTP on loopback through a
proxy that counts. Beside it, in the same run, what no system can do without: the bare texts packed
as hard as zstd can, and the same rows copied from one SQLite file to another.
"""

import argparse
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import zstandard

from bench import table
from bench.children import Child, free_port, node_process, serving
from bench.proxy import Counted, CountingProxy
from bench.rows import copy_rows
from bench.town import Town, make_town
from bench.usage import Spent, Watch, machine_in_words
from bench.village_text import posts
from sync.machine.settings import LEDGER_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One exchange."""

    counted: Counted
    node: Spent
    hub: Spent
    wall_seconds: float


class Bench:
    """A hub that runs, and the counting proxy before it."""

    def __init__(self, town: Town, hub: Child, proxy: CountingProxy) -> None:
        """Nothing is exchanged yet."""
        self._town = town
        self._hub = hub
        self._proxy = proxy
        self._seed = 0
        self._key = ""

    def write(self, node: Child, count: int, *, half: int | None = None) -> int:
        """New posts at a node by all authors, or by one half of them; their seed."""
        self._seed += 1
        authors = self._town.authors[half::2] if half is not None else self._town.authors
        node.ask("write", count=count, seed=self._seed, authors=[str(author) for author in authors])
        return self._seed

    def exchange(self, node: Child, *, brings: int | None = None, first: bool = False) -> Measured:
        """One exchange of that node with the hub; `brings`: how many entries it must get."""
        self._proxy.look()
        watched, hub = Watch(node.id), Watch(self._hub.id)
        began = time.perf_counter()
        told = node.ask("exchange", url=self._proxy.url, key="" if first else self._key)
        wall = time.perf_counter() - began
        self._key = told["key"]
        assert told["synced"], "after the exchange they don't hold the same"
        assert brings in (None, told["entries"]), told
        return Measured(
            counted=self._proxy.look(), node=watched.spent(), hub=hub.spent(), wall_seconds=wall
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("--n", type=int, default=10_000, help="posts in the cold exchange")
    parser.add_argument("--new", type=int, default=100, help="posts that are new later")
    parser.add_argument("--authors", type=int, default=20, help="how many lanes they are in")
    parser.add_argument("--rounds", type=int, default=5, help="small exchanges are medians of")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.n:,} posts by {told.authors} authors")
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        town = make_town(Path(folder), authors=told.authors)
        port = free_port()
        with (
            serving("hub", town.hub, port) as hub,
            node_process(town.here) as here,
            node_process(town.there) as there,
        ):
            proxy = CountingProxy(port)
            _measure(Bench(town, hub, proxy), here, there, told)
            proxy.close()
        _limits(town, told)


class _Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    pass


def _measure(bench: Bench, here: Child, there: Child, told: argparse.Namespace) -> None:
    n, new = told.n, told.new
    bench.write(here, n)
    rows = {
        f"cold, {n:,} to the hub": [bench.exchange(here, first=True)],
        f"cold, {n:,} from the hub": [bench.exchange(there, brings=n, first=True)],
    }
    names = (
        "no-op",
        f"{new} new to the hub",
        f"{new} new from the hub",
        f"{new // 2} + {new // 2} both ways",
    )
    small: dict[str, list[Measured]] = {name: [] for name in names}
    nothing, to_hub, from_hub, both = small.values()
    for _ in range(told.rounds):
        nothing.append(bench.exchange(there, brings=0))
        bench.write(here, new)
        to_hub.append(bench.exchange(here, brings=0))
        from_hub.append(bench.exchange(there, brings=new))
        bench.write(there, new // 2, half=0)
        bench.exchange(there, brings=0)
        bench.write(here, new // 2, half=1)
        both.append(bench.exchange(here, brings=new // 2))
        bench.exchange(there, brings=new // 2)
    table.show(
        "Exchange of a node with the hub",
        ("", "bytes up", "down", "turns", "CPU node", "CPU hub", "wall", "RSS node", "RSS hub"),
        [_row(name, measured) for name, measured in (rows | small).items()],
    )


def _row(name: str, measured: list[Measured]) -> tuple[str, ...]:
    return (
        name,
        table.number_of_bytes(median(m.counted.up for m in measured)),
        table.number_of_bytes(median(m.counted.down for m in measured)),
        f"{median(m.counted.turns for m in measured):.0f}",
        table.milliseconds(median(m.node.cpu_seconds for m in measured)),
        table.milliseconds(median(m.hub.cpu_seconds for m in measured)),
        table.milliseconds(median(m.wall_seconds for m in measured)),
        table.megabytes(max(m.node.peak_bytes for m in measured)),
        table.megabytes(max(m.hub.peak_bytes for m in measured)),
    )


def _limits(town: Town, told: argparse.Namespace) -> None:
    """What the same posts cost without signatures, chain, or a third machine."""
    rows = []
    for count, seed in ((told.n, 1), (told.new, 2), (told.new // 2, 3)):
        texts = [
            "\n".join(map(str, fields.values())).encode() for fields in islice(posts(seed), count)
        ]
        joined = b"\n".join(texts)
        began = time.process_time()
        packed = len(zstandard.compress(joined, 19))
        spent = time.process_time() - began
        copied = copy_rows(town.here / LEDGER_FILE, town.here / f"copy-{count}.sqlite", count)
        rows.append(
            (
                f"{count:,} posts",
                table.number_of_bytes(len(joined)),
                table.number_of_bytes(packed),
                table.milliseconds(spent),
                table.number_of_bytes(16 * count),
                table.milliseconds(copied),
            )
        )
    table.show(
        "The limit, in the same run",
        ("", "text", "packed, zstd 19", "CPU of it", "salts", "CPU to copy the rows"),
        rows,
    )


if __name__ == "__main__":
    main()
