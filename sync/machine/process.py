"""What a process owes the one that started it."""

import ctypes
import os
import pickle
import signal
import threading
from collections.abc import Callable

LAST_WORDS_SECONDS = 0.3
_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent() -> None:
    """Be killed when the starting process ends, however it ends: nothing is left half alive.

    Called in the child. Linux only.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # it was gone before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def apart(does: Callable[[], None]) -> None:
    """Do it in a process that is gone afterwards, with all that it loaded.

    Raises what was raised there.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        wrong: BaseException | None = None
        try:
            does()
        except BaseException as raised:
            wrong = raised
        os.write(writing, pickle.dumps(wrong))
        os._exit(os.EX_OK)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    wrong = pickle.loads(said) if said else ChildProcessError("ended before it was done")  # noqa: S301  # our own
    if wrong is not None:
        raise wrong


def end_soon() -> None:
    """End this process once what it is saying is said; whoever started it starts it anew."""
    threading.Timer(LAST_WORDS_SECONDS, os._exit, args=(os.EX_TEMPFAIL,)).start()
