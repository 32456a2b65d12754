"""Tells whoever started the screens that they answer, for as long as they do.

A page is asked for as a browser asks. Where none comes nothing is said, and who waits for word in
vain starts the screens anew. Who looks is a process of its own: whoever serves makes processes by
fork(2), and a thread beside it might hold just then what the new one waits for, for ever.
"""

import http.client
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from sync.errors import NotEncrypted, WrongKey
from sync.machine.process import die_with_parent
from sync.machine.starter import Starter

PAGE = "/"
FIRST_LOOK_SECONDS = 0.2  # until all answer
ANSWER_SECONDS_MAX = 20.0  # on a slow machine with many visitors

_BROKEN = 500  # from here on it is the machine's fault (RFC 9110, 15.6)
_WHERE_ONLY_ALL_LISTEN = {"0.0.0.0": "127.0.0.2", "::": "::1"}  # noqa: S104
"""Who listens everywhere isn't asked at 127.0.0.1: there the kiosk has a process of its own."""


def watch(
    starter: Starter, addresses: Sequence[str], port: int, *, known_by: Path | None = None
) -> None:
    """Begin to look on, until this process ends; only where word is waited for.

    `known_by`: the folder with the keys of who answers over TLS.
    """
    if not starter.waits or os.fork():
        return
    try:
        die_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        asked = [_WHERE_ONLY_ALL_LISTEN.get(address, address) for address in addresses]
        _watch(starter, asked, port, _pins(known_by))
    finally:
        os._exit(os.EX_SOFTWARE)


def _pins(known_by: Path | None) -> tuple[bytes, ...]:
    """Read once, as whoever serves does: a key that is changed later is used after a restart."""
    if known_by is None:
        return ()
    from sync.machine.tls import pins

    return pins(known_by)


def _watch(
    starter: Starter, addresses: Sequence[str], port: int, known_by: tuple[bytes, ...]
) -> None:
    ready = False
    while True:
        if all(answers(address, port, known_by) for address in addresses):
            if not ready:
                starter.ready()
                ready = True
            starter.well()
        Event().wait(starter.word_seconds if ready else FIRST_LOOK_SECONDS)


def answers(address: str, port: int, known_by: tuple[bytes, ...] = ()) -> bool:
    """Whether a whole page comes."""
    with closing(_line(address, port, known_by)) as line:
        try:
            line.request("GET", PAGE)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException, NotEncrypted, WrongKey):
            return False
    return answer.status < _BROKEN


def _line(address: str, port: int, known_by: tuple[bytes, ...]) -> http.client.HTTPConnection:
    if not known_by:
        return http.client.HTTPConnection(address, port, timeout=ANSWER_SECONDS_MAX)
    from sync.machine.tls import connection

    return connection(address, port, pins=known_by, timeout=ANSWER_SECONDS_MAX)
