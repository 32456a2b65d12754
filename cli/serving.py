"""A WSGI application behind granian: one worker process with threads, dying with its starter."""

import os
import resource
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cli.bodies import Places, with_bodies_awaited
from cli.lingering import Lingering
from cli.ports import check_port
from kiosk_ui.streams import STREAMS_MAX
from sync.machine.process import die_with_parent

if TYPE_CHECKING:
    from flask import Flask

CONNECTIONS_MAX = 1024
BODIES_MAX = 48
ANSWERING = 16
THREADS = STREAMS_MAX + BODIES_MAX + ANSWERING
"""Open streams and awaited bodies hold one each, whoever does what: so many are left to answer."""

HEADERS_MILLISECONDS_MAX = 20_000  # to say what one wants, and between two wishes
HEADERS_BYTES_MAX = 64 << 10
FILES_BESIDE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many from one address may be there at once, and how long nothing may move."""

    connections: int = 32
    bodies: int = 8
    still_seconds: float = 60.0


SCREENS = Crowd()
MACHINES = Crowd(connections=CONNECTIONS_MAX // 2, bodies=BODIES_MAX, still_seconds=300.0)
"""A town's machines may come by one address, and over lines on which little moves."""


def serve(
    create_app: "Callable[[], Flask]",
    *,
    address: str,
    port: int,
    crowd: Crowd = SCREENS,
    beside: bool = False,
    tls: Path | None = None,
) -> None:
    """Answer until told to stop (SIGTERM, SIGINT). `create_app` is called in the worker.

    `beside` others of this machine at the same port. `tls`: the file with the key and certificate
    to answer with. Raises Refused where the port can't be had.
    """
    if not beside:
        check_port(address, port)

    def load(_target: str) -> Any:
        die_with_parent()
        _allow_files(CONNECTIONS_MAX + FILES_BESIDE)
        Lingering(
            port,
            places_max=CONNECTIONS_MAX,
            of_address_max=crowd.connections,
            still_seconds_max=crowd.still_seconds,
        ).watch()
        app = create_app()
        if streams := app.extensions.get("streams"):
            _when_told_to_end(streams.end)
        return with_bodies_awaited(app, Places(BODIES_MAX, of_address_max=crowd.bodies))

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
        ssl_cert=tls,
        ssl_key=tls,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADERS_MILLISECONDS_MAX, max_buffer_size=HEADERS_BYTES_MAX
        ),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        log_level=LogLevels.error,
    ).serve(target_loader=load)


def _when_told_to_end(does: Callable[[], None]) -> None:
    """Do it: the server waits for what it is answering, and streams have no end of their own."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def wait() -> None:
        while told := os.read(reading, 1):
            if told[0] in (signal.SIGINT, signal.SIGTERM):
                does()

    threading.Thread(target=wait, name="end", daemon=True).start()


def _allow_files(count: int) -> None:
    """Each connection is a file, and a thousand are let have by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
