"""Works out the examples of page 9 beside it: what a table holds, and which one bundles make.

Like the decoder it uses nothing of the implementation.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from itertools import accumulate, islice, pairwise
from typing import Any

from cbor2 import dumps, load, loads
from pycose.exceptions import CoseException
from zstandard import (
    DICT_TYPE_RAWCONTENT,
    FRAME_HEADER,
    ZstdCompressionDict,
    ZstdDecompressor,
    get_frame_parameters,
)

from tests.vectors.decoder import MALFORMED, decode
from tests.vectors.decoder import read as decoded
from tests.vectors.kit import head

PARCEL_MAX = 8 << 20
ARRAY, MAP = 4, 5


class Unable(Exception):
    """It is refused otherwise than as malformed: the message is why."""


def whole_items(data: bytes) -> list[Any]:
    """The values of a sequence, each in its one encoding."""
    stream, found = BytesIO(data), []
    while (at := stream.tell()) < len(data):
        load(stream)
        item = data[at : stream.tell()]
        found.append(decoded(item, "cbor"))
    return found


def all_are(sort: type, data: bytes) -> list[Any]:
    found = whole_items(data)
    assert all(type(value) is sort for value in found)
    return found


def any_items(data: bytes) -> Iterator[bytes]:
    """The items of a sequence, in whatever encoding."""
    at = 0
    while at < len(data):
        start, left = at, 1
        while left:
            first = data[at] if at < len(data) else 0xFF
            sort, argument = first >> 5, first & 31
            size = 1 << argument - 24 if 24 <= argument < 28 else 0
            assert argument < 28
            assert sort < 6 or first in b"\xf4\xf5\xf6"
            argument = int.from_bytes(data[at + 1 : at + 1 + size], "big") if size else argument
            at += 1 + size + (argument if sort in (2, 3) else 0)
            left += (argument * (sort - 3) if sort in (ARRAY, MAP) else 0) - 1
        assert at <= len(data)
        yield data[start:at]


def column(name: Any, form: int, listed: list[int], data: bytes, count: int) -> Iterator[bytes]:
    """Its values."""
    if listed:
        (different,) = listed
        assert type(different) is int
        assert 0 < different <= count
        wide = 1 + (different > 256)
        assert len(data) >= wide * count
        end = len(data) - wide * count
        each = [*column(name, form, [], data[:end], different)]
        digits = [data[end:][at * count : (at + 1) * count] for at in range(wide)]
        places = [int.from_bytes(place) for place in zip(*digits, strict=True)]
        assert max(places) < different
        return iter([each[place] for place in places])
    match form:
        case -1:
            *texts, rest = data.split(b"\xff")
            assert rest == b""
            found = [head(3, len(text)) + text for text in texts]
        case -2:
            found = [*any_items(data)]
        case -3:
            sums = [*accumulate(all_are(int, data))]
            assert all(-1 << 63 <= value < 1 << 63 for value in sums)
            found = [*map(dumps, sums)]
        case _:
            assert form >= 0
            assert len(data) == form * count
            found = [dumps(data[form * at : form * (at + 1)]) for at in range(count)]
    assert len(found) == count > 0
    if name in (2, 3, 4, 5, 6, 9):
        assert all(decoded(b"\x81" + value, "cbor") for value in found)
    return iter(found)


def names(shape: Any) -> list[Any]:
    """The columns that an entry of a shape takes from."""
    kind, keys, fields = shape
    assert all((type(kind) is str, type(keys) is list, len(dumps(shape)) <= 1024))
    assert all(type(key) is int for key in keys)
    assert keys == [key for key in (2, 3, 5) if key in keys]
    assert fields is None or (type(fields), {*map(type, fields)} - {str}) == (list, set())
    return [*sorted([*keys, 4]), 6, 9, *([7, 8] if fields is None else [0, *fields])]


def entry(shape: Any, take: Callable[[Any], bytes]) -> list[Any]:
    """As it stands in a bundle."""
    kind, keys, fields = shape
    values = [(name, take(name)) for name in names(shape)]
    of = dict(values[: len(keys) + 3])
    parts = {key: of[key] for key in (*keys, 4)} | {1: dumps(kind), 6: b"\x82" + of[6] + of[9]}
    parts |= dict(values[len(keys) + 3 :]) if fields is None else {}
    header = head(MAP, len(parts)) + b"".join(bytes([key]) + parts[key] for key in sorted(parts))
    if fields is None:
        return [header, None]
    (_, salt), *said = values[len(keys) + 3 :]
    told = b"".join(dumps(name) + value for name, value in said)
    return [header, b"\xa2\x01" + salt + b"\x02" + head(MAP, len(fields)) + told]


def strings(data: bytes) -> list[bytes]:
    """The byte strings of a sequence of nothing else."""
    found = [*any_items(data)]
    assert all(item[0] >> 5 == 2 and dumps(loads(item)) == item for item in found)
    return [*map(loads, found)]


def table(data: bytes, _: Any = None) -> dict[str, Any]:
    """The parcel that it holds."""
    if len(data) > PARCEL_MAX:
        raise Unable("too large")
    directory, numbers, statements, whole, heads, signatures, *contents = strings(data)
    runs, shapes, columns = decoded(directory, "cbor", 256 << 10)
    assert {type(runs), type(shapes), type(columns)} == {list}
    for _, first, count in runs:
        assert type(first) is type(count) is int
        assert count > 0
    if sum(count for *_, count in runs) > 65_536:
        raise Unable("too large")
    assert (len(heads), len(signatures)) == (32 * len(runs), 64 * len(runs))
    entries = all_are(int, numbers)
    assert len(entries) == sum(count for *_, count in runs)
    assert {*entries} <= {*range(len(shapes) + 1)}
    assert len(shapes) <= 256
    uses: Counter[Any] = Counter()
    for number, shape in enumerate(shapes, 1):
        uses.update(
            {name: times * entries.count(number) for name, times in Counter(names(shape)).items()}
        )
    uses = +uses
    if uses.total() > 1 << 20:
        raise Unable("too large")
    assert len(columns) == len(contents)
    assert Counter(name for name, *_ in columns) == Counter(uses.keys())
    assert all(2 <= len(told) <= 3 for told in columns)
    values = {
        name: column(name, form, listed, content, uses[name])
        for (name, form, *listed), content in zip(columns, contents, strict=True)
    }
    others = whole_items(whole)
    assert len(others) == 2 * entries.count(0)
    assert all(type(each) is bytes or (at % 2 and each is None) for at, each in enumerate(others))
    rest = iter(others)
    rebuilt = iter(
        [next(rest), next(rest)]
        if number == 0
        else entry(shapes[number - 1], lambda name: next(values[name]))
        for number in entries
    )
    found, unreadable = [], 0
    for statement in strings(statements):
        unreadable += len(statement) > 4096
        found += [dumps(statement)] if len(statement) <= 4096 else []
    size = len(statements)
    for at, (lane, first, count) in enumerate(runs):
        before, signature = heads[32 * at :][:32], signatures[64 * at :][:64]
        bundle = dumps([1, lane, first, before, [*islice(rebuilt, count)], signature])
        size += len(bundle)
        if is_readable(bundle):
            found.append(bundle)
        else:
            unreadable += 1
    if size > PARCEL_MAX or len(found) + unreadable > 65_536:
        raise Unable("too large")
    return {"parcel": b"".join(found).hex(), "unreadable": unreadable}


def is_readable(bundle: bytes) -> bool:
    try:
        decode("bundle", bundle, {})
    except MALFORMED:
        return False
    except CoseException:
        return True
    return True


def named(dictionary: bytes) -> bytes:
    return sha256(b"kairan/1 dictionary" + dictionary).digest()[:8]


def wrapped(data: bytes, given: Any) -> dict[str, Any]:
    """The parcel in a wrapped table, for who holds one dictionary."""
    version, method, frame, *dictionary = decoded(data, "array")
    assert (version, method, type(version), type(method)) == (1, 2, int, int)
    held = b""
    if dictionary:
        count, name = dictionary
        assert type(count) is int
        assert 1 <= count <= 10_000
        assert len(name) == 8
        held = bytes.fromhex(given["dictionary"])
        if name != named(held):
            raise Unable("dictionary")
    # What a frame may be is the decoder's to say; it knows no dictionaries, and looks no further.
    says = get_frame_parameters(frame)
    assert max(says.content_size, says.window_size) <= PARCEL_MAX
    assert frame.startswith(FRAME_HEADER)
    known = ZstdCompressionDict(held, DICT_TYPE_RAWCONTENT) if held else None
    return table(ZstdDecompressor(dict_data=known).decompress(frame, allow_extra_data=False))


def parts(data: bytes, _: Any) -> dict[str, Any]:
    """The one parcel of several that are wrapped."""
    version, method, some = decoded(data, "array")
    assert (version, method, type(version), type(method)) == (1, 3, int, int)
    assert 1 <= len(some) <= 64
    found, size = {"parcel": "", "unreadable": 0}, 0
    for part in some:
        assert type(part) is bytes
        read = part_of(part)
        found = {key: found[key] + read[key] for key in found}
        size += len(read["parcel"]) // 2
        if size > PARCEL_MAX:
            raise Unable("too large")
    return found


def part_of(data: bytes) -> dict[str, Any]:
    """The parcel in a wrapping by method 0, 1 or 2."""
    _, method, _ = decoded(data, "array")
    if type(method) is int and method == 2:
        return wrapped(data, {})
    return {"parcel": decode("wrapped", data, {})["value"][2].hex(), "unreadable": 0}


def dictionary(data: bytes, _: Any) -> dict[str, Any]:
    """The one table of some bundles."""
    runs = whole_items(data)
    numbers, whole, shapes = b"", b"", list[Any]()
    values: dict[Any, list[Any]] = {}
    for header, payload in (each for run in runs for each in run[4]):
        shape, taken = sorted_out(loads(header), payload)
        if shape is None:
            numbers += b"\0"
            whole += dumps(header) + dumps(payload)
            continue
        shapes += [] if shape in shapes else [shape]
        numbers += dumps(1 + shapes.index(shape))
        for name, value in zip(names(shape), taken, strict=True):
            values.setdefault(name, []).append(value)
    columns = sorted(
        ((name, *packed(name, some)) for name, some in values.items()),
        key=lambda each: (each[1] < 0, each[1], len(each[3]), dumps(each[0])),
    )
    directory = [
        [[lane, first, len(entries)] for _, lane, first, _, entries, _ in runs],
        shapes,
        [[name, form, *listed] for name, form, listed, _ in columns],
    ]
    heads, signatures = (b"".join(run[at] for run in runs) for at in (3, 5))
    parts = [dumps(directory), numbers, b"", whole, heads, signatures]
    made = b"".join(map(dumps, [*parts, *(content for *_, content in columns)]))
    assert table(made) == {"parcel": data.hex(), "unreadable": 0}
    return {"table": made.hex(), "name": named(made).hex()}


def sorted_out(header: Any, payload: bytes | None) -> tuple[Any, list[Any]]:
    """Its shape and its values. In the examples all else is as it has to be for a shape."""
    said: Any = {1: b"", 2: {}} if payload is None else loads(payload)
    facts = {7, 8} if payload is None else set()
    if not {1, 4, 6} | facts <= header.keys() <= {*range(1, 7)} | facts or said.keys() != {1, 2}:
        return None, []
    shape = [header[1], [key for key in (2, 3, 5) if key in header], payload and [*said[2]]]
    of = header | dict(zip((6, 9), header[6], strict=True))
    taken = [of[name] for name in names([*shape[:2], []])[:-1]]
    return shape, taken + (
        [header[7], header[8]] if payload is None else [said[1], *said[2].values()]
    )


def packed(name: Any, values: list[Any]) -> tuple[int, list[int], bytes]:
    if name == 6:
        return -3, [], b"".join(dumps(b - a) for a, b in pairwise([0, *values]))
    sorts = {*map(type, values)}
    alike = sorts == {bytes} and len({*map(len, values)}) == 1
    if len(values) >= 2_000 and (sorts == {str} or (alike and len(values[0]) > 1)):
        different = [*dict.fromkeys(values)]
        if 4 * len(different) <= len(values):
            form, _, content = packed(name, different)
            wide = 1 + (len(different) > 256)
            places = [different.index(value).to_bytes(wide) for value in values]
            return form, [len(different)], content + b"".join(map(bytes, zip(*places, strict=True)))
    if alike:
        return len(values[0]), [], b"".join(values)
    if sorts == {str}:
        return -1, [], b"".join(value.encode() + b"\xff" for value in values)
    return -2, [], b"".join(map(dumps, values))
