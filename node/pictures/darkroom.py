"""Where what somebody sent becomes a picture as we keep them: a process of its own, soon gone.

Whatever reads pictures is large and old, and what it is given is hostile. So that process has
little memory and little time, reads from one pipe and writes to another; and what it writes is
looked at again (`node.pictures.jpeg`) before anything believes it.
"""

import subprocess
import sys
import threading
from enum import IntEnum

from node.pictures.picture import Picture, picture_of
from sync.errors import Malformed

WAIT_SECONDS_MAX = 20.0
DEVELOP_SECONDS_MAX = 30.0


class Ending(IntEnum):
    """What the process says as it ends; whatever else it says is UNREADABLE."""

    DONE = 0
    UNREADABLE = 3
    TOO_LARGE = 4
    MOVING = 5


class Busy(Exception):
    """Others' pictures are looked at; a moment later there is room."""


class Undeveloped(Exception):
    """What was sent becomes no picture."""

    def __init__(self, why: Ending) -> None:
        """`why`: for whoever says it to a person."""
        super().__init__(why.name)
        self.why = why


class Darkroom:
    """The one of a machine: one picture after the other."""

    def __init__(self) -> None:
        """Nobody is in it."""
        self._lock = threading.Lock()

    def develop(self, sent: bytes, words: str) -> tuple[Picture, bytes]:
        """The picture and its bytes. Raises Busy, Undeveloped; OSError where nothing can run."""
        if not self._lock.acquire(timeout=WAIT_SECONDS_MAX):
            raise Busy
        try:
            content = _developed(sent)
            return picture_of(content, words), content
        except Malformed as wrong:
            raise Undeveloped(Ending.UNREADABLE) from wrong
        finally:
            self._lock.release()


def _developed(sent: bytes) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "node.pictures.darkroom_process"],
            input=sent,
            capture_output=True,
            timeout=DEVELOP_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired as wrong:
        raise Undeveloped(Ending.TOO_LARGE) from wrong
    if done.returncode:
        known = done.returncode in set(Ending)
        raise Undeveloped(Ending(done.returncode) if known else Ending.UNREADABLE)
    return done.stdout
