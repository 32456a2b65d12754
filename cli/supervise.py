"""Processes that are started, kept running, and stopped together.

What systemd does on a real machine, for `./run` and for a machine started by hand. A process
that ends is started again, one that is there on demand once it is asked again; when the supervisor
ends, however it ends, its processes end too.
"""

import select
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from sync.machine import clock
from sync.machine.process import die_with_parent

LOOK_SECONDS = 0.2
STOP_SECONDS_MAX = 15.0

QUICK_STARTS_MAX = 10  # at once; what ends more often within a minute can't run as things are,
QUICK_STARTS_SECONDS = 60.0
AGAIN_SECONDS = 10.0  # and is tried again that often


@dataclass(slots=True)
class Process:
    """One process that is to run."""

    name: str
    command: Sequence[str]
    child: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=QUICK_STARTS_MAX))

    def start(self) -> None:
        """Start it; it dies with us. Ctrl-C is heard by us alone, and we end it in order."""
        self.child = subprocess.Popen(
            self.command, preexec_fn=die_with_parent, process_group=0, pass_fds=self.passed
        )
        self.starts.append(clock.running())

    @property
    def passed(self) -> tuple[int, ...]:
        """The descriptors that it shares with us."""
        return ()

    @property
    def is_wanted(self) -> bool:
        """Whether it should run now."""
        return True

    def keep_running(self) -> None:
        """Start it again if it ended: at once, unless it ends all the time."""
        if (self.child is not None and self.child.poll() is None) or not self.is_wanted:
            return
        if len(self.starts) == QUICK_STARTS_MAX:
            now = clock.running()
            often = now - self.starts[0] < QUICK_STARTS_SECONDS
            if often and now - self.starts[-1] < AGAIN_SECONDS:
                return
        self.start()


@dataclass(slots=True)
class OnDemand(Process):
    """One that is started when somebody connects, and may end when nobody does for a while.

    The socket is ours and stays; its command is told the descriptor.
    """

    listener: socket.socket = field(kw_only=True)

    @property
    def passed(self) -> tuple[int, ...]:
        """The socket."""
        return (self.listener.fileno(),)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits at the socket."""
        return bool(select.select([self.listener], [], [], 0)[0])


def kairan(*arguments: str) -> list[str]:
    """This very program, with other arguments."""
    return [sys.executable, "-m", "cli.main", *arguments]


def supervise(
    processes: Sequence[Process], stop: Event, *, look: Callable[[], None] = lambda: None
) -> None:
    """Keep them running until `stop` is set, then end them in order; `look` at them meanwhile."""
    try:
        while True:
            for process in processes:
                process.keep_running()
            look()
            if stop.wait(LOOK_SECONDS):
                break
    finally:
        end(processes)


def end(processes: Sequence[Process]) -> None:
    """Ask them to end, and kill what doesn't."""
    running = [p.child for p in processes if p.child is not None and p.child.poll() is None]
    for child in running:
        child.terminate()
    deadline = clock.running() + STOP_SECONDS_MAX
    for child in running:
        try:
            child.wait(max(0.0, deadline - clock.running()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """An event that is set by Ctrl-C or SIGTERM."""
    stop = Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
