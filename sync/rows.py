"""Reads a table: gives back the parcel it was made of, byte for byte.

docs/spec/9-columns.md. Whether the bytes are right is for `sync.ingest` to find, as on any road;
what a table claims to hold is bounded here before it is made.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sync import cbor, column
from sync.bundle import Bundle, Entry, Parcel, Room
from sync.column import Packed
from sync.entry import with_payload_facts
from sync.errors import Malformed, TooLarge
from sync.lane import read_lane
from sync.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ENTRIES_MAX,
    HEADER_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    SHAPES_MAX,
    STATEMENT_BYTES_MAX,
    TABLE_DIRECTORY_BYTES_MAX,
    TABLE_ENTRIES_MAX,
    TABLE_VALUES_MAX,
)
from sync.shape import IN_HEADERS, Mould, Name, Shape, read_shape
from sync.table import HEAD_BYTES, SIGNATURE_BYTES

_BYTES, _ARRAY = 2, 4
_NULL = 0xF6
_FACTS_BYTES = 36  # key 7 with the digest, and key 8
_BUNDLE_BYTES = 1 + 1 + (2 + HEAD_BYTES) + (2 + SIGNATURE_BYTES)


def read_table(table: bytes, room: Room) -> Parcel:
    """The parcel that a table holds. Raises Malformed, or TooLarge if there is no room for it.

    A statement or a run that can't be read stops no other.
    """
    parts = _byte_strings(table)
    directory, numbers, statements, whole, heads, signatures = (next(parts, b"") for _ in range(6))
    match cbor.decode(directory, bytes_max=TABLE_DIRECTORY_BYTES_MAX):
        case [list(runs), list(shapes), list(columns)] if (
            len(shapes) <= SHAPES_MAX
            and len(heads) == HEAD_BYTES * len(runs)
            and len(signatures) == SIGNATURE_BYTES * len(runs)
        ):
            counts = [*map(_count, runs)]
        case _:
            raise Malformed("not the directory of a table")
    if sum(counts) > TABLE_ENTRIES_MAX:
        raise TooLarge("more entries than a table holds")
    entries = _Entries(
        column.read_integers(numbers, sum(counts)),
        [*map(read_shape, shapes)],
        [*map(_named, columns)],
        parts,
        whole,
    )
    if any(True for _ in parts):
        raise Malformed("more parts of a table than it tells of")
    found = _Found(room)
    for statement in _byte_strings(statements):
        found.add_statement(statement)
    for at, run in enumerate(runs):
        before = heads[HEAD_BYTES * at : HEAD_BYTES * (at + 1)]
        signature = signatures[SIGNATURE_BYTES * at : SIGNATURE_BYTES * (at + 1)]
        found.add_run(run, before, signature, entries)
    return Parcel(
        statements=tuple(found.statements),
        bundles=tuple(found.bundles),
        unreadable=tuple(found.unreadable),
    )


class _Entries:
    """All entries of a table in order."""

    def __init__(
        self,
        numbers: Sequence[int],
        shapes: Sequence[Shape],
        columns: Sequence[tuple[Name, int, int]],
        contents: Iterator[bytes],
        whole: bytes,
    ) -> None:
        self._numbers = iter(numbers)
        of_shape = Counter(numbers)
        count = of_shape.pop(0, 0)
        self._whole = [*islice(_byte_strings(whole, or_null=True), 2 * count + 1)][::-1]
        if len(self._whole) != 2 * count:
            raise Malformed("more or fewer whole entries than a table tells of")
        if not of_shape.keys() <= set(range(1, len(shapes) + 1)):
            raise Malformed("an entry of a shape that isn't told")
        uses: Counter[Name] = Counter()
        for number, count in of_shape.items():
            for name in shapes[number - 1].columns:
                uses[name] += count
        if uses.total() > TABLE_VALUES_MAX:
            raise TooLarge("more values than a table holds")
        values = {
            name: _values(name, Packed(form, listed, next(contents, b"")), uses.pop(name, 0))
            for name, form, listed in columns
        }
        if uses:
            raise Malformed("a table without one of its columns")
        self._moulds = {
            number: Mould(shapes[number - 1], [values[n] for n in shapes[number - 1].columns])
            for number in of_shape
        }

    def next(self) -> tuple[Entry, int]:
        """The next one, and how many bytes its header takes in a parcel.

        Raises Malformed if it can't be read; the one after it can be all the same.
        """
        number = next(self._numbers)
        if number == 0:
            return self._next_whole()
        entry = self._moulds[number].entry()
        if entry.payload is None:
            return entry, len(entry.header)
        facts = _FACTS_BYTES + len(cbor.head(0, len(entry.payload)))
        return entry, len(entry.header) - facts

    def _next_whole(self) -> tuple[Entry, int]:
        header, payload = self._whole.pop(), self._whole.pop()
        if header is None:
            raise Malformed("an entry without a header")
        if payload is None:
            return Entry(header, None), len(header)
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise TooLarge("a payload larger than the limit")
        return Entry(with_payload_facts(header, payload), payload), len(header)


class _Found:
    """What was read so far, and how much more may be."""

    def __init__(self, room: Room) -> None:
        self.statements: list[bytes] = []
        self.bundles: list[Bundle] = []
        self.unreadable: list[Malformed] = []
        self._room = room

    def add_statement(self, statement: bytes) -> None:
        """Take one in. Raises TooLarge if that is too much for a parcel."""
        self._room.take(_size(statement), items=1)
        if len(statement) > STATEMENT_BYTES_MAX:
            self.unreadable.append(TooLarge("a statement larger than the limit"))
        else:
            self.statements.append(statement)

    def add_run(self, run: list[Any], before: bytes, signature: bytes, of: _Entries) -> None:
        """The same, for a run with its entries; these are taken whether it can be read or not."""
        lane, first, count = run
        size = _BUNDLE_BYTES + sum(len(cbor.encode(v)) for v in (lane, first))
        size += len(cbor.head(_ARRAY, count))
        self._room.take(size, items=1)
        entries: list[Entry] = []
        wrong: Malformed | None = None
        for _ in range(count):
            try:
                entry, header_bytes = of.next()
            except Malformed as why:
                wrong = why
                continue
            item = 1 + len(cbor.head(_BYTES, header_bytes)) + header_bytes + _size(entry.payload)
            size += item
            self._room.take(item)
            if (
                len(entry.header) > HEADER_BYTES_MAX
                or len(entry.payload or b"") > PAYLOAD_BYTES_MAX
            ):
                wrong = TooLarge("a header or a payload larger than the limit")
                continue
            entries.append(entry)
        try:
            if wrong is not None:
                raise wrong
            if size > BUNDLE_BYTES_MAX or count > BUNDLE_ENTRIES_MAX:
                raise TooLarge("a bundle larger than the limit")
            if first < 1:
                raise Malformed("entries are numbered from 1")
            self.bundles.append(
                Bundle(
                    lane=read_lane(lane),
                    first=first,
                    before=before,
                    entries=tuple(entries),
                    signature=signature,
                )
            )
        except Malformed as why:
            self.unreadable.append(why)


def _count(run: object) -> int:
    match run:
        case [list(), int(first), int(count)] if cbor.are_integers(first, count) and count >= 1:
            return count
        case _:
            raise Malformed("not a run of entries")


def _named(value: object) -> tuple[Name, int, int]:
    """A column's name, its form, and how many different values it lists."""
    match value:
        case [int() | str() as name, int(form), *rest] if cbor.are_integers(form, *rest) and (
            type(name) is not bool
        ):
            match rest:
                case []:
                    return name, form, 0
                case [int(listed)] if listed > 0:
                    return name, form, listed
            raise Malformed("a column that lists no value")
        case _:
            raise Malformed("not a column")


def _values(name: Name, packed: Packed, count: int) -> Iterator[bytes]:
    if count == 0:
        raise Malformed("a column without values, or told twice")
    values = column.unpack(packed, count)
    if name not in IN_HEADERS or packed.form not in (column.TEXTS, column.ITEMS):
        return values
    # A header is CBOR in its one encoding, whoever sends it: others take it apart without a look.
    held = [*values]
    for value in set(held):
        cbor.decode(b"\x81" + value, bytes_max=1 + len(value))
    return iter(held)


def _byte_strings(content: bytes, *, or_null: bool = False) -> Iterator[Any]:
    """The byte strings of a sequence of nothing else. Raises Malformed."""
    at = 0
    while at < len(content):
        if or_null and content[at] == _NULL:
            yield None
            at += 1
            continue
        argument = content[at] & 31
        start = at + 1 + (1 << argument - 24 if 24 <= argument < 28 else 0)
        size = argument if start == at + 1 else int.from_bytes(content[at + 1 : start], "big")
        if cbor.head(_BYTES, size) != content[at:start] or start + size > len(content):
            raise Malformed("something else among byte strings, or cut short")
        at = start + size
        yield content[start:at]


def _size(item: bytes | None) -> int:
    return 1 if item is None else len(cbor.head(_BYTES, len(item))) + len(item)
