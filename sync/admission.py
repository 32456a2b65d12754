"""What a place wishes of residents' posts: a record of class trust (docs/spec/3-trust.md).

On some boards they wait until somebody has looked at them; on the others so many a day go straight
in, and the rest waits. A place says it of itself, and its office of any place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sync.certificate import Role
from sync.entry import EntryId, RecordId
from sync.lane import Audience, Class
from sync.limits import ACCOUNT_BOARDS_MAX, KIND_BYTES_MAX
from sync.record import Record
from sync.trust import Trust

ADMIT = "admit"
WRITE_ADMIT = f"{ADMIT}/write"
ALLOWANCE_MAX = 10_000
ALLOWANCE = 40
"""Where nobody has said how many."""

GROUPS: Mapping[str, Mapping[str, str]] = {
    ADMIT: {"place": "wish", "waits": "wish", "allowance": "wish"}
}
"""What is wished of whom doesn't change in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One such wish that stands."""

    id: RecordId
    town: str
    author: bytes
    place: bytes  # the key of the machine
    waits: frozenset[str]  # boards
    allowance: int  # posts a day on each of the others
    versions: tuple[EntryId, ...]
    counter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What all that stand for a place come to."""

    waits: frozenset[str] = frozenset()
    allowance: int = ALLOWANCE
    said: frozenset[EntryId] = field(default=frozenset())  # changes with each new decision


def as_fields(*, place: bytes, waits: Iterable[str], allowance: int) -> dict[str, object]:
    """What the entry says."""
    return {"place": place, "waits": sorted(waits), "allowance": allowance}


def read_admission(record: Record, trust: Trust) -> Admission | None:
    """The wish that a record is; None if it is none, or doesn't stand."""
    lane = record.lane
    if (record.board, lane.class_, lane.audience) != (ADMIT, Class.TRUST, Audience.TOWN):
        return None
    if record.withdrawn or not record.complete or not record.understood:
        return None
    match record.fields:
        case {"place": bytes(place), "waits": list(waits), "allowance": int(allowance)} if (
            len(place) == 32
            and len(waits) <= ACCOUNT_BOARDS_MAX
            and all(isinstance(name, str) and len(name) <= KIND_BYTES_MAX for name in waits)
            and not isinstance(allowance, bool)
            and 0 <= allowance <= ALLOWANCE_MAX
        ):
            pass
        case _:
            return None
    roles = trust.roles(lane.author, lane.town)
    ours = Role.NODE in roles and (
        place == lane.author or trust.succeeds(lane.author, place, lane.town)
    )
    if Role.OFFICE not in roles and not ours:
        return None
    return Admission(
        id=record.id,
        town=lane.town,
        author=lane.author,
        place=place,
        waits=frozenset(waits),
        allowance=allowance,
        versions=record.versions,
        counter=record.counter,
    )


def wish(said: Iterable[Admission], trust: Trust) -> Wish:
    """What they come to for the one place that all are about.

    A post waits where any says so, so that nobody lifts what the office wants looked at. How many
    go straight in the office says, if it has; of several of one rank the smallest number counts.
    """
    said = list(said)
    official = [each for each in said if trust.is_office(each.author, each.town)]
    return Wish(
        waits=frozenset().union(*(each.waits for each in said)),
        allowance=min((each.allowance for each in official or said), default=ALLOWANCE),
        said=frozenset(version for each in said for version in each.versions),
    )
