"""What the examples are made with: deterministic CBOR, keys from their names, and hashes.

Nothing here or in the pages beside it imports the code that the examples examine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOWN = "131016"
OTHER_TOWN = "011002"
THIRD_TOWN = "473821"


class Raw(bytes):
    """Stands in a value for bytes of CBOR as they are, right or wrong."""


class Pieces(tuple[bytes | tuple[bytes, int], ...]):
    """Bytes told short: each piece, or a piece and how often it comes."""

    @property
    def whole(self) -> bytes:
        return b"".join(p if isinstance(p, bytes) else p[0] * p[1] for p in self)

    @property
    def text(self) -> str:
        return "".join(p.hex() if isinstance(p, bytes) else f"({p[0].hex()}*{p[1]})" for p in self)


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One example: what it is, what is known beside it, and what follows."""

    name: str
    shows: str
    kind: str
    bytes: bytes | Pieces
    given: Mapping[str, object] = field(default_factory=dict)
    expect: Mapping[str, object] | None = None
    refused: str | None = None

    def as_json(self) -> dict[str, object]:
        assert (self.expect is None) != (self.refused is None), self.name
        return {
            "name": self.name,
            "shows": self.shows,
            "kind": self.kind,
            "hex": self.bytes.text if isinstance(self.bytes, Pieces) else self.bytes.hex(),
            "given": dict(self.given),
            "expect": None if self.expect is None else dict(self.expect),
            "refused": self.refused,
        }


# CBOR


def head(major: int, argument: int) -> bytes:
    """The shortest start of an item."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | extra]) + argument.to_bytes(size, "big")
    raise ValueError(argument)


def cbor(value: object) -> bytes:
    """The one encoding of a value."""
    match value:
        case Raw():
            return bytes(value)
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list() | tuple():
            return head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            pairs = sorted((cbor(key), cbor(item)) for key, item in value.items())
            return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    raise TypeError(type(value))


def notation(value: object) -> object:
    """A value of CBOR as JSON can hold it."""
    match value:
        case bytes():
            return {"bytes": value.hex()}
        case list() | tuple():
            return [notation(item) for item in value]
        case dict():
            pairs = sorted(value.items(), key=lambda pair: cbor(pair[0]))
            return {"map": [[notation(key), notation(item)] for key, item in pairs]}
        case _:
            return value


def read_as(value: object, encoded: bytes) -> dict[str, object]:
    """What follows from most kinds of example."""
    return {"value": notation(value), "hash": H(encoded).hex()}


# keys and hashes


def H(*parts: bytes) -> bytes:  # noqa: N802 - the name it has in the spec
    """SHA-256 of all of them joined."""
    return sha256(b"".join(parts)).digest()


def key(name: str) -> Ed25519PrivateKey:
    """The key of that name: the same at every run."""
    return Ed25519PrivateKey.from_private_bytes(H(b"kairan vectors, key of ", name.encode()))


def public(name: str) -> bytes:
    return key(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def short(name: str) -> bytes:
    return H(public(name))[:8]


def salt(text: str) -> bytes:
    return H(b"kairan vectors, salt of ", text.encode())[:8]


# COSE


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor(["Signature1", protected, b"", payload])


def sealed(
    payload: bytes,
    *,
    type_: str,
    key_id: bytes,
    signer: str,
    protected: Mapping[int, object] | None = None,
    unprotected: Mapping[int, object] | None = None,
) -> bytes:
    """A COSE_Sign1 with its payload inside; with other headers than ours, if told so."""
    headers = cbor({1: -8, 4: key_id, 16: type_} if protected is None else dict(protected))
    signature = key(signer).sign(to_be_signed(headers, payload))
    return cbor([headers, dict(unprotected or {}), payload, signature])


# lanes and entries


@dataclass(frozen=True, kw_only=True)
class Lane:
    author: str  # the name of its key
    town: str = TOWN
    ordinal: int = 1
    random: bytes = bytes.fromhex("0123456789abcdef")
    class_: int = 4
    audience: int = 1

    @property
    def array(self) -> list[object]:
        return [
            self.town,
            public(self.author),
            self.ordinal,
            self.random,
            self.class_,
            self.audience,
        ]

    @property
    def id(self) -> bytes:
        return H(b"kairan/1 lane", cbor(self.array))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What somebody wrote, and the bytes it makes."""

    fields: Mapping[str, object]
    kind: str = "event/write"
    record: object = None
    parents: Sequence[object] = ()
    counter: int = 1
    more: Mapping[int, object] = field(default_factory=dict)

    @property
    def payload(self) -> bytes:
        said = cbor(dict(self.fields))
        return cbor({1: salt(f"{self.kind} {self.counter} {said.hex()}"), 2: dict(self.fields)})

    @property
    def sent(self) -> dict[int, object]:
        """The header without what follows from the payload."""
        header: dict[int, object] = {1: self.kind, 4: self.counter, 6: [1_790_000_000, 3]}
        if self.record is not None:
            header[2] = self.record
        if self.parents:
            header[3] = list(self.parents)
        return header | dict(self.more)

    @property
    def map(self) -> dict[int, object]:
        return self.sent | {7: H(self.payload), 8: len(self.payload)}

    @property
    def header(self) -> bytes:
        return cbor(self.map)


def heads(before: bytes, headers: Iterable[bytes]) -> list[bytes]:
    """The head after each of them."""
    found = []
    for header in headers:
        before = H(before, H(header))
        found.append(before)
    return found


def head_payload(lane: Lane, number: int, at: bytes) -> bytes:
    return cbor(["kairan head", 1, lane.array, number, at])


def sign_head(lane: Lane, number: int, at: bytes, signer: str | None = None) -> bytes:
    signed = to_be_signed(cbor({1: -8}), head_payload(lane, number, at))
    return key(signer or lane.author).sign(signed)


def full(entry: Entry) -> list[object]:
    return [cbor(entry.sent), entry.payload]


def emptied(entry: Entry) -> list[object]:
    return [entry.header, None]


def bundle(
    lane: Lane,
    entries: Sequence[Entry],
    *,
    first: int = 1,
    last: int | None = None,
    empty: Iterable[int] = (),
) -> list[object]:
    """The run from `first` to `last` of a lane that has these entries; those in `empty` bare."""
    last = len(entries) if last is None else last
    all_heads = [lane.id, *heads(lane.id, (entry.header for entry in entries))]
    return [
        1,
        lane.array,
        first,
        all_heads[first - 1],
        [
            emptied(entries[n - 1]) if n in set(empty) else full(entries[n - 1])
            for n in range(first, last + 1)
        ],
        sign_head(lane, last, all_heads[last]),
    ]


# statements

CLASSES_OF = {"office": [1, 2, 3, 4, 5], "node": [1, 3, 4], "feed": [2, 4]}


def claims(machine: str, role: str, /, **other: object) -> dict[int, object]:
    """What an authority says of a machine; `other` replaces a claim by its name in the spec."""
    writes = role in CLASSES_OF
    said: dict[str, object] = {
        "sub": machine,
        "cnf": {1: {1: 1, -1: 6, -2: public(machine)}},
        "role": role,
        "towns": [TOWN],
        "classes": CLASSES_OF.get(role, []),
        "audiences": [1, 2] if writes else [],
        "counter": 1,
        "incarnations": 8,
    }
    said |= other
    numbers = {"sub": 2, "cnf": 8, "role": -65537, "towns": -65538, "classes": -65539}
    numbers |= {"audiences": -65540, "counter": -65541, "incarnations": -65542}
    return {numbers[name]: value for name, value in said.items()}


def statement(
    payload: object, *, signer: str = "authority", type_: str = "kairan-certificate"
) -> bytes:
    return sealed(cbor(payload), type_=type_, key_id=public(signer), signer=signer)


def certificate(machine: str, role: str, *, signer: str = "authority", **other: object) -> bytes:
    return statement(claims(machine, role, **other), signer=signer)


def replacement(old: str, new: str, *, signer: str, counter: int = 1) -> bytes:
    """Another authority key in an old one's place."""
    body = {1: public(old), 2: public(new), 3: counter}
    return statement(body, signer=signer, type_="kairan-authority")


def seed_certificate(*, signer: str = "authority", **other: object) -> bytes:
    """Of the key "seed", for the machine "kamisato"."""
    said = {"sub": "kamisato", "incarnations": 4} | other
    return certificate("seed", "enrolment", signer=signer, **said)


def child_claims(machine: str, voucher: bytes | None = None, **other: object) -> dict[int, object]:
    """What a machine says of itself with that seed."""
    said = claims(machine, "node", **({"sub": "kamisato", "incarnations": 4} | other))
    return said | {-65543: seed_certificate() if voucher is None else voucher}


def child(machine: str, voucher: bytes | None = None, **other: object) -> bytes:
    return statement(child_claims(machine, voucher, **other), signer="seed")


def confirmation(
    machine: str, *, counter: int = 1, by: str = "town hall", voucher: bytes | None = None
) -> bytes:
    """An office says that it is this child of that seed."""
    office = certificate(by, "office") if voucher is None else voucher
    body = {1: public("seed"), 2: public(machine), 3: counter, 4: office}
    return statement(body, signer=by, type_="kairan-confirmation")


def crockford(data: bytes) -> str:
    """Letters for people: five bits each."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "".join(alphabet[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))
