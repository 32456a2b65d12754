"""How much memory a hub takes while it packs, serves and takes in, all at once.

    python bench/memory.py --n 10000

A hub holds posts that were never packed. Once it packs them, one machine fetches all and another
fetches all and brings more. Memory is each process's own share of shared pages (PSS), looked at
all the while: the most of all its processes at one moment, and of each by itself.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import psutil

from bench import table
from bench.children import Child, free_port, node_process, serving
from bench.town import Town, make_town
from bench.usage import machine_in_words
from bench.village_text import posts
from hub.hub import open_hub
from sync.lane import Audience, Class, Lane
from sync.machine import clock, keys
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE
from sync.writing import Draft, write

_LOOK_SECONDS = 0.02
_PACKING = "sync.machine.packing_apart"
_PACKING_SECONDS_MAX = 120.0


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=10_000, help="posts that the hub holds")
    parser.add_argument("--brought", type=int, default=3_000, help="posts that are new to it")
    parser.add_argument("--authors", type=int, default=20, help="how many lanes they are in")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.n:,} posts by {told.authors} authors")
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        town = make_town(Path(folder), authors=told.authors)
        _fill(town, told.n)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with node_process(town.here) as here, node_process(town.there) as there:
            there.ask("write", count=told.brought, seed=2, authors=[])
            with serving("hub", town.hub, port) as hub:
                watch = _Watch(hub.id)
                at_rest = watch.now()
                watch.start()
                _until(lambda: watch.packs)
                _both_exchange(here, there, url)
                _until(lambda: watch.packed)
                watch.stop()
    _show(at_rest, watch)


def _fill(town: Town, count: int) -> None:
    """The hub's ledger, as if machines had come by; each post is signed by itself."""
    hub = open_hub(town.hub)
    authors = [load_identity(author / KEY_FILE) for author in town.authors]
    with hub.ledger.transaction():
        for identity, fields in zip(cycle(authors), islice(posts(seed=1), count), strict=False):
            ordinal, random = hub.ledger.own_incarnation(identity.public)
            lane = Lane(
                town=hub.settings.towns[0],
                author=identity.public,
                ordinal=ordinal,
                random=random,
                class_=Class.BOARD,
                audience=Audience.TOWN,
            )
            draft = Draft(kind="event/write", fields=fields)
            write(
                hub.ledger,
                lane,
                [draft],
                key=identity.private,
                written=clock.now().written,
                salt=keys.salt,
            )
    hub.database.close()


def _both_exchange(here: Child, there: Child, url: str) -> None:
    asks = [
        Thread(target=each.ask, args=("exchange",), kwargs={"url": url, "key": ""})
        for each in (here, there)
    ]
    for each in asks:
        each.start()
    for each in asks:
        each.join()


@dataclass(frozen=True, slots=True)
class _Taken:
    """Bytes, at one moment."""

    by: Mapping[str, int]  # process

    @property
    def all(self) -> int:
        return sum(self.by.values())


@dataclass(slots=True)
class _Watch:
    """Looks at a process and those it started, all the while."""

    root: int
    most: _Taken = field(default_factory=lambda: _Taken({}))
    most_of_each: dict[str, int] = field(default_factory=dict)
    packs: bool = False
    packed: int = 0  # times
    _ended: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def now(self) -> _Taken:
        """What they take."""
        root = psutil.Process(self.root)
        by: dict[str, int] = {}
        for at, process in enumerate([root, *root.children(recursive=True)]):
            with suppress(psutil.Error, OSError):  # it ended a moment ago
                name = _PACKS if _PACKING in process.cmdline() else _NAMES[min(at, 1)]
                by[name] = by.get(name, 0) + process.memory_full_info().pss
        return _Taken(by)

    def start(self) -> None:
        """Until `stop`."""
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """That was all."""
        self._ended.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            now = self.now()
            if self.packs and _PACKS not in now.by:
                self.packed += 1
            self.packs = _PACKS in now.by
            self.most = max(self.most, now, key=lambda taken: taken.all)
            for name, size in now.by.items():
                self.most_of_each[name] = max(size, self.most_of_each.get(name, 0))


_NAMES, _PACKS = ("the process that starts it", "the one that serves"), "the one that packs"


def _until(seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PACKING_SECONDS_MAX
    while not seen():
        if time.monotonic() > deadline:
            sys.exit("nothing was packed")
        time.sleep(_LOOK_SECONDS)


def _show(at_rest: _Taken, watch: _Watch) -> None:
    rows = [
        (
            name,
            table.megabytes(at_rest.by.get(name, 0)),
            table.megabytes(watch.most.by.get(name, 0)),
            table.megabytes(watch.most_of_each.get(name, 0)),
        )
        for name in (*_NAMES, _PACKS)
    ]
    whole = (table.megabytes(at_rest.all), table.megabytes(watch.most.all), "")
    table.show(
        "A hub's memory (PSS)",
        ("", "at rest", "when all together take most", "when it takes most itself"),
        [*rows, ("together", *whole)],
    )


if __name__ == "__main__":
    main()
