"""Real machines on a LAN of a test's own: `kairan node` in a network namespace each."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psutil

from node.notebook import Neighbour, Notebook
from provisioning.town import Plan, Town, make_machines, open_town
from sync import cbor
from sync.machine.keys import load_identity
from sync.machine.process import die_with_parent
from sync.machine.settings import KEY_FILE, LEDGER_FILE, NOTEBOOK_FILE, Part
from tests.lan.network import Host, Lan, lan
from tests.patience import PATIENCE_SECONDS, until
from tests.stories.visitor import Visitor

KAIRAN = Path(sys.executable).with_name("kairan")
PORT = 8700
TOWN, TOWN_NAME = "990019", "霧沢町"
END_SECONDS_MAX = 120.0

_EVERYWHERE = "0.0.0.0"  # noqa: S104  # in a network of its own
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Machine:
    """A node at its place on the LAN."""

    host: Host
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def key(self) -> bytes:
        """Its public key."""
        return load_identity(self.folder / KEY_FILE).public

    @property
    def url(self) -> str:
        """Where it answers now."""
        return f"http://{self.host.address}:{PORT}"

    @property
    def log(self) -> Path:
        """What its processes say."""
        return self.folder.with_suffix(".log")

    def start(self, *peers: "Machine", part: str = "node") -> None:
        """Switch it on, or one part of it alone; `peers`: whose address it is told."""
        command = self.host.command(
            *(str(KAIRAN), part, "--data", str(self.folder)),
            *("--address", _EVERYWHERE, "--port", str(PORT)),
            *(word for peer in peers for word in ("--peer", peer.url)),
        )
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def stop(self) -> None:
        """Switch it off in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(END_SECONDS_MAX)
            self._process = None

    def kill(self) -> None:
        """Switch it off at once; its processes die with the first."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(END_SECONDS_MAX)
            self._process = None

    def shows(self, *titles: str) -> bool:
        """Whether all of these stand on its board."""
        return set(titles) <= self.titles()

    def answers(self) -> bool:
        """Whether its screens are up."""
        with self.host.inside(), suppress(OSError):
            return Visitor(self.url).ask("GET", "/healthz").status == 200
        return False

    def post(self, title: str) -> str:
        """At its kiosk; the record's address."""
        with self.host.inside():
            return Visitor(self.url).post(
                "event", title=title, starts_on="2030-05-05", place="公民館"
            )

    def titles(self) -> set[str]:
        """What stands on its board of events."""
        with closing(sqlite3.connect(f"file:{self.folder / LEDGER_FILE}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT sort, fields FROM posts WHERE state = 'shown'").fetchall()
        return {_title(fields) for _, fields in rows}

    def neighbours(self) -> dict[bytes, Neighbour]:
        """Those on the LAN that it has met, by key."""
        noted = Notebook(self.folder / NOTEBOOK_FILE).neighbours()
        return {
            bytes.fromhex(neighbour.key): neighbour
            for neighbour in noted
            if neighbour.road == "lan" and neighbour.reached
        }

    def segments(self) -> int:
        """TCP segments that ever came to it."""
        with self.host.inside():
            names, values = (
                line.split()[1:]
                for line in Path("/proc/thread-self/net/snmp").read_text().splitlines()
                if line.startswith("Tcp:")
            )
        return int(dict(zip(names, values, strict=True))["InSegs"])

    def processes(self) -> list[psutil.Process]:
        """Its own, the first of them first."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]


def _title(fields: bytes) -> str:
    decoded = cbor.decode(fields, bytes_max=len(fields))
    assert isinstance(decoded, dict)
    return str(decoded.get("title"))


@dataclass(frozen=True, slots=True)
class Village:
    """Machines of one town, each at its place on one LAN."""

    lan: Lan
    town: Town
    machines: Sequence[Machine]

    def __iter__(self) -> Iterator[Machine]:
        return iter(self.machines)

    def start(self) -> None:
        """Switch all on, and wait until all answer."""
        for machine in self:
            machine.start()
        for machine in self:
            until(machine.answers)

    def all_know_each_other(self) -> bool:
        """Whether each has exchanged with each."""
        return not self.strangers(since=_EPOCH)

    def strangers(self, *, since: datetime) -> list[tuple[Machine, Machine]]:
        """Those of whom one has had no exchange with the other since."""
        return [
            (one, other)
            for one in self
            for met in [one.neighbours()]
            for other in self
            if other is not one and not _is_well(met.get(other.key), since)
        ]

    def post_everywhere(self, words: str) -> None:
        """A post from each is on every board, in the end."""
        for machine in self:
            machine.post(f"{words}{machine.host.number}")
        wanted = [f"{words}{machine.host.number}" for machine in self]
        for machine in self:
            until(partial(machine.shows, *wanted))

    def all_exchange_again(self, words: str) -> None:
        """Every machine fetches from every other, in the end, and all boards show all."""
        began = datetime.now(UTC).replace(microsecond=0)
        self.post_everywhere(words)
        deadline = time.monotonic() + PATIENCE_SECONDS
        # What came round by another way was not fetched where it was written: then once more.
        while left := self.strangers(since=began):
            assert time.monotonic() < deadline, [
                (one.folder.name, other.folder.name, one.neighbours().get(other.key))
                for one, other in left
            ]
            for at, machine in enumerate({id(other): other for _, other in left}.values()):
                title = f"{words}{machine.host.number}、もう一度{at}"
                machine.post(title)
                for here in self:
                    until(partial(here.shows, title))


def _is_well(neighbour: Neighbour | None, since: datetime) -> bool:
    return (
        neighbour is not None
        and not neighbour.problem
        and datetime.fromisoformat(neighbour.reached) >= since
    )


@contextmanager
def village(folder: Path, count: int, *, offer_seconds: int = 3_600) -> Iterator[Village]:
    """That many machines, provisioned together and switched off.

    They offer by themselves so seldom that what crosses did so because it was told.
    """
    town = open_town(folder / "authority", code=TOWN, name=TOWN_NAME)
    names = [f"公民館{number}" for number in range(1, count + 1)]
    plans = [
        Plan(folder=folder / f"m{at}", name=name, part=Part.NODE, offer_seconds=offer_seconds)
        for at, name in enumerate(names, 1)
    ]
    make_machines(town, plans)
    with lan() as made:
        machines = [Machine(made.host(), plan.folder) for plan in plans]
        try:
            yield Village(made, town, machines)
        finally:
            _end(machines)
            if sys.exc_info()[1] is not None:
                for machine in machines:
                    print(f"--- {machine.folder.name}\n{_last(machine.log)}")


def _end(machines: Iterable[Machine]) -> None:
    for machine in machines:
        machine.kill()


def _last(log: Path) -> str:
    return log.read_text(errors="replace")[-4_000:] if log.exists() else ""
