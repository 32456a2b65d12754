"""How phones reach this machine: the addresses that it has on its networks now.

The kiosk's own browser asks at 127.0.0.1, which leads nowhere from a phone. Addresses change while
a machine runs, so they are looked at again, though not for every page.
"""

import threading
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address

from node.lan.interfaces import Interface, interfaces
from sync.machine import clock

LOOK_SECONDS = 5.0
ADDRESSES_MAX = 4
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared, not bound


class Reach:
    """Of one machine that listens at one port."""

    def __init__(
        self,
        *,
        listens: str = "127.0.0.1",
        port: int = 80,
        named: str | None = None,
        made_here: IPv4Address | None = None,
        look: Callable[[], frozenset[Interface]] = interfaces,
        running: Callable[[], float] = clock.running,
    ) -> None:
        """`listens`: the address given to the server; `named`: what the network calls this machine.

        `named` is a whole address, "http://kairan.home"; where there is one, it comes first.
        `made_here`: the machine's own in the network that it makes, where phones are.
        """
        self._listens, self._port, self._named = listens, port, named
        self._made_here = str(made_here)
        self._look, self._running = look, running
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._found: tuple[str, ...] = ()

    def addresses(self) -> tuple[str, ...]:
        """Where phones find it, the best first; none where only this machine reaches it."""
        named = (self._named,) if self._named else ()
        if self._listens not in _EVERYWHERE:
            alone = ip_address(self._listens).is_loopback
            return (*named, *(() if alone else (self._at(self._listens),)))
        with self._lock:
            now = self._running()
            if self._looked is None or now - self._looked >= LOOK_SECONDS:
                self._looked = now
                found = sorted(self._look(), key=self._order)
                self._found = tuple(self._at(each.address) for each in found[:ADDRESSES_MAX])
            return (*named, *self._found)

    def _order(self, each: Interface) -> tuple[bool, bool, Interface]:
        """What a machine gave itself because nobody answered (RFC 3927) is the last resort."""
        return each.address != self._made_here, ip_address(each.address).is_link_local, each

    def _at(self, address: str) -> str:
        host = f"[{address}]" if ":" in address else address
        return f"http://{host}" if self._port == 80 else f"http://{host}:{self._port}"
