"""A WSGI application behind granian: one worker process with threads, dying with its starter."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from sync.machine.process import die_with_parent

THREADS = 64
CONNECTIONS_MAX = 1024


def serve(create_app: Callable[[], Flask], *, address: str, port: int) -> None:
    """Answer until told to stop (SIGTERM, SIGINT). `create_app` is called in the worker."""

    def load(_target: str) -> Any:
        die_with_parent()
        return create_app()

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
