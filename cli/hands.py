"""Threads in which an application answers that waits now and then: as few as keep up.

Those that compute take Python's lock from one another, and each such change costs more than it
gains. So there are two, and one more for each that is held up: by a disk, a lock, another program.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

FREE = 2
HELD_UP_SECONDS = 0.05
"""Longer than it takes to draw a page."""

_T = TypeVar("_T")
_Asked = tuple[Callable[[], Any], asyncio.Future[Any]]


@dataclass(slots=True, eq=False)
class _Hand:
    """A thread. `since`: when it began with what it does (monotonic); None where it is free."""

    since: float | None = None


class Hands:
    """They do what `do` is given, in its order. For the thread of `loop` alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, most: int) -> None:
        """`most`: threads there are at the same time, all others held up."""
        self._loop, self._most = loop, most
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._hands: set[_Hand] = set()
        self._watched = self._telling = False
        self._see_to(min(FREE, most))

    @property
    def count(self) -> int:
        """Of threads."""
        return len(self._hands)

    async def do(self, work: Callable[[], _T]) -> _T:
        """What it gives, or raises. Who no longer waits leaves it to be done all the same."""
        answer: asyncio.Future[_T] = self._loop.create_future()
        self._asked.put((work, answer))
        if not self._watched:
            self._watched = True
            self._loop.call_later(HELD_UP_SECONDS, self._watch)
        return await answer

    def end(self) -> None:
        """What was begun is done to its end; what was not, never."""
        with suppress(Empty):
            while asked := self._asked.get_nowait():
                asked[1].cancel()
        self._see_to(0)

    def _watch(self) -> None:
        """Now and then, as long as there is something to do."""
        now = monotonic()
        begun = [since for hand in self._hands if (since := hand.since) is not None]
        self._watched = bool(begun) or not self._asked.empty()
        if self._watched:
            held_up = sum(now - since >= HELD_UP_SECONDS for since in begun)
            self._see_to(max(len(self._hands), min(self._most, FREE + held_up)))
            self._loop.call_later(HELD_UP_SECONDS, self._watch)
        else:
            self._see_to(FREE)

    def _see_to(self, count: int) -> None:
        """That there are so many."""
        for _ in range(len(self._hands), count):
            hand = _Hand()
            self._hands.add(hand)
            Thread(target=self._work, args=(hand,), name="answer").start()
        for _ in range(count, len(self._hands)):
            self._asked.put(None)

    def _work(self, hand: _Hand) -> None:
        """In its own thread."""
        while asked := self._asked.get():
            work, answer = asked
            hand.since = monotonic()
            try:
                self._tell(answer, work(), None)
            except BaseException as wrong:  # its asker's to know, and no end of this thread
                self._tell(answer, None, wrong)
            hand.since = None
        with suppress(RuntimeError):  # the loop is over
            self._loop.call_soon_threadsafe(self._hands.discard, hand)

    def _tell(
        self, answer: asyncio.Future[Any], found: object, wrong: BaseException | None
    ) -> None:
        """Wakes the loop once for all that is done until it looks."""
        self._done.append((answer, found, wrong))
        if not self._telling:
            self._telling = True
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._told)

    def _told(self) -> None:
        self._telling = False  # before it looks: what is done from now on wakes it again
        while self._done:
            answer, found, wrong = self._done.popleft()
            if answer.cancelled():  # they left
                continue
            if wrong is None:
                answer.set_result(found)
            else:
                answer.set_exception(wrong)
