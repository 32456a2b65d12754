"""Deterministic CBOR and nothing else: one value, one encoding.

RFC 8949 §4.2.1, with the types of `docs/spec/README.md`: what another encoder could have written
differently is refused, so that bytes can be hashed, dropped and rebuilt.
"""

from collections.abc import Iterator
from io import BytesIO

import cbor2

from sync.errors import Malformed, TooLarge
from sync.limits import NESTING_MAX

_INTEGER_MAX = (1 << 64) - 1
_INTEGER_MIN = -(1 << 64)


def encode(value: object) -> bytes:
    """The one encoding of `value`. Raises Malformed for a type that isn't ours."""
    return cbor2.dumps(_ordered(value, 0))


def decode(encoded: bytes, *, bytes_max: int) -> object:
    """The value of `encoded`. Raises TooLarge past `bytes_max`, Malformed unless deterministic."""
    if len(encoded) > bytes_max:
        raise TooLarge(f"{len(encoded)} bytes where {bytes_max} are allowed")
    value = _load(BytesIO(encoded))
    if encode(value) != encoded:
        raise Malformed("not in deterministic CBOR, or followed by more bytes")
    return value


def sequence(encoded: bytes) -> Iterator[object]:
    """The values of a CBOR sequence (RFC 8742), one by one."""
    stream = BytesIO(encoded)
    while (start := stream.tell()) < len(encoded):
        value = _load(stream)
        if encode(value) != encoded[start : stream.tell()]:
            raise Malformed("not in deterministic CBOR")
        yield value


def are_integers(*values: object) -> bool:
    """Whether all are integers; `true` and `false` are not."""
    return all(type(value) is int for value in values)


def _load(stream: BytesIO) -> object:
    try:
        return cbor2.load(stream, max_depth=NESTING_MAX + 1)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as wrong:
        raise Malformed("not CBOR") from wrong


def _ordered(value: object, depth: int) -> object:
    """`value` with maps in order of their encoded keys; refuses what isn't ours."""
    if depth > NESTING_MAX:
        raise Malformed(f"nested deeper than {NESTING_MAX}")
    match value:
        case None | bool() | bytes() | str():
            return value
        case int():
            if not _INTEGER_MIN <= value <= _INTEGER_MAX:
                raise Malformed("an integer of more than 64 bits")
            return value
        case list() | tuple():
            return [_ordered(item, depth + 1) for item in value]
        case dict():
            return {key: _ordered(value[key], depth + 1) for key in sorted(value, key=_encoded_key)}
        case _:
            raise Malformed(f"a {type(value).__name__} has no place in our CBOR")


def _encoded_key(key: object) -> bytes:
    if isinstance(key, bool) or not isinstance(key, int | str):
        raise Malformed("a map key that is neither integer nor text")
    return cbor2.dumps(key)
