"""What may be sent to a running node: refused plainly, and who reads doesn't wait for it."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import zstandard

from sync import cbor
from sync.limits import MESSAGE_BYTES_MAX
from tests.patience import until
from tests.stories.machines import Machine, town
from tests.stories.visitor import Page

EVENT = {"starts_on": "2031-04-05", "place": "上郷公民館"}
GIB = 1 << 30
PEAK_MB_MAX = 400
SLOW_VISITORS = 150  # more than there are threads to answer them
ANSWER_SECONDS_MAX = 60


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with town(tmp_path_factory.mktemp("town")) as machines:
        machines.here.start()
        yield machines.here


def _post(machine: Machine, **typed: str) -> Page:
    blank = machine.visitor.open("/boards/event/new").form(ending="/new")
    return machine.visitor.send(blank.filled(**{**EVENT, **typed}))


def _entries(machine: Machine) -> int:
    return machine.status().entries


def _peak_mb(machine: Machine) -> int:
    assert machine.running is not None
    told = [Path(f"/proc/{one.pid}/status").read_text() for one in machine.running.processes()]
    return max(int(status.partition("VmHWM:")[2].split()[0]) for status in told) >> 10


def _sync(machine: Machine, body: bytes, *, claims: int | None = None) -> tuple[int, str]:
    """What `/sync` answers; the body ends where it ends, whatever it claims."""
    connection = http.client.HTTPConnection("127.0.0.1", machine.port, timeout=ANSWER_SECONDS_MAX)
    with closing(connection):
        connection.putrequest("POST", "/sync")
        connection.putheader("Content-Type", "application/cbor")
        connection.putheader("Content-Length", str(len(body) if claims is None else claims))
        connection.endheaders()
        connection.send(body)
        answered = connection.getresponse()
        return answered.status, answered.read(10_000).decode(errors="replace")


def test_a_text_of_100_000_letters_comes_back_with_what_is_wrong(here: Machine) -> None:
    before = _entries(here)
    page = _post(here, title="長い会", description="あ" * 20_000)
    assert page.status == 422
    assert "文字まで" in page.text
    assert page.form(ending="/new").values["description"] == "あ" * 20_000
    page = _post(here, title="もっと長い会", description="あ" * 100_000)
    assert page.status == 413
    assert "長すぎて" in page.text
    assert _entries(here) == before


def test_letters_that_cannot_be_seen_are_left_out(here: Machine) -> None:
    page = _post(here, title="合\x00唱\u202e会\u2066の\u200f集い\x1b[31m", description="庭\ufeff")
    assert page.status == 303
    shown = here.visitor.open(page.location)
    assert "合唱会の集い[31m" in shown.text
    assert not set("\x00\u202e\u2066\u200f\x1b\ufeff") & set(shown.content)


def test_bombs_at_the_door_of_machines_are_refused(here: Machine) -> None:
    before = _entries(here)
    zeros = bytes(1 << 20)
    packer = zstandard.ZstdCompressor().compressobj(size=4 << 30)
    packed = b"".join(packer.compress(zeros) for _ in range(4 << 10)) + packer.flush()
    assert len(packed) < MESSAGE_BYTES_MAX
    for body in (
        cbor.encode([1, 1, packed]),
        b"\x81" * 1_000_000,
        b"\x9b" + (1 << 60).to_bytes(8, "big"),
        b"\x5b" + (10 * GIB).to_bytes(8, "big"),
        b"",
        b"\x00" * MESSAGE_BYTES_MAX,
    ):
        status, said = _sync(here, body)
        assert (status, said.partition(":")[0]) in {(400, "not an offer"), (413, "too large")}
    assert _sync(here, b"x", claims=10 * GIB)[0] == 413
    assert _entries(here) == before
    assert _peak_mb(here) < PEAK_MB_MAX


def test_who_sends_slowly_keeps_nobody_from_reading(here: Machine) -> None:
    with ExitStack() as connections:
        for number in range(SLOW_VISITORS):
            slow = connections.enter_context(
                socket.create_connection(("127.0.0.1", here.port), ANSWER_SECONDS_MAX)
            )
            path = "/boards/event/new" if number % 2 else "/sync"
            slow.sendall(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: 1000\r\n\r\ntitle=".encode()
            )
        for board in ("event", "disaster", "job", "guide"):
            assert here.visitor.open(f"/boards/{board}").status == 200
        assert here.visitor.open("/").status == 200
    until(lambda: _post(here, title="みんな帰った日の会").status == 303)
