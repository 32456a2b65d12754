"""The HTTP road brings an answer, or says whether to try again."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, redirect

from hub.app import create_app
from hub.hub import open_hub
from node.road import HttpRoad
from sync.errors import Malformed, TooLarge, Unreachable
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.settings import Part
from tests.node.builders import Village
from tests.node.serving import End, saying, served


def reply(content: bytes, head: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def test_whoever_is_there_says_its_key_and_who_certified_it(tmp_path: Path) -> None:
    hub = open_hub(Village(tmp_path).make("hub", Part.HUB))
    with served(create_app(hub)) as address:
        road = HttpRoad(address)
        key, statements = road.hello()
        road.close()
    assert key == hub.identity.public
    assert statements == [s.encoded for s in hub.ledger.trust().statements]


def test_one_connection_bears_many_messages() -> None:
    with saying(reply(b"one"), reply(b"two"), reply(b""), then=End.KEPT) as address:
        road = HttpRoad(address)
        assert [road(b"offer"), road(b"offer"), road(b"")] == [b"one", b"two", b""]
        road.close()


def test_an_address_may_have_a_path() -> None:
    app = Flask("echo")
    app.add_url_rule("/kairan/sync", view_func=lambda: b"here", methods=["POST"])
    with served(app) as address:
        road = HttpRoad(f"{address}/kairan")
        assert road(b"offer") == b"here"
        road.close()


@pytest.mark.parametrize("then", [End.CLOSED, End.RESET])
def test_a_kept_connection_that_is_no_more_is_opened_again(then: End) -> None:
    with saying(reply(b"one"), reply(b"two"), then=then) as address:
        road = HttpRoad(address)
        assert road(b"offer") == b"one"
        assert road(b"offer") == b"two"
        road.close()


def test_nobody_there_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    road = HttpRoad(f"http://127.0.0.1:{port}")
    for _ in range(2):
        with pytest.raises(Unreachable):
            road(b"offer")


TRY_AGAIN = {
    "busy": reply(b"busy\n", "503 Service Unavailable"),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "hung up": b"",
    "cut short": reply(b"an answer")[:-3],
    "cut in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
}


@pytest.mark.parametrize("said", TRY_AGAIN.values(), ids=TRY_AGAIN.keys())
def test_what_may_be_well_in_a_moment_is_tried_again_later(said: bytes) -> None:
    with saying(said, reply(b"better now")) as address:
        road = HttpRoad(address)
        with pytest.raises(Unreachable):
            road(b"offer")
        assert road(b"offer") == b"better now"
        road.close()


@pytest.mark.parametrize("head", ["400 Bad Request", "413 Content Too Large", "404 Not Found"])
def test_a_refusal_is_no_answer_and_says_what_the_other_side_said(head: str) -> None:
    with saying(reply("大きすぎます\n".encode(), head)) as address:
        road = HttpRoad(address)
        with pytest.raises(Malformed, match="大きすぎます"):
            road(b"offer")
        road.close()


def test_no_redirect_is_followed() -> None:
    app = Flask("elsewhere")
    app.add_url_rule("/sync", view_func=lambda: redirect("/there"))
    app.add_url_rule("/there", "there", view_func=lambda: b"there")
    with served(app) as address:
        road = HttpRoad(address)
        with pytest.raises(Malformed, match="302"):
            road.hello()
        road.close()


def test_a_page_for_people_is_no_hello() -> None:
    app = Flask("router")
    app.add_url_rule("/sync", view_func=lambda: "<html>ようこそ</html>")
    with served(app) as address:
        road = HttpRoad(address)
        with pytest.raises(Malformed):
            road.hello()
        road.close()


def test_no_more_than_the_limit_is_read() -> None:
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        while True:
            sent.append(1 << 20)
            yield b"\x00" * (1 << 20)

    app = Flask("endless")
    app.add_url_rule("/sync", view_func=lambda: Response(pieces()), methods=["POST"])
    with served(app) as address:
        road = HttpRoad(address)
        with pytest.raises(TooLarge):
            road(b"offer")
    assert sum(sent) < 4 * MESSAGE_BYTES_MAX
