"""How soon nodes on a LAN find each other, and how soon a post is on all boards.

    python bench/lan.py --nodes 10 --posts 200 --held 20000

Real nodes (`kairan node`), each in a network namespace, joined by a bridge; needs root. A post is
timed from when its form is sent until it stands in the tables of the last board. In the second
row one more machine of the town fetches everything that a node holds, again and again.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench import table
from bench.town import write_posts
from bench.usage import machine_in_words
from node.node import open_node
from provisioning.town import Plan, make_machines
from sync.machine.process import die_with_parent
from sync.machine.settings import LEDGER_FILE, Part
from sync.record import read_address
from tests.lan.machines import PORT, Machine, Village, village
from tests.lan.network import why_not
from tests.patience import until
from tests.stories.visitor import Form, Visitor

_KIOSK = f"http://127.0.0.1:{PORT}"
_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.004
_BETWEEN_SECONDS = (0.2, 1.0)
_QUIET_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=10)
    parser.add_argument("--posts", type=int, default=200, help="how many are timed, in each row")
    parser.add_argument("--held", type=int, default=20_000, help="what all hold before")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    if reason := why_not():
        sys.exit(reason)
    print(f"{machine_in_words()}; {told.nodes} nodes, {told.posts} posts a row")
    with TemporaryDirectory() as folder:
        _measure(Path(folder), told)


def _measure(folder: Path, told: argparse.Namespace) -> None:
    with village(folder, told.nodes) as made:
        began = time.perf_counter()
        made.start()
        answering = time.perf_counter()
        until(made.all_know_each_other)
        found = time.perf_counter()
        plugged = _plugged_in(made)
        table.show(
            "Finding each other",
            ["", "seconds"],
            [
                ["all are started at once, until all answer", f"{answering - began:.2f}"],
                ["then until each has exchanged with each", f"{found - answering:.2f}"],
                ["one is plugged in, until it holds what was posted meanwhile", f"{plugged:.2f}"],
            ],
        )
        _settle(made)
        random = Random(told.seed)
        rows = [["idle", *_posts(made, told.posts, random)]]
        fetching = _last(made, folder, told.held)
        _settle(made)
        with _bulk(made, fetching) as spent:
            rows.append(["one bulk transfer running", *_posts(made, told.posts, random)])
        table.show(
            f"A post, until it is on all {told.nodes} boards",
            ["", "median", "p90", "p99", "worst"],
            rows,
        )
        each = f"{median(spent):.1f} s each" if spent else "not once to the end"
        print(
            f"the bulk transfer: {told.held} posts and more, {len(spent)} times meanwhile, {each}"
        )


def _settle(made: Village) -> None:
    """Wait until nobody has anything for anybody any more."""
    while True:
        before = [machine.segments() for machine in made]
        time.sleep(_QUIET_SECONDS)
        if [machine.segments() for machine in made] == before:
            return


def _plugged_in(made: Village) -> float:
    """A machine is off the LAN while something is posted."""
    first, *_, last = made
    last.host.cable(whole=False)
    time.sleep(4.0)
    first.post("線のないあいだ")
    time.sleep(2.0)
    began = time.perf_counter()
    last.host.cable(whole=True)
    until(lambda: last.shows("線のないあいだ"))
    return time.perf_counter() - began


def _posts(made: Village, count: int, random: Random) -> list[str]:
    with ExitStack() as stack:
        boards = [
            stack.enter_context(closing(sqlite3.connect(machine.folder / LEDGER_FILE)))
            for machine in made
        ]
        spent = []
        for number in range(count):
            spent.append(_post(random.choice(made.machines), boards, f"知らせ{number}"))
            time.sleep(random.uniform(*_BETWEEN_SECONDS))
    cuts = quantiles(spent, n=100, method="inclusive") if len(spent) > 1 else spent * 99
    return [table.milliseconds(value) for value in (median(spent), cuts[89], cuts[98], max(spent))]


def _post(machine: Machine, boards: Sequence[sqlite3.Connection], title: str) -> float:
    with machine.host.inside():
        visitor = Visitor(_KIOSK)  # who stands at the machine may post more than one phone may
        form: Form = visitor.open("/boards/event/new").form(ending="/new")
        filled = form.filled(title=title, starts_on="2030-05-05", place="公民館")
        began = time.perf_counter()
        page = visitor.send(filled)
    assert page.status == 303, page.text
    address = page.location.partition("?")[0].rpartition("/")[2]
    missing = list(boards)
    while missing:
        missing = [board for board in missing if not _stands(board, address)]
        assert time.perf_counter() - began < _SECONDS_MAX, f"{title} never came to all boards"
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - began


def _stands(board: sqlite3.Connection, address: str) -> bool:
    named = read_address(address)
    assert named is not None, address
    beginning, number = named
    rows = board.execute(
        "SELECT 1 FROM posts WHERE lane BETWEEN ? AND ? AND number = ? AND state = 'shown'",
        (beginning, beginning + bytes([0xFF] * 22), number),
    )
    return rows.fetchone() is not None


def _last(made: Village, folder: Path, held: int) -> Path:
    """Give all of them so many posts; the folder of one more machine, which holds nothing."""
    fetching = folder / "fetching"
    make_machines(made.town, [Plan(folder=fetching, name="新しい機械", part=Part.NODE)])
    giver = made.machines[0]
    node = open_node(giver.folder)
    write_posts(node, count=held, seed=7, authors=[])
    wanted = sum(item.held.number for item in node.ledger.lanes())
    node.database.close()
    for machine in made:
        until(partial(_holds, machine, wanted), seconds=600.0)
    return fetching


def _holds(machine: Machine, posts: int) -> bool:
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        (count,) = ledger.execute("SELECT count(*) FROM posts").fetchone()
    return int(count) >= posts


@contextmanager
def _bulk(made: Village, folder: Path) -> Iterator[list[float]]:
    """One more machine fetches all that the second node holds, forgets it, and begins again."""
    giver = made.machines[1]
    host = made.lan.host()
    command = host.command(sys.executable, "-m", "bench.fetching", str(folder), giver.url)
    process = subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    )
    spent: list[float] = []
    try:
        yield spent  # filled at the end
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=60)
        spent += [json.loads(line)["seconds"] for line in said.splitlines() if line[-1:] == "}"]


if __name__ == "__main__":
    main()
