"""Work comes round again, whatever is done to the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Event, Thread

import pytest
from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers import base

from node.schedule import Schedule
from sync.entry import Quality
from sync.machine import clock
from sync.machine.clock import Moment
from tests.patience import PATIENCE_SECONDS, until

TEN_YEARS = timedelta(days=3_653)
INTERVAL_SECONDS = 0.05


class Clock:
    """A machine's clock, which somebody sets."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that everybody reads here, APScheduler too."""
    wall = Clock()

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return wall.now().astimezone(tz)

    monkeypatch.setattr(base, "datetime", Told)
    monkeypatch.setattr(clock, "now", lambda: Moment(wall.now(), Quality.UNKNOWN))
    return wall


@pytest.fixture
def schedule(wall: Clock) -> Iterator[Schedule]:
    schedule = Schedule()
    schedule.start()
    yield schedule
    schedule.stop()


class Runs:
    """When a job ran, by a clock that nobody sets."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self) -> None:
        self.at.append(clock.running())

    def come_round(self, schedule: Schedule, times: int) -> list[float]:
        """Wait for that many more, while the clock is minded as `kairan-sync` does."""
        before = len(self.at)

        def enough() -> bool:
            schedule.mind_the_clock()
            return len(self.at) >= before + times

        until(enough)
        return self.at[before:]


def test_a_job_runs_again_and_again(schedule: Schedule) -> None:
    runs = Runs()
    schedule.every(INTERVAL_SECONDS, "look", runs)
    runs.come_round(schedule, 3)


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS], ids=["forward", "back"])
def test_a_jump_of_ten_years_neither_stops_a_job_nor_makes_up_for_missed_runs(
    schedule: Schedule, wall: Clock, jump: timedelta
) -> None:
    runs = Runs()
    schedule.every(INTERVAL_SECONDS, "look", runs)
    runs.come_round(schedule, 1)
    jumped = clock.running()
    wall.ahead += jump
    at = runs.come_round(schedule, 6)
    # One run may have been due; thousands would have come at once.
    assert at[-1] - jumped >= 4 * INTERVAL_SECONDS


def test_a_job_that_was_far_off_when_the_clock_went_back_still_comes(
    schedule: Schedule, wall: Clock
) -> None:
    wall.ahead = TEN_YEARS  # as after a battery went flat the other way
    schedule.mind_the_clock()
    runs = Runs()
    schedule.every(INTERVAL_SECONDS, "look", runs)
    wall.ahead = timedelta()
    runs.come_round(schedule, 1)


def test_a_jump_is_noticed_once_and_a_slow_moment_is_none(schedule: Schedule, wall: Clock) -> None:
    assert not schedule.mind_the_clock()
    wall.ahead += timedelta(seconds=0.5)
    assert not schedule.mind_the_clock()
    wall.ahead += timedelta(hours=1)
    assert schedule.mind_the_clock()
    assert not schedule.mind_the_clock()


def test_a_job_that_fails_comes_again(schedule: Schedule, caplog: pytest.LogCaptureFixture) -> None:
    runs = Runs()

    def fail() -> None:
        runs()
        raise OSError("disk full")

    schedule.every(INTERVAL_SECONDS, "fail", fail)
    runs.come_round(schedule, 3)
    assert "disk full" in caplog.text


def test_a_slow_job_never_runs_twice_at_once_and_comes_again(
    schedule: Schedule, wall: Clock
) -> None:
    running, go_on = Event(), Event()
    runs = Runs()

    def slow() -> None:
        assert not running.is_set()
        running.set()
        go_on.wait(PATIENCE_SECONDS)
        running.clear()
        runs()

    schedule.every(INTERVAL_SECONDS, "slow", slow)
    assert running.wait(PATIENCE_SECONDS)
    wall.ahead += TEN_YEARS  # arms it anew, while it runs
    schedule.mind_the_clock()
    go_on.set()
    runs.come_round(schedule, 3)


def test_a_job_comes_again_however_late_the_scheduler_hears_that_it_ended(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = BaseExecutor._run_job_success

    def hear_late(executor: BaseExecutor, *what: object) -> None:
        Event().wait(3 * INTERVAL_SECONDS)  # as on a machine that is busy with other things
        heard(executor, *what)

    monkeypatch.setattr(BaseExecutor, "_run_job_success", hear_late)
    runs = Runs()
    schedule.every(INTERVAL_SECONDS, "look", runs)
    runs.come_round(schedule, 3)


def test_stopping_waits_for_the_job_that_runs_and_for_no_other(wall: Clock) -> None:
    schedule = Schedule()
    running, go_on, runs = Event(), Event(), Runs()

    def slow() -> None:
        running.set()
        go_on.wait(PATIENCE_SECONDS)
        runs()

    schedule.every(0.0, "slow", slow)
    schedule.start()
    assert running.wait(PATIENCE_SECONDS)
    stopping = Thread(target=schedule.stop)
    stopping.start()
    until(lambda: not schedule._scheduler.running)  # it is being shut down
    go_on.set()
    stopping.join(PATIENCE_SECONDS)
    assert not stopping.is_alive()
    assert len(runs.at) == 1
    schedule.every(0.0, "late", runs)
    assert not schedule.mind_the_clock()
    assert len(runs.at) == 1
