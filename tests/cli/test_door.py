"""The way in to the real screens: what is asked and answered is what it is without a server."""

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPResponse
from pathlib import Path

import pytest

from kiosk_ui.app import create_app
from node.node import Node
from tests.kiosk_ui.town import EVENT
from tests.node.builders import Village
from tests.patience import until
from tests.security.doors import NETWORK, Doors, free_port, open_doors

BOARD = "/boards/event"
CLOSE = b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
MINE = {"Date", "Server"}  # the server's own


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Village(tmp_path_factory.mktemp("village")).node()


@pytest.fixture(scope="module")
def doors(node: Node) -> Iterator[Doors]:
    with open_doors(node.settings.folder) as opened:
        yield opened


def get(doors: Doors, path: str = BOARD, method: str = "GET", **headers: str) -> HTTPResponse:
    """The answer, read to its end as `.body`."""
    with closing(doors.connection()) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer


def body(answer: HTTPResponse) -> bytes:
    read: bytes = answer.body  # type: ignore[attr-defined]
    return read


def test_who_asks_after_another_process_wrote_is_given_what_it_wrote_every_time(
    doors: Doors, node: Node
) -> None:
    for number in range(30):
        post = node.add(
            node.boards["event"],
            {**EVENT, "title": f"第{number}回の集い", "starts_on": "2031-01-01"},
        )
        assert post.text("title").encode() in body(get(doors))
        assert post.text("title").encode() in body(get(doors))


def test_a_kept_page_is_the_drawn_one_packed_or_not_and_nothing_to_who_has_it(
    doors: Doors,
) -> None:
    drawn, kept = get(doors, f"{BOARD}?first"), get(doors, f"{BOARD}?first")
    assert body(drawn) == body(kept)
    assert {k for k, _ in drawn.getheaders()} == {k for k, _ in kept.getheaders()}
    packed = get(doors, f"{BOARD}?first", Accept_Encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body(packed)) == body(kept)
    known = get(doors, f"{BOARD}?first", If_None_Match=kept.headers["ETag"])
    assert (known.status, body(known)) == (304, b"")
    only_head = get(doors, f"{BOARD}?first", "HEAD")
    assert (only_head.status, body(only_head)) == (200, b"")


def test_who_asks_with_other_words_is_answered_by_those_though_the_address_is_the_same(
    doors: Doors,
) -> None:
    path = f"{BOARD}?turns"
    for _ in range(3):
        for size in ("large", "larger"):
            assert f"size-{size} " in body(get(doors, path, Cookie=f"size={size}")).decode()
        plain = get(doors, path)
        assert "size-normal " in body(plain).decode()
        packed = get(doors, path, Accept_Encoding="gzip")
        assert gzip.decompress(body(packed)) == body(plain)
        assert get(doors, path, If_None_Match=plain.headers["ETag"]).status == 304
        assert get(doors, path, Host="evil.example").status == 421


def test_what_is_asked_reaches_the_application_as_it_was_asked(doors: Doors, node: Node) -> None:
    """Letters in the path and the query, cookies, a name, and the same page as without a server."""
    app = create_app(node).test_client()
    for path in ("/search?q=%E5%90%88%E5%94%B1", "/nowhere/%E5%90%88%FF", "/records/%2e%2e%2f"):
        there = get(doors, path, Cookie="size=larger; theme=night", Host=f"127.0.0.1:{doors.port}")
        here = app.get(
            path,
            headers={
                "Cookie": "size=larger; theme=night",
                "Host": f"127.0.0.1:{doors.port}",
            },
        )
        assert there.status == here.status_code, path
        assert "size-larger theme-night" in body(there).decode()
        assert heading(body(there).decode()) == heading(here.text), path


def heading(page: str) -> str:
    found = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert found, page
    return found[0]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"Origin: \xff\xfe\r\n", id="unreadable"),
        pytest.param(b"Origin: http://evil.example\r\n", id="another"),
        pytest.param(b"Origin: http://127.0.0.1\r\nOrigin: http://evil.example\r\n", id="both"),
        pytest.param(b"Sec-Fetch-Site: \xff\r\n", id="unreadable site"),
    ],
)
def test_a_form_whose_origin_is_not_ours_or_not_readable_is_a_strangers(
    doors: Doors, said: bytes
) -> None:
    form = b"POST /boards/event/new HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    answer = doors.says(form + said + b"Content-Length: 7\r\n" + CLOSE + b"title=a")
    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", b"421", id="no name"),
        pytest.param(b"GET http://evil.example/ HTTP/1.1\r\n" + CLOSE, b"200", id="absolute"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + CLOSE, b"421", id="two names"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: 1\r\n" + CLOSE + b"x", b"200", id="body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n" + CLOSE, b"405", id="huge"
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"0\r\n\r\n",
            b"411",
            id="no length",
        ),
    ],
)
def test_what_no_browser_says_is_answered_in_order(
    doors: Doors, asked: bytes, status: bytes
) -> None:
    answer = doors.says(asked)
    assert answer.split(b" ", 2)[1] == status, answer[:300]
    assert get(doors).status == 200


SLOW = """
import sys
from pathlib import Path
from threading import Event
from flask import Flask, request
from cli.serving import Crowd, serve

def slow():
    app, begun = Flask("slow"), []

    @app.get("/")
    def answer():
        begun.append(request.remote_addr)
        while request.remote_addr == "127.0.1.1" and not Path(sys.argv[2]).exists():
            Event().wait(0.02)
        return str(begun.count("127.0.1.1"))

    return app

serve(slow, address="127.0.0.2", port=int(sys.argv[1]), crowd=Crowd(answers=2))
"""
"""An application that works at what one address asks until a file is there."""


def test_one_address_has_few_answers_worked_at_and_others_are_answered_meanwhile(
    tmp_path: Path,
) -> None:
    port, may_end = free_port(), tmp_path / "may end"
    command = [sys.executable, "-c", SLOW, str(port), str(may_end)]
    with subprocess.Popen(command) as process, ExitStack() as held:
        held.callback(process.terminate)
        doors = Doors(port, process)

        def begun() -> bytes:
            with suppress(OSError):
                return doors.says(b"GET / HTTP/1.1\r\n" + CLOSE, at=NETWORK)[-1:]
            return b""

        until(lambda: begun() == b"0")
        theirs = [held.enter_context(doors.reach("127.0.1.1")) for _ in range(6)]
        for each in theirs:
            each.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        until(lambda: begun() == b"2")
        assert [begun() for _ in range(10)] == [b"2"] * 10
        may_end.touch()
        for each in theirs:
            assert each.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
