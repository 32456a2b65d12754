"""Who is signed in, and for how long: at this machine's own screen, or elsewhere over TLS.

Each is a process of its own, with a cookie of its own: nothing of it goes over a network in clear.
Sessions are in memory, so a restart ends them; each sign-in makes a new one, so nobody signs in to
a session laid out for them. What a screen asks by itself keeps nobody signed in.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from flask import Response, g, request

from kiosk_ui.kiosk import at_this_machine, over_tls
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
    code: str  # by what it was opened while `choosing`, as `Pins` names it
    began: float
    seen: float
    name: str = ""  # of who has no account yet
    pin: str = ""  # typed once
    proof: str = ""  # what opened it elsewhere; ends when that is another
    source: str = ""  # the address, elsewhere

    @property
    def handle(self) -> str:
        """By what its person calls it, which opens nothing."""
        return sha256(self.id.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Sessions:
    """All of this process."""

    cookie: str  # machines that share an address, on other ports, share cookies
    elsewhere: bool = False  # over TLS, and nowhere else; else at this machine, and nowhere else
    running: Callable[[], float] = clock.running
    _held: OrderedDict[str, Session] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(
        self,
        account: str,
        *,
        choosing: bool = False,
        code: str = "",
        proof: str = "",
        source: str = "",
    ) -> Session:
        """A new one, in the place of what the browser brought."""
        self.end()
        now = self.running()
        session = Session(
            id=keys.token(),
            csrf=keys.token(),
            account=account,
            choosing=choosing,
            code=code or account,
            began=now,
            seen=now,
            proof=proof,
            source=source,
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

    def of(self, account: str) -> list[Session]:
        """Those of that account that go on, the newest last."""
        now = self.running()
        with self._lock:
            return [
                held
                for held in self._held.values()
                if held.account == account and not _is_over(held, now)
            ]

    def end_one(self, account: str, handle: str) -> None:
        """That one of the account's."""
        with self._lock:
            for id_, held in list(self._held.items()):
                if held.account == account and held.handle == handle:
                    del self._held[id_]

    def of_this_request(self) -> Session | None:
        """That of this browser, if it is the machine's own and was not left alone too long."""
        if "session" not in g:
            g.session = self._look() if self._is_its_way() else None
        found: Session | None = g.session
        return found

    def _is_its_way(self) -> bool:
        return over_tls() if self.elsewhere else at_this_machine()

    def _look(self) -> Session | None:
        now = self.running()
        with self._lock:
            session = self._held.get(request.cookies.get(self.cookie, ""))
            if session is None:
                return None
            if _is_over(session, now):
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
            response.delete_cookie(
                self.cookie, httponly=True, samesite="Strict", secure=self.elsewhere
            )
        else:
            response.set_cookie(
                self.cookie,
                session.id,
                httponly=True,
                samesite="Strict",
                secure=self.elsewhere,
                path="/",
            )
        return response


def _is_over(session: Session, now: float) -> bool:
    return now - session.seen > IDLE_SECONDS or now - session.began > SESSION_SECONDS_MAX
