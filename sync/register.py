"""What only matters in its newest form: a signed value, outside the ledger's lanes.

docs/spec/7-registers.md. Per town, author and name the largest (ordinal, counter) wins.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import cbor, cose
from sync.errors import Malformed
from sync.lane import is_town
from sync.limits import (
    COUNTER_MAX,
    REGISTER_NAME_CHARACTERS_MAX,
    REGISTER_VALUE_BYTES_MAX,
    REGISTERS_PER_AUTHOR_MAX,
    STATEMENT_BYTES_MAX,
)

REGISTER = "kairan-register"

HEADS = "heads"
HEADS_IN_ONE = 3
"""So many fit a value, whatever their numbers."""

HEADS_REGISTERS_MAX = 8


class Head(NamedTuple):
    """How far an author's lane goes, by his own word."""

    lane: bytes
    number: int
    head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A newest value, with the bytes that vouch for it."""

    encoded: bytes
    author: bytes
    town: str
    ordinal: int
    random: bytes
    name: str
    counter: int
    value: bytes  # CBOR

    @property
    def place(self) -> tuple[str, bytes, str]:
        """Of one place only the newest is kept."""
        return self.town, self.author, self.name

    @property
    def order(self) -> tuple[int, int, bytes]:
        """The largest is the newest."""
        return self.ordinal, self.counter, self.encoded


def make_register(
    *,
    town: str,
    incarnation: tuple[int, bytes],
    name: str,
    counter: int,
    value: object,
    key: Ed25519PrivateKey,
) -> bytes:
    """The signed bytes. Raises Malformed if the value is over the limit."""
    if len(cbor.encode(value)) > REGISTER_VALUE_BYTES_MAX:
        raise Malformed("a register's value over the limit")
    body = ["kairan register", 1, town, list(incarnation), name, counter, value]
    return cose.sign(cbor.encode(body), type_=REGISTER, key_id=cose.public(key), key=key)


def open_register(encoded: bytes) -> Register:
    """The register that those bytes are. Raises Malformed or Unverified."""
    sealed = cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX)
    cose.verify(sealed, sealed.key_id)
    return read_register(sealed, encoded)


def is_register(encoded: bytes) -> bool:
    """Whether it claims to be one."""
    try:
        return cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX).type == REGISTER
    except Malformed:
        return False


def kept_register(encoded: bytes) -> Register:
    """One that was verified when it was kept."""
    return read_register(cose.read(encoded, bytes_max=STATEMENT_BYTES_MAX), encoded)


def read_register(sealed: cose.Sealed, encoded: bytes) -> Register:
    """The register in a message whose signature was checked. Raises Malformed."""
    match cbor.decode(sealed.payload, bytes_max=STATEMENT_BYTES_MAX):
        case [
            "kairan register",
            version,
            str(town),
            [int(ordinal), bytes(random)],
            str(name),
            int(counter),
            value,
        ] if (
            cbor.are_integers(version, ordinal, counter)
            and version == 1
            and is_town(town)
            and 1 <= ordinal < 1 << 32
            and counter >= 1
            and len(random) == 8
            and 0 < len(name) <= REGISTER_NAME_CHARACTERS_MAX
            and len(encoded_value := cbor.encode(value)) <= REGISTER_VALUE_BYTES_MAX
        ):
            return Register(
                encoded=encoded,
                author=sealed.key_id,
                town=town,
                ordinal=ordinal,
                random=random,
                name=name,
                counter=counter,
                value=encoded_value,
            )
        case _:
            raise Malformed("not a register")


def one_too_many(names: Collection[str]) -> str | None:
    """Of more names of an author in a town than are kept, the last: whatever came first.

    Else a stolen key would fill every message with them.
    """
    return max(names) if len(names) > REGISTERS_PER_AUTHOR_MAX else None


def registers_digest(registers: Iterable[Register]) -> bytes:
    """Equal digests, equal registers held."""
    hashes = sorted(sha256(register.encoded).digest() for register in registers)
    return sha256(b"kairan/1 registers" + b"".join(hashes)).digest()


def heads_by_name(heads: Sequence[Head]) -> Mapping[str, list[Head]]:
    """How an author's heads are told: in "heads", "heads 2", … with a few in each, in order."""
    return {
        HEADS if at == 0 else f"{HEADS} {at + 1}": list(heads[first : first + HEADS_IN_ONE])
        for at, first in enumerate(range(0, len(heads), HEADS_IN_ONE))
        if at < HEADS_REGISTERS_MAX
    }


def is_heads(register: Register) -> bool:
    """Whether it tells heads."""
    return register.name.partition(" ")[0] == HEADS


def read_heads(register: Register) -> tuple[Head, ...]:
    """What it tells; what isn't a head is passed over."""
    value = cbor.decode(register.value, bytes_max=REGISTER_VALUE_BYTES_MAX)
    heads: list[Head] = []
    for item in value if isinstance(value, list) else ():
        match item:
            case [bytes(lane), int(number), bytes(head)] if (
                cbor.are_integers(number)
                and len(lane) == len(head) == 32
                and 1 <= number <= COUNTER_MAX
            ):
                heads.append(Head(lane, number, head))
    return tuple(heads)
