"""Where what somebody sent becomes a picture as we keep them: a process of its own, soon gone.

Whatever reads pictures is large and old, and what it is given is hostile. So that process has
little memory and little time, reads from one pipe and writes to another; and what it writes is
looked at again (`node.pictures.jpeg`) before anything believes it.
"""

from enum import IntEnum

from node.errand import Errands, Late
from node.pictures.picture import Picture, picture_of
from sync.errors import Malformed

WAIT_SECONDS_MAX = 20.0
WAITING_MAX = 16
DEVELOP_SECONDS_MAX = 30.0


class Ending(IntEnum):
    """What the process says as it ends; whatever else it says is UNREADABLE."""

    DONE = 0
    UNREADABLE = 3
    TOO_LARGE = 4
    MOVING = 5


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
        self._errands = Errands(
            "node.pictures.darkroom_process",
            waiting_max=WAITING_MAX,
            wait_seconds=WAIT_SECONDS_MAX,
            run_seconds=DEVELOP_SECONDS_MAX,
        )

    def develop(self, sent: bytes, words: str) -> tuple[Picture, bytes]:
        """The picture and its bytes. Raises Busy, Undeveloped; OSError where nothing can run."""
        with self._errands.turn():
            try:
                content = self._developed(sent)
                return picture_of(content, words), content
            except Malformed as wrong:
                raise Undeveloped(Ending.UNREADABLE) from wrong

    def _developed(self, sent: bytes) -> bytes:
        try:
            brought = self._errands.run(sent)
        except Late as wrong:
            raise Undeveloped(Ending.TOO_LARGE) from wrong
        if brought.code:
            known = brought.code in set(Ending)
            raise Undeveloped(Ending(brought.code) if known else Ending.UNREADABLE)
        return brought.content
