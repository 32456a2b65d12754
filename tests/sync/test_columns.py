"""Parcels in columns: whatever bundles are packed, the same bytes come back."""

from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor, limits
from sync.bundle import Bundle, Entry, Parcel, Room, joined, pack_bundle
from sync.errors import Malformed, TooLarge
from sync.ingest import take
from sync.rows import read_table
from sync.table import pack_table
from sync.wrapping import Dictionary, Method, UnknownDictionary, table, unwrap, wrap, wrap_parts
from sync.writing import Draft
from tests.sync.builders import lane, memory, posts, run
from tests.sync.strategies import BUNDLES, INTEGERS, STATEMENTS, TEXT, VALUES
from tests.vectors.chain import BOARD
from tests.vectors.columns import Table
from tests.vectors.rules import columns as rules

MIB = 1 << 20
NESTED: object = []
for _ in range(13):
    NESTED = [NESTED]

ALIKE = [
    st.integers(0, 300),
    INTEGERS,
    TEXT,
    st.binary(min_size=8, max_size=8),
    st.binary(max_size=40),
    VALUES,
    st.sampled_from([NESTED, [NESTED], None, b"", "", [], {}, {"b": 1, "aa": 2}, [None, [1]]]),
]
NAMES = st.sampled_from(["title", "id", "tags", "when", "", "!seal", "長い名前" * 90])
# What no machine of ours writes, and others may.
ODD_PAYLOADS = st.binary(max_size=12) | st.sampled_from(
    [
        cbor2.dumps({1: bytes(16), 2: {"b": 1, "aa": 2}, 3: 4}),
        cbor2.dumps({2: {"a": 1}, 1: bytes(16)}),
        cbor2.dumps({1: bytes(16), 2: {"bb": 1, "a": 2}}),
        cbor2.dumps({1: bytes(16), 2: {"a": {"bb": 1, "a": 2}}}),
        cbor2.dumps({1: bytes(16), 2: {"a": 1.5}}),
        cbor2.dumps({1: bytes(16), 2: {"a": 1 << 63}}),
        cbor2.dumps({1: bytes(16), 2: {"a": cbor2.undefined}}),
        cbor2.dumps({1: bytes(16), 2: {"a": cbor2.CBORTag(5, [1])}}),
        cbor2.dumps({1: bytes(16), 2: {1: "a"}}),
        cbor2.dumps({True: bytes(16), 2: {"a": "b"}}),
        cbor2.dumps({1: "salt", 2: {"a": "b"}}),
        cbor2.dumps({1: bytes(16), 2: ["a"]}),
        b"\xa2\x01\x40\x02\xa1\x61a\x18\x05",
        b"\xa2\x01\x40\x02\xa1\x61a\x61\xff",
        b"\xa2\x01\x40\x02\xa0\x00",
        bytes(65_000),
    ]
)
MORE_KEYS = st.dictionaries(st.integers(-3, 12).filter(lambda n: n not in range(1, 9)), VALUES)
OPTIONAL: dict[int, st.SearchStrategy[object]] = {
    2: INTEGERS | VALUES,
    3: st.lists(st.integers(1, 400), max_size=3) | VALUES,
    5: st.binary(max_size=9) | VALUES,
}


@st.composite
def odd_entries(draw: st.DrawFn) -> Entry:
    """Of a known form or of any other, with its payload or without."""
    header: dict[int, object] = {1: draw(st.sampled_from(["event/write", "job/write", "あ", ""]))}
    for at, strategy in OPTIONAL.items():
        if draw(st.integers(0, 3)) == 0:
            header[at] = draw(strategy)
    header[4] = draw(st.integers(1, 300) | INTEGERS)
    header[6] = [
        draw(INTEGERS | st.integers(1_790_000_000, 1_790_000_300)),
        draw(st.integers(0, 3)),
    ]
    if draw(st.integers(0, 5)) == 0:
        header |= draw(MORE_KEYS)
    if draw(st.integers(0, 9)) == 0:
        header[draw(st.sampled_from([1, 4, 6]))] = draw(VALUES)
    payload = draw(ODD_PAYLOADS | payloads())
    header |= {7: sha256(payload).digest(), 8: len(payload)}
    match draw(st.integers(0, 9)):
        case 0:
            return Entry(draw(st.binary(max_size=30)), None)
        case 1 | 2:
            return Entry(cbor.encode(header), None)
        case _:
            return Entry(cbor.encode(header), payload)


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    values = draw(st.sampled_from(ALIKE))
    fields = draw(st.dictionaries(NAMES, values, max_size=4))
    return cbor.encode({1: draw(st.binary(min_size=8, max_size=9)), 2: fields})


@st.composite
def odd_bundles(draw: st.DrawFn) -> Bundle:
    return Bundle(
        lane=lane(draw(st.sampled_from(["上郷", "下郷"])), life=draw(st.integers(1, 2))),
        first=draw(st.integers(1, 9) | st.just((1 << 63) - 1)),
        before=draw(st.binary(min_size=32, max_size=32)),
        entries=tuple(draw(st.lists(odd_entries(), min_size=1, max_size=6))),
        signature=draw(st.binary(min_size=64, max_size=64)),
    )


@given(st.lists(STATEMENTS, max_size=2), st.lists(BUNDLES | odd_bundles(), max_size=3))
def test_whatever_is_packed_comes_back(statements: list[bytes], bundles: list[Bundle]) -> None:
    parcel = Parcel(statements=tuple(statements), bundles=tuple(bundles))
    assert unwrap(wrap(parcel, Method.ZSTD)) == parcel
    assert unwrap(wrap(parcel)) == parcel
    parts = pack_table(parcel.statements, parcel.bundles)
    assert read_table(b"".join(part.content for part in parts), Room(8 * MIB)) == parcel


def some(count: int = 3) -> tuple[Bundle, ...]:
    return (run(drafts=posts(count)),)


def test_a_table_is_the_same_whoever_makes_it() -> None:
    assert table(some()) == table(some())
    assert table(some()) != table(some(2))


def test_what_both_sides_hold_is_not_sent_again() -> None:
    held = Dictionary(300, table([run(drafts=posts(300))]))
    new = Parcel(bundles=(run("下郷", posts(400)),))
    small = wrap(new, dictionary=held)
    assert len(small) < len(wrap(new)) < len(wrap(new, Method.ZSTD))
    assert unwrap(small, dictionary={300: held.content}.__getitem__) == new


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_a_parcel_packed_with_other_bytes_than_are_held_is_told_from_a_broken_one(
    content: bytes,
) -> None:
    wrapped = wrap(Parcel(bundles=some()), dictionary=Dictionary(3, table(some(2))))
    with pytest.raises(UnknownDictionary):
        unwrap(wrapped)
    with pytest.raises(UnknownDictionary):
        unwrap(wrapped, dictionary=lambda _: content)


def test_what_is_more_than_a_table_holds_goes_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = Parcel(bundles=some())
    monkeypatch.setattr("sync.table.TABLE_ENTRIES_MAX", 2)
    assert wrap(parcel) == wrap(parcel, Method.ZSTD)
    with pytest.raises(TooLarge):
        table(parcel.bundles)


@pytest.mark.parametrize("count", [3, 300, 500])
def test_a_column_of_few_different_values_lists_each_once(count: int) -> None:
    """As the rules have it that are written beside the spec; and it comes back as it was."""
    drafts = [
        Draft(
            kind="event/write",
            fields={"at": n.to_bytes(9), "place": f"集会所{n % count}", "key": bytes([n % 9]) * 8},
        )
        for n in range(2_000)
    ]
    bundle = run(drafts=drafts)
    made = table([bundle])
    assert made.hex() == rules.dictionary(pack_bundle(bundle), None)["table"]
    assert read_table(made, Room(MIB)).bundles == (bundle,)
    assert made.count("集会所2".encode() + b"\xff") == 1


def test_parcels_that_are_wrapped_already_travel_as_one() -> None:
    parcels = [Parcel(bundles=some()), Parcel(statements=(b"\1" * 9,)), Parcel(bundles=some(2))]
    wrapped = [wrap(parcel, method) for parcel, method in zip(parcels, Method, strict=True)]
    assert unwrap(wrap_parts(wrapped)) == joined(parcels)
    assert wrap_parts(wrapped[:1]) == wrapped[0]


def test_parts_are_no_larger_together_than_one_parcel() -> None:
    parts = wrap_parts([wrap(Parcel(bundles=some())), wrap(Parcel(bundles=some(9)))])
    size = sum(len(pack_bundle(bundle)) for bundle in (*some(), *some(9)))
    assert unwrap(parts, bytes_max=size)
    with pytest.raises(TooLarge):
        unwrap(parts, bytes_max=size - 1)


def test_entries_of_many_shapes_go_whole_past_the_limit() -> None:
    drafts = [Draft(kind=f"event/{n}", fields={"title": "あ"}) for n in range(300)]
    parcel = Parcel(bundles=(run(drafts=drafts),))
    assert unwrap(wrap(parcel)) == parcel


def test_a_run_that_is_too_large_stops_no_other() -> None:
    long = run(drafts=posts(limits.BUNDLE_ENTRIES_MAX + 1))
    large = replace(run(), entries=(Entry(run().entries[0].header, bytes(65_000)),) * 17)
    found = unwrap(wrap(Parcel(bundles=(long, *some(), large))))
    assert found.bundles == some()
    assert [type(why) for why in found.unreadable] == [TooLarge, TooLarge]


def test_a_long_value_listed_once_is_not_made_again_without_end() -> None:
    runs, each = 36, 1_800
    count = runs * each
    bomb = Table(
        runs=[[BOARD.array, 1, each]] * runs,
        shapes=[["event/write", [], ["x"]]],
        columns=[[4, -2], [6, -3], [9, -2], [0, 0], ["x", -1, 1]],
        numbers=b"\1" * count,
        heads=bytes(32 * runs),
        signatures=bytes(64 * runs),
        contents=[
            *(bytes([n]) * count for n in (1, 0, 0)),
            b"",
            b"a" * 70_000 + b"\xff" + bytes(count),
        ],
    )
    with pytest.raises(TooLarge):
        read_table(bomb.joined, Room(limits.PARCEL_BYTES_MAX))


def test_a_waiting_bundle_out_of_a_table_can_always_be_set_aside() -> None:
    """Its headers are taken apart again then, before anybody has looked at its signature."""
    ledger = memory()
    for at in range(len(GOOD)):
        for to in (0x00, 0x18, 0x60, 0x9F, 0xC1, 0xFF):
            content = GOOD[:at] + bytes([to]) + GOOD[at + 1 :]
            with suppress(Malformed):
                take(ledger, read_table(content, Room(MIB)), source="stick")


GOOD = table(
    [run(drafts=[*posts(2), Draft(kind="event/write", fields={"n": 1, "id": b"\xff" * 8})])]
)


@given(st.data())
def test_a_directory_with_a_part_replaced(data: st.DataObject) -> None:
    def replaced(value: object) -> object:
        if data.draw(st.integers(0, 9)) == 0:
            return data.draw(VALUES)
        return [replaced(item) for item in value] if isinstance(value, list) else value

    directory, *parts = cbor.sequence(GOOD)
    assert isinstance(directory, bytes)
    told = cbor.encode(replaced(cbor.decode(directory, bytes_max=MIB)))
    with suppress(Malformed):
        read_table(b"".join(map(cbor.encode, (told, *parts))), Room(MIB))
