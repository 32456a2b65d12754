"""A line that breaks after so many bytes, of both directions together, and not a byte later."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.node.serving import port_of
from tests.patience import PATIENCE_SECONDS


class Line:
    """What passed over it."""

    def __init__(self, bytes_max: int) -> None:
        """Nothing yet."""
        self.passed = 0
        self._left = bytes_max
        self._lock = threading.Lock()

    def may_pass(self, size: int) -> int:
        """How many of these bytes."""
        with self._lock:
            granted = min(size, self._left)
            self._left -= granted
            self.passed += granted
            return granted


@contextmanager
def breaking(address: str, bytes_max: int) -> Iterator[tuple[str, Line]]:
    """Another address that leads to that one."""
    line = Line(bytes_max)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_carry, args=(listening, port_of(address), line))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", line
        finally:
            with suppress(OSError):  # nobody may have come
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_SECONDS)


def _carry(listening: socket.socket, port: int, line: Line) -> None:
    """One connection after the other."""
    with suppress(OSError):
        while True:
            here, _ = listening.accept()
            with here, socket.create_connection(("127.0.0.1", port)) as there:
                back = threading.Thread(target=_pass, args=(there, here, line))
                back.start()
                _pass(here, there, line)
                back.join(PATIENCE_SECONDS)


def _pass(source: socket.socket, sink: socket.socket, line: Line) -> None:
    with suppress(OSError):
        while content := source.recv(1 << 16):
            granted = line.may_pass(len(content))
            sink.sendall(content[:granted])
            if granted < len(content):
                break
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
