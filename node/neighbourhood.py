"""All neighbours at once: who is known, who was found, and who is told when something changed.

A change is told to each neighbour by a small request (docs/spec/10-discovery.md); who lacks it
comes for it. What came from elsewhere is told on a little later, and only to whoever has not
heard of it meanwhile, so that a change doesn't go round the LAN once for every pair.
"""

import logging
import random
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

from node.addresses import Address, Stranger, introduced
from node.lan.bell import Heard
from node.lan.service import Service
from node.lan.standing import Standing
from node.lan.turns import Turns
from node.neighbours import NeighbourLoop
from node.node import Node
from node.notebook import Notebook
from node.road import HttpRoad
from node.updating.fetching import Fetching
from sync import cose
from sync.errors import Malformed, Unreachable
from sync.machine import clock

LAN_NEIGHBOURS_MAX = 64
"""A thread and a connection each; only certified machines of our town have one."""

TELLERS = 8
INTRODUCERS = 2
INTRODUCTIONS_MAX = 8  # of machines that we don't know yet, waiting; more are not looked at
INTRODUCTION_SECONDS_MAX = 5.0
REFUSED_MAX, REFUSED_SECONDS = 256, 600.0
AGAIN_SECONDS = 10.0  # who can't be reached may still be starting
RELAY_SECONDS = (0.5, 1.5)

_log = logging.getLogger(__name__)


class Neighbourhood:
    """The neighbours of one machine."""

    def __init__(
        self, node: Node, notebook: Notebook, fixed: Sequence[Address], *, port: int | None = None
    ) -> None:
        """`fixed`: hub and static addresses; `port`: where we answer ourselves."""
        self._node = node
        self._notebook = notebook
        self._port = port
        self.standing = Standing(node)
        self._turns = Turns()
        self._fetching = Fetching(node)
        self._fixed = [self._loop(address) for address in fixed]
        self._lan: dict[bytes, NeighbourLoop] = {}
        self._lock = Lock()
        self._tellers = ThreadPoolExecutor(TELLERS, thread_name_prefix="telling")
        self._introducers = ThreadPoolExecutor(INTRODUCERS, thread_name_prefix="introducing")
        self._introducing: set[bytes] = set()
        self._refused: OrderedDict[tuple[bytes, tuple[str, ...]], float] = OrderedDict()
        self._written_here = self.standing.written_here()
        self._relay_at: float | None = None
        self._running = False

    def start(self) -> None:
        """Begin, with an offer to each; who was on the LAN before is looked for there."""
        self._running = True
        for loop in self._fixed:
            loop.start()
        for noted in self._notebook.neighbours():
            if noted.road == "lan" and len(noted.key) == 64:
                self._lan_loop(cose.short(bytes.fromhex(noted.key)), noted.address)

    def stop(self) -> None:
        """End after the exchanges that run."""
        with self._lock:
            self._running = False
            loops = self._all()
        for loop in loops:
            loop.stop()
        self._introducers.shutdown(wait=False, cancel_futures=True)
        self._tellers.shutdown(wait=False, cancel_futures=True)

    def make_sure(self) -> None:
        """Now and then: offer to all, but to those on the LAN that say they hold the same."""
        for loop in self._all():
            loop.make_sure()

    def moved(self) -> None:
        """Our own addresses changed: look for all anew."""
        for loop in self._all():
            loop.look_again()

    def changed(self) -> None:
        """What we hold is another than before."""
        written_here = self.standing.written_here()
        if written_here != self._written_here:
            self._written_here = written_here
            self._tell()
        elif self._relay_at is None:
            self._relay_at = clock.running() + random.uniform(*RELAY_SECONDS)  # noqa: S311
        for loop in self._all():
            if not loop.wants_to_be_told():
                loop.something_changed()

    def fetch(self) -> None:
        """Now and then: the file of a version, if this machine waits for one."""
        with suppress(sqlite3.Error, OSError):  # whoever watches the ledger sees to it
            if self._fetching.is_wanted():
                for loop in self._all():
                    loop.fetch()

    def tick(self) -> None:
        """Called often."""
        if self._relay_at is not None and clock.running() >= self._relay_at:
            self._tell()

    def _tell(self) -> None:
        self._relay_at = None
        for loop in self._all():
            if loop.wants_to_be_told():
                self._tellers.submit(self._aside, loop.tell)

    # the LAN

    def found(self, service: Service) -> None:
        """By mDNS: a candidate, whoever it may be."""
        with suppress(sqlite3.Error):  # whoever watches the ledger sees to it
            self._found(service)

    def _found(self, service: Service) -> None:
        loop = self._lan_loop(service.machine, service.urls[0])
        if loop is not None:
            loop.found(service)
            return
        with self._lock:
            name = (service.machine, service.urls)
            if (
                self._node.ledger.trust().key(service.machine) is None
                and service.machine not in self._introducing
                and len(self._introducing) < INTRODUCTIONS_MAX
                and clock.running() >= self._refused.get(name, 0.0)
                and self._running
            ):
                self._introducing.add(service.machine)
                self._introducers.submit(self._aside, lambda: self._introduce(service))

    def heard(self, heard: Heard) -> None:
        """A machine of our town told us what it holds."""
        loop = self._lan_loop(heard.machine, heard.url)
        if loop is not None:
            loop.announced(heard.digest, heard.url)

    def _lan_loop(self, machine: bytes, url: str) -> NeighbourLoop | None:
        """Who keeps us the same as that machine; None for one that we don't know."""
        key = self._node.ledger.trust().key(machine)
        with self._lock:
            for loop in self._fixed:
                if loop.machine == machine and loop.is_well:
                    return loop
            if machine in self._lan:
                return self._lan[machine]
            if (
                key is None
                or key == self._node.identity.public
                or self._node.settings.town not in self._node.ledger.trust().towns(key)
                or not url
                or not self._running
                or len(self._lan) >= LAN_NEIGHBOURS_MAX
            ):
                return None
            loop = self._lan[machine] = self._loop(Address(url, "lan"), key)
        loop.start()
        return loop

    def _introduce(self, service: Service) -> None:
        """Ask a machine that we don't know yet for its certificate."""
        seconds = AGAIN_SECONDS
        try:
            for url in service.urls:
                if not self._running:
                    return
                road = HttpRoad(url, near=True, answer_seconds_max=INTRODUCTION_SECONDS_MAX)
                try:
                    key, statements = road.hello_within(INTRODUCTION_SECONDS_MAX)
                    if cose.short(key) != service.machine:
                        raise Stranger("another machine than was said to be there")
                    introduced(self._node, key, statements)
                except (Malformed, Stranger):
                    seconds = REFUSED_SECONDS
                    continue
                except Unreachable:
                    continue
                finally:
                    road.close()
                self.found(service)
                return
            with self._lock:
                self._refused[service.machine, service.urls] = clock.running() + seconds
                while len(self._refused) > REFUSED_MAX:
                    self._refused.popitem(last=False)
        finally:
            with self._lock:
                self._introducing.discard(service.machine)

    def _loop(self, address: Address, key: bytes | None = None) -> NeighbourLoop:
        return NeighbourLoop(
            self._node,
            self._notebook,
            self.standing,
            self._turns,
            self._fetching,
            address,
            key=key,
            port=self._port,
        )

    def _all(self) -> list[NeighbourLoop]:
        return [*self._fixed, *self._lan.values()]

    def _aside(self, work: Callable[[], None]) -> None:
        """In a thread of a pool, which is the same as ever afterwards."""
        try:
            work()
        except Exception as wrong:
            if not self._node.database.give_up(wrong):
                _log.exception("beside the exchanges")
        finally:
            self._node.database.close()
