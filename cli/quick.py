"""Pages that take next to nothing are drawn in the event loop, one in each of its rounds.

To hand a page of a millisecond to a thread costs half of what it takes to draw it, for both want
Python's lock. So what was quick a moment ago is drawn where it was asked for, and between two pages
the loop answers what is kept and tells its streams. What comes first after a change, or takes long,
or may wait for something, is for threads (`cli/hands.py`).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from kiosk_ui.drawn import Moment

CPU_SECONDS_MAX = 0.005
HELD_UP_SECONDS = 0.05
"""From when it began: then it was another thing than those before it, and goes to threads again."""

Kind = tuple[str, bool, str]
"""Pages that are drawn alike: how their path begins, and what follows the name of one."""

_T = TypeVar("_T")
_Asked = tuple[Kind, Callable[[], Any], asyncio.Future[Any]]


def kind_of(path: str) -> Kind:
    """That of a page at that path."""
    first, of_one, rest = path.removeprefix("/").partition("/")
    return first, bool(of_one), rest.partition("/")[2]


class Quick:
    """For the thread of `loop` alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing is known to be quick."""
        self._loop = loop
        self._line: deque[_Asked] = deque()
        self._moment: Moment | None = None
        self._kinds: set[Kind] = set()

    def knows(self, kind: Kind, moment: "Moment") -> bool:
        """Whether one of that kind was quick since the data changed and the minute began."""
        if moment != self._moment:
            self._moment = moment
            self._kinds.clear()
        return kind in self._kinds

    def learn(self, kind: Kind, moment: "Moment", cpu_seconds: float) -> None:
        """What one of that kind took in a thread; asked for at `moment`."""
        if moment == self._moment and cpu_seconds <= CPU_SECONDS_MAX:
            self._kinds.add(kind)

    async def do(self, kind: Kind, work: Callable[[], _T]) -> _T:
        """What it gives, or raises, when it is its turn."""
        answer: asyncio.Future[_T] = self._loop.create_future()
        self._line.append((kind, work, answer))
        if len(self._line) == 1:
            self._loop.call_soon(self._next)
        return await answer

    def _next(self) -> None:
        """One of those in line; the next comes in another round of the loop."""
        kind, work, answer = self._line[0]
        if not answer.cancelled():  # else they left
            began = perf_counter()
            try:
                answer.set_result(work())
            except BaseException as wrong:  # its asker's to know, and no end of the loop
                answer.set_exception(wrong)
            if perf_counter() - began > HELD_UP_SECONDS:
                self._kinds.discard(kind)
        self._line.popleft()
        if self._line:
            self._loop.call_soon(self._next)
