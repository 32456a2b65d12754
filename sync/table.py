"""A parcel in columns: what entries have in common is said once, and what is alike lies together.

docs/spec/9-columns.md. A table is made of a parcel in one way only, so that two machines make
the same dictionary of the same bundles. `sync.rows` reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from sync import cbor, column
from sync.bundle import Bundle, Entry
from sync.entry import without_payload_facts
from sync.errors import TooLarge
from sync.limits import (
    PARCEL_BYTES_MAX,
    SHAPES_MAX,
    TABLE_DIRECTORY_BYTES_MAX,
    TABLE_ENTRIES_MAX,
    TABLE_VALUES_MAX,
)
from sync.shape import SECONDS, Name, Shape, shaped

HEAD_BYTES, SIGNATURE_BYTES = 32, 64
_RANDOM_BYTES_MIN = 8


class Part(NamedTuple):
    """Some of a table's bytes."""

    content: bytes
    is_random: bool = False  # nothing packs them: best kept apart


def pack_table(statements: Sequence[bytes], bundles: Sequence[Bundle]) -> list[Part]:
    """The parts of the table of a parcel. Raises TooLarge if there is more than a table holds."""
    shapes, columns, numbers, whole = _sorted(bundles)
    if len(numbers) > TABLE_ENTRIES_MAX:
        raise TooLarge("more than a table holds")
    packed = sorted(
        (
            (column.pack(values, differences=name == SECONDS), name, values)
            for name, values in columns.items()
        ),
        key=lambda each: (
            each[0].form < 0,
            each[0].form,
            len(each[0].content),
            cbor.encode(each[1]),
        ),
    )
    directory = cbor.encode(
        [
            [[b.lane.as_array(), b.first, len(b.entries)] for b in bundles],
            [shape.as_array() for shape in shapes],
            [
                [name, of.form, of.listed] if of.listed else [name, of.form]
                for of, name, _ in packed
            ],
        ]
    )
    heads = b"".join(bundle.before for bundle in bundles)
    signatures = b"".join(bundle.signature for bundle in bundles)
    if (
        len(directory) > TABLE_DIRECTORY_BYTES_MAX
        or sum(map(len, columns.values())) > TABLE_VALUES_MAX
        or len(heads) != HEAD_BYTES * len(bundles)
        or len(signatures) != SIGNATURE_BYTES * len(bundles)
    ):
        raise TooLarge("more than a table holds")
    parts = [
        *_part(directory),
        *_part(column.integers(numbers)),
        *_part(b"".join(map(cbor.encode, statements))),
        *_part(b"".join(whole)),
        *_part(heads, is_random=True),
        *_part(signatures, is_random=True),
        *chain.from_iterable(
            _part(of.content, is_random=of.form >= _RANDOM_BYTES_MIN and _differ(values))
            for of, _, values in packed
        ),
    ]
    if sum(len(part.content) for part in parts) > PARCEL_BYTES_MAX:
        raise TooLarge("a table larger than the limit")
    return parts


def _sorted(
    bundles: Iterable[Bundle],
) -> tuple[list[Shape], dict[Name, list[object]], list[int], list[bytes]]:
    """Shapes, columns, of each entry the number of its shape, and those that have none, whole."""
    numbers: list[int] = []
    whole: list[bytes] = []
    columns: dict[Name, list[object]] = {}
    shapes: dict[Shape, tuple[int, list[list[object]]]] = {}
    for entry in chain.from_iterable(bundle.entries for bundle in bundles):
        found = shaped(entry)
        if found is not None and found[0] not in shapes:
            if len(shapes) < SHAPES_MAX and found[0].is_small():
                of_shape = [columns.setdefault(name, []) for name in found[0].columns]
                shapes[found[0]] = len(shapes) + 1, of_shape
            else:
                found = None
        if found is None:
            numbers.append(0)
            whole += _whole(entry)
            continue
        number, of_shape = shapes[found[0]]
        numbers.append(number)
        for values, value in zip(of_shape, found[1], strict=True):
            values.append(value)
    return list(shapes), columns, numbers, whole


def _whole(entry: Entry) -> Iterator[bytes]:
    if entry.payload is None:
        return iter((cbor.encode(entry.header), cbor.encode(None)))
    return map(cbor.encode, (without_payload_facts(entry.header), entry.payload))


def _part(content: bytes, *, is_random: bool = False) -> tuple[Part, Part]:
    return Part(cbor.head(2, len(content))), Part(content, is_random)


def _differ(values: Sequence[object]) -> bool:
    return len(set(values)) == len(values)
