"""A WSGI application behind granian: one worker process with threads, dying with its starter."""

import errno
import os
import socket
from collections.abc import Callable, Iterable
from io import BytesIO
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from node.refused import Refused
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine import clock
from sync.machine.process import die_with_parent

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask

THREADS = 64
CONNECTIONS_MAX = 1024
BODIES_MAX = THREADS * 3 // 4
PLACE_SECONDS_MAX = 0.5
FREE_SECONDS_MAX = 3.0  # a worker that was killed with its starter is gone by then
LOOK_SECONDS = 0.05

_BUSY_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "5")]
_BUSY = "いま混みあっています。少し待って、もう一度お送りください。\n".encode()


def check_port(address: str, port: int) -> None:
    """Refuse a port that somebody else listens at.

    Granian asks to share its port (SO_REUSEPORT), so two machines at one port would both start
    and answer by turns.
    """
    deadline = clock.running() + FREE_SECONDS_MAX
    while (wrong := _listening(address, port)) is not None:
        if wrong.errno != errno.EADDRINUSE:
            why = os.strerror(wrong.errno) if wrong.errno else str(wrong)
            raise Refused(f"{address} のポート {port} を使えません（{why}）。") from wrong
        if clock.running() > deadline:
            raise Refused(
                f"ポート {port} は、ほかで使われています。それを終えるか、"
                "--port でほかの番号にしてください。"
            ) from wrong
        Event().wait(LOOK_SECONDS)


def _listening(address: str, port: int) -> OSError | None:
    """What is in the way of listening there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as wrong:
            return wrong
    return None


def with_bodies_awaited(app: "WSGIApplication") -> "WSGIApplication":
    """The same application, given each request once all of it is there.

    Who sends slowly holds a thread; so many may, and the others answer whoever only reads.
    """
    places = BoundedSemaphore(BODIES_MAX)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        claimed = environ.get("CONTENT_LENGTH") or "0"
        # What is too large is refused by the length it claims; nobody waits for it.
        if claimed.isdigit() and 0 < int(claimed) <= MESSAGE_BYTES_MAX:
            if not places.acquire(timeout=PLACE_SECONDS_MAX):
                start_response("503 Service Unavailable", _BUSY_HEADERS)
                return [_BUSY]
            try:
                environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(claimed)))
            finally:
                places.release()
        return app(environ, start_response)

    return answer


def serve(create_app: "Callable[[], Flask]", *, address: str, port: int) -> None:
    """Answer until told to stop (SIGTERM, SIGINT). `create_app` is called in the worker.

    Raises Refused where the port can't be had.
    """
    check_port(address, port)

    def load(_target: str) -> Any:
        die_with_parent()
        return with_bodies_awaited(create_app())

    Granian(
        target="kairan",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS_MAX,
        backlog=2048,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        log_level=LogLevels.error,
    ).serve(target_loader=load)
