"""What processes say to systemd while they do what they are there for; the test waits for word."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from provisioning.page_certificates import give_pages_certificate
from provisioning.town import Plan, make_machines, open_town
from sync.machine.settings import SETTINGS_FILE, Part
from sync.machine.starter import who_started_us
from tests.patience import PATIENCE_SECONDS, until
from tests.stories.machines import TOWN, Running, free_ports, is_well

PATIENCE_OF_SYSTEMD_SECONDS = 0.6
QUIET_SECONDS = 2.0  # in which ten words would have come
HANGS_SECONDS = 30.0  # of which two are too many


@dataclass
class Waiting:
    """Whoever started a process and waits for word."""

    socket: socket.socket
    address: Path

    @property
    def told(self) -> dict[str, str]:
        """As systemd has it in the environment."""
        microseconds = int(PATIENCE_OF_SYSTEMD_SECONDS * 1e6)
        return {"NOTIFY_SOCKET": str(self.address), "WATCHDOG_USEC": str(microseconds)}

    def hears(self, *, seconds: float = PATIENCE_SECONDS) -> str:
        """The next word; "" where none comes."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(100).decode()
        except TimeoutError:
            return ""

    def hears_all_is_well(self) -> None:
        """First that it is ready, then again and again that it is well."""
        assert self.hears() == "READY=1"
        assert [self.hears(), self.hears()] == ["WATCHDOG=1", "WATCHDOG=1"]

    def waits_in_vain(self) -> bool:
        """Whether no word comes any more."""
        while self.hears(seconds=PATIENCE_OF_SYSTEMD_SECONDS):
            pass
        return self.hears(seconds=QUIET_SECONDS) == ""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        yield Waiting(listener, address)


@contextmanager
def running(
    folder: Path, part: Part, waiting: Waiting, *command: str, https: int | None = None
) -> Iterator[Running]:
    """One process of a machine of that part. `https`: a port for its pages over TLS."""
    town, machine = open_town(folder / "authority", code=TOWN, name="霧沢町"), folder / "machine"
    make_machines(town, [Plan(folder=machine, name="上郷", part=part)])
    if https is not None:
        give_pages_certificate(machine, names=["127.0.0.2"], daily=town.authority, town="霧沢町")
        settings = machine / SETTINGS_FILE
        settings.write_text(f"https = {https}\n" + settings.read_text())
    with Running(
        *command, "--data", folder / "machine", log=folder / "log", told=waiting.told
    ) as it:
        yield it


def worker(of: Running, port: int) -> psutil.Process:
    """Who takes in what comes to that port."""
    (found,) = [
        process
        for process in of.processes()
        if process.children() == [] and process.pid != of.pid and listens(process, port)
    ]
    return found


def _is_ended_when_it_hangs(process: psutil.Process) -> bool:
    """Whether it was within a while. Else it goes on: who never heard from it waits longer."""
    process.suspend()
    with suppress(psutil.TimeoutExpired):
        process.wait(HANGS_SECONDS)
        return True
    process.resume()
    return False


def listens(process: psutil.Process, port: int) -> bool:
    return any(c.laddr.port == port for c in process.net_connections() if c.status == "LISTEN")


def test_the_screens_are_well_only_while_a_page_comes(tmp_path: Path, waiting: Waiting) -> None:
    port = free_ports(1)
    with running(tmp_path, Part.NODE, waiting, "web", "--port", str(port)) as screens:
        waiting.hears_all_is_well()
        assert is_well(f"http://127.0.0.1:{port}")
        who_answers = worker(screens, port)
        who_answers.suspend()
        assert waiting.waits_in_vain()
        who_answers.resume()
        assert waiting.hears() == "WATCHDOG=1"


def test_where_the_network_is_answered_too_both_must_answer(
    tmp_path: Path, waiting: Waiting
) -> None:
    port = free_ports(1)
    everywhere = ("--port", str(port), "--address", "0.0.0.0")  # noqa: S104
    with running(tmp_path, Part.NODE, waiting, "web", *everywhere) as screens:
        waiting.hears_all_is_well()
        of_the_network = [
            process
            for process in screens.processes()
            if process.children() == []
            and any(c.laddr.ip == "0.0.0.0" for c in process.net_connections())  # noqa: S104
        ]
        for process in of_the_network:
            process.suspend()
        assert of_the_network
        assert is_well(f"http://127.0.0.1:{port}"), "the kiosk's goes on"
        assert waiting.waits_in_vain()


def test_pages_over_tls_that_hang_are_started_anew_and_nobody_else_is(
    tmp_path: Path, waiting: Waiting
) -> None:
    port, patience = free_ports(2), "2"
    there = f"https://127.0.0.1:{port + 1}"
    everywhere = ("--port", str(port), "--address", "0.0.0.0", "--patience", patience)  # noqa: S104
    with running(tmp_path, Part.NODE, waiting, "web", *everywhere, https=port + 1) as screens:
        waiting.hears_all_is_well()
        until(lambda: is_well(there))
        others = {
            process.pid for process in screens.processes() if "--closed" not in process.cmdline()
        }
        hung = worker(screens, port + 1)
        # Words go on meanwhile; nobody else's process waits for these pages.
        until(lambda: waiting.hears() == "WATCHDOG=1" and _is_ended_when_it_hangs(hung))
        until(lambda: waiting.hears() == "WATCHDOG=1" and is_well(there))
        assert others <= {process.pid for process in screens.processes()}
        assert is_well(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("command", "part"), [("sync", Part.NODE), ("hub", Part.HUB)], ids=["sync", "hub"]
)
def test_the_others_are_well_while_they_turn(
    command: str, part: Part, tmp_path: Path, waiting: Waiting
) -> None:
    with running(tmp_path, part, waiting, command, "--port", str(free_ports(1))) as it:
        waiting.hears_all_is_well()
        for process in it.processes():
            process.suspend()
        assert waiting.waits_in_vain()


def test_readings_are_made_by_one_that_is_well_while_it_is_there(
    tmp_path: Path, waiting: Waiting
) -> None:
    with running(tmp_path, Part.NODE, waiting, "language"):
        waiting.hears_all_is_well()


def test_what_a_process_starts_does_not_answer_for_it(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in waiting.told.items():
        monkeypatch.setenv(name, value)
    who_started_us().ready()
    assert waiting.hears() == "READY=1"
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & os.environ.keys()
    who_started_us().ready()
    assert waiting.hears(seconds=QUIET_SECONDS) == ""


def test_who_is_not_waited_for_says_nothing_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nobody/listens/here")
    starter = who_started_us()
    starter.ready()
    starter.well()
    who_started_us().well()
