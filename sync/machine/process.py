"""What a process owes the one that started it."""

import ctypes
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LAST_WORDS_SECONDS = 0.3
_PR_SET_PDEATHSIG = 1  # prctl(2)
_M_MMAP_THRESHOLD = -3  # mallopt(3)
_LARGE_BYTES = 256 << 10


def die_with_parent() -> None:
    """Be killed when the starting process ends, however it ends: nothing is left half alive.

    Called in the child. Linux only.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # it was gone before we asked
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def loading() -> Iterator[None]:
    """While modules are loaded, which stay for good: nobody looks through them for what could go.

    Looking costs a sixth of what loading the screens does, and again each time it is done later.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_back_what_was_large() -> None:
    """Have the system get every large piece of memory back as soon as it is let go of.

    Else the allocator learns to keep them, for each thread that ever had one. What isn't glibc
    does as it does.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def apart(does: Callable[[], None]) -> None:
    """Do it in a process that is gone afterwards, with all that it loaded.

    Raises what was raised there.
    """
    last_words = LastWords()
    child = os.fork()
    if child == 0:
        try:
            does()
        except BaseException as raised:
            last_words.say(raised)
        os._exit(os.EX_OK)
    _, status = os.waitpid(child, 0)
    last_words.raise_if_said()
    if status:
        raise ChildProcessError("ended before it was done")


class LastWords:
    """What a process that is forked from this one raises, told to this one.

    Few ever do, so what packs it is loaded then.
    """

    def __init__(self) -> None:
        """Made before it is forked."""
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    def say(self, raised: BaseException) -> None:
        """In the forked one, which ends then."""
        import pickle

        os.write(self._writing, pickle.dumps(raised))

    def raise_if_said(self) -> None:
        """In this one, once the other has ended."""
        os.close(self._writing)
        with os.fdopen(self._reading, "rb") as told:
            said = told.read()
        if said:
            import pickle

            raise pickle.loads(said)  # noqa: S301  # our own


def end_soon() -> None:
    """End this process once what it is saying is said; whoever started it starts it anew."""
    threading.Timer(LAST_WORDS_SECONDS, os._exit, args=(os.EX_TEMPFAIL,)).start()
