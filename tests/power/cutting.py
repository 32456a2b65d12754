"""A node on a disk that records, and what its ledger is worth after the power was cut.

`python -m tests.power.cutting FOLDER` prints figures as JSON; see --help. It needs root, for it
mounts; all it mounts is in a mount namespace of its own and goes when it ends.

The node is the real one, on the kernel's ext4, with its journal, on a loop device over
`recording_disk`. After each acknowledgement the length of the disk's log is written down. Then
the disk is made again as each cut left it, mounted (which replays the journal), and the ledger
opened and judged by the real code: by the first byte of its file and by what its boards show.
"""

import argparse
import gc
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from node.boards import BOARDS
from node.boards.event import EVENT
from node.node import Node, edition, open_node
from node.notebook import Neighbour, Notebook
from provisioning.town import Plan, make_machines, open_town
from sync.machine.settings import NOTEBOOK_FILE, Part
from tests.power.write_log import Replay, Told, read_log
from tests.stories.ledger_file import check_ledger

DISK_BYTES = 64 << 20
JOURNAL_MIB = 4
EDITS, REMOVALS, NOTES = 0.3, 0.05, 0.1  # of all that is done; the rest are new posts
TEXT_CHARACTERS_MAX = 1_500
CUTS_AT_ONCE = 2
NEIGHBOUR = "http://10.77.0.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One acknowledged thing. `before` and `after` it, the disk's log was so long."""

    what: str  # a post's address, or NOTEBOOK_FILE
    says: str | None  # its title, or the newest note; None: it was taken down
    before: int
    after: int


@dataclass(slots=True)
class Figures:
    """What many cuts left."""

    cuts: int = 0
    unmountable: int = 0
    unreadable: int = 0  # the ledger can't be opened, or is not sound
    lost: int = 0  # acknowledged, and not there any more
    cuts_with_loss: int = 0
    unheard_of: int = 0  # on a board, and nobody posted it
    notebooks_lost: int = 0  # unreadable, or older than an acknowledged note
    in_flight_kept: int = 0  # not acknowledged yet, and there: as good as not there
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Figures") -> None:
        for name in self.__dataclass_fields__:
            if name == "reasons":
                self.reasons.update(other.reasons)
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))


# writing


@contextmanager
def mounted(disk: Path, at: Path, *options: str) -> Iterator[Path]:
    _run("mount", "--options", ",".join(["loop", "noatime", *options]), disk, at)
    try:
        yield at
    finally:
        gc.collect()  # what failed may hold a file open
        if subprocess.run(["umount", at], capture_output=True).returncode:
            _run("umount", "--lazy", at)


@contextmanager
def recording(disk: Path, log: Path, shown: Path) -> Iterator[Path]:
    """A file that is `disk`, and tells `log` what is done to it."""
    shown.touch()
    command = [sys.executable, "-m", "tests.power.recording_disk", *map(str, (disk, log, shown))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == b"ready\n"
        try:
            yield shown
        finally:
            _run("umount", shown)
    assert recorder.returncode == 0


def _run(*command: object) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr}")


def write_on(
    disk: Path, folder: Path, *options: str, count: int, seed: int, hasty: bool
) -> list[Done]:
    """Let a node post, edit, take down and note.

    What comes of it: `before`, the disk with the new machine on it; `log`, all it was told since.
    """
    _run("truncate", "--size", DISK_BYTES, disk)
    _run("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-J", f"size={JOURNAL_MIB}", disk)
    at, log = folder / "written", folder / "log"
    at.mkdir()
    with mounted(disk, at):
        town = open_town(at / "authority", code="990019", name="霧沢町")
        make_machines(town, [Plan(folder=at / "node", name="上郷公民館", part=Part.NODE)])
        open_node(at / "node").database.close()
    _run("cp", "--sparse=always", disk, folder / "before")
    with recording(disk, log, folder / "shown") as shown, mounted(shown, at, *options):
        node = open_node(at / "node")
        with closing(node.database):
            if hasty:
                node.database.connection.execute("PRAGMA synchronous=NORMAL")
            return list(_write(node, log, count, random.Random(seed)))


def _write(node: Node, log: Path, count: int, rng: random.Random) -> Iterator[Done]:
    addresses: list[str] = []
    notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
    for number in range(count):
        says: str | None = f"合唱の会 {number}"
        fields = {
            "title": says,
            "starts_on": "2031-02-03",
            "place": "上郷公民館",
            "description": "歌" * rng.randrange(TEXT_CHARACTERS_MAX),
        }
        before = log.stat().st_size
        kind = rng.random()
        if kind < NOTES:
            notebook.note(Neighbour(address=NEIGHBOUR, road="peer", name=f"{number}"))
            what, says = NOTEBOOK_FILE, f"{number}"
        elif kind < NOTES + EDITS + REMOVALS and addresses:
            what = rng.choice(addresses)
            post = node.post(what)
            assert post is not None
            if kind < NOTES + EDITS:
                node.edit(post, {**post.fields, **fields}, seen=edition(post))
            else:
                node.remove(post, seen=edition(post))
                addresses.remove(what)
                says = None
        else:
            what = node.add(EVENT, fields).address
            addresses.append(what)
        yield Done(what=what, says=says, before=before, after=log.stat().st_size)


# cutting


def cut_points(told: Sequence[Told], done: Sequence[Done], cuts: int, seed: int) -> list[int]:
    """After how many things the disk was told; every one while people post is as likely."""
    while_posting = [
        at for at, one in enumerate(told, start=1) if done[0].after <= one.end <= done[-1].after
    ]
    return sorted(random.Random(seed).choices(while_posting, k=cuts))


def cut_all(
    points: Sequence[int], folder: Path, done: Sequence[Done], options: Sequence[str], seed: int
) -> Figures:
    """Cut at these points, in a folder of this process's own."""
    own = Path(mkdtemp(prefix="cuts-", dir=folder))
    disk, told = own / "disk", read_log(folder / "log")
    _run("cp", "--sparse=always", folder / "before", disk)
    replay, figures = Replay(disk, told), Figures()
    for number, point in enumerate(points):
        # A new name each time: an old one could meet a loop device that is still on its way out.
        left, at = own / f"left-{number}", own / f"at-{number}"
        at.mkdir()
        replay.cut(point, random.Random(f"{seed} {number} {point}"), left)
        figures.add(_judge(left, at, told[point - 1].end, done, options))
        left.unlink()
    return figures


def _judge(left: Path, at: Path, end: int, done: Sequence[Done], options: Sequence[str]) -> Figures:
    figures = Figures(cuts=1)
    certain = {one.what: one.says for one in done if one.after <= end}
    in_flight = next((one for one in done if one.before <= end < one.after), None)
    try:
        with mounted(left, at, *options):
            try:
                shown = _read(at / "node")
            except Exception as wrong:
                figures.unreadable += 1
                figures.reasons[repr(wrong)[:120]] += 1
                shown = {}
            _compare(figures, certain, in_flight, shown)
            noted = _read_notebook(at / "node" / NOTEBOOK_FILE)
            figures.notebooks_lost += not _stands(NOTEBOOK_FILE, certain, in_flight, noted)
    except OSError as wrong:
        figures.unmountable += 1
        figures.reasons[str(wrong)[:120]] += 1
    figures.cuts_with_loss += bool(figures.lost)
    return figures


def _compare(
    figures: Figures,
    certain: Mapping[str, str | None],
    in_flight: Done | None,
    shown: Mapping[str, str],
) -> None:
    for what in certain.keys() - {NOTEBOOK_FILE}:
        figures.lost += not _stands(what, certain, in_flight, shown.get(what))
    for what in shown.keys() - certain.keys():
        figures.unheard_of += not _stands(what, certain, in_flight, shown[what])
    if in_flight is not None and in_flight.what != NOTEBOOK_FILE:
        figures.in_flight_kept += shown.get(in_flight.what) == in_flight.says


def _stands(
    what: str, certain: Mapping[str, str | None], in_flight: Done | None, says: str | None
) -> bool:
    """Whether it is as it was acknowledged, or as it was about to be."""
    about_to_be = in_flight is not None and (what, says) == (in_flight.what, in_flight.says)
    return about_to_be or certain.get(what) == says


def _read(folder: Path) -> dict[str, str]:
    """The board, by title; AssertionError or what SQLite says if the ledger isn't sound."""
    check_ledger(folder)
    node = open_node(folder)
    with closing(node.database):
        tables = partial(_tables, node)
        before = tables()
        node.rebuild()
        assert tables() == before, "the views are not those of the ledger"
        shown = {post.address: post.text("title") for post in node.posts(BOARDS["event"])}
        added = node.add(EVENT, {"title": "続き", "starts_on": "2031-02-03", "place": "庭"})
        assert node.post(added.address) == added, "nothing can be posted any more"
    check_ledger(folder)
    return shown


def _tables(node: Node) -> list[list[Any]]:
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'posts%'"
    connection = node.database.connection
    return [
        sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for (name,) in connection.execute(named).fetchall()
    ]


def _read_notebook(path: Path) -> str | None:
    noted = {neighbour.address: neighbour.name for neighbour in Notebook(path).neighbours()}
    return noted.get(NEIGHBOUR)


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut the power of a node again and again.")
    parser.add_argument("folder", type=Path, help="an empty one, with room for a few hundred MB")
    parser.add_argument("--count", type=int, default=500, help="of posts, edits and so on")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-barriers", action="store_true", help="as if nothing ever flushed")
    parser.add_argument("--hasty", action="store_true", help="acknowledge before the disk does")
    told = parser.parse_args()
    folder, options = told.folder.resolve(), ["nobarrier"] if told.no_barriers else []
    done = write_on(
        folder / "disk", folder, *options, count=told.count, seed=told.seed, hasty=told.hasty
    )
    log = read_log(folder / "log")
    points = cut_points(log, done, told.cuts, told.seed)
    figures = Figures()
    with ProcessPoolExecutor(CUTS_AT_ONCE) as pool:
        cut = partial(cut_all, folder=folder, done=done, options=options, seed=told.seed)
        for some in pool.map(cut, [points[at::CUTS_AT_ONCE] for at in range(CUTS_AT_ONCE)]):
            figures.add(some)
    said = {name: getattr(figures, name) for name in Figures.__dataclass_fields__}
    said |= {"acknowledged": len(done), "told": len(log)}
    said |= {"flushes": sum(one.data is None for one in log)}
    json.dump(said, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
