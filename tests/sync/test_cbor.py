"""One value, one encoding: what another encoder could have written differently is refused."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor
from sync.errors import Malformed, TooLarge
from tests.sync.strategies import VALUES

MIB = 1 << 20


@given(VALUES)
def test_another_library_reads_the_same(value: object) -> None:
    assert cbor2.loads(cbor.encode(value)) == value


@given(st.binary(min_size=1, max_size=30))
def test_what_is_read_at_all_is_the_one_encoding_of_what_it_says(content: bytes) -> None:
    try:
        value = cbor.decode(content, bytes_max=MIB)
    except Malformed:
        return
    assert cbor.encode(value) == content


@given(
    st.sampled_from(["integer", "negative", "bytes", "text", "array"]),
    st.sampled_from([0, 1, 23, 24, 255, 256, 65_535, 65_536]),
    st.sampled_from([1, 2, 4, 8]),
)
def test_a_longer_head_than_needed_is_refused(what: str, argument: int, size: int) -> None:
    if argument >= 1 << 8 * size:
        return
    major = ["integer", "negative", "bytes", "text", "array"].index(what)
    head = bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + argument.to_bytes(size, "big")
    content = head + b"\0" * (argument if what in ("bytes", "text", "array") else 0)
    shortest = 0 if argument < 24 else next(s for s in (1, 2, 4, 8) if argument < 1 << 8 * s)
    if size == shortest:
        assert cbor.encode(cbor.decode(content, bytes_max=MIB)) == content
    else:
        with pytest.raises(Malformed):
            cbor.decode(content, bytes_max=MIB)


@given(st.lists(st.integers(-300, 300), min_size=2, max_size=5, unique=True), st.randoms())
def test_map_keys_stand_in_one_order(keys: list[int], random: Any) -> None:
    random.shuffle(keys)
    content = bytes([0xA0 + len(keys)]) + b"".join(cbor.encode(key) + b"\0" for key in keys)
    encoded = sorted(keys, key=cbor.encode)
    if keys == encoded:
        assert cbor.decode(content, bytes_max=MIB) == dict.fromkeys(keys, 0)
    else:
        with pytest.raises(Malformed):
            cbor.decode(content, bytes_max=MIB)


@pytest.mark.parametrize(
    "value", [1.0, {1, 2}, object(), 1 << 63, -(1 << 63) - 1, {b"": 0}, {None: 0}, {True: 0}]
)
def test_what_has_no_place_is_not_written(value: object) -> None:
    with pytest.raises(Malformed):
        cbor.encode(value)
    with pytest.raises(Malformed):
        cbor.encode([{"in": value}])


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(Malformed):
        cbor.encode("\ud800")


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_is_bounded() -> None:
    assert cbor.decode(cbor.encode(nested(16)), bytes_max=MIB) == nested(16)
    with pytest.raises(Malformed):
        cbor.encode(nested(17))
    for depth in (17, 1_000, 100_000):
        with pytest.raises(Malformed):
            cbor.decode(b"\x81" * depth + b"\0", bytes_max=MIB)


def test_size_is_looked_at_first() -> None:
    assert cbor.decode(b"\x41x", bytes_max=2) == b"x"
    with pytest.raises(TooLarge):
        cbor.decode(b"\x41x", bytes_max=1)


def test_a_sequence_stops_where_it_cannot_be_read() -> None:
    found = cbor.sequence(b"\x01\x02\xff\x03")
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(Malformed):
        next(found)
    assert list(cbor.sequence(b"")) == []


ANY_KEYS = st.integers(-3, 300) | st.text(max_size=3) | st.booleans() | st.binary(max_size=2)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 66), 1 << 66)
    | st.floats()
    | st.text(max_size=4)
    # What comes with keys in any order, of any type.
    | st.binary(max_size=4),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(ANY_KEYS, items, max_size=4),
    max_leaves=12,
)


@given(ANYTHING, st.integers(0, 18))
def test_what_is_decoded_is_just_what_would_be_encoded_so(value: object, depth: int) -> None:
    for _ in range(depth):
        value = [value]
    encoded = cbor2.dumps(value)
    try:
        ours = cbor.encode(value) == encoded
    except Malformed:
        ours = False
    try:
        decoded = cbor.decode(encoded, bytes_max=MIB) == value
    except Malformed:
        decoded = False
    assert decoded == ours
