"""Which phones have begun: in memory alone, for half a day, and gone with the process.

It gives nobody anything but other answers to names, so it is no right that one could steal: who
takes another's address begins, or doesn't, in their place. The table is bounded; the first to have
begun is forgotten first, and begins again with one touch.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from node.wifi import rules
from node.wifi.plan import BEGUN_SECONDS, Plan
from sync.machine import clock

NEIGHBOURS = Path("/proc/thread-self/net/arp")
LONGER_SECONDS = 5
"""We remember longer than the kernel: what it has still it can't be told again."""

_COMPLETE = 0x2  # linux/if_arp.h, ATF_COM
_PHONE = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


class Guests:
    """Of one network."""

    def __init__(
        self,
        plan: Plan,
        *,
        tell: Callable[[str], None] = rules.tell,
        running: Callable[[], float] = clock.running,
        neighbours: Path = NEIGHBOURS,
        phones_max: int = rules.GUESTS_MAX - 1,
    ) -> None:
        """Nobody has. `tell`: the kernel, which says in `neighbours` whose an address is."""
        self._plan, self._tell, self._running = plan, tell, running
        self._neighbours, self._phones_max = neighbours, phones_max
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def seconds(self, address: str) -> int | None:
        """For how long who has that address has begun, 0 if they haven't; None for strangers."""
        phone = self._phone(address)
        if phone is None:
            return None
        with self._lock:
            return self._seconds(phone)

    def begin(self, address: str) -> int | None:
        """The same, after they have. Raises NotTaken."""
        phone = self._phone(address)
        if phone is None:
            return None
        with self._lock:
            if not self._seconds(phone):
                if len(self._until) >= self._phones_max:
                    with suppress(rules.NotTaken):  # it forgot a moment before we do
                        self._tell(rules.forgotten(self._until.popitem(last=False)[0]))
                self._tell(rules.begun(phone, BEGUN_SECONDS))
                self._until[phone] = self._running() + BEGUN_SECONDS + LONGER_SECONDS
            return self._seconds(phone)

    def _seconds(self, phone: str) -> int:
        now = self._running()
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        until = self._until.get(phone)
        return 0 if until is None else max(1, int(until - now) - LONGER_SECONDS)

    def _phone(self, address: str) -> str | None:
        """Whose address that is at our interface, as the kernel knows."""
        for line in self._neighbours.read_text().splitlines()[1:]:
            words = line.split()
            if len(words) == 6 and words[0] == address and words[5] == self._plan.device:
                whole = int(words[2], 16) & _COMPLETE and _PHONE.fullmatch(words[3])
                return words[3] if whole else None
        return None
