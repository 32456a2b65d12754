"""A machine's keys are closed to its TPM on a disk that records, and the power goes meanwhile.

`python -m tests.power.closing FOLDER` prints figures as JSON; see --help. It needs root, for it
mounts; all it mounts is in a mount namespace of its own and goes when it ends.

Either the machine's keys lay open before there was a TPM, or it has one on its first day. After
each cut it is started as it is after a cut: what was in memory is gone, the TPM is the same.
"""

import argparse
import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory

from node.boards.event import EVENT
from node.closing import seal
from node.membership import Membership
from node.node import open_node
from node.people import begin
from node.reading import begin_reading
from node.reading_files import Secrets, secrets_of
from provisioning.seeds import Wanted, make_seeds
from provisioning.town import Plan, Town, make_machines, open_town
from sync.machine.keys import secret
from sync.machine.own_keys import own_key
from sync.machine.seal import SEALS
from sync.machine.settings import KEY_FILE, Part
from sync.machine.tpm import Tpm
from tests.power.cutting import _run, mounted, recording
from tests.power.write_log import Replay, Told, read_log
from tests.raw import forms
from tests.tpm import SoftwareTpm

DISK_BYTES = 32 << 20
JOURNAL_MIB = 4
NAME = "上郷公民館"


@dataclass(slots=True)
class Figures:
    """What the cuts left, and what the disk was told."""

    told: int = 0  # things, flushes among them
    cuts: int = 0
    open_after_the_cut: int = 0  # a key's file lay open, as before
    closed_after_the_cut: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    secrets_told: int = 0  # of those that sign and open letters: how many the disk ever heard of


@dataclass(slots=True)
class Machine:
    """In whose folder it is done."""

    tpm: SoftwareTpm
    in_memory: Path
    first_day: bool

    def start(self, folder: Path) -> None:
        """Its power comes back, and nobody helps."""
        shutil.rmtree(self.in_memory, ignore_errors=True)
        self.tpm.switch_on()
        seal(folder, Tpm(self.tpm.device))

    def work(self, folder: Path) -> None:
        """What is recorded: the start at which there is a TPM; on its first day people begin."""
        self.start(folder)
        node = open_node(folder)
        with closing(node.database):
            if self.first_day:
                begin(node, "山田 花")
                begin_reading(node)
            node.add(EVENT, {"title": "合唱の会", "starts_on": "2031-02-03", "place": NAME})


def prepare(folder: Path, town: Town, *, first_day: bool) -> None:
    """A machine's folder, as it is before."""
    if first_day:
        seeds = folder.with_name("seeds")
        make_seeds(town.desk, [Wanted(line=1, name=NAME)], seeds, town.authority)
        shutil.copytree(seeds / NAME, folder)
        shutil.rmtree(seeds)
        return
    make_machines(town, [Plan(folder=folder, name=NAME, part=Part.NODE)])
    node = open_node(folder)
    with closing(node.database):
        begin(node, "山田 花")
        begin_reading(node)


def secrets_in(folder: Path) -> dict[bytes, bytes]:
    """Whatever signs and opens letters, by its public half or its tag."""
    own, held = own_key(folder, KEY_FILE), Secrets(folder)
    found = {own.public: secret(own)}
    for tag in held.tags():
        opens = held.of(tag)
        assert opens is not None, "a key that opens letters can't be opened"
        found[tag] = opens
    return found


def try_it(folder: Path, machine: Machine, cuts: int, seed: int) -> Figures:
    """Record it, then cut it so many times, or wherever it can be cut."""
    disk, before, log = folder / "disk", folder / "before", folder / "log"
    at, figures = folder / "written", Figures()
    at.mkdir()
    _run("truncate", "--size", DISK_BYTES, disk)
    _run("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-J", f"size={JOURNAL_MIB}", disk)
    town = open_town(folder / "authority", code="990019", name="霧沢町")
    with mounted(disk, at):
        prepare(at / "node", town, first_day=machine.first_day)
        had = {} if machine.first_day else secrets_in(at / "node")
    _run("cp", "--sparse=always", disk, before)
    with recording(disk, log, folder / "shown") as shown, mounted(shown, at):
        machine.work(at / "node")
        after = secrets_in(at / "node")
    lost = [key for key in had if after.get(key) != had[key]]
    figures.wrong.update(["a key was lost where nothing was cut"] * len(lost))
    told = read_log(log)
    figures.told = len(told)
    figures.secrets_told = sum(heard_of(told, each) for each in after.values())
    points = sorted(random.Random(seed).sample(range(1, len(told) + 1), min(cuts, len(told))))
    replay = Replay(before, told)
    for number, point in enumerate(points):
        left, there = folder / f"left-{number}", folder / f"at-{number}"
        there.mkdir()
        replay.cut(point, random.Random(f"{seed} {point}"), left)
        figures.cuts += 1
        try:
            with mounted(left, there):
                judge(there / "node", machine, had, figures)
        except Exception as wrong:
            figures.wrong[f"{type(wrong).__name__}: {wrong}"[:160]] += 1
        left.unlink()
    return figures


def heard_of(told: list[Told], sought: bytes) -> bool:
    """Whether the disk was ever told that, however it is written."""
    wanted = forms(sought)
    return any(form in (each.data or b"") for each in told for form in wanted)


def judge(folder: Path, machine: Machine, had: dict[bytes, bytes], figures: Figures) -> None:
    """Start it, and see that it is whom it was, reads what it read, and has nothing left open."""
    if (folder / KEY_FILE).exists():
        figures.open_after_the_cut += 1
    elif (folder / KEY_FILE).with_suffix(".closed").exists():
        figures.closed_after_the_cut += 1
    machine.start(folder)
    node = open_node(folder)
    with closing(node.database):
        assert node.membership is Membership.MEMBER, node.membership
        node.add(EVENT, {"title": "続き", "starts_on": "2031-02-03", "place": "庭"})
        now = secrets_in(folder)
        assert all(now.get(key) == value for key, value in had.items()), "a key was lost"
        secrets_of(node).check()
    open_ = [path.name for path in folder.rglob("*.key")]
    assert not open_, f"left open: {open_}"


@contextmanager
def in_a_machine(folder: Path, *, first_day: bool) -> Iterator[Machine]:
    """With a TPM of its own."""
    with TemporaryDirectory(prefix="tpm-") as of_tpm:
        tpm = SoftwareTpm(Path(of_tpm))
        os.environ[SEALS] = str(folder / "in-memory")
        try:
            yield Machine(tpm, folder / "in-memory", first_day)
        finally:
            tpm.switch_off()


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut the power while keys are closed to a TPM.")
    parser.add_argument("folder", type=Path, help="an empty one, with room for a few hundred MB")
    parser.add_argument("--cuts", type=int, default=1_000, help="at most; there are fewer places")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-day", action="store_true", help="there was a TPM from the start")
    told = parser.parse_args()
    with in_a_machine(told.folder, first_day=told.first_day) as machine:
        figures = try_it(told.folder.resolve(), machine, told.cuts, told.seed)
    said = {each.name: getattr(figures, each.name) for each in fields(figures)}
    json.dump(said, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
