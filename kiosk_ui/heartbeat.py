"""Whether the kiosk's page lives: it says so, and a watchdog asks `/healthz` when it last did."""

from dataclasses import dataclass

from sync.machine import clock


@dataclass(slots=True)
class Heartbeat:
    """When the kiosk's page was last heard of."""

    rests: bool = False
    """Whether it shows what is on, to nobody."""

    _at: float | None = None

    def beat(self, *, rests: bool) -> None:
        """It lives."""
        self._at, self.rests = clock.running(), rests

    def seconds(self) -> float | None:
        """Since then; None where it never was."""
        return None if self._at is None else clock.running() - self._at
