"""The screens as they are served, and bytes that are nearly HTTP: never a fault of ours."""

import http.client
from pathlib import Path
from random import Random

import pytest

from tests.node.builders import CHOIR, Village, post_event
from tests.security.doors import Doors, open_doors

REQUESTS = 200
QUIET_SECONDS = 0.2
REQUESTS_SLOW = 5_000
PATHS = (
    *("/", "/boards/event", "/boards/event/new", "/carry", "/status", "/sign-in", "/healthz"),
    *("/sync", "/sync/changed", "/people", "/paper", "/receipts", "/looks/size?to=large&next=/"),
)
PIECES = (
    *(
        b"\r\n",
        b"\r",
        b"\n",
        b"\x00",
        b" ",
        b":",
        b"%",
        b"%0d%0a",
        b"%00",
        b"\xff\xfe",
        b"HTTP/1.1",
    ),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Host: 127.0.0.1\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"0\r\n\r\n"),
    *(b"Range: bytes=0-,0-,0-\r\n", b"Cookie: " + b"a=b; " * 500, b"Accept-Encoding: br, \x80\r\n"),
    *(b"POST ", b"../", b"A" * 5_000, "あ".encode(), b'If-None-Match: W/"\r\n'),
)


def whole(chance: Random) -> bytes:
    """A request that a browser might send."""
    path = chance.choice(PATHS).encode()
    if chance.random() < 0.5:
        return b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    body = b"&".join(name.encode() + b"=%E3%81%82" for name in CHOIR)
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )


def damaged(chance: Random) -> bytes:
    """The same with bytes lost, doubled, turned and put in."""
    request = whole(chance)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(request) + 1)
        to = min(len(request), at + chance.randrange(12))
        request = chance.choice(
            (
                request[:at] + request[to:],
                request[:to] + request[at:],
                request[:at]
                + bytes(byte ^ 1 << chance.randrange(8) for byte in request[at:to])
                + request[to:],
                request[:at] + chance.choice(PIECES) + request[at:],
            )
        )
    return request


def bombard(folder: Path, count: int, seed: int) -> None:
    chance = Random(seed)
    with open_doors(folder) as doors:
        for number in range(count):
            sent = damaged(chance)
            said = doors.says(sent, quiet=QUIET_SECONDS)
            status = said[9:12]
            assert not said or (said[:7] == b"HTTP/1." and status < b"500"), (
                number,
                sent,
                said[:80],
            )
        assert_well(doors)


def assert_well(doors: Doors) -> None:
    connection = doors.connection()
    connection.request("GET", "/boards/event")
    assert connection.getresponse().status == http.client.OK
    connection.close()
    assert doors.process.poll() is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    node = Village(tmp_path).node()
    post_event(node)
    node.database.close()
    return node.settings.folder


def test_nearly_http_is_answered_or_cut_off(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bombard(folder, REQUESTS, seed=1)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_nearly_http_for_long_is_answered_or_cut_off(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bombard(folder, REQUESTS_SLOW, seed=2)
    assert capfd.readouterr().err == ""
