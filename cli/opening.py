"""Of the processes that show a machine's screens the first opens its folder, and the others wait.

Opening may bring the ledger into a new form, or be refused; so one does it, and says why not. What
each of them loads, which is most of what a start takes, it loads before.
"""

import os
import select
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from cli.supervise import LOOK_SECONDS, Process, end

OPENS, ONCE_OPEN = "--opens", "--once-open"
"""With a descriptor: that of who opens it, and that of who waits."""


@dataclass(slots=True)
class _Told(Process):
    """One that is told so, however often it is started."""

    descriptor: int = field(kw_only=True)

    @property
    def passed(self) -> tuple[int, ...]:
        """The descriptor."""
        return (self.descriptor,)


def start_in_order(processes: Sequence[Process], stop: Event) -> Sequence[Process]:
    """Start them; return once the first has opened the folder, or `stop` is set.

    Raises SystemExit where it ended instead: it has said why.
    """
    is_open, opens = os.pipe()  # for as long as this process lives
    os.set_blocking(opens, False)
    told = [_told(processes[0], OPENS, opens)]
    told += [_told(each, ONCE_OPEN, is_open) for each in processes[1:]]
    first = told[0]
    try:
        for each in told:
            each.start()
        while not stop.is_set() and not _is_open(is_open, LOOK_SECONDS):
            if first.child is not None and (code := first.child.poll()) is not None:
                sys.exit(max(code, 1))
    except BaseException:
        end(told)
        raise
    return told


def say_open(descriptor: int) -> None:
    """By who was told to open it."""
    with suppress(BlockingIOError):  # it was said so often that nobody can have missed it
        os.write(descriptor, b".")


def wait_until_open(descriptor: int) -> None:
    """By the others. What was said stays said, for those that are started anew."""
    while not _is_open(descriptor, None):
        pass


def _told(process: Process, how: str, descriptor: int) -> _Told:
    command = [*process.command, how, str(descriptor)]
    return _Told(process.name, command, descriptor=descriptor)


def _is_open(descriptor: int, seconds: float | None) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])
