"""Where something was typed, and what share of a bounded whole one such place may take.

At the machine's own screen, or at a phone of some address. Who that was is known to nobody: what
is kept of an address is a mark that another start of this process would make differently.
"""

import hmac
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from sync.machine import keys

KIOSK = "kiosk"
_SITE_BITS = 64  # one IPv6 host has them all


@dataclass(frozen=True, slots=True)
class Sources:
    """Marks for the addresses that this process hears from."""

    _key: bytes = field(default_factory=lambda: keys.key_salt(16))

    def phone(self, address: str) -> str:
        """The mark of a phone."""
        try:
            found = ip_address(address)
        except ValueError:
            return self._mark(b"")
        if isinstance(found, IPv6Address):
            if found.ipv4_mapped is None:
                return self._mark((int(found) >> _SITE_BITS).to_bytes(8, "big"))
            found = found.ipv4_mapped
        return self._mark(found.packed)

    def _mark(self, of: bytes) -> str:
        return hmac.digest(self._key, of, "sha256")[:8].hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a whole is taken: in all, by phones, by the one that asks."""

    all: int
    phones: int
    this: int

    def leaves_room(self, most: int, source: str) -> bool:
        """Whether one more fits: phones leave a quarter to the kiosk, each takes an eighth."""
        if self.all >= most:
            return False
        if source == KIOSK:
            return True
        return self.phones < most - most // 4 and self.this < max(1, most // 8)
