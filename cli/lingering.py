"""Connections that take a place and use it for nothing are ended, so that others find one.

The server ends whoever doesn't say what they want. Here it is seen to that what was asked moves:
a body comes in, an answer is read. One address has few places; and when most are taken, those go
first that others of their network hold beside them and that did least for the longest time.

The kernel counts what moves (tcp(7), TCP_INFO), and this process has the sockets; they are looked
at and shut down, never closed or doubled: were one by mistake SQLite's file, its locks would go.
"""

import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sync.machine import clock
from sync.machine.networks import network

OF_ADDRESS_MAX = 32
STILL_SECONDS_MAX = 60.0
MOVED_BYTES_MIN = 2_048
"""In that time, of a body that isn't there yet or an answer that isn't read yet."""

LOOK_SECONDS = 0.5
THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
_ESTABLISHED = 1
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})
_BYTES = struct.Struct("=QQ")  # acknowledged by the other side, received
_BYTES_AT, _NOT_SENT_AT, _INFO_BYTES = 120, 144, 148


@dataclass(slots=True)
class Held:
    """A connection and how far it was when last something moved."""

    file: int
    peer: tuple[str, int]
    acknowledged: int
    received: int
    unread: bool  # an answer waits for the other side to read
    since: float
    moved: float = 0.0  # when we last saw a byte move; the idlest go first

    def moved_on(self, now: "Held") -> bool:
        """Whether enough moved since then."""
        out, in_ = now.acknowledged - self.acknowledged, now.received - self.received
        if now.unread:
            return out >= MOVED_BYTES_MIN
        return out > 0 or in_ >= MOVED_BYTES_MIN


class Lingering:
    """Those of this process that came in at one port."""

    def __init__(
        self,
        port: int,
        *,
        places_max: int,
        of_address_max: int = OF_ADDRESS_MAX,
        still_seconds_max: float = STILL_SECONDS_MAX,
    ) -> None:
        """None is known yet. `places_max`: how many the server takes."""
        self._port, self._many, self._enough = port, places_max * 3 // 4, places_max // 2
        self._of_address_max, self._still_seconds_max = of_address_max, still_seconds_max
        self._known: dict[tuple[int, tuple[str, int]], Held] = {}

    def watch(self) -> None:
        """Look on, in a thread, as long as the process is there."""
        threading.Thread(target=self._watch, name="lingering", daemon=True).start()

    def _watch(self) -> None:
        while True:
            threading.Event().wait(LOOK_SECONDS)
            with suppress(OSError):
                self.look(clock.running())

    def look(self, now: float) -> int:
        """Look once; how many were ended."""
        found = {(held.file, held.peer): held for held in _connections(self._port, now)}
        for key, held in found.items():
            before = self._known.get(key)
            if before is None:
                held.moved = now
                continue
            stirred = (held.acknowledged, held.received) != (before.acknowledged, before.received)
            held.moved = now if stirred else before.moved
            if not before.moved_on(held):
                held.since = before.since
                held.acknowledged, held.received = before.acknowledged, before.received
        self._known = found
        over = self._over(found.values(), now)
        for held in over:
            _shut(held.file)
            self._known.pop((held.file, held.peer), None)
        return len(over)

    def _over(self, held: Iterable[Held], now: float) -> list[Held]:
        staying: list[Held] = []
        over: list[Held] = []
        for one in held:
            (over if now - one.since > self._still_seconds_max else staying).append(one)
        for address, those in _grouped(staying, lambda one: one.peer[0]).items():
            if address not in THIS_MACHINE:
                over += _idlest_first(those)[: max(0, len(those) - self._of_address_max)]
        ended = {one.file for one in over}
        staying = [one for one in staying if one.file not in ended]
        if len(staying) > self._many:
            over += _of_the_fullest(staying, len(staying) - self._enough)
        return over


def _of_the_fullest(held: Iterable[Held], count: int) -> list[Held]:
    """So many, from whichever network has most at each turn."""
    networks = {
        name: _idlest_first(those)
        for name, those in _grouped(held, lambda one: network(one.peer[0])).items()
    }
    chosen = []
    for _ in range(count):
        fullest = max(networks.values(), key=len)
        chosen.append(fullest.pop(0))
    return chosen


def _grouped(held: Iterable[Held], by: Callable[[Held], str]) -> Mapping[str, list[Held]]:
    groups: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        groups[by(one)].append(one)
    return groups


def _idlest_first(held: list[Held]) -> list[Held]:
    return sorted(held, key=lambda one: one.moved)


def _connections(port: int, now: float) -> Iterator[Held]:
    """What came in there and is open."""
    for entry in Path("/proc/self/fd").iterdir():
        file = int(entry.name)
        with suppress(OSError), _looked_at(file) as found:
            if found.family not in _INTERNET or found.type != socket.SOCK_STREAM:
                continue
            if found.getsockname()[1] != port:
                continue
            peer = found.getpeername()
            info = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
            if info[0] != _ESTABLISHED:
                continue
            acknowledged, received = _BYTES.unpack_from(info, _BYTES_AT)
            (not_sent,) = struct.unpack_from("=I", info, _NOT_SENT_AT)
            yield Held(
                file=file,
                peer=(peer[0], peer[1]),
                acknowledged=acknowledged,
                received=received,
                unread=not_sent > 0,
                since=now,
            )


@contextmanager
def _looked_at(file: int) -> Iterator[socket.socket]:
    """A socket of somebody else's in this process: looked at, and left to them. Raises OSError."""
    found = socket.socket(fileno=file)
    try:
        yield found
    finally:
        found.detach()


def _shut(file: int) -> None:
    """Whoever has it sees that nothing more comes, and closes it."""
    with suppress(OSError), _looked_at(file) as found:
        found.shutdown(socket.SHUT_RDWR)
