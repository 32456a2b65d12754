"""Examples of page 9: tables, frames of tables, and the one table that a dictionary is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.vectors.chain import BOARD, ENTRIES, PARCEL_STATEMENT, zstd_frame
from tests.vectors.kit import (
    Entry,
    H,
    Lane,
    Pieces,
    Vector,
    bundle,
    cbor,
    head,
)

Name = int | str
Value = tuple[str, list[int], list[str] | None, dict[Name, object]]

OPEN = Lane(author="kamisato", audience=2)
OTHER = Lane(author="shimosato")
STRANGE = Entry(fields={"title": "夏祭り"}, more={9: "later", -1: True})


def values_of(entry: Entry, *, is_held: bool) -> Value:
    """Kind, keys, fields, and the value for each column."""
    sent = entry.sent
    keys = sorted(sent.keys() & {2, 3, 5})
    written = sent[6]
    assert isinstance(written, list)
    seconds, quality = written
    values: dict[Name, object] = {key: sent[key] for key in (*keys, 4)}
    values |= {6: seconds, 9: quality}
    if not is_held:
        return str(sent[1]), keys, None, values | {7: H(entry.payload), 8: len(entry.payload)}
    fields = sorted(entry.fields, key=cbor)
    salt = entry.payload[3 : 3 + (entry.payload[2] & 31)]
    return str(sent[1]), keys, fields, values | {0: salt} | dict(entry.fields)


@dataclass
class Table:
    """Its parts, to be changed at will before they are joined."""

    runs: list[object] = field(default_factory=list)
    shapes: list[object] = field(default_factory=list)
    columns: list[list[object]] = field(default_factory=list)
    numbers: bytes = b""
    statements: bytes = b""
    whole: bytes = b""
    heads: bytes = b""
    signatures: bytes = b""
    contents: list[bytes] = field(default_factory=list)

    @property
    def parts(self) -> list[bytes]:
        directory = cbor([self.runs, self.shapes, self.columns])
        fixed = [directory, self.numbers, self.statements, self.whole, self.heads, self.signatures]
        return [*fixed, *self.contents]

    @property
    def joined(self) -> bytes:
        return b"".join(map(cbor, self.parts))

    def column(self, name: Name) -> int:
        return next(at for at, column in enumerate(self.columns) if column[0] == name)

    def put(self, name: Name, form: int, content: bytes, *listed: object) -> None:
        """In place of that column."""
        at = self.column(name)
        self.columns[at], self.contents[at] = [name, form, *listed], content


Run = tuple[list[object], Sequence[Entry]]


def run(lane: Lane, entries: Sequence[Entry], **other: object) -> Run:
    """A bundle of the whole lane, and what it is made of."""
    return bundle(lane, entries, **other), entries  # type: ignore[arg-type]


def table(*runs: Run, statements: Sequence[bytes] = ()) -> Table:
    """The one table of some bundles, by the rules at the end of the page."""
    made = Table(statements=b"".join(map(cbor, statements)))
    values: dict[Name, list[object]] = {}
    shapes: list[tuple[object, ...]] = []
    for value, entries in runs:
        _, lane, first, before, sent, signature = value
        assert isinstance(before, bytes)
        assert isinstance(sent, list)
        assert isinstance(signature, bytes)
        made.runs.append([lane, first, len(sent)])
        made.heads += before
        made.signatures += signature
        for (header, payload), entry in zip(sent, entries, strict=True):
            if entry.more:
                made.whole += cbor(header) + cbor(payload)
                made.numbers += cbor(0)
                continue
            kind, keys, fields, of_entry = values_of(entry, is_held=payload is not None)
            shape = kind, tuple(keys), fields if fields is None else tuple(fields)
            if shape not in shapes:
                shapes.append(shape)
                made.shapes.append([kind, keys, fields])
            made.numbers += cbor(shapes.index(shape) + 1)
            for name, one in of_entry.items():
                values.setdefault(name, []).append(one)
    packed = [(name, *pack(name, some)) for name, some in values.items()]
    packed.sort(key=lambda each: (each[1] < 0, each[1], len(each[2]), cbor(each[0])))
    made.columns = [[name, form] for name, form, _ in packed]
    made.contents = [content for _, _, content in packed]
    return made


def pack(name: Name, values: Sequence[object]) -> tuple[int, bytes]:
    if name == 6:
        return -3, b"".join(map(cbor, differences(values)))
    if all(isinstance(value, bytes) for value in values) and len({*map(len, values)}) == 1:  # type: ignore[arg-type]
        return len(values[0]), b"".join(values)  # type: ignore[arg-type]
    if all(isinstance(value, str) for value in values):
        return -1, b"".join(str(value).encode() + b"\xff" for value in values)
    return -2, b"".join(map(cbor, values))


def differences(values: Sequence[object]) -> Iterator[int]:
    before = 0
    for value in values:
        assert isinstance(value, int)
        yield value - before
        before = value


def parcel(*runs: Run, statements: Sequence[bytes] = (), unreadable: int = 0) -> dict[str, object]:
    """What is expected of a good table."""
    items = [*statements, *(value for value, _ in runs)]
    return {"parcel": b"".join(map(cbor, items)).hex(), "unreadable": unreadable}


BOTH = run(BOARD, ENTRIES)
MIXED = [
    Entry(fields={"title": "一", "id": b"\x01" * 8, "tags": ["祭り", "無料"]}),
    Entry(fields={"title": "二", "id": b"\x02" * 8, "tags": []}, kind="job/write"),
    Entry(fields={"title": None, "id": b"\xff" * 8}, more={5: b"who"}),
    Entry(fields={}, counter=255),
]
ACCOUNT = Entry(fields={"title": "三"}, counter=300)


def good() -> Iterator[tuple[str, str, Table, dict[str, object]]]:
    """Tables that are read."""
    mixed = run(OTHER, [*MIXED[:2], MIXED[3]])
    bare = run(BOARD, ENTRIES, empty=[2, 4])
    strange = run(OPEN, [STRANGE, ENTRIES[0]])
    yield "empty", "nothing in it", table(), parcel()
    yield "of-one", "a run of a lane, in five shapes", table(BOTH), parcel(BOTH)
    yield (
        "with-statement",
        "statements come first",
        table(BOTH, statements=[PARCEL_STATEMENT]),
        parcel(BOTH, statements=[PARCEL_STATEMENT]),
    )
    yield (
        "of-three",
        "three runs of three lanes, of values of every form",
        table(BOTH, mixed, strange),
        parcel(BOTH, mixed, strange),
    )
    yield "emptied", "payloads left out: digest and length are told", table(bare), parcel(bare)
    yield "whole", "an entry with other keys goes whole", table(strange), parcel(strange)
    other = table(BOTH)
    order = range(len(other.columns) - 1, -1, -1)
    other.columns, other.contents = (
        [other.columns[at] for at in order],
        [other.contents[at] for at in order],
    )
    yield "other-order", "a reader takes columns in any order", other, parcel(BOTH)
    other = table(BOTH)
    values = [values_of(entry, is_held=True)[3][6] for entry in ENTRIES]
    other.put(6, -2, b"".join(map(cbor, values)))
    other.put(4, -3, b"".join(map(cbor, differences([entry.counter for entry in ENTRIES]))))
    yield "other-forms", "and in any form that holds them", other, parcel(BOTH)
    other = table(BOTH)
    other.put(4, -2, bytes([3, 2, 1, *(3 - entry.counter for entry in ENTRIES)]), 3)
    yield "listed", "a column that lists its different values", other, parcel(BOTH)
    other = table(BOTH)
    other.shapes.append(["never/used", [2, 3, 5], ["x"]])
    yield "unused-shape", "a shape that no entry has", other, parcel(BOTH)
    yield from partly()


def partly() -> Iterator[tuple[str, str, Table, dict[str, object]]]:
    """Of which something can't be read, and all else is."""
    open_run = run(OPEN, ENTRIES[:1])
    for name, shows, at, wrong in (
        ("lane", "a lane of an unknown class", 0, [*BOARD.array[:4], 9, 1]),
        ("first", "entries are numbered from 1", 1, 0),
    ):
        made = table(BOTH, open_run)
        assert isinstance(made.runs[0], list)
        made.runs[0][at] = wrong
        yield (
            f"wrong-{name}",
            f"{shows}: it stops no other run",
            made,
            parcel(open_run, unreadable=1),
        )
    made = table(BOTH, statements=[bytes(4097), PARCEL_STATEMENT])
    expect = parcel(BOTH, statements=[PARCEL_STATEMENT], unreadable=1)
    yield "long-statement", "a statement over the limit stops no other", made, expect
    strange = run(OPEN, [STRANGE, ENTRIES[0]])
    made = table(strange, BOTH)
    made.whole = cbor(cbor(STRANGE.map)) + cbor(STRANGE.payload)
    expect = parcel(BOTH, unreadable=1)
    yield "whole-with-digest", "a whole entry that is malformed stops no other run", made, expect


def wrong() -> Iterator[tuple[str, str, Table]]:
    """Tables that are refused, by what is wrong with them."""
    changes: tuple[tuple[str, str, Mapping[str, object]], ...] = (
        ("numbers-more", "more numbers than entries", {"numbers": b"\1\2\3\4\1"}),
        ("numbers-fewer", "fewer numbers than entries", {"numbers": b"\1\2\3"}),
        ("number-unknown", "an entry of a shape that isn't told", {"numbers": b"\1\2\3\5"}),
        ("number-below", "a number below 0", {"numbers": b"\1\2\3\x20"}),
        ("number-long", "a number in another encoding", {"numbers": b"\1\2\3\x18\4"}),
        ("number-true", "true is not the integer 1", {"numbers": b"\xf5\2\3\4"}),
        ("heads", "a head cut short", {"heads": bytes(31)}),
        ("signatures", "one signature too many", {"signatures": bytes(128)}),
        ("statements", "something else among statements", {"statements": b"\0"}),
        ("whole-more", "a whole entry that nobody numbers", {"whole": b"\x41x\x41y"}),
        ("column-missing", "without a column that is taken from", {}),
        ("columns-more", "a column that no entry takes from", {}),
        ("column-twice", "a column told twice", {}),
        ("part-more", "more parts than are told of", {}),
        ("part-missing", "fewer parts than are told of", {}),
        ("part-text", "a part that isn't a byte string", {}),
        ("part-long", "a part whose length is in another encoding", {}),
        ("cut", "the last byte missing", {}),
        ("garbage", "a byte after the end", {}),
        ("count-0", "a run of nothing", {"runs": [[BOARD.array, 1, 0]]}),
        ("count-true", "true is not the integer 1", {"runs": [[BOARD.array, 1, True]]}),
        ("run-of-four", "one more element than a run has", {"runs": [[BOARD.array, 1, 4, 0]]}),
        ("keys", "a shape with a key that every header has", {}),
        ("keys-order", "keys that don't ascend", {}),
        ("shape-long", "a shape of 1,025 bytes", {}),
        ("shapes", "257 shapes", {}),
        ("field", "a field whose name isn't text", {}),
    )
    for name, shows, changed in changes:
        made = table(BOTH)
        for part, value in changed.items():
            setattr(made, part, value)
        match name:
            case "column-missing":
                del made.columns[-1], made.contents[-1]
            case "columns-more":
                made.columns.append(["x", 0])
                made.contents.append(b"")
            case "column-twice":
                made.columns.append(made.columns[0])
                made.contents.append(made.contents[0])
            case "part-more":
                made.contents.append(b"")
            case "part-missing":
                del made.contents[-1]
            case "keys":
                made.shapes.append(["x", [4], []])
            case "keys-order":
                made.shapes.append(["x", [3, 2], []])
            case "shape-long":
                made.shapes.append(["", [], ["x" * 1019]])
            case "shapes":
                made.shapes += [["x", [], []]] * 253
            case "field":
                made.shapes.append(["x", [], [1]])
        yield name, shows, made
    columns: tuple[tuple[str, str, Name, int, bytes], ...] = (
        ("salt", "a salt too few", 0, 16, bytes(16 * 3)),
        ("texts", "a text too many", "title", -1, b"a\xffb\xffc\xff"),
        ("texts-end", "a text without its end", "title", -1, b"a\xffb"),
        ("items", "an item too few", 4, -2, b"\1\2\2"),
        ("items-more", "an item too many", 4, -2, b"\1\2\2\3\1"),
        ("items-cut", "an item cut short", 4, -2, b"\1\2\2\x19\1"),
        ("items-endless", "an item without an end", 4, -2, b"\1\2\2\x9f"),
        ("items-tag", "an item of a type that isn't ours", "title", -2, b"\xc1\0\0"),
        ("items-float", "a float", "title", -2, b"\xf9\0\0\0"),
        ("counter-long", "of a header: in another encoding", 4, -2, b"\1\2\2\x18\3"),
        ("quality-text", "of a header: a text that isn't UTF-8", 9, -1, b"\x80\xff" * 4),
        ("differences", "a difference too few", 6, -3, b"\0\0\0"),
        ("differences-text", "a difference that isn't an integer", 6, -3, b"\0\0\0\x60"),
        (
            "differences-far",
            "a sum past 2^63 − 1",
            6,
            -3,
            (b"\x1b\x7f" + b"\xff" * 7) * 2 + b"\0\0",
        ),
        ("form", "a form that there isn't", 4, -4, b"\1\2\2\3"),
    )
    for name, shows, column, form, content in columns:
        made = table(BOTH)
        made.put(column, form, content)
        yield f"column-{name}", shows, made
    listed: tuple[tuple[str, str, bytes, list[object]], ...] = (
        ("none", "a list of nothing", b"\1\2\2\3", [0]),
        ("true", "true is not the integer 1", b"\1\0\0\0\0", [True]),
        ("many", "more values listed than taken", b"\1\2\3\4\5\0\1\1\2", [5]),
        ("few", "fewer values listed than are told", b"\1\2\0\1\1\0", [3]),
        ("cut", "fewer places than entries", b"\1\2\3\0\1\1", [3]),
        ("place", "a value that isn't in the list", b"\1\2\3\0\1\1\3", [3]),
        ("twice", "told how many twice", b"\1\2\3\0\1\1\2", [3, 3]),
    )
    for name, shows, content, told in listed:
        made = table(BOTH)
        made.put(4, -2, content, *told)
        yield f"listed-{name}", shows, made


def as_bytes(name: str, made: Table) -> bytes:
    match name:
        case "cut":
            return made.joined[:-1]
        case "garbage":
            return made.joined + b"\0"
        case "part-text":
            return made.joined + b"\x60"
        case "part-long":
            return made.joined.replace(cbor(made.numbers), b"\x58\4" + made.numbers)
        case _:
            return made.joined


def bombs() -> Iterator[Vector]:
    """Small ones that would be large."""
    names = ["a" * 330, "b" * 330, "c" * 330]
    count = 1_800
    empty: dict[Name, int] = dict.fromkeys((0, *names), 0)
    for shows, runs, columns in (
        ("names that come again with every entry make more than 8 MiB", 5, empty),
        ("more entries than a table holds", 37, empty),
    ):
        told: list[list[object]] = [[4, -2], [6, -3], [9, -2]]
        told += [[name, 0] for name in columns]
        made = Table(
            runs=[[BOARD.array, 1, count]] * runs,
            shapes=[["event/write", [], names]],
            columns=told,
        )
        directory, *_ = made.parts
        entries = runs * count
        pieces: list[bytes | tuple[bytes, int]] = [cbor(directory)]
        for content, times in (
            (b"\1", entries),
            (b"", 1),
            (b"", 1),
            (bytes(32), runs),
            (bytes(64), runs),
            (b"\1", entries),
            (b"\0", entries),
            (b"\0", entries),
            *((b"", 1) for _ in columns),
        ):
            pieces += [head(2, len(content) * times), (content or b"\0", times if content else 0)]
        yield Vector(
            name=f"table-bomb-of-{runs}",
            shows=shows,
            kind="table",
            bytes=Pieces(piece for piece in pieces if not isinstance(piece, tuple) or piece[1]),
            refused="too large",
        )


def vectors() -> Iterator[Vector]:
    for name, shows, made, expect in good():
        yield Vector(
            name=f"table-{name}", shows=shows, kind="table", bytes=made.joined, expect=expect
        )
    for name, shows, made in wrong():
        yield Vector(
            name=f"table-{name}",
            shows=shows,
            kind="table",
            bytes=as_bytes(name, made),
            refused="malformed",
        )
    yield from bombs()
    yield from wrapped()
    yield from parts()
    yield from dictionaries()


def dictionaries() -> Iterator[Vector]:
    mixed = run(OTHER, [*MIXED[:2], MIXED[3]])
    strange = run(OPEN, [STRANGE, ENTRIES[0]])
    for name, shows, runs in (
        ("of-one", "of four entries", [BOTH]),
        ("of-three", "of three runs", [BOTH, mixed, strange]),
        ("emptied", "with a hole", [run(BOARD, ENTRIES, empty=[2])]),
    ):
        made = table(*runs).joined
        yield Vector(
            name=f"dictionary-{name}",
            shows=f"the one table {shows}",
            kind="dictionary",
            bytes=b"".join(cbor(value) for value, _ in runs),
            expect={"table": made.hex(), "name": named(made).hex()},
        )


def named(dictionary: bytes) -> bytes:
    return H(b"kairan/1 dictionary", dictionary)[:8]


HELD = b"a text that both sides hold, and that is longer than what is new"
STATEMENT = b"now: " + HELD + b"!"
# What a library made of a table of that statement with that dictionary, once.
BY_LIBRARY = bytes.fromhex(
    "28b52ffd2053dd0000a0448380808040584858466e6f773a206121404040010028496109"
)


def wrapped() -> Iterator[Vector]:
    whole = table(BOTH).joined
    at_once = zstd_frame([whole])
    given: dict[str, object] = {"dictionary": HELD.hex()}
    said = parcel(statements=[STATEMENT])
    for name, shows, value, expect in (
        ("blocks", "in two blocks", [1, 2, zstd_frame([whole[:99], whole[99:]])], parcel(BOTH)),
        (
            "unused",
            "with a dictionary that nothing refers to",
            [1, 2, at_once, 1, named(HELD)],
            parcel(BOTH),
        ),
        (
            "dictionary",
            "most of it is in a dictionary of 300 entries",
            [1, 2, BY_LIBRARY, 300, named(HELD)],
            said,
        ),
    ):
        yield Vector(
            name=f"wrapped-table-{name}",
            shows=shows,
            kind="wrapped table",
            bytes=cbor(value),
            given=given,
            expect=expect,
        )
    for name, shows, value, refused in (
        (
            "other",
            "a dictionary that we don't hold",
            [1, 2, BY_LIBRARY, 300, named(HELD + b"?")],
            "dictionary",
        ),
        ("unnamed", "a dictionary was used and isn't named", [1, 2, BY_LIBRARY], "malformed"),
        ("count-0", "of no entries", [1, 2, at_once, 0, named(HELD)], "malformed"),
        (
            "count-true",
            "true is not the integer 1",
            [1, 2, at_once, True, named(HELD)],
            "malformed",
        ),
        ("count-10001", "of too many entries", [1, 2, at_once, 10_001, named(HELD)], "malformed"),
        ("name-short", "a name of 7 bytes", [1, 2, at_once, 1, named(HELD)[:7]], "malformed"),
        ("of-four", "a count without a name", [1, 2, at_once, 1], "malformed"),
        ("zstd-cut", "a frame that ends early", [1, 2, at_once[:-1]], "malformed"),
        (
            "method-1",
            "a table isn't a parcel of method 1",
            [1, 1, at_once, 1, named(HELD)],
            "malformed",
        ),
        (
            "no-size",
            "a frame that doesn't say its size",
            [1, 2, zstd_frame([whole], claims=-1)],
            "malformed",
        ),
    ):
        yield Vector(
            name=f"wrapped-table-{name}",
            shows=shows,
            kind="wrapped table",
            bytes=cbor(value),
            given=given,
            refused=refused,
        )


def parts() -> Iterator[Vector]:
    """Several that are wrapped, as one parcel."""
    mixed, open_run = run(OTHER, MIXED[:2]), run(OPEN, ENTRIES[:1])
    both, more = (cbor([1, 2, zstd_frame([table(some).joined])]) for some in (BOTH, mixed))
    plain = cbor([1, 0, cbor(PARCEL_STATEMENT)])
    rows = cbor([1, 1, zstd_frame([cbor(open_run[0])])])
    empty = cbor([1, 0, b""])
    mebibyte: list[bytes | tuple[int, int]] = [
        b"\x5a\x00\x0f\xff\xfb",
        *[(0, 128 << 10)] * 7,
        (0, (128 << 10) - 5),
    ]
    large = cbor([1, 1, zstd_frame(mebibyte * 5)])
    for name, shows, some, expect in (
        ("one", "one part alone", [both], parcel(BOTH)),
        ("two", "two tables, each with columns of its own", [both, more], parcel(BOTH, mixed)),
        (
            "mixed",
            "parts of every method, in their order",
            [plain, both, rows],
            parcel(BOTH, open_run, statements=[PARCEL_STATEMENT]),
        ),
        ("empty", "a part with nothing in it", [empty, more], parcel(mixed)),
        ("64", "as many as there may be", [empty] * 64, parcel()),
    ):
        yield Vector(
            name=f"parts-{name}",
            shows=shows,
            kind="wrapped parts",
            bytes=cbor([1, 3, some]),
            expect=expect,
        )
    with_dictionary = cbor([1, 2, BY_LIBRARY, 300, named(HELD)])
    for name, shows, value, refused in (
        ("none", "no part at all", [1, 3, []], "malformed"),
        ("65", "one part too many", [1, 3, [empty] * 65], "malformed"),
        ("bare", "a part that isn't a byte string", [1, 3, [[1, 0, b""]]], "malformed"),
        ("not-array", "parts that aren't an array", [1, 3, empty], "malformed"),
        ("of-four", "something after the parts", [1, 3, [empty], 0], "malformed"),
        ("in-parts", "parts of a part", [1, 3, [cbor([1, 3, [empty]])]], "malformed"),
        ("dictionary", "no part names a dictionary", [1, 3, [with_dictionary]], "malformed"),
        ("broken", "one part can't be unwrapped: none is", [1, 3, [both, both[:-1]]], "malformed"),
        ("over-8-mib", "parts that are too large together", [1, 3, [large] * 2], "too large"),
    ):
        yield Vector(
            name=f"parts-{name}",
            shows=shows,
            kind="wrapped parts",
            bytes=cbor(value),
            refused=refused,
        )
