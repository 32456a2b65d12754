"""An alert on all streams there may be: how late each hears of it, and that pages come."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from bench.crowd import PHONE
from kiosk_ui.streams import STREAMS_MAX

_SECONDS_MAX = 10.0


@dataclass(slots=True)
class Heard:
    """In seconds each."""

    late: list[float]  # a stream, from when the alert was committed
    last: list[float]  # the last stream of each alert
    pages: list[float]  # asked for while all streams were open
    one_more: int  # the status of a stream beyond them


def listen(port: int, alert: Callable[[int], None], *, times: int) -> Heard:
    """`alert` commits one, in this process, which isn't the one that serves."""
    heard = Heard([], [], [], 0)
    with ExitStack() as held:
        open_ = [held.enter_context(_connect(port, n)) for n in range(STREAMS_MAX)]
        for stream in open_:
            _ask(stream, "/live")
            stream.recv(1 << 16)
        with _connect(port, STREAMS_MAX) as one_more:
            _ask(one_more, "/live")
            heard.one_more = int(one_more.recv(1 << 16).split()[1])
        time.sleep(0.5)
        for number in range(times):
            _drain(open_)
            alert(number)
            committed = time.perf_counter()
            late = _wait_for(open_, f"alert {number} ".encode(), committed)
            heard.late += late
            heard.last.append(max(late))
            began = time.perf_counter()
            with _connect(port, STREAMS_MAX) as page:
                _ask(page, "/boards/event")
                assert b" 200 " in page.recv(1 << 16)[:20]
            heard.pages.append(time.perf_counter() - began)
    return heard


def _connect(port: int, number: int) -> socket.socket:
    source = (f"127.0.5.{1 + number}", 0)
    return socket.create_connection(("127.0.0.1", port), _SECONDS_MAX, source_address=source)


def _ask(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {PHONE}\r\n\r\n".encode())


def _drain(open_: list[socket.socket]) -> None:
    with selectors.DefaultSelector() as ready:
        for stream in open_:
            ready.register(stream, selectors.EVENT_READ)
        while found := ready.select(0.1):
            for key, _ in found:
                key.fileobj.recv(1 << 16)  # type: ignore[union-attr]


def _wait_for(open_: list[socket.socket], words: bytes, since: float) -> list[float]:
    late, said = [], dict.fromkeys(open_, b"")
    with selectors.DefaultSelector() as ready:
        for number, stream in enumerate(open_):
            ready.register(stream, selectors.EVENT_READ, number)
        while ready.get_map():
            found = ready.select(_SECONDS_MAX)
            assert found, "a stream did not hear of it"
            for stream in [open_[key.data] for key, _ in found]:
                said[stream] += stream.recv(1 << 16)
                if words in said[stream]:
                    late.append(max(0.0, time.perf_counter() - since))
                    ready.unregister(stream)
    return late
