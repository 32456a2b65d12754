"""Pages on paper: HTML to PDF, in a process that is there only while it is asked.

What draws PDFs is large and takes seconds, so it must not live where pages are served. One is drawn
at a time; what was drawn last is kept, for many want the same sheet.
"""

from collections import OrderedDict
from hashlib import sha256

from node.errand import Errands, Late

WAIT_SECONDS_MAX = 30.0
WAITING_MAX = 4  # each holds a thread that others' pages need
DRAW_SECONDS_MAX = 120.0
HTML_BYTES_MAX = 4 << 20
SHEETS_MAX = 20
SHEET_BYTES_MAX = 4 << 20
FOLDED = "kairan-folded"
"""The name of the `meta` by which a page asks to become sheets to fold."""

NOT_HERE = 3  # the exit code of a press without its libraries


class NoPress(Exception):
    """This machine can't draw PDFs: it lacks a library, or the sheet is too large to draw."""


class Press:
    """The one press of a machine."""

    def __init__(self, *, waiting_max: int = WAITING_MAX) -> None:
        """Has drawn nothing yet."""
        self._errands = Errands(
            "kiosk_ui.press_process",
            waiting_max=waiting_max,
            wait_seconds=WAIT_SECONDS_MAX,
            run_seconds=DRAW_SECONDS_MAX,
        )
        self._sheets: OrderedDict[bytes, bytes] = OrderedDict()

    def draw(self, html: str, *, keep: bool = True) -> bytes:
        """The PDF of a page that stands alone. Raises Busy, NoPress.

        `keep`: it may be given again, to others too.
        """
        written = html.encode()
        name = sha256(written).digest()
        with self._errands.turn():
            sheet = self._sheets.pop(name, None) or self._drawn(written)
            if keep and len(sheet) <= SHEET_BYTES_MAX:
                self._sheets[name] = sheet
                while len(self._sheets) > SHEETS_MAX:
                    self._sheets.popitem(last=False)
            return sheet

    def _drawn(self, html: bytes) -> bytes:
        if len(html) > HTML_BYTES_MAX:
            raise NoPress
        try:
            brought = self._errands.run(html)
        except Late as wrong:
            raise NoPress from wrong
        if brought.code or not brought.content.startswith(b"%PDF-"):
            raise NoPress(brought.complaint)
        return brought.content
