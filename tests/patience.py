"""How long a test waits for a fact: far longer than any takes, for a machine may be very busy."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 240.0  # most take a thousandth of it
LOOK_SECONDS = 0.02

Fact = TypeVar("Fact")


def until(
    fact: Callable[[], Fact],
    *,
    seconds: float = PATIENCE_SECONDS,
    otherwise: Callable[[], str] = str,
) -> Fact:
    """What `fact` gives, once that is something; fails when patience ends, and says `otherwise`."""
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        if time.monotonic() > deadline:
            raise AssertionError(f"it never came true: {fact}, {found}\n{otherwise()}")
        time.sleep(LOOK_SECONDS)
    return found
