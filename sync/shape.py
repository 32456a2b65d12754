"""Which parts an entry has: entries of one shape differ in nothing but the values of their columns.

docs/spec/9-columns.md. What has no shape (other keys than ours, a payload of another form, bytes
that aren't the one encoding) travels whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import combinations
from typing import NamedTuple

import cbor2

from sync import cbor
from sync.bundle import Entry
from sync.errors import Malformed
from sync.limits import HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX, SHAPE_BYTES_MAX

Name = int | str
"""A column's: a field's name, the header's key, or one of two that are none."""

RECORD, PARENTS, COUNTER, ACCOUNT, SECONDS, DIGEST, LENGTH = range(2, 9)
SALT, QUALITY = 0, 9
IN_HEADERS = frozenset({RECORD, PARENTS, COUNTER, ACCOUNT, SECONDS, QUALITY})

_MAYBE = (RECORD, PARENTS, ACCOUNT)
_KEYS = (1, *range(RECORD, LENGTH + 1))
_KEYS_WITH = {
    keys: tuple(key for key in _KEYS if key not in _MAYBE or key in keys)
    for count in range(len(_MAYBE) + 1)
    for keys in combinations(_MAYBE, count)
}
"""All keys of a header, by those that may be absent and aren't."""
_MAYBE_OF = {all_keys: keys for keys, all_keys in _KEYS_WITH.items()}
_INTEGERS = range(-(1 << 63), 1 << 63)


class Shape(NamedTuple):
    """What entries have in common."""

    kind: str
    keys: tuple[int, ...]  # of the header's: those that may be absent and aren't
    fields: tuple[str, ...] | None  # None: the payload isn't held

    @property
    def columns(self) -> tuple[Name, ...]:
        """Where the values of its entries are, in their order."""
        in_header = (*_KEYS_WITH[self.keys][1:-2], QUALITY)
        return *in_header, *((DIGEST, LENGTH) if self.fields is None else (SALT, *self.fields))

    def as_array(self) -> list[object]:
        """As it stands in a table."""
        return [self.kind, list(self.keys), self.fields if self.fields is None else [*self.fields]]

    def is_small(self) -> bool:
        """Whether it is within its limit."""
        return len(cbor.encode(self.as_array())) <= SHAPE_BYTES_MAX


def read_shape(value: object) -> Shape:
    """The shape an array stands for. Raises Malformed."""
    match value:
        case [str(kind), list(keys), None]:
            shape = Shape(kind, tuple(keys), None)
        case [str(kind), list(keys), list(fields)] if set(map(type, fields)) <= {str}:
            shape = Shape(kind, tuple(keys), tuple(fields))
        case _:
            raise Malformed("not a shape")
    if not cbor.are_integers(*keys) or shape.keys not in _KEYS_WITH or not shape.is_small():
        raise Malformed("a shape with keys that no header has, or over the limit")
    return shape


def shaped(entry: Entry) -> tuple[Shape, list[object]] | None:
    """The shape of an entry and its values; None if it travels whole."""
    header, payload = entry.header, entry.payload
    if len(header) > HEADER_BYTES_MAX or (payload and len(payload) > PAYLOAD_BYTES_MAX):
        return None
    try:
        shape = _header(header, payload)
        return shape if shape is None or payload is None else _payload(payload, *shape)
    except Malformed:
        return None


def _header(encoded: bytes, payload: bytes | None) -> tuple[Shape, list[object]] | None:
    header = cbor.guess(encoded)
    if type(header) is not dict or set(map(type, header)) != _INTEGER:
        return None
    keys = _MAYBE_OF.get(tuple(header))
    if keys is None:
        return None
    kind, written, digest, length = header[1], header[SECONDS], header[DIGEST], header[LENGTH]
    if type(kind) is not str or type(written) is not list or len(written) != 2:
        return None
    values = [*(header[key] for key in _KEYS_WITH[keys][1:-3]), *written]
    if payload is None:
        values += digest, length
    elif digest != sha256(payload).digest() or length != len(payload):
        return None
    if (
        set(map(type, (header[COUNTER], length, *written))) != _INTEGER
        or not _are_ours(values)
        or cbor2.dumps(header) != encoded
    ):
        return None
    return Shape(kind, keys, None), values


def _payload(
    encoded: bytes, header: Shape, in_header: list[object]
) -> tuple[Shape, list[object]] | None:
    payload = cbor.guess(encoded)
    if type(payload) is not dict or tuple(payload) != (1, 2) or set(map(type, payload)) != _INTEGER:
        return None
    salt, fields = payload[1], payload[2]
    if (
        type(salt) is not bytes
        or type(fields) is not dict
        or not set(map(type, fields)) <= {str}
        or not _are_ours(fields.values())
        or cbor2.dumps(payload) != encoded
    ):
        return None
    return Shape(header.kind, header.keys, tuple(fields)), [*in_header, salt, *fields.values()]


def _are_ours(values: Iterable[object]) -> bool:
    """Whether each, written as it was read, is in its one encoding; room for two maps around it."""
    for value in values:
        kind = type(value)
        if kind is int:
            if value not in _INTEGERS:
                return False
        elif kind is list and set(map(type, value)) <= _PLAIN:  # type: ignore[call-overload]
            continue
        elif kind not in _PLAIN and cbor.encode([[value]]) != cbor2.dumps([[value]]):
            return False
    return True


_INTEGER = frozenset({int})  # `true` and floats are equal to some, and aren't any
_PLAIN = frozenset({str, bytes, bool, type(None)})


class Mould:
    """Makes the entries of one shape again: the bytes that were hashed, from values in order."""

    def __init__(self, shape: Shape, values: Sequence[Iterator[bytes]]) -> None:
        """`values`: those of each column; other shapes may take from them in between."""
        keys = _KEYS_WITH[shape.keys]
        self._values = zip(*values, strict=False)
        self._count = len(keys) - 2 + (0 if shape.fields is not None else 2)
        # Constants, each with room for one value after it.
        before = [bytes((key,)) for key in keys[1:]]
        before[0] = cbor.head(5, len(keys)) + b"\x01" + cbor.encode(shape.kind) + before[0]
        before[-3] += b"\x82"
        before.insert(-2, b"")
        self._header = _with_room(before[: self._count])
        self._payload: bytes | None = None
        if shape.fields is not None:
            fields = _constant(b"\x02" + cbor.head(5, len(shape.fields)))
            fields += _with_room([*map(cbor.encode, shape.fields)])
            self._payload = _with_room([b"\xa2\x01"]) + fields

    def entry(self) -> Entry:
        """The next one, however large it is."""
        values = next(self._values)
        header = self._header % values[: self._count]
        if self._payload is None:
            return Entry(header, None)
        payload = self._payload % values[self._count :]
        length = len(payload)
        header += b"\x07\x58\x20" + sha256(payload).digest() + b"\x08" + cbor.head(0, length)
        return Entry(header, payload)


def _with_room(constants: Sequence[bytes]) -> bytes:
    return b"".join(_constant(constant) + b"%b" for constant in constants)


def _constant(content: bytes) -> bytes:
    return content.replace(b"%", b"%%")
