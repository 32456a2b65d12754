"""How a machine is, by its own signed word: the value of its register `health`.

docs/spec/7-registers.md. What can't be read, or is of another version, says nothing.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sync import cbor
from sync.entry import Quality, Written
from sync.errors import Malformed
from sync.limits import COUNTER_MAX, REGISTER_VALUE_BYTES_MAX, SOFTWARE_CHARACTERS_MAX
from sync.register import Register

HEALTH = "health"

DISK_STEPS_BYTES = (64 << 20, 256 << 20, 1 << 30, 4 << 30)
"""What is free is told in steps: 0 below the first, 1 below the second, …"""


class Met(NamedTuple):
    """Another machine, by its short name: so much of the author's own it has signed for."""

    machine: bytes
    entries: int
    when: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a machine was, by its own signed word."""

    written: Written
    software: str
    disk: int  # step
    own: int  # entries of its own
    entries: int
    records: int  # that stand on its boards
    holes: int
    waiting: int
    mishap: bool
    changed: Written  # when what it holds last grew, as far as it has said
    met: tuple[Met, ...]

    @property
    def urgent(self) -> tuple[object, ...]:
        """What is said at once."""
        return self.software, self.disk, self.mishap

    @property
    def news(self) -> tuple[object, ...]:
        """All that it says but times."""
        met = tuple((each.machine, each.entries) for each in self.met)
        counts = (self.own, self.entries, self.records, self.holes, self.waiting)
        return *self.urgent, *counts, self.written.quality, met


def health_value(health: Health) -> dict[int, object]:
    """As it stands in a register."""
    return {
        1: 1,
        2: list(health.written),
        3: health.software,
        4: health.disk,
        5: [health.own, health.entries, health.records, health.holes, health.waiting],
        6: health.mishap,
        7: list(health.changed),
        8: [[each.machine, each.entries, *each.when] for each in health.met],
    }


def read_health(register: Register) -> Health | None:
    """What a register says; None if it is of another kind, or can't be read."""
    if register.name != HEALTH:
        return None
    with suppress(Malformed):
        match cbor.decode(register.value, bytes_max=REGISTER_VALUE_BYTES_MAX):
            case {
                1: 1,
                2: [int(), int()] as written,
                3: str(software),
                4: int(disk),
                5: [int(own), int(entries), int(records), int(holes), int(waiting)],
                6: bool(mishap),
                7: [int(), int()] as changed,
                8: list(met),
            } if (
                cbor.are_integers(disk, own, entries, records, holes, waiting)
                and all(0 <= n <= COUNTER_MAX for n in (disk, own, entries, records))
                and all(0 <= n <= COUNTER_MAX for n in (holes, waiting))
                and len(software) <= SOFTWARE_CHARACTERS_MAX
            ):
                return Health(
                    written=_written(*written),
                    software=software,
                    disk=disk,
                    own=own,
                    entries=entries,
                    records=records,
                    holes=holes,
                    waiting=waiting,
                    mishap=mishap,
                    changed=_written(*changed),
                    met=tuple(_met(item) for item in met),
                )
    return None


def _written(seconds: object, quality: object) -> Written:
    if not cbor.are_integers(seconds, quality):
        raise Malformed("not a time")
    assert isinstance(seconds, int)
    known = [each for each in Quality if each == quality]
    return Written(seconds, known[0] if known else Quality.UNKNOWN)


def _met(item: object) -> Met:
    match item:
        case [bytes(machine), int(entries), int(seconds), int(quality)] if (
            len(machine) == 8 and cbor.are_integers(entries) and 0 <= entries <= COUNTER_MAX
        ):
            return Met(machine, entries, _written(seconds, quality))
        case _:
            raise Malformed("not a machine that was met")


def seconds_of(text: str) -> int:
    """A time of the notebook's, in seconds since 1970. Raises ValueError."""
    return int(datetime.fromisoformat(text).timestamp())


def quality_of(text: str) -> Quality:
    """How good the clock was, as the notebook has it."""
    return Quality[text.upper()] if text.upper() in Quality.__members__ else Quality.UNKNOWN
