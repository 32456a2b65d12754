"""Errands: work for a program of its own, which is started for one piece of it and gone after it.

What is large, slow, or reads what is hostile must not live where pages are served. So it runs
apart, with little memory and little time, reads from one pipe and writes to another. Of each kind
one runs at a time. What comes back is looked at by who sent it out, before anything believes it.
"""

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sync.machine.process import die_with_parent

_NICE = 10
_COMPLAINT_LETTERS_MAX = 500
_PIECE_BYTES = 1 << 15


class Busy(Exception):
    """Others' errands of that kind are run; a moment later there is room."""


class Late(Exception):
    """It took longer than it may."""


class Failed(Exception):
    """It ended before all was there."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What came back."""

    code: int
    content: bytes
    complaint: str  # its last words, where it failed


class Errands:
    """Of one kind: one after the other."""

    def __init__(
        self, module: str, *, waiting_max: int, wait_seconds: float, run_seconds: float
    ) -> None:
        """`module` is run as `python -m`; no more wait, and nobody waits or runs longer.

        Whoever waits holds a thread that others' pages may need.
        """
        self._command = [sys.executable, "-m", module]
        self._queue = threading.BoundedSemaphore(1 + waiting_max)
        self._wait_seconds, self._run_seconds = wait_seconds, run_seconds
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Meanwhile none but the caller's is run. Raises Busy."""
        if not self._queue.acquire(blocking=False):
            raise Busy
        try:
            if not self._lock.acquire(timeout=self._wait_seconds):
                raise Busy
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._queue.release()

    def run(self, given: bytes) -> Brought:
        """What it makes of that. Raises Late; OSError where nothing can be started."""
        try:
            done = subprocess.run(
                self._command, input=given, capture_output=True, timeout=self._run_seconds
            )
        except subprocess.TimeoutExpired as wrong:
            raise Late from wrong
        complaint = done.stderr.decode(errors="replace")[-_COMPLAINT_LETTERS_MAX:]
        return Brought(done.returncode, done.stdout, complaint)

    def run_in_pieces(self, given: bytes) -> Iterator[bytes]:
        """What it makes of that, as it comes. Raises Failed; OSError as `run`."""
        with subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdin
            assert process.stdout
            ends = threading.Timer(self._run_seconds, process.kill)
            ends.start()
            try:
                process.stdin.write(given)
                process.stdin.close()
                while piece := os.read(process.stdout.fileno(), _PIECE_BYTES):
                    yield piece
                if process.wait():
                    raise Failed(process.returncode)
            except BrokenPipeError as wrong:
                raise Failed from wrong
            finally:
                ends.cancel()
                process.kill()


def confine(*, memory_bytes: int, cpu_seconds: int) -> None:
    """First thing in such a program: it gives way to others, takes no more than its share, writes
    no file, and is gone when who started it is.
    """
    die_with_parent()
    os.nice(_NICE)
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
