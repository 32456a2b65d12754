"""What a process owes the one that started it."""

import ctypes
import os
import signal
import threading

LAST_WORDS_SECONDS = 0.3
_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent() -> None:
    """Be killed when the starting process ends, however it ends: nothing is left half alive.

    Called in the child. Linux only.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # it was gone before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def end_soon() -> None:
    """End this process once what it is saying is said; whoever started it starts it anew."""
    threading.Timer(LAST_WORDS_SECONDS, os._exit, args=(os.EX_TEMPFAIL,)).start()
