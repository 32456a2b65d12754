"""Conversations with neighbours on the LAN: few at once, and no two to fetch the same.

All neighbours of a machine that was away hold the same, and each says so: fetched from one, it
need not be fetched from the others. And who fetches very much lets others have a turn between two
rounds, so that news from elsewhere doesn't wait. Whoever has had no answer for a while holds up
nobody: what it fetches may be had from another in a moment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from sync.machine import clock

TURNS_MAX = 3
NODE_BUDGET_BYTES = 1 << 20
"""Of bundles in one message. While it is taken in or packed nobody can post: so short a while."""

SILENT_SECONDS_MAX = 1.0  # then others needn't wait for whoever waits for an answer
WAIT_SECONDS_MAX = 30.0  # then it is tried all the same, though answers come one after another


class Enough(Exception):
    """Somebody else waits for a turn; go on later."""


class Turns:
    """Of one machine."""

    def __init__(self) -> None:
        """Nobody has one."""
        self.changed = Condition()
        self.waiting = 0
        self._taken: list[Turn] = []

    @contextmanager
    def turn(self, digest: bytes | None) -> Iterator["Turn"]:
        """Wait for one, to fetch what that digest names; None: whatever there may be."""
        turn = Turn(self, digest)
        with self.changed:
            self._wait(lambda: not self._is_fetched(digest))
            self.waiting += 1
            self._wait(lambda: len(self._lively()) < TURNS_MAX)
            self.waiting -= 1
            turn.moves()
            self._taken.append(turn)
        try:
            yield turn
        finally:
            with self.changed:
                self._taken.remove(turn)
                self.changed.notify_all()

    def _is_fetched(self, digest: bytes | None) -> bool:
        return digest is not None and any(turn.digest == digest for turn in self._lively())

    def _lively(self) -> list["Turn"]:
        now = clock.running()
        return [turn for turn in self._taken if turn.silent_at > now]

    def _wait(self, fact: Callable[[], bool]) -> None:
        """Until it is so; it may come to be so by nothing but the time."""
        deadline = clock.running() + WAIT_SECONDS_MAX
        while not fact() and (now := clock.running()) < deadline:
            soonest = min((turn.silent_at for turn in self._lively()), default=now)
            self.changed.wait(min(soonest, deadline) - now)


class Turn:
    """A conversation that runs."""

    def __init__(self, turns: Turns, digest: bytes | None) -> None:
        """`digest`: of what it fetches."""
        self.digest = digest
        self.silent_at = 0.0  # if nothing moves before
        self._turns = turns

    def moves(self) -> None:
        """Something was sent, or came."""
        self.silent_at = clock.running() + SILENT_SECONDS_MAX

    def polite(self, road: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        """The same road; but after its first message it raises Enough if somebody waits."""
        carried = 0

        def carry(message: bytes) -> bytes:
            nonlocal carried
            if carried and self._turns.waiting:
                raise Enough
            carried += 1
            self.moves()
            answer = road(message)
            self.moves()
            return answer

        return carry
