"""A WSGI application behind granian: one worker process, which dies with its starter."""

import asyncio
import os
import resource
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVarTuple

from granian import Granian, loops
from granian.constants import HTTPModes, Interfaces, Loops, TaskImpl
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cli.lingering import Lingering
from cli.ports import check_port
from sync.machine.process import LastWords, die_with_parent, give_back_what_was_large

if TYPE_CHECKING:
    from flask import Flask

CONNECTIONS_MAX = 1024
BODIES_MAX = 48
THREADS = 32
"""In which the application answers. Kept pages, streams and awaited bodies hold none."""

HEADERS_MILLISECONDS_MAX = 20_000  # to say what one wants, and between two wishes
HEADERS_BYTES_MAX = 64 << 10
FILES_BESIDE = 1024

_Told = TypeVarTuple("_Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many from one address may be there at once, and how long nothing may move."""

    connections: int = 32
    bodies: int = 8
    answers: int = 8  # that the application works at; a browser asks for six things at once
    still_seconds: float = 60.0


SCREENS = Crowd()
MACHINES = Crowd(
    connections=CONNECTIONS_MAX // 2, bodies=BODIES_MAX, answers=THREADS, still_seconds=300.0
)
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
    """Answer until told to stop (SIGTERM, SIGINT). `create_app` is called in the worker alone.

    `beside` others of this machine at the same port. `tls`: the file with the key and certificate
    to answer with. Raises Refused where the port can't be had, and what `create_app` raised.
    """
    if not beside:
        check_port(address, port)

    ends: list[Callable[[], None]] = []
    last_words = LastWords()

    def load(_target: str) -> Any:
        from cli.bodies import Places
        from cli.door import Door

        die_with_parent()
        give_back_what_was_large()
        _allow_files(CONNECTIONS_MAX + FILES_BESIDE)
        Lingering(
            port,
            places_max=CONNECTIONS_MAX,
            of_address_max=crowd.connections,
            still_seconds_max=crowd.still_seconds,
        ).watch()
        try:
            app = create_app()
        except Exception as wrong:  # another worker would fare no better
            last_words.say(wrong)
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(os.EX_CONFIG)
        if streams := app.extensions.get("streams"):
            ends.append(streams.end)
        places = Places(BODIES_MAX, of_address_max=crowd.bodies)
        return Door(app, places, threads=THREADS, of_address_max=crowd.answers)

    loops.register(Loops.asyncio)(lambda: _loop(ends))
    server = Granian(
        target="kairan",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        task_impl=TaskImpl.rust,  # a fifth less for what is answered at once
        http=HTTPModes.http1,
        workers=1,
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
    )
    try:
        server.serve(target_loader=load)
    finally:
        last_words.raise_if_said()


class _Loop(asyncio.SelectorEventLoop):
    """Where it is told to end, what has no end of its own is ended first."""

    def __init__(self, ends: Sequence[Callable[[], None]]) -> None:
        super().__init__()
        self._ends = ends

    def add_signal_handler(
        self, sig: int, callback: Callable[[*_Told], object], *args: *_Told
    ) -> None:
        """The server waits for what it is answering, and streams would go on."""

        def end() -> None:
            for each in self._ends:
                each()
            callback(*args)

        super().add_signal_handler(sig, end)


def _loop(ends: Sequence[Callable[[], None]]) -> asyncio.AbstractEventLoop:
    loop = _Loop(ends)
    asyncio.set_event_loop(loop)
    return loop


def _allow_files(count: int) -> None:
    """Each connection is a file, and a thousand are let have by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
