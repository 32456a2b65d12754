"""A real `kairan web`, and a stranger with many sockets, from as many addresses as wanted."""

import http.client
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cli.supervise import kairan
from tests.patience import until
from tests.stories.machines import free_ports

SECONDS_MAX, QUIET_SECONDS = 30, 3
HERE, NETWORK = "127.0.0.1", "127.0.0.2"
"""Where the kiosk asks, and where the network does: by such addresses one machine has both."""


@dataclass(frozen=True)
class Doors:
    """Where it answers."""

    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str = "/", *, at: str = HERE, source: str = HERE) -> int:
        """The status of a page."""
        with closing(self.connection(at, source)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def connection(self, at: str = HERE, source: str = HERE) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(at, self.port, SECONDS_MAX, source_address=(source, 0))

    def reach(self, source: str, at: str = NETWORK) -> socket.socket:
        """A connection from that address."""
        return socket.create_connection((at, self.port), SECONDS_MAX, source_address=(source, 0))

    def says(self, raw: bytes, *, at: str = HERE, quiet: float = QUIET_SECONDS) -> bytes:
        """All that is answered to these very bytes, until it ends or nothing more comes."""
        with self.reach(HERE, at) as connection:
            connection.settimeout(quiet)
            said = b""
            with suppress(TimeoutError, ConnectionError):
                connection.sendall(raw)
                while more := connection.recv(1 << 16):
                    said += more
            return said


def free_port() -> int:
    """None of those that connections are given, which somebody may have a moment later."""
    return free_ports(1)


@contextmanager
def open_doors(folder: Path, *, address: str = HERE) -> Iterator[Doors]:
    """The screens of that machine, while they are served."""
    port = free_port()
    command = kairan("web", "--data", str(folder), "--port", str(port), "--address", address)
    process = subprocess.Popen(command)
    doors = Doors(port, process)
    try:
        for at in {HERE, address}:
            until(partial(_answers, doors, at))
        yield doors
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)


def _answers(doors: Doors, at: str) -> bool:
    # Until somebody listens there, a connection may be given that very port and meet itself.
    with suppress(OSError, http.client.HTTPException):
        return doors.get("/healthz", at=at) == 200
    return False
