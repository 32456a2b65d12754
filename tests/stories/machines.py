"""Real machines for stories: processes at free loopback ports, in folders of the test's own.

Whoever starts one owns it: on leaving a `with` all that it started is gone, whatever happened.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any
from uuid import uuid4

import psutil

from node.boards.event import EVENT
from node.language.line import SOCKET_FILE
from node.node import open_node
from node.status import Status, status
from provisioning.town import Plan, Town, make_machines, open_town
from sync.machine.process import die_with_parent
from sync.machine.settings import LEDGER_FILE, Part
from tests.patience import PATIENCE_SECONDS, until
from tests.stories.visitor import Visitor

KAIRAN = Path(sys.executable).with_name("kairan")
TOWN = "990019"
COMMAND_SECONDS_MAX = 300.0

_MARK = "KAIRAN_STORY"  # in the environment of all that a story starts


def titles(machine: "Machine") -> set[str]:
    """Of the events on its board; read in its folder, for who asks again and again."""
    node = open_node(machine.folder)
    try:
        return {post.text("title") for post in node.posts(EVENT, limit=1_000_000)}
    finally:
        node.database.close()


def copied(folder: Path, to: Path) -> Path:
    """A machine's folder once more, as a copied disk has it: without what is only a socket."""
    sockets = shutil.ignore_patterns(SOCKET_FILE)
    return shutil.copytree(folder, to, ignore=sockets, dirs_exist_ok=True)


def kairan(*arguments: str | Path, code: int = 0) -> str:
    """What a command says; it must end with that exit code."""
    done = subprocess.run(
        [KAIRAN, *arguments],
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{said}"
    assert "Traceback" not in said, said
    return said


def free_ports(count: int) -> int:
    """The first of that many ports in a row that nobody has."""
    for _ in range(1_000):
        first = random.randrange(20_000, 32_000)  # below those that connections are given
        with suppress(OSError):
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
    raise AssertionError("no free ports")


class Running:
    """A `kairan` command that runs, and every process that came of it."""

    def __init__(
        self, *arguments: str | Path, log: Path, told: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Start it; what it says goes to `log`. `told`: more for its environment."""
        self.log = log
        self.mark = uuid4().hex
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [KAIRAN, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, **told, _MARK: self.mark},
                start_new_session=True,
                preexec_fn=die_with_parent,  # whatever becomes of the test
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        if wrong is not None:
            print(f"--- {self.log.name}\n{self.said()[-8_000:]}")

    @property
    def pid(self) -> int:
        """Of the command itself."""
        return self._process.pid

    def said(self) -> str:
        """All that was printed."""
        return self.log.read_text(errors="replace")

    def ended(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.poll()

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        os.killpg(self.pid, signal.SIGINT)  # as a terminal does: to all of the group
        return self._process.wait(PATIENCE_SECONDS)

    def terminate(self) -> int:
        """What systemd does; the exit code."""
        self._process.terminate()
        return self._process.wait(PATIENCE_SECONDS)

    def processes(self) -> list[psutil.Process]:
        """All that run because of it, wherever they hang in the tree."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def kill(self) -> None:
        """End whatever is left, at once."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        until(self._nothing_left)

    def _nothing_left(self) -> bool:
        left = self.processes()
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return not left

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.environ().get(_MARK) == self.mark
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            return False


@dataclass(slots=True)
class Machine:
    """One machine of a town: its folder, its address, and what runs of it."""

    part: Part
    folder: Path
    port: int
    running: Running | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        scheme = "https" if self.part is Part.HUB else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def visitor(self) -> Visitor:
        """Somebody who uses it."""
        return Visitor(self.url)

    def start(self, *peers: str) -> None:
        """Switch it on, and wait until it answers."""
        assert self.running is None
        self.running = Running(
            self.part.value,
            "--data",
            self.folder,
            "--port",
            str(self.port),
            *(word for peer in peers for word in ("--peer", peer)),
            log=self.folder.with_suffix(".log"),
        )

        def answers() -> bool:
            assert self.running is not None
            assert self.running.ended() is None, self.running.said()
            return is_well(self.url)

        until(answers)

    def stop(self) -> None:
        """Switch it off."""
        assert self.running is not None
        assert self.running.terminate() == 0
        assert self.running.processes() == []
        self.running = None

    def kairan(self, command: str, *arguments: str | Path, code: int = 0) -> str:
        """What a command at this machine says."""
        return kairan(command, "--data", self.folder, *arguments, code=code)

    def status(self) -> Status:
        """How it is; read in its folder, as `kairan status` does."""
        node = open_node(self.folder)
        try:
            return status(node)
        finally:
            node.database.close()

    def tables(self) -> list[tuple[object, ...]]:
        """All that its boards are drawn from."""
        with closing(sqlite3.connect(self.folder / LEDGER_FILE)) as ledger:
            return ledger.execute("SELECT * FROM posts ORDER BY lane, number").fetchall()

    def board(self, name: str) -> list[dict[str, Any]]:
        """What stands on a board."""
        return list(json.loads(self.kairan("board", name, "--json")))


def is_well(url: str) -> bool:
    """Whether the machine there answers that it is well."""
    try:
        return Visitor(url).ask("GET", "/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


@dataclass(frozen=True, slots=True)
class FourMachines:
    """A town that was provisioned, and is switched on and off machine by machine."""

    hub: Machine
    office: Machine
    here: Machine
    there: Machine

    def __iter__(self) -> Iterator[Machine]:
        return iter((self.hub, self.office, self.here, self.there))


@contextmanager
def town(folder: Path) -> Iterator[FourMachines]:
    """A town of a hub, an office and two nodes that know only the hub; all are switched off."""
    first = free_ports(4)
    parts = {"hub": Part.HUB, "office": Part.OFFICE, "kamigo": Part.NODE, "shimogo": Part.NODE}
    machines = [
        Machine(part, folder / name, first + at) for at, (name, part) in enumerate(parts.items())
    ]
    made: Town = open_town(folder / "authority", code=TOWN, name="霧沢町")
    make_machines(
        made,
        [
            Plan(
                folder=machine.folder,
                name=machine.folder.name,
                part=machine.part,
                hub=None if machine.part is Part.HUB else machines[0].url,
                offer_seconds=1,
            )
            for machine in machines
        ],
    )
    four = FourMachines(*machines)
    try:
        yield four
    finally:
        for machine in four:
            if machine.running is not None:
                machine.running.kill()
                if sys.exc_info()[1] is not None:
                    print(f"--- {machine.folder.name}\n{machine.running.said()[-8_000:]}")


def wait_until_all_hold_the_same(machines: Iterable[Machine]) -> None:
    """Every machine with a board holds what the others hold, and nothing waits or is missing."""
    boards = [machine for machine in machines if machine.part is not Part.HUB]

    def same() -> bool:
        states = [machine.status() for machine in boards]
        return (
            len({state.digests[TOWN] for state in states}) == 1
            and not any(state.holes or state.waiting for state in states)
        )  # fmt: skip

    until(same)


@dataclass(frozen=True, slots=True)
class Village:
    """A sample town that `kairan village` runs."""

    folder: Path
    running: Running
    addresses: dict[str, str]

    def visitor(self, name: str) -> Visitor:
        """Somebody who uses one of its machines."""
        return Visitor(self.addresses[name])

    def machine(self, name: str) -> Machine:
        """One of its machines, for commands."""
        parts = {"hub": Part.HUB, "office": Part.OFFICE}
        return Machine(parts.get(name, Part.NODE), self.folder / name, 0)


@contextmanager
def village(folder: Path, port: int) -> Iterator[Village]:
    """The sample town, running."""
    log = folder.with_suffix(".log")
    began = log.stat().st_size if log.exists() else 0
    with Running("village", "--data", folder, "--port", str(port), log=log) as running:

        def ready() -> bool:
            assert running.ended() is None, running.said()
            return "見本の町が動いています" in log.read_bytes()[began:].decode(errors="replace")

        until(ready)
        yield Village(folder, running, json.loads((folder / "addresses.json").read_text()))
