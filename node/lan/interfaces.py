"""Where this machine is on a LAN: its IPv4 addresses, but only those that stay a while.

An interface may come and go many times a minute (a loose plug, Wi-Fi at its range); each change
costs all neighbours some packets, so one is believed when two looks in a row agree on it.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import ifaddr

LOOK_SECONDS = 1.0
ADDRESSES_MAX = 16

_STATES = Path("/sys/class/net")
_UP = frozenset({"up", "unknown"})  # some drivers never say


@dataclass(frozen=True, slots=True, order=True)
class Interface:
    """One address of one interface; made anew, an interface has another index."""

    index: int
    address: str
    prefix: int

    @property
    def network(self) -> IPv4Network:
        """What is on its link."""
        return IPv4Network(f"{self.address}/{self.prefix}", strict=False)


def interfaces(only: str | None = None) -> frozenset[Interface]:
    """Those that are up now, but for loopback; `only`: the one of that address."""
    found = {
        Interface(adapter.index, str(ip.ip), ip.network_prefix)
        for adapter in ifaddr.get_adapters()
        if adapter.index is not None and _is_up(adapter.name)
        for ip in adapter.ips
        if ip.is_IPv4 and not str(ip.ip).startswith("127.") and only in (None, str(ip.ip))
    }
    return frozenset(sorted(found)[:ADDRESSES_MAX])


def _is_up(name: str) -> bool:
    try:
        return (_STATES / name / "operstate").read_text().strip() in _UP
    except OSError:  # gone meanwhile, or a label such as eth0:1
        return True


class Steady:
    """What two looks in a row agree on."""

    def __init__(self) -> None:
        """The first look is believed."""
        self._before: frozenset[Interface] | None = None
        self._steady: frozenset[Interface] = frozenset()

    def seen(self, now: frozenset[Interface]) -> frozenset[Interface]:
        """What is to be believed after this look."""
        before = now if self._before is None else self._before
        self._steady = (self._steady & (now | before)) | (now & before)
        self._before = now
        return self._steady
