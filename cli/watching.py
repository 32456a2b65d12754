"""Tells whoever started the screens that they answer, for as long as they do.

A page is asked for as a browser asks. Where none comes nothing is said, and who waits for word in
vain starts the screens anew. Pages over TLS are for few: where none of theirs comes, their process
alone is ended, and the kiosk goes on.
"""

import os
import signal
import socket
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

from sync.errors import NotEncrypted, WrongKey
from sync.machine import clock
from sync.machine.pin import PAGES_FILE
from sync.machine.process import die_with_parent
from sync.machine.starter import Starter

SOON_SECONDS = 0.2  # where none came, it is asked for again
ANSWER_SECONDS_MAX = 10.0  # on a slow machine with many visitors
SILENT_SECONDS_MAX = 60.0  # as the units have it
FIRST_PAGE_SECONDS_MAX = 600.0  # a ledger of many years is read through before
LOOKS_IN_PATIENCE = 3

_ASKED = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_STATUS_BYTES = len("HTTP/1.1 200")
_BROKEN = 500  # from here on it is the machine's fault (RFC 9110, 15.6)
_WHERE_ONLY_ALL_LISTEN = {"0.0.0.0": "127.0.0.2", "::": "::1"}  # noqa: S104
"""Who listens everywhere isn't asked at 127.0.0.1: there the kiosk has a process of its own."""


class Watch:
    """Over the screens at one port, by one address or more."""

    def __init__(
        self,
        starter: Starter,
        addresses: Sequence[str],
        port: int,
        *,
        known_by: Path | None = None,
    ) -> None:
        """Nothing was asked yet. `known_by`: the folder with the keys of who answers over TLS."""
        self._starter, self._port = starter, port
        self._known_by = known_by
        self._answers: Callable[[str, int], bool] | None = None
        self._addresses = [_WHERE_ONLY_ALL_LISTEN.get(address, address) for address in addresses]
        self._ready, self._due = False, 0.0

    def look(self) -> None:
        """Ask, if it is time to and word is waited for. May be called often."""
        if not self._starter.waits or clock.running() < self._due:
            return
        if self._answers is None:  # only now, and so only in the process that looks
            self._answers = answers if self._known_by is None else _as_hub(self._known_by)
        well = all(self._answers(address, self._port) for address in self._addresses)
        if well:
            if not self._ready:
                self._starter.ready()
                self._ready = True
            self._starter.well()
        self._due = clock.running() + (self._starter.word_seconds if well else SOON_SECONDS)

    def look_on(self) -> None:
        """In a process of its own that ends with this one; only where word is waited for."""
        if self._starter.waits:
            _beside_this_process(self.look)


class Silence:
    """How long no page came over TLS from this process, which ends when that is too long."""

    def __init__(self, address: str, port: int, *, folder: Path, seconds_max: float) -> None:
        """None came yet; until then it has as long as systemd gives. `folder`: with its key."""
        self._process = os.getpid()
        self._address, self._port = _WHERE_ONLY_ALL_LISTEN.get(address, address), port
        self._folder, self._seconds_max = folder, seconds_max
        self._answers: Callable[[str, int], bool] | None = None
        self._patience, self._heard, self._due = FIRST_PAGE_SECONDS_MAX, clock.running(), 0.0

    def look(self) -> None:
        """Ask, if it is time to; may be called often. Whoever started the process is there."""
        if clock.running() < self._due:
            return
        if self._answers is None:
            self._answers = _as_pages(self._folder)
        if self._answers(self._address, self._port):
            self._patience, self._heard = self._seconds_max, clock.running()
            self._due = self._heard + self._seconds_max / LOOKS_IN_PATIENCE
        elif clock.running() - self._heard > self._patience:
            os.kill(self._process, signal.SIGKILL)

    def look_on(self) -> None:
        """In a process of its own that ends with this one."""
        _beside_this_process(self.look)


def _beside_this_process(look: Callable[[], None]) -> None:
    """Look on, in a process that ends with this one.

    Not in a thread: whoever serves makes processes by fork(2), and what a thread held just then the
    new one would wait for, for ever.
    """
    if os.fork():
        return
    try:
        die_with_parent()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        while True:
            look()
            Event().wait(SOON_SECONDS)
    finally:
        os._exit(os.EX_SOFTWARE)


def answers(address: str, port: int, page: str = "/") -> bool:
    """Whether a whole page comes. Of all that HTTP can be, what our own server says is enough."""
    said = b""
    try:
        with socket.create_connection((address, port), ANSWER_SECONDS_MAX) as line:
            line.sendall(_ASKED.format(page).encode())
            while part := line.recv(1 << 16):
                said = said or part
    except OSError:
        return False
    status = said[:_STATUS_BYTES].split(b" ")[-1]
    return said.startswith(b"HTTP/") and status.isdigit() and int(status) < _BROKEN


def _as_hub(folder: Path) -> Callable[[str, int], bool]:
    """The same, asked of the hub in that folder; loaded by who answers over TLS alone.

    The key is read once, as whoever serves does: one that is changed later is used after a restart.
    """
    from sync.machine.tls import pins

    return _over_tls(pins(folder))


def _as_pages(folder: Path) -> Callable[[str, int], bool]:
    """The same, asked of a machine's pages."""
    from sync.machine.tls import pin_in

    return _over_tls([pin_in(folder / PAGES_FILE)])


def _over_tls(known_by: Collection[bytes]) -> Callable[[str, int], bool]:
    """The same, asked of who has one of these keys."""
    import http.client

    from sync.machine.tls import connection

    def answers_closed(address: str, port: int) -> bool:
        with closing(connection(address, port, pins=known_by, timeout=ANSWER_SECONDS_MAX)) as line:
            try:
                line.request("GET", "/", headers={"Host": "localhost"})
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException, NotEncrypted, WrongKey):
                return False
        return answer.status < _BROKEN

    return answers_closed
