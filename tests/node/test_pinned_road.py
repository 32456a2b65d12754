"""Over a pinned road nothing is sent but to whoever has the key; dates and names mean nothing."""

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.road import HttpRoad
from sync.errors import NotEncrypted, Unreachable, WrongKey
from sync.machine.keys import tls_key
from sync.machine.pin import TLS_FILE, pin_in_words
from sync.machine.tls import NEXT_TLS_FILE, change_tls, make_tls, pins, self_signed
from tests.node.serving import saying
from tests.stories.clocks import Clock

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
DECADES_AGO = {
    "begins": datetime(1990, 1, 1, tzinfo=UTC),
    "ends": datetime(1990, 2, 1, tzinfo=UTC),
}


class Server:
    """Whoever shakes hands with that key and says hi to each request; and what it was told."""

    def __init__(self, file: Path, listening: socket.socket, newest: ssl.TLSVersion) -> None:
        self.heard: list[bytes] = []
        self.handshakes: list[str] = []
        self._listening = listening
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        self._context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self._context.maximum_version = newest
        self._context.load_cert_chain(file)
        self.url = f"https://127.0.0.1:{listening.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self.handshakes.append(str(secured.version()))
                    while said := secured.recv(1 << 16):
                        self.heard.append(said)
                        secured.sendall(REPLY)
            except OSError:
                continue


@contextmanager
def answering(
    file: Path, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(file, listening, newest)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _client_hello(connection: socket.socket) -> None:
    """Read the first record of a handshake (RFC 8446 §5.1): nothing more comes unanswered."""
    with connection.makefile("rb") as record:
        record.read(int.from_bytes(record.read(5)[3:]))


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A folder with its keys."""
    folder = tmp_path / "hub"
    folder.mkdir()
    make_tls(folder)
    return folder


def test_who_has_the_key_is_spoken_to_over_one_connection(hub: Path) -> None:
    with answering(hub / TLS_FILE) as server:
        road = HttpRoad(server.url, pins=pins(hub))
        assert [road(b"offer"), road(b"offer")] == [b"hi", b"hi"]
        road.close()
    assert server.handshakes == ["TLSv1.3"]


def test_who_has_another_key_is_told_nothing(hub: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(self_signed(tls_key()))
    with answering(other) as server:
        road = HttpRoad(server.url, pins=pins(hub))
        for _ in range(2):
            with pytest.raises(WrongKey):
                road(b"offer")
    assert server.heard == []


def test_a_certificate_that_ended_decades_ago_is_as_good(hub: Path) -> None:
    ended = self_signed(tls_key(), **DECADES_AGO)
    (hub / TLS_FILE).write_bytes(ended)
    with answering(hub / TLS_FILE) as server:
        road = HttpRoad(server.url, pins=pins(hub))
        assert road(b"offer") == b"hi"
        road.close()


ASKS = """
import sys
from datetime import UTC, datetime
from node.road import HttpRoad
from sync.machine.pin import read_pin
road = HttpRoad(sys.argv[1], pins=[read_pin(sys.argv[2])])
print(datetime.now(UTC).year, road(b"offer").decode())
"""


@pytest.mark.parametrize("year", [1970, 2036])
def test_a_clock_that_is_decades_wrong_gets_through(hub: Path, tmp_path: Path, year: int) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(f"{year}-02-07 06:28:20")
    with answering(hub / TLS_FILE) as server, clock.worn():
        asked = [sys.executable, "-c", ASKS, server.url, pin_in_words(pins(hub)[0])]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(year), "hi"]


def test_who_answers_in_clear_is_told_nothing(hub: Path) -> None:
    with saying(REPLY, after=_client_hello) as address:
        road = HttpRoad(address.replace("http:", "https:"), pins=pins(hub))
        with pytest.raises(NotEncrypted):
            road(b"offer")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_who_knows_only_an_old_tls_is_told_nothing(hub: Path) -> None:
    with answering(hub / TLS_FILE, ssl.TLSVersion.TLSv1_1) as server:
        road = HttpRoad(server.url, pins=pins(hub))
        with pytest.raises(NotEncrypted):
            road(b"offer")
    assert server.heard == []


def test_a_line_that_is_cut_in_the_handshake_is_tried_again_later(hub: Path) -> None:
    with saying(b"", after=_client_hello) as address:
        road = HttpRoad(address.replace("http:", "https:"), pins=pins(hub))
        with pytest.raises(Unreachable):
            road(b"offer")


def test_who_was_told_both_keys_gets_through_after_the_key_changed_once(hub: Path) -> None:
    told = pins(hub)
    change_tls(hub)
    with answering(hub / TLS_FILE) as server:
        road = HttpRoad(server.url, pins=told)
        assert road(b"offer") == b"hi"
        road.close()
    change_tls(hub)
    with answering(hub / TLS_FILE) as server, pytest.raises(WrongKey):
        HttpRoad(server.url, pins=told)(b"offer")


def test_a_change_that_the_power_cut_in_the_middle_goes_no_further_than_the_key_that_was_told(
    hub: Path,
) -> None:
    told = pins(hub)
    (hub / TLS_FILE).write_bytes((hub / NEXT_TLS_FILE).read_bytes())
    change_tls(hub)
    assert pins(hub)[0] == told[1]
    assert pins(hub)[1] not in told
