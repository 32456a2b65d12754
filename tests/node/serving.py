"""Real servers on loopback ports of their own, and waiting for what they bring about."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from struct import pack
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from node.node import Node
from node.syncing import run
from tests.patience import PATIENCE_SECONDS, until


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a test says itself what it wants to hear."""


def end_streams(app: Flask) -> None:
    """As the server does when it is told to end."""
    if streams := app.extensions.get("streams"):
        streams.end()


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """The address of an application while it is served."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        end_streams(app)
        server.shutdown()
        thread.join()
        server.server_close()


class End(Enum):
    """What becomes of a connection after its reply."""

    CLOSED = "closed"
    RESET = "reset"  # while the next request comes
    KEPT = "kept"


@contextmanager
def saying(
    *replies: bytes, then: End = End.CLOSED, after: Callable[[socket.socket], object] | None = None
) -> Iterator[str]:
    """An address where requests hear these replies, whatever they ask.

    `after`: what is read before each reply, where that isn't a whole request.
    """
    hear = after or _read_request

    def answer() -> None:
        with suppress(OSError):  # the test is over
            connection, _ = listening.accept()
            for reply in replies:
                hear(connection)
                connection.sendall(reply)
                if reply is replies[-1] or then is End.KEPT:
                    continue
                if then is End.RESET:
                    connection.recv(1)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
                connection.close()
                connection, _ = listening.accept()
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_SECONDS)


def _read_request(connection: socket.socket) -> None:
    """All of it: what is left unread when a connection closes is a reset to the other side."""
    with connection.makefile("rb") as request:
        length = 0
        while line := request.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        request.read(length)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@contextmanager
def syncing(*nodes: Node, peers: tuple[str, ...] = ()) -> Iterator[None]:
    """What `kairan-sync` does at each of these machines."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=run, args=(node,), kwargs={"peers": peers, "stop": stop})
        for node in nodes
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        until(lambda: not any(t.name.startswith("offers to") for t in threading.enumerate()))
