"""One author's numbered run of entries of one class for one audience (docs/spec/1-entries.md)."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256

from sync import cbor
from sync.errors import Malformed


class Class(IntEnum):
    """What a lane bears; also the order in which lanes are sent."""

    TRUST = 1
    ALERT = 2
    MESSAGE = 3
    BOARD = 4
    RELEASE = 5
    PICTURE = 6


class Audience(IntEnum):
    """Whom a lane is for."""

    TOWN = 1
    OPEN = 2


@dataclass(frozen=True, kw_only=True)
class Lane:
    """Its fields are its name; `id` is what others call it by."""

    town: str
    author: bytes  # Ed25519 public key
    ordinal: int  # which life of the author's ledger, from 1
    random: bytes  # 8 bytes drawn when that life began
    class_: Class
    audience: Audience

    @cached_property
    def id(self) -> bytes:
        """32 bytes; also the head before the first entry."""
        return sha256(b"kairan/1 lane" + cbor.encode(self.as_array())).digest()

    @property
    def incarnation(self) -> tuple[int, bytes]:
        """One life of the author's ledger."""
        return self.ordinal, self.random

    def as_array(self) -> list[object]:
        """As it stands in bundles and under signatures."""
        return [
            self.town,
            self.author,
            self.ordinal,
            self.random,
            int(self.class_),
            int(self.audience),
        ]


def read_lane(value: object) -> Lane:
    """The lane that an array stands for. Raises Malformed."""
    match value:
        case [str(town), bytes(author), int(ordinal), bytes(random), int(class_), int(audience)]:
            pass
        case _:
            raise Malformed("not a lane")
    if not is_town(town) or len(author) != 32 or len(random) != 8:
        raise Malformed("a lane with a wrong town, author or random part")
    if not cbor.are_integers(ordinal, class_, audience) or not 1 <= ordinal < 1 << 32:
        raise Malformed("a lane with a wrong ordinal")
    if class_ not in set(Class) or audience not in set(Audience):
        raise Malformed("a lane of a class or audience unknown to this version")
    return Lane(
        town=town,
        author=author,
        ordinal=ordinal,
        random=random,
        class_=Class(class_),
        audience=Audience(audience),
    )


def is_town(code: str) -> bool:
    """Whether it is an LG code (全国地方公共団体コード): six digits, the last a check digit."""
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return False
    weighted = sum(
        int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=False)
    )
    return int(code[5]) == (11 - weighted % 11) % 10
