"""How much one message may hold on a line, so that what is urgent has its turn soon.

What is sent next is chosen anew for every message, alerts first; so an alert waits as long as one
message takes. On a line that is slow, or breaks, messages become smaller.
"""

BUDGET_BYTES = 4 << 20  # of bundles in one message, before compression
BUDGET_BYTES_MIN = 2 << 10
"""A few posts, for a line that breaks at each few kilobytes; at the least one entry is sent."""

PACKS_BUDGET_BYTES = 1 << 20
"""Below that nothing is sent that was packed once: a pack may be larger than the budget."""

MESSAGE_SECONDS = 5.0
_TELLING_BYTES = 32 << 10  # of a message and its answer; a smaller one says little of the line …
_TELLING_PART = 16  # … unless it is that part of its budget: posts pack to a sixth, or less


def allows_packs(asked: int) -> bool:
    """Whether who asks for no more than that, or for 0, may be sent packs."""
    return not 0 < asked < PACKS_BUDGET_BYTES


class Pace:
    """Of one line. Forgetting it costs one message that is too large."""

    def __init__(self, most: int = BUDGET_BYTES, *, seconds: float = MESSAGE_SECONDS) -> None:
        """Nothing is known of it yet. `seconds`: how long a message and its answer shall take."""
        self._most = most
        self._seconds = seconds
        self.budget_bytes = most

    @property
    def asked(self) -> int:
        """What the other side is asked not to go over; 0 while there is nothing to ask."""
        return self.budget_bytes if self.budget_bytes < self._most else 0

    @property
    def packs(self) -> bool:
        """Whether what was packed once may be sent."""
        return allows_packs(self.asked)

    def took(self, carried: int, seconds: float) -> None:
        """A message and its answer, of so many bytes together, took so long."""
        if carried < min(_TELLING_BYTES, self.budget_bytes // _TELLING_PART):
            return
        if seconds > self._seconds:
            self._set(int(self.budget_bytes * self._seconds / seconds))
        elif seconds < self._seconds / 2:
            self._set(self.budget_bytes * 2)

    def broke(self, seconds: float, *, under_way: bool = False) -> None:
        """It broke after so long. `under_way`: surely; else nobody may have been reached."""
        if under_way or seconds > self._seconds / 2:
            self._set(self.budget_bytes // 4)

    def _set(self, budget_bytes: int) -> None:
        self.budget_bytes = min(self._most, max(BUDGET_BYTES_MIN, budget_bytes))
