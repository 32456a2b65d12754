"""Values of one kind, one from each entry that has it, as bytes that pack well.

docs/spec/9-columns.md. A value is an item of CBOR; what most of them have in common is said once,
as the column's form, and left out of its bytes. Nothing here looks at what a value means.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import NamedTuple

import cbor2

from sync import cbor
from sync.errors import Malformed

TEXTS = -1  # the UTF-8 of each, and the byte FF after it
ITEMS = -2  # the items themselves, one after the other
DIFFERENCES = -3  # integers, each less the one before it, the first less 0
# From 0 on: byte strings, each of so many bytes, without their heads.

LISTED_VALUES_MIN = 2_000  # more than a dictionary's, which is told as what is packed with it
LISTED_TIMES_MIN = 4  # so often each comes, on average
_PLACES_IN_A_BYTE = 256
_END = b"\xff"  # is nowhere in UTF-8
_BYTES, _TEXT, _ARRAY = 2, 3, 4
_SIMPLE = (0xF4, 0xF5, 0xF6)
_ONE_BYTE = bytes((*range(0x18), *range(0x20, 0x38), 0x40, 0x60, 0x80, 0xA0, *_SIMPLE))
_INTEGERS = range(-(1 << 63), 1 << 63)


class Packed(NamedTuple):
    """A column as a table has it."""

    form: int
    listed: int  # so many different values stand there, once each; 0: every value where it comes
    content: bytes


def pack(values: Sequence[object], *, differences: bool = False) -> Packed:
    """The column of values that are in their one encoding as they are."""
    if differences:
        steps = [b - a for a, b in pairwise((0, *values))]  # type: ignore[operator]
        if min(steps) in _INTEGERS and max(steps) in _INTEGERS:
            return Packed(DIFFERENCES, 0, integers(steps))
    kinds = set(map(type, values))
    if kinds == {str}:
        return _listed(values) or Packed(
            TEXTS,
            0,
            b"".join([value.encode() + _END for value in values]),  # type: ignore[attr-defined]
        )
    if kinds == {bytes} and len(lengths := set(map(len, values))) == 1:  # type: ignore[arg-type]
        (length,) = lengths
        return (length > 1 and _listed(values)) or Packed(length, 0, b"".join(values))  # type: ignore[arg-type]
    return Packed(ITEMS, 0, b"".join(map(cbor2.dumps, values)))


def _listed(values: Sequence[object]) -> Packed | None:
    """The different ones, and for each value which of them it is; None where they hardly repeat."""
    different = dict.fromkeys(values)
    if len(values) < LISTED_VALUES_MIN or len(different) * LISTED_TIMES_MIN > len(values):
        return None
    form, _, content = pack([*different])
    place = {value: at for at, value in enumerate(different)}
    places = [place[value] for value in values]
    upper = bytes([at >> 8 for at in places]) if len(different) > _PLACES_IN_A_BYTE else b""
    return Packed(form, len(different), content + upper + bytes([at & 0xFF for at in places]))


def unpack(packed: Packed, count: int) -> Iterator[bytes]:
    """The items, one by one. Raises Malformed at once unless there are exactly so many."""
    form, listed, content = packed
    if listed:
        return _unlisted(packed, count)
    if form == 0 and not content:
        return iter([cbor.head(_BYTES, 0)] * count)
    if form > 0 and len(content) == form * count:
        ends = range(0, len(content) + 1, form)
        return map(cbor.head(_BYTES, form).__add__, [content[a:b] for a, b in pairwise(ends)])
    if form == TEXTS and content.endswith(_END) and content.count(_END) == count:
        texts = content[:-1].split(_END)
        return map(add, map(_TEXT_HEADS.__getitem__, map(len, texts)), texts)
    if form == ITEMS:
        return iter(items(content, count))
    if form == DIFFERENCES:
        values = list(accumulate(read_integers(content, count)))
        if min(values) in _INTEGERS and max(values) in _INTEGERS:
            return map(cbor2.dumps, values)
    raise Malformed("a column that isn't what its form says")


def _unlisted(packed: Packed, count: int) -> Iterator[bytes]:
    form, listed, content = packed
    size = count if listed <= _PLACES_IN_A_BYTE else 2 * count
    if not 0 < listed <= count or len(content) < size:
        raise Malformed("a list of more values than are told, or cut short")
    different = [*unpack(Packed(form, 0, content[:-size]), listed)]
    lower = content[-count:]
    upper = content[-size:-count] if size > count else bytes(count)
    places = [high << 8 | low for high, low in zip(upper, lower, strict=True)]
    if max(places) >= listed:
        raise Malformed("a value that isn't in the list")
    return map(different.__getitem__, places)


def integers(values: Iterable[int]) -> bytes:
    """Integers, as a sequence of CBOR."""
    return b"".join(map(cbor2.dumps, values))


def read_integers(content: bytes, count: int) -> list[int]:
    """What `integers` made. Raises Malformed."""
    if len(content) > 9 * count:
        raise Malformed("more than so many integers take")
    values = cbor.decode(cbor.head(_ARRAY, count) + content, bytes_max=10 + 9 * count)
    if not isinstance(values, list) or not cbor.are_integers(*values):
        raise Malformed("something else among integers")
    return values


def items(content: bytes, count: int) -> list[bytes]:
    """The items of a sequence: where each ends, and not whether it is in the one encoding."""
    if len(content) == count and not content.translate(None, _ONE_BYTE):
        return [content[at : at + 1] for at in range(count)]
    found: list[bytes] = []
    end = 0
    for _ in range(count):
        start, end = end, cbor.end(content, end)
        found.append(content[start:end])
    if end != len(content):
        raise Malformed("other items than there should be")
    return found


class _TextHeads(dict[int, bytes]):
    """By the length of a text; those of short ones are here once and for all."""

    def __missing__(self, size: int) -> bytes:
        return cbor.head(_TEXT, size)


_TEXT_HEADS = _TextHeads((size, cbor.head(_TEXT, size)) for size in range(1_024))
