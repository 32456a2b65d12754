"""Streams of events that stay open: there are only so many.

What is said is all that there is to know now, so a stream that comes late or again has missed
nothing. One address has few: its newest stays, for browsers don't say that a page was left.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Condition
from typing import Self

from sync.machine import clock

STREAMS_MAX = 48
OF_ADDRESS_MAX = 3
QUIET_SECONDS = 10.0
"""After so long a word that means nothing is sent: whoever is gone is found out by it."""

ASK_SECONDS = 1.0

_QUIET = b":\n\n"
_BEGIN = b"retry: 3000\n\n"
_FULL = b"event: full\ndata:\n\n"


class Streams:
    """All of this process."""

    def __init__(
        self, *, streams_max: int = STREAMS_MAX, of_address_max: int = OF_ADDRESS_MAX
    ) -> None:
        """None is open, and nothing was said yet."""
        self._streams_max, self._of_address_max = streams_max, of_address_max
        self._open: OrderedDict[Stream, str] = OrderedDict()
        self._changed = Condition()
        self._said, self._number = b"", 0
        self._asked, self._asked_at = 0, 0.0  # whether anybody is still there
        self._ended = False

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def open(self, address: str) -> "Stream | None":
        """A stream for somebody at that address; None where there are too many."""
        with self._changed:
            of_address = [stream for stream, its in self._open.items() if its == address]
            full = self.count >= self._streams_max
            if self._ended or (full and len(of_address) < self._of_address_max):
                self._ask()
                return None
            stream = Stream(self, heard=self._number, asked=self._asked)
            self._open[stream] = address
            for old in of_address[: len(of_address) + 1 - self._of_address_max]:
                del self._open[old]
                old.wake()
            self._changed.notify_all()
            return stream

    def say(self, message: bytes) -> None:
        """To all, in place of what was said before."""
        with self._changed:
            self._said = _event(message)
            self._number += 1
            self._wake_all()

    def _ask(self) -> None:
        """Who left unseen is found out by the next word, and somebody wants the place."""
        now = clock.running()
        if now - self._asked_at >= ASK_SECONDS:
            self._asked, self._asked_at = self._asked + 1, now
            self._wake_all()

    def _wake_all(self) -> None:
        for stream in self._open:
            stream.wake()
        self._changed.notify_all()

    def end(self) -> None:
        """That of each, for good."""
        with self._changed:
            self._ended = True
            ended = list(self._open)
            self._open.clear()
            for stream in ended:
                stream.wake()
            self._changed.notify_all()

    def close(self, stream: "Stream") -> None:
        """Nobody listens there any more."""
        with self._changed:
            self._open.pop(stream, None)

    def next(self, stream: "Stream", *, wait_seconds: float = QUIET_SECONDS) -> bytes:
        """What is to be sent there, once there is something; nothing where it is over."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    (stream.heard, stream.asked) != (self._number, self._asked)
                    or stream not in self._open
                ),
                wait_seconds,
            )
            stream.asked = self._asked
            if stream not in self._open:
                return b""
            if stream.heard == self._number:
                return _QUIET
            stream.heard = self._number
            return self._said


def _event(message: bytes) -> bytes:
    return b"data: " + message + b"\n\n"


class Stream:
    """One of them, as the server reads it: by waiting for each word, or once it is told of one."""

    def __init__(self, streams: Streams, *, heard: int, asked: int) -> None:
        """It is open. `heard`, `asked`: the numbers of what was said last before."""
        self._streams, self.heard, self.asked = streams, heard, asked
        self._first: bytes | None = _BEGIN
        self.over = False
        self.wake: Callable[[], object] = lambda: None

    def begin(self, message: bytes) -> None:
        """What it hears first, whatever is said to all."""
        self._first = _BEGIN + _event(message)

    def when_due(self, does: Callable[[], object]) -> None:
        """From now on that is done when there is something; in any thread, and waits for nobody."""
        self.wake = does

    def due(self) -> bytes:
        """What is sent now, if only a word that means nothing; last of all, that it is over."""
        return self._next(wait_seconds=0)

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> bytes:
        """What is sent next, once it is there; last of all, that it is over."""
        if self.over:
            raise StopIteration
        return self._next(wait_seconds=QUIET_SECONDS)

    def _next(self, *, wait_seconds: float) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        said = self._streams.next(self, wait_seconds=wait_seconds)
        self.over = not said
        return said or _FULL

    def close(self) -> None:
        """The server calls this however it ends."""
        self._streams.close(self)
