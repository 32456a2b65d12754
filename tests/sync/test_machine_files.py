"""Files of a machine are there whole or not at all, and its key only for its owner."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync.machine import clock
from sync.machine.files import write_new, write_whole
from sync.machine.keys import load_identity, make_identity, save_identity
from sync.machine.process import apart


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "machine.key"
    identity = make_identity()
    save_identity(identity, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_identity(path).public == identity.public
    assert make_identity().public != identity.public


def test_a_file_that_holds_no_key_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "machine.key"
    with pytest.raises(OSError, match=r"machine\.key"):
        load_identity(path)
    path.write_text("nothing")
    with pytest.raises(ValueError, match=r"PEM|load|key"):
        load_identity(path)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    write_whole(path, b"old")
    write_whole(path, b"new", mode=0o640)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "0001.kairan"
    assert write_new(path, [b"one", b"two"]) == 6
    with pytest.raises(FileExistsError):
        write_new(path, [b"other"])
    assert path.read_bytes() == b"onetwo"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_that_stops_half_way_is_not_there(tmp_path: Path) -> None:
    def pieces() -> object:
        yield b"one"
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_new(tmp_path / "0001.kairan", pieces())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_clock_says_how_good_it_is() -> None:
    moment = clock.now()
    assert moment.at.utcoffset() is not None
    assert moment.written.seconds == int(moment.at.timestamp())
    assert moment.written.quality is moment.quality
    assert clock.running() <= clock.running()


def test_what_is_done_apart_is_done_and_leaves_nothing_loaded(tmp_path: Path) -> None:
    loaded: list[int] = []

    def look() -> None:
        loaded.append(os.getpid())
        (tmp_path / "done").write_text(f"{os.getpid()}")

    apart(look)
    assert (tmp_path / "done").read_text() != f"{os.getpid()}"
    assert loaded == []


def test_what_goes_wrong_apart_goes_wrong_here() -> None:
    def refuse() -> None:
        raise FileNotFoundError("no such machine")

    with pytest.raises(FileNotFoundError, match="no such machine"):
        apart(refuse)


def test_what_is_killed_apart_was_not_done() -> None:
    with pytest.raises(ChildProcessError):
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_what_was_large_goes_back_to_the_system_though_something_small_lies_behind_it() -> None:
    said = subprocess.run(
        [sys.executable, "-c", HOLDS_LITTLE], check=True, capture_output=True, text=True
    )
    assert int(said.stdout) < 4 << 20


HOLDS_LITTLE = """
import resource
from pathlib import Path
from sync.machine.process import give_back_what_was_large

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

give_back_what_was_large()
large = b"x" * (30 << 20)
del large
before = held()
large = b"x" * (16 << 20)
small = b"y" * 100_000
del large
print(held() - before)
"""
