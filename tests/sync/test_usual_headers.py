"""Nearly all headers look alike and are read by their bytes: that says what their CBOR says."""

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from sync import cbor
from sync.entry import Header, Quality, read_header, record_changed
from sync.errors import Malformed
from sync.limits import KIND_BYTES_MAX, PAYLOAD_BYTES_MAX

LANE = bytes(32)
EDGES = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 65_537, (1 << 32) - 1, 1 << 32, (1 << 63) - 1]
NUMBERS = st.sampled_from(EDGES) | st.integers(-2, 1 << 33)
KINDS = st.sampled_from(
    ["event/write", "", "x" * 23, "x" * 24, "x" * 65, "行事/write", "a\x7f", "a\n"]
)


def header(kind: str, counter: int, seconds: int, quality: int, length: int) -> bytes:
    digest = bytes(range(32))
    return cbor.encode({1: kind, 4: counter, 6: [seconds, quality], 7: digest, 8: length})


def told(read: Header) -> object:
    written = [*read.written]
    return {1: read.kind, 4: read.counter, 6: written, 7: read.digest, 8: read.length}


@given(KINDS, NUMBERS, NUMBERS, st.integers(-1, 5), NUMBERS)
def test_a_header_is_read_as_it_was_written_or_refused_for_what_is_wrong(
    kind: str, counter: int, seconds: int, quality: int, length: int
) -> None:
    right = (
        len(kind.encode()) <= KIND_BYTES_MAX
        and counter >= 1
        and quality in [*Quality]
        and 0 <= length <= PAYLOAD_BYTES_MAX
    )
    encoded = header(kind, counter, seconds, quality, length)
    try:
        read = read_header(encoded, LANE)
    except Malformed:
        assert not right
        return
    assert right
    assert told(read) == cbor.decode(encoded, bytes_max=200)
    assert type(read.written.quality) is Quality
    assert record_changed(encoded, LANE) is None


@given(st.integers(0, 62), st.integers(0, 255), st.sampled_from([20, 200, 600]))
@example(2, 0x6A, 600)  # a kind said to be shorter than it is
@example(2, 0x6C, 600)
@example(19, 0, 600)  # seconds and a length that fewer bytes would hold
@example(61, 0, 600)
def test_whatever_byte_is_another_it_is_read_as_its_one_encoding_or_refused(
    at: int, byte: int, length: int
) -> None:
    encoded = bytearray(header("event/write", 1, 1_767_225_600, 3, length))
    at %= len(encoded)
    encoded[at] = byte
    changed = bytes(encoded)
    with suppress(Malformed):
        read = read_header(changed, LANE)
        assert told(read) == cbor.decode(changed, bytes_max=200)
