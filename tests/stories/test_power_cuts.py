"""Acknowledged means durable: every process is killed again and again while people post."""

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TextIO
from urllib.parse import urlencode, urlsplit

import psutil
import pytest

from tests.patience import until
from tests.stories.ledger_file import check_ledger
from tests.stories.machines import (
    Village,
    free_ports,
    is_well,
    village,
    wait_until_all_hold_the_same,
)
from tests.stories.visitor import Visitor

Kills = Mapping[str, int]

A_HUNDRED: Kills = {
    "supervisor": 12,
    "web": 14,
    "web worker": 44,
    "sync": 18,
    "hub": 4,
    "hub worker": 8,
}
A_FEW: Kills = {"supervisor": 1, "web": 1, "web worker": 4, "sync": 2, "hub": 1, "hub worker": 1}
WRITERS = 4
ENOUGH = 60
PAUSE_SECONDS_MAX = 0.9  # between kills
AIM_SECONDS_MAX = 5.0  # for a write to be in flight
ANSWER_SECONDS_MAX = 20.0
READ_OVER_HTTP = 20


@dataclass(slots=True)
class Kept:
    """A post that was acknowledged, and what it may be called by now."""

    record: str
    titles: set[str]


class Writer(threading.Thread):
    """Posts and edits on and on; what was acknowledged is on the disk before it goes on."""

    def __init__(self, url: str, name: str, log: Path, rng: random.Random) -> None:
        super().__init__(name=name)
        self.in_flight = False
        self.kept: list[Kept] = []
        self.sent: set[str] = set()  # every title that was ever sent
        self.unexpected: list[str] = []
        self._visitor = Visitor(url)
        self.log = log
        self._rng = rng
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        with self.log.open("a") as log:
            for number in count(1):
                if self._stopped.wait(self._rng.uniform(0, 0.03)):
                    return
                title = f"{self.name}の会 {number}"
                with suppress(OSError, http.client.HTTPException):
                    if self.kept and self._rng.random() < 0.2:
                        self._edit(self._rng.choice(self.kept), title, log)
                    else:
                        self._post(title, log)

    def _post(self, title: str, log: TextIO) -> None:
        typed = {"title": title, "state": "planned", "starts_on": "2031-02-03", "place": "庭"}
        self.sent.add(title)
        if (location := self._send("/boards/event/new", typed)) is not None:
            record = urlsplit(location).path
            _write_down(log, f"{record} {title}")
            self.kept.append(Kept(record, {title}))

    def _edit(self, kept: Kept, title: str, log: TextIO) -> None:
        """Once an answer was lost, either title is right, and the post is left alone."""
        if len(kept.titles) > 1:
            return
        page = self._visitor.open(f"{kept.record}/edit")
        if page.status == 503:  # something was killed under it; nothing was promised
            return
        form = page.form(ending="/edit").filled(title=title)
        self.sent.add(title)
        kept.titles.add(title)
        if self._send(form.action, form.values) is not None:
            _write_down(log, f"{kept.record} {title}")
            kept.titles = {title}

    def _send(self, path: str, typed: dict[str, str]) -> str | None:
        """Where it led, if it was acknowledged."""
        parts = urlsplit(self._visitor.url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=ANSWER_SECONDS_MAX
        )
        with closing(connection):
            connection.connect()
            self.in_flight = True
            try:
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", path, urlencode(typed), kind)
                response = connection.getresponse()
                said = response.read()
            finally:
                self.in_flight = False
        location: str = response.headers.get("Location", "")
        if response.status == 303 and "done=" in location:
            return location
        self.unexpected.append(f"{response.status} {location} {said.decode()[:500]}")
        return None


def _write_down(log: TextIO, line: str) -> None:
    log.write(f"{line}\n")
    log.flush()
    os.fsync(log.fileno())


def test_nothing_acknowledged_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    _nothing_acknowledged_is_lost(tmp_path, A_FEW)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_whatever_is_killed_a_hundred_times(tmp_path: Path) -> None:
    _nothing_acknowledged_is_lost(tmp_path, A_HUNDRED)


def _nothing_acknowledged_is_lost(tmp_path: Path, kills: Kills) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    folder, port = tmp_path / "village", free_ports(8)
    with village(folder, port) as town:
        writers = [
            Writer(town.addresses["kamigo"], name, tmp_path / f"{name}.log", random.Random(seed))
            for name in ("いろは", "にほへ", "とちり", "ぬるを")
        ]
        for writer in writers:
            writer.start()
        try:
            killed, while_writing = _kill_all(town, writers, rng, kills)
        finally:
            for writer in writers:
                writer.stop()
        print(f"killed {dict(killed)}, {while_writing} of them while a write was in flight")
        assert killed == kills
        assert while_writing * 2 >= killed.total()
        assert [said for writer in writers for said in writer.unexpected] == []

        for address in town.addresses.values():
            until(partial(is_well, address))
        machines = [town.machine(name) for name in ("office", "kamigo", "shimogo")]
        wait_until_all_hold_the_same(machines)
        _check_boards(town, writers, rng)
        assert town.running.interrupt() == 0
        assert town.running.processes() == []

    assert (
        len({check_ledger(folder / name) for name in ("hub", "office", "kamigo", "shimogo")}) == 1
    )
    for machine in machines:
        before = machine.tables()
        machine.kairan("rebuild")
        assert machine.tables() == before


def _kill_all(
    town: Village, writers: list[Writer], rng: random.Random, kills: Kills
) -> tuple[Counter[str], int]:
    plan = [kind for kind, times in kills.items() for _ in range(times)]
    rng.shuffle(plan)
    killed: Counter[str] = Counter()
    while_writing = 0
    for at, kind in enumerate(plan, 1):
        # However slowly things come back, something was acknowledged before each of the first.
        until(partial(_acknowledged, writers, min(6 * at, ENOUGH)))
        time.sleep(rng.uniform(0, PAUSE_SECONDS_MAX))
        _aim(writers)
        time.sleep(rng.uniform(0, 0.004))
        process = until(partial(_process, town, kind))
        assert process is not None
        writing = any(writer.in_flight for writer in writers)
        os.kill(process.pid, signal.SIGKILL)
        killed[kind] += 1
        while_writing += writing
    return killed, while_writing


def _acknowledged(writers: list[Writer], count: int) -> bool:
    return sum(len(writer.kept) for writer in writers) >= count


def _aim(writers: list[Writer]) -> None:
    """Wait until a write is in flight, unless nothing is up to take one."""
    deadline = time.monotonic() + AIM_SECONDS_MAX
    while not any(writer.in_flight for writer in writers) and time.monotonic() < deadline:
        time.sleep(0.0005)


def _process(town: Village, kind: str) -> psutil.Process | None:
    """The process of that kind that runs now."""
    with suppress(psutil.NoSuchProcess, IndexError):
        machine = "hub" if kind.startswith("hub") else "kamigo"
        supervised = psutil.Process(town.running.pid).children()
        top = next((one for one in supervised if str(town.folder / machine) in one.cmdline()), None)
        if top is None:
            return None
        match kind:
            case "hub" | "supervisor":
                return top
            case "hub worker":
                return top.children()[0]
        children = {one.cmdline()[3]: one for one in top.children()}  # python -m cli.main sync …
        match kind:
            case "web worker":
                return children["web"].children()[0] if "web" in children else None
            case _:
                return children.get(kind)
    return None


def _check_boards(town: Village, writers: list[Writer], rng: random.Random) -> None:
    """All that was acknowledged stands on both nodes' boards, once, and nothing unheard of."""
    kept = [post for writer in writers for post in writer.kept]
    sent = {title for writer in writers for title in writer.sent}
    logged = [line for writer in writers for line in writer.log.read_text().splitlines()]
    print(f"{len(kept)} posts and {len(logged) - len(kept)} edits were acknowledged")
    assert {line.split()[0] for line in logged} == {post.record for post in kept}
    assert len(kept) >= ENOUGH
    for name in ("kamigo", "shimogo"):
        board = {
            f"/records/{post['address']}": post["fields"]["title"]
            for post in town.machine(name).board("event")
        }
        assert [post for post in kept if board.get(post.record) not in post.titles] == []
        ours = [title for title in board.values() if "の会 " in title]
        assert set(ours) <= sent
        assert len(ours) == len(set(ours))
        for post in rng.sample(kept, READ_OVER_HTTP):
            assert any(title in town.visitor(name).reads(post.record) for title in post.titles)
