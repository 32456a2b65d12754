"""Nothing acknowledged is lost when the power goes, and this would show it if it were.

A node posts, edits, takes down and notes on a disk that writes down all it is told; then the disk
is made again as many power cuts would have left it (see cutting.py and write_log.py). Two controls
say that the method can fail: a disk that is never told to flush, and a ledger that doesn't wait.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.power.write_log import FLUSH, Replay, as_logged, read_log

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 800  # most take a twentieth; a busy machine waits for its disk

CUTS, DONE = 200, 1_000  # a minute or so of two cores
CONTROL_CUTS, CONTROL_DONE = 40, 400
EVERYDAY_CUTS, EVERYDAY_DONE = 20, 100

pytestmark = pytest.mark.timeout(SECONDS_MAX + 10)


@pytest.fixture
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    for wanted in ("/dev/fuse", "/dev/loop-control"):
        if not Path(wanted).exists():
            pytest.skip(f"{wanted} is not here")
    for command in ("mke2fs", "mount", "unshare"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not here")


def cut(folder: Path, *, cuts: int, done: int, seed: int, how: str | None = None) -> Any:
    """The figures that cutting.py prints; what it mounts is in a namespace that ends with it."""
    command = ["unshare", "--mount", "--propagation=private"]
    command += [sys.executable, "-m", "tests.power.cutting", str(folder)]
    command += [f"--cuts={cuts}", f"--count={done}", f"--seed={seed}"]
    command += [how] if how else []
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX)
    print(" ".join(command), said.stdout, said.stderr, sep="\n")
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def assert_nothing_lost(figures: Any, *, cuts: int, done: int) -> None:
    wrong = ("lost", "unreadable", "unmountable", "unheard_of", "notebooks_lost")
    assert {name: figures[name] for name in wrong} == dict.fromkeys(wrong, 0), figures["reasons"]
    assert (figures["cuts"], figures["acknowledged"]) == (cuts, done)
    assert figures["flushes"] > done  # a disk that is told to flush less can't have it all


@pytest.mark.usefixtures("needs_root")
def test_nothing_acknowledged_is_lost_in_a_few_power_cuts(tmp_path: Path) -> None:
    figures = cut(tmp_path, cuts=EVERYDAY_CUTS, done=EVERYDAY_DONE, seed=random.randrange(1 << 32))
    assert_nothing_lost(figures, cuts=EVERYDAY_CUTS, done=EVERYDAY_DONE)


@pytest.mark.slow
@pytest.mark.usefixtures("needs_root")
def test_nothing_acknowledged_is_lost_in_two_hundred_power_cuts(tmp_path: Path) -> None:
    figures = cut(tmp_path, cuts=CUTS, done=DONE, seed=random.randrange(1 << 32))
    assert_nothing_lost(figures, cuts=CUTS, done=DONE)


@pytest.mark.slow
@pytest.mark.usefixtures("needs_root")
def test_a_disk_that_is_never_told_to_flush_loses_posts(tmp_path: Path) -> None:
    figures = cut(tmp_path, cuts=CONTROL_CUTS, done=CONTROL_DONE, seed=1, how="--no-barriers")
    assert figures["lost"] > 0
    assert figures["unreadable"] > 0
    assert figures["notebooks_lost"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("needs_root")
def test_a_ledger_that_does_not_wait_for_the_disk_loses_posts(tmp_path: Path) -> None:
    figures = cut(tmp_path, cuts=CONTROL_CUTS, done=CONTROL_DONE, seed=1, how="--hasty")
    assert figures["lost"] > 0
    assert figures["unreadable"] == 0


def test_a_cut_keeps_what_was_flushed_and_any_part_of_what_was_not(tmp_path: Path) -> None:
    disk, log, left = tmp_path / "disk", tmp_path / "log", tmp_path / "left"
    disk.write_bytes(bytes(8 * 4096))
    flushed, late = b"f" * 4096, b"l" * 4 * 4096
    log.write_bytes(as_logged(0, flushed) + FLUSH + as_logged(4096, late))
    told = read_log(log)
    assert [one.data for one in told] == [flushed, None, late]

    seen = set()
    for seed in range(200):
        Replay(disk, told).cut(3, random.Random(seed), left)
        content = left.read_bytes()
        assert content.startswith(flushed)
        assert content.endswith(bytes(3 * 4096))
        seen.add(content[4096 : 5 * 4096 : 4096])
    assert len(seen) == 16  # each of the four late blocks with and without each other

    Replay(disk, told).cut(2, random.Random(1), left)
    assert left.read_bytes() == flushed + bytes(7 * 4096)
