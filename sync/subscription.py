"""What a town takes of another, by decision of its office (docs/spec/3-trust.md, "Subscriptions").

Of another town only open lanes are ever taken, of the classes below, and only what its authority
vouches for: the keys, by place, whose fingerprint people have compared.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sync import cbor
from sync.lane import Audience, Class, Lane, is_town
from sync.limits import NAME_CHARACTERS_MAX

SUBSCRIPTION = "subscription"
SUBSCRIBE = f"{SUBSCRIPTION}/write"
CLASSES = frozenset({Class.TRUST, Class.BOARD, Class.PICTURE})

GROUPS: Mapping[str, Mapping[str, str]] = {
    SUBSCRIPTION: {"town": "whom", "keys": "whom", "name": "whom"}
}
"""Whom a subscription means doesn't change in parts."""

_FINGERPRINT_DIGITS = 30
_GROUP_DIGITS = 5
_KEYS_MAX = 8


@dataclass(frozen=True, slots=True, order=True)
class Subscription:
    """One town takes what the authority of another vouches for."""

    by: str
    town: str
    keys: tuple[bytes, ...]  # the other town's first authority keys, by place
    name: str = ""  # what the office calls that town

    def as_fields(self) -> dict[str, object]:
        """What the entry says."""
        return {"town": self.town, "keys": [*self.keys], "name": self.name}


def read_subscription(by: str, fields: Mapping[str, object]) -> Subscription | None:
    """What such a record says; None if it can't be read, or is about the town itself."""
    match fields:
        case {"town": str(town), "keys": [_, *_] as listed} if (
            is_town(town) and town != by and len(listed) <= _KEYS_MAX
        ):
            keys = tuple(key for key in listed if isinstance(key, bytes) and len(key) == 32)
            if len(set(keys)) != len(listed):
                return None
            name = fields.get("name")
            known = isinstance(name, str) and len(name) <= NAME_CHARACTERS_MAX
            return Subscription(by, town, keys, str(name) if known else "")
        case _:
            return None


def taken_by(
    towns: Collection[str], subscriptions: Iterable[Subscription]
) -> Mapping[str, tuple[bytes, ...]]:
    """What these towns take of others, and by which keys: where decisions differ, one counts."""
    return {
        each.town: each.keys
        for each in sorted(subscriptions)
        if each.by in towns and each.town not in towns
    }


def is_open(lane: Lane) -> bool:
    """Whether a town that subscribes takes it."""
    return lane.audience is Audience.OPEN and lane.class_ in CLASSES


def fingerprint(town: str, keys: Sequence[bytes]) -> str:
    """30 digits in six groups, that people read to each other: which keys are a town's authority.

    Some 99 bits: nobody finds other keys with the same.
    """
    digest = sha256(b"kairan/1 fingerprint" + cbor.encode([town, *keys])).digest()
    digits = f"{int.from_bytes(digest, 'big') % 10**_FINGERPRINT_DIGITS:0{_FINGERPRINT_DIGITS}}"
    groups = range(0, _FINGERPRINT_DIGITS, _GROUP_DIGITS)
    return " ".join(digits[at : at + _GROUP_DIGITS] for at in groups)
