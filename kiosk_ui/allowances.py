"""How much those on the network may ask of this machine, so that none is too much for all.

Each kind of work has an allowance: for one address, for the network that the address is of, and for
all together. A stranger may take ten thousand addresses, so an address's part ends where its
network's does, and that where the whole does; and the tables are bounded. Whoever stands at the
machine itself is asked for nothing: what strangers use up is not theirs.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, g, request

from kiosk_ui.errors import message_page
from kiosk_ui.kiosk import at_the_kiosk
from node.words import say
from sync.machine import clock
from sync.machine.networks import network, plain

ADDRESSES_MAX = 4_096
NETWORKS_MAX = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What may be done at once, and comes back over `seconds`."""

    address: int
    network: int
    everybody: int
    seconds: float = 600.0


FORMS = Rate(address=30, network=150, everybody=300)
FILES_BROUGHT = Rate(address=12, network=60, everybody=120)
FILES_TAKEN = Rate(address=12, network=60, everybody=60)
READ_ALOUD = Rate(address=12, network=60, everybody=60)
"""Made anew, each some seconds of a core; what was just made is given again for nothing."""
SEARCHES = Rate(address=60, network=600, everybody=1_200, seconds=60.0)
RECEIPTS = Rate(address=20, network=100, everybody=200)
"""Numbers that are tried: 200 receipts of ten digits are guessed once in five years so."""
SIGN_INS = Rate(address=10, network=50, everybody=100)
"""What is tried to sign in with; each account has its own limits beside, wherever one tries."""

_LOOKED_UP: Mapping[Rate, frozenset[str]] = {
    SEARCHES: frozenset({"search.search"}),
    RECEIPTS: frozenset(
        {
            "receipts.look",
            "receipts.receipt",
            "receipts.save",
            "receipts.ask_back",
            "receipts.take_back",
            "erasure.receipt",
            "erasure.save",
        }
    ),
    SIGN_INS: frozenset({"signing_in.try_", "signing_in_elsewhere.try_"}),
}
"""Endpoints where somebody asks by a secret, or for what costs much."""

_KEEP_WHAT_WAS_TYPED = frozenset({"posting.post", "changing.change", "steps.go"})
"""Endpoints that answer with their form when somebody has to wait."""


def count_forms(
    app: Flask, *, but: frozenset[str], unless: Mapping[str, Callable[[], bool]]
) -> None:
    """Refuse forms from the network that come too often.

    `but`: endpoints that are counted elsewhere. `unless`: an endpoint to when what comes is but one
    more touch, that brings and opens nothing.
    """
    allowance = Allowance(FORMS)

    @app.before_request
    def count_form() -> Response | None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint in but:
            return None
        touches = unless.get(request.endpoint or "")
        if at_the_kiosk() or (touches is not None and touches()):
            return None
        g.seconds_to_wait = allowance.take(request.remote_addr or "")
        if not g.seconds_to_wait or request.endpoint in _KEEP_WHAT_WAS_TYPED:
            return None
        return message_page("429", 429, wait=wait_in_words(g.seconds_to_wait))


def count_lookups(app: Flask) -> None:
    """Refuse whoever searches, or tries receipts or PINs, from the network too often."""
    counted = {
        endpoint: allowance
        for rate, endpoints in _LOOKED_UP.items()
        for allowance in (Allowance(rate),)
        for endpoint in endpoints
    }

    @app.before_request
    def count_lookup() -> Response | None:
        allowance = counted.get(request.endpoint or "")
        # One more digit that is touched on a keypad is no try.
        if allowance is None or "press" in request.form or at_the_kiosk():
            return None
        seconds = allowance.take(request.remote_addr or "")
        return message_page("429", 429, wait=wait_in_words(seconds)) if seconds else None


def seconds_to_wait() -> float:
    """Until this form may be sent; 0 if it may."""
    seconds: float = g.get("seconds_to_wait", 0.0)
    return seconds


def wait_in_words(seconds: float) -> str:
    """About how long that is."""
    return say("1分") if seconds <= 60 else say("{text}分", text=int(-(-seconds // 60)))


class Allowance:
    """What is left of one kind of work, to each address."""

    def __init__(self, rate: Rate, *, running: Callable[[], float] = clock.running) -> None:
        """Nobody has used any."""
        self._rate, self._running = rate, running
        self._addresses = _Buckets(rate.address, rate.seconds, ADDRESSES_MAX)
        self._networks = _Buckets(rate.network, rate.seconds, NETWORKS_MAX)
        self._everybody = _Buckets(rate.everybody, rate.seconds, 1)
        self._lock = threading.Lock()

    def take(self, address: str) -> float:
        """0 if it may, which is counted; else the seconds until it may, and nothing is counted."""
        now = self._running()
        parts = self._parts(address)
        with self._lock:
            wait = max(buckets.wait(key, now) for buckets, key in parts)
            if not wait:
                for buckets, key in parts:
                    buckets.take(key, now)
        return wait

    def use_up(self, address: str) -> None:
        """That address has nothing left: what it asked for cost as much as that."""
        with self._lock:
            self._addresses.empty(plain(address), self._running())

    def _parts(self, address: str) -> tuple[tuple["_Buckets", str], ...]:
        address = plain(address)
        return (
            (self._addresses, address),
            (self._networks, network(address)),
            (self._everybody, ""),
        )


class _Buckets:
    """Full at first; each fills again evenly. Those that were used longest ago are forgotten."""

    def __init__(self, size: int, seconds: float, kept_max: int) -> None:
        self._size, self._a_second, self._kept_max = float(size), size / seconds, kept_max
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        return max(0.0, (1 - self._left(key, now)) / self._a_second)

    def take(self, key: str, now: float) -> None:
        self._set(key, self._left(key, now) - 1, now)

    def empty(self, key: str, now: float) -> None:
        self._set(key, 0.0, now)

    def _left(self, key: str, now: float) -> float:
        left, then = self._kept.get(key, (self._size, now))
        return min(self._size, left + (now - then) * self._a_second)

    def _set(self, key: str, left: float, now: float) -> None:
        self._kept[key] = (left, now)
        self._kept.move_to_end(key)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)
