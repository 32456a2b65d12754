"""Whether the kiosk's page lives: it says so, and a watchdog asks `/healthz` when it last did."""

from dataclasses import dataclass

from sync.machine import clock


@dataclass(slots=True)
class Heartbeat:
    """When the kiosk's page was last heard of."""

    _at: float | None = None

    def beat(self) -> None:
        """It lives."""
        self._at = clock.running()

    def seconds(self) -> float | None:
        """Since then; None where it never was."""
        return None if self._at is None else clock.running() - self._at
