"""A TCP proxy on loopback that counts what passes: real bytes both ways, and turns.

A turn is a change of direction of the data on one connection; a request and its answer are two.
Headers of HTTP are in the bytes, those of TCP and IP are not.
"""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock, Thread

_PIECE_BYTES = 1 << 16


@dataclass(slots=True)
class Counted:
    """What passed since the last look."""

    up: int = 0  # bytes from whoever connected
    down: int = 0  # bytes back
    turns: int = 0
    connections: int = 0
    first_up: float | None = None  # when, by time.perf_counter()
    last_down: float | None = None


class CountingProxy:
    """Listens on a port of its own and passes everything on to another one."""

    def __init__(self, port: int) -> None:
        """`port`: where to, on loopback."""
        self._to = port
        self._counted = Counted()
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def look(self) -> Counted:
        """What passed; counting starts again at nothing."""
        with self._lock:
            counted, self._counted = self._counted, Counted()
            return counted

    def now(self) -> Counted:
        """What passed so far; counting goes on."""
        with self._lock:
            return replace(self._counted)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                _Connection(self, here, there)

    def passed(self, size: int, *, upwards: bool, turned: bool) -> None:
        """Count one piece."""
        now = time.perf_counter()
        with self._lock:
            self._counted.turns += turned
            if upwards:
                self._counted.up += size
                self._counted.first_up = self._counted.first_up or now
            else:
                self._counted.down += size
                self._counted.last_down = now

    def connected(self) -> None:
        """Count one connection."""
        with self._lock:
            self._counted.connections += 1


class _Connection:
    def __init__(self, proxy: CountingProxy, here: socket.socket, there: socket.socket) -> None:
        self._proxy = proxy
        self._here, self._there = here, there
        self._upwards: bool | None = None  # the direction of the last data
        proxy.connected()
        for end in (here, there):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Thread(target=self._pass_on_both_ways, daemon=True).start()

    def _pass_on_both_ways(self) -> None:
        back = Thread(target=self._pass_on, args=(self._there, self._here, False), daemon=True)
        back.start()
        self._pass_on(self._here, self._there, True)
        back.join()
        self._here.close()
        self._there.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE_BYTES):
                turned, self._upwards = self._upwards is not upwards, upwards
                self._proxy.passed(len(piece), upwards=upwards, turned=turned)
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
