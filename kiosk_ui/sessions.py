"""Who is signed in at this machine's own screen, and for how long.

Only the machine's own browser signs in: nothing of it goes over a network. Sessions are in memory,
so a restart ends them; each sign-in makes a new one, so nobody signs in to a session laid out for
them. What a screen asks by itself keeps nobody signed in.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Response, g, request

from kiosk_ui.kiosk import at_this_machine
from sync.machine import clock, keys

IDLE_SECONDS = 600
SESSION_SECONDS_MAX = 8 * 3600
SESSIONS_MAX = 32
_BY_ITSELF = frozenset(
    {
        "stick.stick",
        "static_files.static_file",
        "health.health",
        "idle.state",
        "live.live",
        "live.now",
    }
)


@dataclass(slots=True, kw_only=True)
class Session:
    """One sign-in; or, while `choosing`, one on the way to a PIN of its own."""

    id: str
    csrf: str
    account: str  # an address; pins.FIRST for who has none yet
    choosing: bool
    began: float
    seen: float
    name: str = ""  # of who has no account yet
    pin: str = ""  # typed once


@dataclass(slots=True)
class Sessions:
    """All of this process."""

    cookie: str  # machines that share an address, on other ports, share cookies
    running: Callable[[], float] = clock.running
    _held: OrderedDict[str, Session] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, account: str, *, choosing: bool = False) -> Session:
        """A new one, in the place of what the browser brought."""
        self.end()
        now = self.running()
        session = Session(
            id=keys.token(),
            csrf=keys.token(),
            account=account,
            choosing=choosing,
            began=now,
            seen=now,
        )
        with self._lock:
            self._held[session.id] = session
            while len(self._held) > SESSIONS_MAX:
                self._held.popitem(last=False)
        g.session = session
        return session

    def end(self) -> None:
        """That of this browser."""
        with self._lock:
            self._held.pop(request.cookies.get(self.cookie, ""), None)
        g.session = None

    def end_all(self, account: str) -> None:
        """Wherever that account is signed in."""
        with self._lock:
            for id_ in [id_ for id_, held in self._held.items() if held.account == account]:
                del self._held[id_]

    def of_this_request(self) -> Session | None:
        """That of this browser, if it is the machine's own and was not left alone too long."""
        if "session" not in g:
            g.session = self._look() if at_this_machine() else None
        found: Session | None = g.session
        return found

    def _look(self) -> Session | None:
        now = self.running()
        with self._lock:
            session = self._held.get(request.cookies.get(self.cookie, ""))
            if session is None:
                return None
            if now - session.seen > IDLE_SECONDS or now - session.began > SESSION_SECONDS_MAX:
                del self._held[session.id]
                return None
            asked = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
            if asked and request.endpoint not in _BY_ITSELF:
                session.seen = now
            return session

    def remember(self, response: Response) -> Response:
        """Tell the browser which one is its own, or that none is."""
        session = g.get("session")
        if session is None:
            response.delete_cookie(self.cookie, httponly=True, samesite="Strict")
        else:
            response.set_cookie(self.cookie, session.id, httponly=True, samesite="Strict", path="/")
        return response
