"""Pages on paper: HTML to PDF, in a process that is there only while it is asked.

What draws PDFs is large and takes seconds, so it must not live where pages are served. One is drawn
at a time; what was drawn last is kept, for many want the same sheet.
"""

import subprocess
import sys
import threading
from collections import OrderedDict
from hashlib import sha256

WAIT_SECONDS_MAX = 30.0
WAITING_MAX = 4  # each holds a thread that others' pages need
DRAW_SECONDS_MAX = 120.0
HTML_BYTES_MAX = 4 << 20
SHEETS_MAX = 20
SHEET_BYTES_MAX = 4 << 20
NOT_HERE = 3  # the exit code of a press without its libraries


class Busy(Exception):
    """Others are printing; ask again in a moment."""


class NoPress(Exception):
    """This machine can't draw PDFs: it lacks a library, or the sheet is too large to draw."""


class Press:
    """The one press of a machine."""

    def __init__(self, *, waiting_max: int = WAITING_MAX) -> None:
        """Has drawn nothing yet."""
        self._lock = threading.Lock()
        self._queue = threading.BoundedSemaphore(1 + waiting_max)
        self._sheets: OrderedDict[bytes, bytes] = OrderedDict()

    def draw(self, html: str) -> bytes:
        """The PDF of a page that stands alone. Raises Busy, NoPress."""
        written = html.encode()
        if not self._queue.acquire(blocking=False):
            raise Busy
        try:
            return self._draw_in_turn(written)
        finally:
            self._queue.release()

    def _draw_in_turn(self, written: bytes) -> bytes:
        name = sha256(written).digest()
        if not self._lock.acquire(timeout=WAIT_SECONDS_MAX):
            raise Busy
        try:
            sheet = self._sheets.pop(name, None) or _drawn(written)
            if len(sheet) <= SHEET_BYTES_MAX:
                self._sheets[name] = sheet
                while len(self._sheets) > SHEETS_MAX:
                    self._sheets.popitem(last=False)
            return sheet
        finally:
            self._lock.release()


def _drawn(html: bytes) -> bytes:
    if len(html) > HTML_BYTES_MAX:
        raise NoPress
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kiosk_ui.press_process"],
            input=html,
            capture_output=True,
            timeout=DRAW_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired as wrong:
        raise NoPress from wrong
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NoPress(done.stderr[-500:].decode(errors="replace"))
    return done.stdout
