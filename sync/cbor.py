"""Deterministic CBOR and nothing else: one value, one encoding.

RFC 8949 §4.2.1, with the types of `docs/spec/README.md`: what another encoder could have written
differently is refused, so that bytes can be hashed, dropped and rebuilt.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

import cbor2

from sync.errors import Malformed, TooLarge
from sync.limits import BUNDLE_BYTES_MAX, ITEMS_MAX, NESTING_MAX

_BYTES, _TEXT, _ARRAY, _MAP = 2, 3, 4, 5
_SIMPLE = (0xF4, 0xF5, 0xF6)
_INTEGER, _TEXTS = frozenset({int}), frozenset({str})
_REMEMBERED_CHARACTERS_MAX = 1_024
_INTEGER_MAX = (1 << 63) - 1
_INTEGER_MIN = -(1 << 63)


def encode(value: object) -> bytes:
    """The one encoding of `value`. Raises Malformed for a type that isn't ours."""
    try:
        return cbor2.dumps(_ordered(value, 0))
    except UnicodeEncodeError as wrong:
        raise Malformed("text with half a surrogate pair") from wrong


def encode_plain(value: object) -> bytes:
    """The same, quicker, of a value of ours in which there are only arrays, bytes and integers."""
    return cbor2.dumps(value)


def decode(encoded: bytes, *, bytes_max: int, depth: int = 0) -> object:
    """The value of `encoded`. Raises TooLarge past `bytes_max`, Malformed unless deterministic.

    `depth`: how deep it stands in what it was taken from.
    """
    if len(encoded) > bytes_max:
        raise TooLarge(f"{len(encoded)} bytes where {bytes_max} are allowed")
    if len(encoded) > ITEMS_MAX:
        end(encoded)
    value = _load(encoded)
    _check(value, depth)
    if cbor2.dumps(value) != encoded:
        raise Malformed("not in deterministic CBOR, or followed by more bytes")
    return value


def guess(encoded: bytes) -> object:
    """Its value, in whatever encoding: for who compares what it makes of that with the bytes."""
    return _load(encoded)


@lru_cache(maxsize=4_096)
def head(major: int, argument: int) -> bytes:
    """The shortest start of an item: its type, and its value, length or count."""
    if argument < 24:
        return bytes((major << 5 | argument,))
    size = 1 if argument < 1 << 8 else 2 if argument < 1 << 16 else 4 if argument < 1 << 32 else 8
    return bytes((major << 5 | 23 + size.bit_length(),)) + argument.to_bytes(size, "big")


def sequence(encoded: bytes, *, bytes_max: int = BUNDLE_BYTES_MAX) -> Iterator[object]:
    """The values of a CBOR sequence (RFC 8742), one by one. Raises Malformed.

    Raises TooLarge for one over `bytes_max`: nobody looks for what may follow it.
    """
    at = 0
    while at < len(encoded):
        start, at = at, end(encoded, at, bytes_max=bytes_max)
        yield decode(encoded[start:at], bytes_max=bytes_max)


def end(encoded: bytes, at: int = 0, *, bytes_max: int | None = None) -> int:
    """Where the item that begins there ends; whether it is in its one encoding isn't looked at.

    Raises TooLarge once it is over `bytes_max`, or holds more items than are ever decoded, and
    Malformed where it is cut short, or where something in it is of a type that isn't ours.
    """
    last = len(encoded) if bytes_max is None else at + bytes_max
    left, items = 1, 0
    try:
        while left:
            first = encoded[at]
            major, argument = first >> 5, first & 31
            at += 1
            if 24 <= argument < 28:
                size = 1 << argument - 24
                argument = int.from_bytes(encoded[at : at + size], "big")
                at += size
            elif argument >= 28:
                raise Malformed("an item without an end")
            left -= 1
            items += 1
            if major in (_BYTES, _TEXT):
                at += argument
            elif major == _ARRAY:
                left += argument
            elif major == _MAP:
                left += 2 * argument
            elif major > _MAP and first not in _SIMPLE:
                raise Malformed("an item of a type that isn't ours")
            if at + left > len(encoded):
                raise Malformed("an item cut short")
            if at + left > last or items + left > ITEMS_MAX:
                raise TooLarge("an item larger than the limit")
    except IndexError as wrong:
        raise Malformed("an item cut short") from wrong
    return at


def are_integers(*values: object) -> bool:
    """Whether all are integers; `true` and `false` are not."""
    return set(map(type, values)) <= _INTEGER


def _load(encoded: bytes) -> object:
    try:
        return cbor2.loads(
            encoded,
            semantic_decoders=_NO_TAGS,
            max_depth=NESTING_MAX + 1,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as wrong:
        raise Malformed("not CBOR") from wrong


class _NoTags(Mapping[int, cbor2.SemanticDecoderCallback]):
    """Refuses every tag where it stands.

    Tags 25 and 29 repeat a value in a few bytes: what they unfold to must never be walked through.
    """

    def __getitem__(self, tag: int) -> cbor2.SemanticDecoderCallback:
        return _refuse

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _refuse(content: object, immutable: bool, /) -> NoReturn:
    raise ValueError("a tag")


_NO_TAGS = _NoTags()


def _ordered(value: object, depth: int) -> object:
    """`value` with maps in order of their encoded keys; refuses what isn't ours."""
    if depth > NESTING_MAX:
        raise Malformed(f"nested deeper than {NESTING_MAX}")
    match value:
        case dict():
            return {
                key: item
                if type(item := value[key]) in _PLAIN and depth < NESTING_MAX
                else _ordered(item, depth + 1)
                for key in _in_order(list(value))
            }
        case list() | tuple():
            return [
                item if type(item) in _PLAIN and depth < NESTING_MAX else _ordered(item, depth + 1)
                for item in value
            ]
        case None | bool() | bytes() | str():
            return value
        case int():
            if not _INTEGER_MIN <= value <= _INTEGER_MAX:
                raise Malformed("an integer of more than 64 bits")
            return value
        case _:
            raise Malformed(f"a {type(value).__name__} has no place in our CBOR")


def _check(value: object, depth: int) -> None:
    """Refuses what `_ordered` would refuse, or put in another order."""
    kind = type(value)
    if kind is int:
        if not _INTEGER_MIN <= value <= _INTEGER_MAX:  # type: ignore[operator]
            raise Malformed("an integer of more than 64 bits")
    elif kind is list or kind is dict:
        if value and depth >= NESTING_MAX:
            raise Malformed(f"nested deeper than {NESTING_MAX}")
        items: Iterable[object] = value  # type: ignore[assignment]
        if kind is dict:
            _check_keys(list(items))
            items = value.values()  # type: ignore[attr-defined]
        if not _PLAIN.issuperset(map(type, items)):
            for item in items:
                if type(item) not in _PLAIN:
                    _check(item, depth + 1)
    elif kind not in _PLAIN:
        raise Malformed(f"a {kind.__name__} has no place in our CBOR")


def _check_keys(keys: list[Any]) -> None:
    if _in_order(keys) != keys:
        raise Malformed("keys of a map out of order")


def _in_order(keys: list[Any]) -> list[Any]:
    """As their encodings would be; the usual sorts of keys in a few steps."""
    kinds = set(map(type, keys))
    if kinds == _INTEGER and min(keys) >= 0:
        return sorted(keys)
    if kinds == _TEXTS and sum(map(len, keys)) <= _REMEMBERED_CHARACTERS_MAX:
        return [*_texts_in_order(tuple(keys))]
    return sorted(keys, key=_place)


@lru_cache(maxsize=256)
def _texts_in_order(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Remembered, for the same fields come again in every post."""
    return tuple(sorted(texts, key=_place))


_PLAIN = frozenset({bytes, str, bool, type(None)})
"""What most items are: taken as they are, without a call."""


def _place(key: object) -> tuple[int, int, bytes]:
    """Sorts keys as their encodings would: by major type, then by size, then bytewise."""
    if isinstance(key, str):
        encoded = key.encode()
        return 3, len(encoded), encoded
    if isinstance(key, int) and not isinstance(key, bool):
        return (0, key, b"") if key >= 0 else (1, -key, b"")
    raise Malformed("a map key that is neither integer nor text")
