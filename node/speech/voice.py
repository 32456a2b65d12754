"""Who says it: a voice that speaks where its libraries are installed.

A recording grows while it is made, and whoever listens hears it from its first sentence on. It is
held in memory alone, for as long as nothing on the machine changes: so what is hidden or erased is
in none of them, and in no file.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.util import find_spec

from node.errand import Busy, Errands, Failed
from node.speech.aloud import Sentence

WAIT_SECONDS_MAX = 60.0
SPEAK_SECONDS_MAX = 120.0
LETTERS_MAX = 1_200
"""Some four minutes; who wants more reads on."""
MAKING_MAX = 3  # one is made, the others wait
HELD_MAX = 12
HELD_BYTES_MAX = 6 << 20
RECORDING_BYTES_MAX = 4 << 20
NOT_HERE = 3  # the exit code where libraries are missing

LIBRARIES = ("pyopenjtalk", "lameenc")


class Recording:
    """What was said so far, and whether that is all."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._content = bytearray()
        self._changed = threading.Condition()
        self._ended = self._failed = False

    @property
    def bytes_held(self) -> int:
        """So far."""
        return len(self._content)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there."""
        return self._ended and not self._failed

    def add(self, piece: bytes) -> None:
        """Some more of it."""
        with self._changed:
            self._content += piece
            self._changed.notify_all()

    def end(self, *, failed: bool) -> None:
        """There is no more."""
        with self._changed:
            self._ended, self._failed = True, failed
            self._changed.notify_all()

    def begins(self) -> bool:
        """Waits for the first of it; False where there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._content or self._ended)
            return bool(self._content)

    def pieces(self) -> Iterator[bytes]:
        """As it comes."""
        at = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._content) > at or self._ended)  # noqa: B023
                piece = bytes(self._content[at:])
            if not piece:
                return
            yield piece
            at += len(piece)

    def whole(self) -> bytes | None:
        """Waits for all of it; None where it failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended)
            return None if self._failed else bytes(self._content)


class Voice:
    """Of this process: one recording is made after the other, in a program of its own."""

    def __init__(self) -> None:
        """Has said nothing."""
        self._errands = Errands(
            "node.speech.voice_process",
            waiting_max=MAKING_MAX,
            wait_seconds=WAIT_SECONDS_MAX,
            run_seconds=SPEAK_SECONDS_MAX,
        )
        self._held: OrderedDict[bytes, Recording] = OrderedDict()
        self._making = 0
        self._lock = threading.Lock()
        self.is_here = all(find_spec(name) is not None for name in LIBRARIES)

    @property
    def held(self) -> int:
        """How many recordings there are."""
        return len(self._held)

    def recording(self, said: Sequence[Sentence], *, slow: bool) -> Recording | None:
        """The one of that, where it was made a moment ago or is being made."""
        with self._lock:
            return self._look_up(_asked(said, slow=slow))

    def say(self, said: Sequence[Sentence], *, slow: bool) -> Recording:
        """Likewise; where there is none it is made now. Raises Busy."""
        asked = _asked(said, slow=slow)
        with self._lock:
            if (recording := self._look_up(asked)) is not None:
                return recording
            if self._making >= MAKING_MAX:
                raise Busy
            self._making += 1
            recording = self._held[_name(asked)] = Recording()
        threading.Thread(
            target=self._make, args=(asked, recording), name="voice", daemon=True
        ).start()
        return recording

    def let_go(self) -> None:
        """All of them: something has changed, and may be hidden or erased."""
        with self._lock:
            self._held.clear()

    def _look_up(self, asked: bytes) -> Recording | None:
        recording = self._held.get(_name(asked))
        if recording is not None:
            self._held.move_to_end(_name(asked))
        return recording

    def _make(self, asked: bytes, recording: Recording) -> None:
        failed = True
        try:
            with self._errands.turn():
                for piece in self._errands.run_in_pieces(asked):
                    recording.add(piece)
                    if recording.bytes_held > RECORDING_BYTES_MAX:
                        raise Failed
            failed = False
        except (Busy, Failed, OSError):
            pass  # whoever listens is told, and may ask again
        finally:
            with self._lock:
                self._making -= 1
                if failed and self._held.get(_name(asked)) is recording:
                    del self._held[_name(asked)]
                self._make_room()
            recording.end(failed=failed)

    def _make_room(self) -> None:
        """The oldest go; those that are being made stay with who makes them."""
        while len(self._held) > HELD_MAX or self._bytes_held() > HELD_BYTES_MAX:
            self._held.popitem(last=False)

    def _bytes_held(self) -> int:
        return sum(recording.bytes_held for recording in self._held.values())


def _asked(said: Sequence[Sentence], *, slow: bool) -> bytes:
    return json.dumps({"sentences": said, "slow": slow}).encode()


def _name(asked: bytes) -> bytes:
    return sha256(asked).digest()
