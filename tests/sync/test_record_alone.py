"""Nearly every record has one entry, and is read in few steps, to the same end as all others."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync import cbor
from sync.entry import Payload, make_payload, read_payload
from sync.errors import Malformed
from tests.sync.story import Story, read
from tests.sync.strategies import VALUES

SALT = bytes(8)
NAMES = st.sampled_from(["title", "begins", "outside", "withdrawn", "!new", "!title", "x"])
FIELDS = st.dictionaries(NAMES, st.none() | st.sampled_from(["夏祭り", True]) | VALUES, max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from([2, 4, 9, -1]), st.sampled_from([1, 2, "x", {"key": "x"}]), max_size=2
)


@given(
    FIELDS,
    HEADERS,
    st.sampled_from(["event/write", "event/pin", "event", "unknown/write", "/write"]),
    st.sampled_from(["held", "a hole", "ordered away", "more beside", "unreadable"]),
)
def test_one_entry_says_what_it_says_beside_one_without_effect(
    fields: dict[str, object], header: dict[int, object], kind: str, payload: str
) -> None:
    story = Story()
    alone = story.write("上郷", fields, kind=kind, header=header)
    beside = story.write("上郷", {"title": "x"}, counter=1, kind="event/pin")
    match payload:
        case "a hole":
            alone = replace(alone, payload=None)
        case "ordered away":
            alone = replace(alone, payload=None, ordered_away=True)
        case "more beside":
            alone = replace(alone, payload=cbor.encode({-1: 0, 1: SALT, 2: fields}))
        case "unreadable":
            alone = replace(alone, payload=b"\xff")
    assert read([alone]) == read([alone, beside])


def nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value


@given(
    st.dictionaries(st.text(max_size=3), VALUES, max_size=4),
    st.integers(0, 17),
    st.integers(0, 40),
    st.none() | st.integers(0, 255),
)
def test_a_payload_is_read_as_its_one_encoding_or_refused(
    fields: dict[str, object], depth: int, at: int, byte: int | None
) -> None:
    """Whatever byte of it is another, and however deep it says something."""
    try:
        encoded = bytearray(make_payload({**fields, "deep": nested(depth)}, salt=SALT))
    except Malformed:
        assert depth > 14
        return
    if byte is not None and at < len(encoded):
        encoded[at] = byte
    try:
        found: Payload | None = read_payload(bytes(encoded))
    except Malformed:
        found = None
    said = told(bytes(encoded))
    assert (None if found is None else found.fields) == said
    if found is not None:
        assert found.fields_encoded in (b"", cbor.encode(said))


def told(encoded: bytes) -> object:
    """The fields in a payload, as the spec has it (docs/spec/1-entries.md)."""
    try:
        value: Any = cbor.decode(encoded, bytes_max=1 << 16)
    except Malformed:
        return None
    if type(value) is not dict or {int} != set(map(type, value)):
        return None
    salt, fields = value.get(1), value.get(2)
    if type(salt) is not bytes or len(salt) != 8 or type(fields) is not dict:
        return None
    return fields if set(map(type, fields)) <= {str} else None
