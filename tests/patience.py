"""How long a test waits for a fact: far longer than any takes, for a machine may be very busy."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 240.0  # most take a thousandth of it
LOOK_SECONDS = 0.02
RESTS = 3
"""Times as long as the look took: who opens ledgers to look leaves the machine to who works on."""

REST_SECONDS_MAX = 3.0  # a look that took long most often waited itself

Fact = TypeVar("Fact")


def until(
    fact: Callable[[], Fact],
    *,
    seconds: float = PATIENCE_SECONDS,
    otherwise: Callable[[], str] = str,
) -> Fact:
    """What `fact` gives, once that is something; fails when patience ends, and says `otherwise`."""
    deadline = time.monotonic() + seconds
    while True:
        looked = time.monotonic()
        if found := fact():
            return found
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"it never came true: {fact}, {found}\n{otherwise()}")
        time.sleep(min(max(LOOK_SECONDS, RESTS * (now - looked)), REST_SECONDS_MAX))
