"""From a receipt to the key that opens the answers: made anew each time, and kept nowhere.

What is sealed to it lies on every machine, so guessing has to be dear: 66 bits, and 64 MiB for each
guess. One at a time, and few wait, so that many at once can't take the machine's memory.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

QUEUE_MAX = 4
QUEUE_SECONDS = 5.0
_PASSES, _MEMORY_KIB = 3, 64 << 10


class Busy(Exception):
    """Too many at once; nothing was tried."""


class ReceiptKeys:
    """The one place of a process where receipts become keys."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._one = threading.Lock()
        self._queue = threading.BoundedSemaphore(QUEUE_MAX)

    def secret(self, slip: bytes, *, town: str) -> bytes:
        """The 32 bytes that open what was sealed to that receipt. Raises Busy."""
        with self._turn():
            return derive(slip, town=town)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise Busy
        try:
            if not self._one.acquire(timeout=QUEUE_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._one.release()
        finally:
            self._queue.release()


def derive(slip: bytes, *, town: str) -> bytes:
    """As docs/spec/11-sealed.md has it. The words are all a person keeps, so the salt is fixed."""
    salt = f"kairan/1 receipt {town}".encode()
    return Argon2id(
        salt=salt, length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB
    ).derive(slip)
