"""Conversations with neighbours on the LAN: few at once, and no two to fetch the same.

All neighbours of a machine that was away hold the same, and each says so: fetched from one, it
need not be fetched from the others. And who fetches very much lets others have a turn between two
rounds, so that news from elsewhere doesn't wait.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

TURNS_MAX = 3
NODE_BUDGET_BYTES = 1 << 20
"""Of bundles in one message. While it is taken in or packed nobody can post: so short a while."""

WAIT_SECONDS_MAX = 30.0  # then it is tried all the same: who fetches it may have got stuck


class Enough(Exception):
    """Somebody else waits for a turn; go on later."""


class Turns:
    """Of one machine."""

    def __init__(self) -> None:
        """Nobody has one."""
        self._changed = Condition()
        self._fetched: list[bytes | None] = []
        self._waiting = 0

    @contextmanager
    def turn(self, digest: bytes | None) -> Iterator[None]:
        """Wait for one, to fetch what that digest names; None: whatever there may be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_fetched(digest), WAIT_SECONDS_MAX)
            self._waiting += 1
            self._changed.wait_for(lambda: len(self._fetched) < TURNS_MAX, WAIT_SECONDS_MAX)
            self._waiting -= 1
            self._fetched.append(digest)
        try:
            yield
        finally:
            with self._changed:
                self._fetched.remove(digest)
                self._changed.notify_all()

    def _is_fetched(self, digest: bytes | None) -> bool:
        return digest is not None and digest in self._fetched

    def polite(self, road: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        """The same road; but after its first message it raises Enough if somebody waits."""
        carried = 0

        def carry(message: bytes) -> bytes:
            nonlocal carried
            if carried and self._waiting:
                raise Enough
            carried += 1
            return road(message)

        return carry
