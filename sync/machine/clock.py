"""The one place that reads the clock.

A machine knows how good its time is, and says so; nothing is ordered, expired or refused by it.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sync.entry import Quality, Written

_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""There once NTP has set the clock since boot (systemd-timesyncd.service(8))."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in UTC, and how good the clock was that told it."""

    at: datetime
    quality: Quality

    @property
    def written(self) -> Written:
        """As entries carry it."""
        return Written(int(self.at.timestamp()), self.quality)


def now() -> Moment:
    """The time by this machine's clock."""
    quality = Quality.TRUSTED if _SYNCHRONISED.exists() else Quality.UNKNOWN
    return Moment(at(), quality)


def at() -> datetime:
    """The same, where nobody asks how good it is."""
    return datetime.fromtimestamp(time.time(), UTC)


def running() -> float:
    """Seconds that only ever grow, whatever is done to the clock; for waiting, never shown."""
    return time.monotonic()
