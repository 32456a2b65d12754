"""What a visitor at the machine's own screen has typed and not sent: for this visit, and no longer.

It is in memory alone, so it is gone with the visit, with a restart, and with whatever is too much.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, request

from kiosk_ui.kiosk import at_this_machine
from sync.machine import keys

VISITS_MAX = 32

Draft = Mapping[str, str]


@dataclass(slots=True)
class Drafts:
    """All of this process: visit to what stands on each board's form."""

    cookie: str  # machines that share an address, on other ports, share cookies
    _held: OrderedDict[str, dict[str, Draft]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, board: str) -> Draft:
        """What this visitor has begun to write there; nothing where nothing was begun."""
        with self._lock:
            return dict(self._held.get(self._visit(), {}).get(board, {}))

    def keep(self, board: str, typed: Draft, response: Response) -> Response:
        """Keep it until this visit is over; the answer tells the browser which visit it is."""
        if not at_this_machine():
            return response
        with self._lock:
            visit = self._visit()
            if visit not in self._held:
                visit = keys.token()
                response.set_cookie(self.cookie, visit, httponly=True, samesite="Strict", path="/")
            self._held.setdefault(visit, {})[board] = dict(typed)
            self._held.move_to_end(visit)
            while len(self._held) > VISITS_MAX:
                self._held.popitem(last=False)
        return response

    def drop(self, board: str) -> None:
        """It was sent, or is to be begun anew."""
        with self._lock:
            self._held.get(self._visit(), {}).pop(board, None)

    def forget(self, response: Response) -> Response:
        """This visit is over."""
        with self._lock:
            self._held.pop(self._visit(), None)
        response.delete_cookie(self.cookie, httponly=True, samesite="Strict", path="/")
        return response

    def _visit(self) -> str:
        return request.cookies.get(self.cookie, "") if at_this_machine() else ""
