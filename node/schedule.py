"""Work that comes round again, whatever is done to the clock.

APScheduler's interval jobs make up for every run they missed when the clock jumps forward, and
wait for years when it jumps back. So only the next run is ever armed, and a jump arms it anew.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from sync.machine import clock

JUMP_SECONDS = 2.0  # less is a slow moment, not a jump

# APScheduler drops a run that comes due before it heard of the end of the one before, and what it
# drops nobody arms again: so here it is seen to that a job never runs twice at once.
_INSTANCES_MAX = 1_000


class Schedule:
    """Jobs by name, each with the seconds between its runs."""

    def __init__(self) -> None:
        """Nothing runs before `start`."""
        self._scheduler = BackgroundScheduler(
            timezone="UTC", executors={"default": ThreadPoolExecutor(2)}
        )
        self._jobs: dict[str, tuple[float, Callable[[], None]]] = {}
        self._running: set[str] = set()
        self._lock = Lock()
        self._stopped = False
        self._offset = _clock_offset()

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a job that runs is waited for."""
        # APScheduler waits for jobs while it holds the lock that arming one takes, and its thread
        # stumbles over one that comes due meanwhile: so first nothing is armed any more.
        with self._lock:
            self._stopped = True
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown()

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """Run it after that many seconds, and again that many after each end."""
        with self._lock:
            self._jobs[name] = (seconds, job)
        self._arm(name)

    def mind_the_clock(self) -> bool:
        """Called often: arm every job anew if the clock was set. Whether it was."""
        offset = _clock_offset()
        jumped = abs(offset - self._offset) > JUMP_SECONDS
        self._offset = offset
        if jumped:
            for name in list(self._jobs):
                self._arm(name)
        return jumped

    def _arm(self, name: str) -> None:
        with self._lock:
            if self._stopped:
                return
            seconds, _ = self._jobs[name]
            self._scheduler.add_job(
                self._run,
                DateTrigger(clock.now().at + timedelta(seconds=seconds)),
                args=[name],
                id=name,
                replace_existing=True,
                misfire_grace_time=None,
                max_instances=_INSTANCES_MAX,
            )

    def _run(self, name: str) -> None:
        with self._lock:
            if name in self._running:
                return  # it is armed anew when that run ends
            self._running.add(name)
        _, job = self._jobs[name]
        try:
            job()
        finally:
            with self._lock:
                self._running.discard(name)
            self._arm(name)


def _clock_offset() -> float:
    return clock.now().at.timestamp() - clock.running()
