"""Parcels in columns: whatever bundles are packed, the same bytes come back."""

from hashlib import sha256

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor
from sync.bundle import Bundle, Entry, Parcel
from sync.rows import read_table
from sync.table import pack_table
from sync.wrapping import Method, unwrap, wrap
from tests.sync.builders import lane
from tests.sync.strategies import BUNDLES, INTEGERS, STATEMENTS, TEXT, VALUES

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
    assert read_table(b"".join(part.content for part in parts), bytes_max=8 * MIB) == parcel
