"""Whoever opens a machine's folder does it once, before those who wait for it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from cli.opening import start_in_order
from cli.supervise import Process, end
from sync.machine.settings import Part
from tests.cli.kairan import refused
from tests.node.builders import Village
from tests.patience import until
from tests.stories.machines import free_ports

FIRST = """
import sys, time
from pathlib import Path
from cli.opening import say_open
folder, _, descriptor = sys.argv[1:]
(Path(folder) / "begun").touch()
while not (told := Path(folder) / "told").exists():
    time.sleep(0.01)
if told.read_text():
    sys.exit(int(told.read_text()))
say_open(int(descriptor))
time.sleep(1_000)
"""
OTHER = """
import os, sys, time
from pathlib import Path
from cli.opening import wait_until_open
folder, _, descriptor = sys.argv[1:]
(Path(folder) / "loaded").touch()
wait_until_open(int(descriptor))
(Path(folder) / f"opened-{os.getpid()}").touch()
time.sleep(1_000)
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list[Process]]:
    made = [
        Process(name, [sys.executable, "-c", code, str(tmp_path)])
        for name, code in (("first", FIRST), ("other", OTHER))
    ]
    yield made
    assert [each for each in psutil.Process().children() if str(tmp_path) in _command(each)] == []


def _command(process: psutil.Process) -> list[str]:
    """Of one that runs; nothing of one that has ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie too
        return []


def test_others_load_meanwhile_and_open_after_the_first_also_when_they_are_started_anew(
    tmp_path: Path, processes: list[Process]
) -> None:
    def tell() -> None:
        until(lambda: (tmp_path / "loaded").exists() and (tmp_path / "begun").exists())
        assert opened() == []
        (tmp_path / "told").touch()

    def opened() -> list[str]:
        return [path.name for path in tmp_path.glob("opened-*")]

    teller = Thread(target=tell)
    teller.start()
    started = start_in_order(processes, Event())
    teller.join()
    try:
        until(opened)
        _, other = started
        assert other.child
        other.child.kill()
        other.child.wait()
        other.keep_running()
        until(lambda: len(opened()) == 2)
    finally:
        end(started)


def test_where_the_first_cannot_all_end_as_it_did(tmp_path: Path, processes: list[Process]) -> None:
    (tmp_path / "told").write_text("3")
    with pytest.raises(SystemExit) as ended:
        start_in_order(processes, Event())
    assert ended.value.code == 3


def test_who_is_told_to_stop_waits_no_longer(processes: list[Process]) -> None:
    stop = Event()
    stop.set()
    end(start_in_order(processes, stop))


def test_a_ledger_that_cannot_be_opened_is_refused_once_where_a_network_is_answered(
    tmp_path: Path,
) -> None:
    folder = Village(tmp_path / "town").make("上郷", Part.NODE)
    (folder / "kairan.sqlite").mkdir()
    asked = ("--data", folder, "--port", str(free_ports(1)), "--address", "0.0.0.0")  # noqa: S104
    said = refused("web", *asked)
    assert said.count("台帳") == 1
