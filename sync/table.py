"""A parcel in columns: what entries have in common is said once, and what is alike lies together.

docs/spec/9-columns.md. A table is made of a parcel in one way only, so that two machines make
the same dictionary of the same bundles. `sync.rows` reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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


def pack_table(statements: Sequence[bytes], bundles: Iterable[Bundle]) -> list[Part]:
    """The parts of the table of a parcel. Raises TooLarge if there is more than a table holds.

    Each bundle is let go of before the next one is asked for.
    """
    found = _sorted(bundles)
    if len(found.numbers) > TABLE_ENTRIES_MAX:
        raise TooLarge("more than a table holds")
    count = sum(map(len, found.columns.values()))
    packed = sorted(
        _packed(found.columns),
        key=lambda each: (
            each[0].form < 0,
            each[0].form,
            len(each[0].content),
            cbor.encode(each[1]),
        ),
    )
    directory = cbor.encode(
        [
            found.runs,
            [shape.as_array() for shape in found.shapes],
            [
                [name, of.form, of.listed] if of.listed else [name, of.form]
                for of, name, _ in packed
            ],
        ]
    )
    if (
        len(directory) > TABLE_DIRECTORY_BYTES_MAX
        or count > TABLE_VALUES_MAX
        or len(found.heads) != HEAD_BYTES * len(found.runs)
        or len(found.signatures) != SIGNATURE_BYTES * len(found.runs)
    ):
        raise TooLarge("more than a table holds")
    parts = [
        *_part(directory),
        *_part(column.integers(found.numbers)),
        *_part(b"".join(map(cbor.encode, statements))),
        *_part(b"".join(found.whole)),
        *_part(bytes(found.heads), is_random=True),
        *_part(bytes(found.signatures), is_random=True),
        *chain.from_iterable(_part(of.content, is_random=is_random) for of, _, is_random in packed),
    ]
    if sum(len(part.content) for part in parts) > PARCEL_BYTES_MAX:
        raise TooLarge("a table larger than the limit")
    return parts


def _packed(columns: dict[Name, list[object]]) -> Iterator[tuple[column.Packed, Name, bool]]:
    """Each column, and whether it is bytes at random; its values are let go of."""
    while columns:
        name, values = columns.popitem()
        of = column.pack(values, differences=name == SECONDS)
        yield of, name, of.form >= _RANDOM_BYTES_MIN and _differ(values)


@dataclass(slots=True)
class _Sorted:
    """What bundles have in common, and what each of their entries says."""

    runs: list[list[object]] = field(default_factory=list)
    heads: bytearray = field(default_factory=bytearray)
    signatures: bytearray = field(default_factory=bytearray)
    shapes: list[Shape] = field(default_factory=list)
    columns: dict[Name, list[object]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)  # of each entry, which shape it has; 0: none
    whole: list[bytes] = field(default_factory=list)  # those that have none


def _sorted(bundles: Iterable[Bundle]) -> _Sorted:
    found = _Sorted()
    shapes: dict[Shape, tuple[int, list[list[object]]]] = {}
    for bundle in bundles:
        found.runs.append([bundle.lane.as_array(), bundle.first, len(bundle.entries)])
        found.heads += bundle.before
        found.signatures += bundle.signature
        for entry in bundle.entries:
            _sort(entry, found, shapes)
    found.shapes = list(shapes)
    return found


def _sort(
    entry: Entry, found: _Sorted, shapes: dict[Shape, tuple[int, list[list[object]]]]
) -> None:
    """Put its values into their columns. `shapes`: each with its number and those columns."""
    of = shaped(entry)
    if of is not None and of[0] not in shapes:
        if len(shapes) < SHAPES_MAX and of[0].is_small():
            of_shape = [found.columns.setdefault(name, []) for name in of[0].columns]
            shapes[of[0]] = len(shapes) + 1, of_shape
        else:
            of = None
    if of is None:
        found.numbers.append(0)
        found.whole += _whole(entry)
        return
    number, of_shape = shapes[of[0]]
    found.numbers.append(number)
    for values, value in zip(of_shape, of[1], strict=True):
        values.append(value)


def _whole(entry: Entry) -> Iterator[bytes]:
    if entry.payload is None:
        return iter((cbor.encode(entry.header), cbor.encode(None)))
    return map(cbor.encode, (without_payload_facts(entry.header), entry.payload))


def _part(content: bytes, *, is_random: bool = False) -> tuple[Part, Part]:
    return Part(cbor.head(2, len(content))), Part(content, is_random)


def _differ(values: Sequence[object]) -> bool:
    return len(set(values)) == len(values)
