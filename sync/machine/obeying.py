"""A machine's word that it obeyed: said once nothing of what was ordered away is left in its file.

What was withdrawn is gone from the file at once, and from the log beside it when that is emptied.
So whoever emptied the log says it, and only while nothing has changed since.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from sync.entry import Quality, Written
from sync.ledger import Ledger
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.keys import Identity
from sync.machine.registering import held_register, write_register
from sync.obedience import OBEYED, Obedience, obedience_value, obeyed, read_obedience

SAY_AGAIN_SECONDS = 24 * 3_600
"""So often whoever knows the time says it again: others may need a witness of it."""


class Obeying:
    """What one machine says of orders to each of its towns."""

    def __init__(
        self,
        ledger: Ledger,
        identity: Identity,
        towns: Iterable[str],
        folder: Path,
        *,
        sticks: Callable[[], int] = lambda: 0,
        is_witness: bool = False,
    ) -> None:
        """`sticks`: files on sticks that may hold what was ordered away since they were written.

        `is_witness`: it says what time it is though nothing was ordered yet.
        """
        self._ledger = ledger
        self._identity = identity
        self._towns = tuple(towns)
        self._folder = folder
        self._sticks = sticks
        self._is_witness = is_witness
        self._told: dict[str, Written] = {}

    def say(self, emptied_at: int, moment: Moment | None = None) -> bool:
        """Say what is new, the log having been emptied at that version of the ledger.

        False where that changed since, or the disk is full: then later.
        """
        moment = moment or clock.now()
        try:
            with self._ledger.transaction():
                if self._ledger.version() != emptied_at:
                    return False
                for town in self._towns:
                    self._say_to(town, moment)
        except sqlite3.OperationalError:
            return False
        return True

    def _say_to(self, town: str, moment: Moment) -> None:
        if not self._ledger.trust().hears(self._identity.public, town):
            return
        now = Obedience(
            written=moment.written,
            lanes=obeyed(self._ledger, town),
            aside=aside(self._folder),
            sticks=self._sticks(),
        )
        self._told[town] = moment.written
        held = held_register(self._ledger, self._identity, town, OBEYED)
        last = read_obedience(held) if held else None
        if last is None and not now.lanes and not self._tells_time(moment):
            return
        if last is None or last.news != now.news or self._is_late(last.written, moment):
            write_register(self._ledger, self._identity, town, OBEYED, obedience_value(now))

    def _tells_time(self, moment: Moment) -> bool:
        return self._is_witness and moment.quality >= Quality.CARRIED

    def is_late(self, moment: Moment) -> bool:
        """Whether a witness should speak again, though nothing else is new."""
        return any(self._is_late(told, moment) for told in self._told.values())

    def _is_late(self, last: Written, moment: Moment) -> bool:
        return self._tells_time(moment) and (
            last.quality < Quality.CARRIED
            or abs(moment.written.seconds - last.seconds) >= SAY_AGAIN_SECONDS
        )


def aside(folder: Path) -> int:
    """How many damaged ledgers lie in a machine's folder: nobody looks into them."""
    with suppress(OSError):
        return sum(1 for _ in folder.glob("*-damaged-*.sqlite"))
    return 0
