"""What a process says to systemd, which started it and waits for word (sd_notify(3)).

Datagrams to a socket that the environment names. Where nobody waits nothing is said, and all goes
on as it does.
"""

import os
import socket
from contextlib import suppress

from sync.machine import clock

_WORDS_A_WATCH = 3  # so many are due before who waits loses patience
_WORD_SECONDS_MAX = 60.0


class Starter:
    """Whoever started this process."""

    def __init__(self, address: str = "", *, patience_seconds: float | None = None) -> None:
        """`address`: of the socket, none where nobody waits; `patience_seconds`: without word."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watches = patience_seconds is not None
        self.word_seconds = min((patience_seconds or 3_600) / _WORDS_A_WATCH, _WORD_SECONDS_MAX)
        self._due = 0.0

    @property
    def waits(self) -> bool:
        """Whether word is waited for."""
        return bool(self._address)

    def ready(self) -> None:
        """What this process is there for can be had."""
        self._say("READY=1")

    def well(self) -> None:
        """It does what it is there for. May be said often; goes out as often as it must."""
        if self._watches and (now := clock.running()) >= self._due:
            self._due = now + self.word_seconds
            self._say("WATCHDOG=1")

    def ending(self) -> None:
        """It was told to end, and does."""
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
            line.connect(self._address)
            line.send(words.encode())


def who_started_us() -> Starter:
    """As the environment says, from where it is taken: what we start doesn't answer for us."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    microseconds = os.environ.pop("WATCHDOG_USEC", "")
    ours = os.environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    patience = int(microseconds) / 1e6 if microseconds.isdecimal() and ours else 0.0
    return Starter(address, patience_seconds=patience or None)
