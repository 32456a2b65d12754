"""What claims to be small and isn't: refused in bounded memory and time."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
import zstandard

from sync import cbor
from sync.bundle import Bundle, Entry, Parcel, unpack_bundle
from sync.carrier import MARK, Reading, unpack
from sync.errors import Malformed, TooLarge
from sync.exchange import open_offer
from sync.frontier import Held, Range, Summary, read_summary, summary_as_array
from sync.ingest import Receipt, ingest, take
from sync.lacking import is_behind, lacking
from sync.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ENTRIES_MAX,
    MESSAGE_BYTES_MAX,
    PARCEL_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    STATEMENT_BYTES_MAX,
    SUMMARY_LANES_MAX,
)
from sync.statement import read_statement
from sync.trust import Refusal
from sync.wrapping import Method, unwrap, wrap, wrap_parts
from tests.everyday import one_a_day
from tests.sync.builders import TOWN, keep, key, lane, memory, posts, run

MIB = 1 << 20


def peak_bytes(doing: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        doing()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def zstd(body: bytes) -> bytes:
    return cbor.encode([1, 1, zstandard.ZstdCompressor().compress(body)])


def claiming(size: int, frame: bytes) -> bytes:
    """A frame of one block, with another size in its head than it has."""
    window = bytes([0xC0, 0x50])
    return b"\x28\xb5\x2f\xfd" + window + size.to_bytes(8, "little") + frame


def raw_block(content: bytes) -> bytes:
    return (len(content) << 3 | 1).to_bytes(3, "little") + content


def test_a_frame_that_expands_past_the_limit_is_refused_in_bounded_memory() -> None:
    bomb = zstd(bytes(512 * MIB))
    assert len(bomb) < 64 << 10

    def open_it() -> None:
        with pytest.raises(TooLarge):
            unwrap(bomb)

    assert peak_bytes(open_it) < 5 * PARCEL_BYTES_MAX


def test_a_frame_that_claims_ten_gigabytes_is_refused_in_bounded_memory() -> None:
    liar = cbor.encode([1, 1, claiming(10**10, raw_block(b"\x80"))])

    def open_it() -> None:
        with pytest.raises(Malformed):
            unwrap(liar)

    assert peak_bytes(open_it) < 5 * PARCEL_BYTES_MAX


def test_a_frame_that_claims_its_true_size_is_read() -> None:
    statement = cbor.encode(TOWN.certify(key("上郷")))
    honest = cbor.encode([1, 1, claiming(len(statement), raw_block(statement))])
    assert unwrap(honest) == Parcel(statements=(TOWN.certify(key("上郷")),))


@pytest.mark.parametrize("item", one_a_day({"0": b"\x00", "bytes": b"\x40", "array": b"\x80"}))
def test_a_parcel_of_millions_of_tiny_items_is_refused_before_it_is_read(item: bytes) -> None:
    small = zstd(item * PARCEL_BYTES_MAX)
    assert len(small) < 2_000

    def refused() -> None:
        with pytest.raises(TooLarge):
            unwrap(small)

    assert peak_bytes(refused) < 64 * MIB
    assert len(unwrap(zstd(item * 1_000)).unreadable) in (0, 1_000)


def array_of(item: bytes, size: int) -> bytes:
    """One array of so many bytes."""
    count = (size - 5) // len(item)
    return b"\x9a" + count.to_bytes(4, "big") + item * count


TINY = {"arrays": b"\x80", "integers": b"\x00", "maps": b"\xa1\x00\x80"}
HUGE_ITEMS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], object]]] = {
    "a zstd parcel": (lambda item: zstd(array_of(item, PARCEL_BYTES_MAX)), unwrap),
    "a zstd parcel, as a bundle": (lambda item: zstd(array_of(item, BUNDLE_BYTES_MAX)), unwrap),
    "a wrapping": (lambda item: b"\x83\1\1" + array_of(item, MESSAGE_BYTES_MAX - 3), unwrap),
    "an offer": (
        lambda item: b"\x85\1\1\1" + array_of(item, MESSAGE_BYTES_MAX - 5) + b"\1",
        open_offer,
    ),
    "the most that is decoded": (
        lambda item: array_of(item, 1 << 19),
        lambda content: cbor.decode(content, bytes_max=MESSAGE_BYTES_MAX),
    ),
}


@pytest.mark.parametrize("item", one_a_day(TINY))
@pytest.mark.parametrize(("made", "read"), one_a_day(HUGE_ITEMS))
def test_an_item_of_millions_of_items_is_never_decoded(
    item: bytes, made: Callable[[bytes], bytes], read: Callable[[bytes], object]
) -> None:
    content = made(item)

    def look() -> None:
        with suppress(Malformed):
            read(content)

    assert peak_bytes(look) < 128 * MIB


def test_a_stranger_is_allowed_a_smaller_parcel() -> None:
    statements = Parcel(statements=(bytes(1_000),))
    for method, size in ((Method.PLAIN, 1_003), (Method.ZSTD, 1_003), (Method.COLUMNS, 1_015)):
        parcel = wrap(statements, method)
        assert unwrap(parcel, bytes_max=size).statements
        with pytest.raises(TooLarge):
            unwrap(parcel, bytes_max=size - 1)


def test_many_small_parts_are_refused_once_they_are_more_than_a_parcel() -> None:
    bomb = zstd((b"\x5a\0\x0f\xff\xfb" + bytes(MIB - 5)) * 5)
    many = wrap_parts([bomb] * 64)
    assert len(many) < 64 << 10

    def refused() -> None:
        with pytest.raises(TooLarge):
            unwrap(many)

    assert peak_bytes(refused) < 5 * PARCEL_BYTES_MAX


def table(*, runs: int, fields: list[str], form: int = 0, content: bytes = b"") -> bytes:
    """Of entries by the thousand in a few bytes each, unpacked; all fields are of one form."""
    count, names = BUNDLE_ENTRIES_MAX, [0, *fields]
    entries = runs * count
    directory = [
        [[lane().as_array(), 1, count]] * runs,
        [["", [], fields]],
        [[4, -2], [6, -3], [9, -2], *([name, form] for name in names)],
    ]
    parts = (cbor.encode(directory), b"\1" * entries, b"", b"", bytes(32 * runs), bytes(64 * runs))
    header = (b"\1" * entries, bytes(entries), bytes(entries))
    return b"".join(map(cbor.encode, (*parts, *header, *[content * entries] * len(names))))


LARGE_TABLES = {
    "names that come again with each entry": table(runs=5, fields=[n * 250 for n in "abcd"]),
    "more entries than it holds": table(runs=33, fields=[]),
    "more values than it holds": table(runs=32, fields=[f"{n}" for n in range(20)]),
    "entries that make more than a parcel": table(runs=32, fields=["x" * 150]),
}


@pytest.mark.parametrize("content", one_a_day(LARGE_TABLES))
def test_a_table_of_more_than_a_parcel_is_refused_in_bounded_memory(content: bytes) -> None:
    small = cbor.encode([1, 2, zstandard.ZstdCompressor().compress(content)])
    assert len(small) < 4 << 10

    def refused() -> None:
        with pytest.raises(TooLarge):
            unwrap(small)

    assert peak_bytes(refused) < 64 * MIB


MANY_FIELDS = [chr(0x100 + n) for n in range(300)]
SLOW_TABLES = {
    "values of a byte": table(runs=1, fields=MANY_FIELDS, form=-2, content=b"\0"),
    "empty texts": table(runs=1, fields=MANY_FIELDS, form=-1, content=b"\xff"),
    "no bytes at all": table(runs=1, fields=MANY_FIELDS),
    "integers": table(runs=1, fields=MANY_FIELDS, form=-3, content=b"\0"),
    "long items": table(runs=1, fields=["a"], form=-2, content=b"\x98\x40" + bytes(64)),
    "tiny arrays": cbor.encode(b"\x83\x9a\0\3\xf0\0" + b"\x80" * 0x3F000 + b"\x80\x80"),
}


@pytest.mark.parametrize("content", one_a_day(SLOW_TABLES))
def test_a_table_made_to_be_slow_is_read_in_bounded_memory(content: bytes) -> None:
    small = cbor.encode([1, 2, zstandard.ZstdCompressor().compress(content)])
    assert len(small) < 8 << 10

    def read() -> None:
        with suppress(Malformed):
            unwrap(small)

    assert peak_bytes(read) < 128 * MIB


SHARED = {
    "arrays in arrays": b"\x98\x10"
    + b"\xd8\x1c\x80"
    + b"".join(b"\xd8\x1c\x98\xff" + (b"\xd8\x1d" + bytes([n])) * 255 for n in range(15)),
    "one text, often": b"\xd9\x01\x00\x82\x5a\x00\x01\x00\x00"
    + bytes(65_536)
    + b"\x9a\x00\x0f\x00\x00"
    + b"\xd8\x19\x00" * 0xF0000,
    "an array that holds itself": b"\xd8\x1c\x81\xd8\x1d\x00",
}


@pytest.mark.parametrize("shared", SHARED.values(), ids=SHARED)
def test_values_that_repeat_themselves_are_refused_at_once(shared: bytes) -> None:
    def decode() -> None:
        with pytest.raises(Malformed):
            cbor.decode(shared, bytes_max=PARCEL_BYTES_MAX)

    assert peak_bytes(decode) < 2 * len(shared) + MIB


LONGER_THAN_THEY_ARE = [
    "5bffffffffffffffff",
    "5b7fffffffffffffff",
    "7b00000000ffffffff",
    "9bffffffffffffffff",
    "9a7fffffff",
    "bb00000000ffffffff",
]


@pytest.mark.parametrize("claim", LONGER_THAN_THEY_ARE)
def test_an_item_that_claims_more_than_there_is_costs_nothing(claim: str) -> None:
    def decode() -> None:
        with pytest.raises(Malformed):
            cbor.decode(bytes.fromhex(claim), bytes_max=MIB)

    assert peak_bytes(decode) < MIB


def test_each_limit_holds_at_its_edge() -> None:
    assert read_summary(
        summary_as_array(Summary(statements=frozenset(), lanes=lanes(SUMMARY_LANES_MAX)))
    )
    with pytest.raises(TooLarge):
        read_summary(summary_as_array(Summary(statements=frozenset(), lanes=lanes(20_001))))
    with pytest.raises(TooLarge):
        read_statement(bytes(STATEMENT_BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        open_offer(bytes(MESSAGE_BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        unwrap(bytes(MESSAGE_BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        unpack_bundle(bytes(BUNDLE_BYTES_MAX + 1))


def lanes(count: int) -> dict[bytes, Held]:
    return {n.to_bytes(32, "big"): Held(1, bytes(32)) for n in range(count)}


def refused(*bundles: Bundle) -> tuple[Refusal, ...]:
    """Why each is refused that comes in one parcel to a ledger that knows its author."""
    ledger = memory()
    keep(ledger, TOWN.certify(key("上郷")))
    receipt = take(ledger, unwrap(wrap(Parcel(bundles=bundles))), source="stick")
    assert receipt == Receipt(refused=receipt.refused, reasons=receipt.reasons)
    assert ledger.lanes() == []
    return receipt.reasons


def test_a_bundle_with_too_many_entries_is_refused() -> None:
    long = run(drafts=posts(BUNDLE_ENTRIES_MAX + 1))
    assert refused(long) == (Refusal.TOO_LARGE,)


def test_a_bundle_over_a_mebibyte_is_refused() -> None:
    entry = Entry(run().entries[0].header, bytes(PAYLOAD_BYTES_MAX))
    assert refused(replace(run(), entries=(entry,) * 16)) == (Refusal.TOO_LARGE,)


def test_a_payload_over_its_limit_is_refused() -> None:
    entry = Entry(run().entries[0].header, bytes(PAYLOAD_BYTES_MAX + 1))
    assert refused(replace(run(), entries=(entry,))) == (Refusal.TOO_LARGE,)


def test_a_header_over_its_limit_is_refused() -> None:
    header = cbor.encode({1: "event/write", 4: 1, 6: [0, 0], 7: bytes(32), 8: 0, 9: bytes(2_000)})
    assert refused(replace(run(), entries=(Entry(header, None),))) == (Refusal.TOO_LARGE,)


def test_numbers_past_any_ledger_wait_or_are_refused_and_nothing_breaks(tmp_path: object) -> None:
    ledger = memory()
    far = replace(run(), first=(1 << 63) - 1)
    assert ingest(ledger, far, source="stick") is not None
    keep(ledger, TOWN.certify(key("上郷")))
    assert ledger.waiting_count() == 0
    assert refused(far) == (Refusal.MALFORMED,)


def test_a_huge_hole_is_looked_at_only_as_far_as_we_hold() -> None:
    ledger = memory()
    keep(ledger, TOWN.certify(key("上郷")))
    ingest(ledger, run(), source="stick")
    huge = 1 << 21  # as good as endless: a set of so many numbers takes 128 MiB
    there = Summary(
        statements=frozenset(),
        lanes={lane().id: Held(huge, bytes(32), (Range(1, huge),))},
    )
    here = Summary(
        statements=frozenset(), lanes={item.lane.id: item.held for item in ledger.lanes()}
    )

    def compare() -> None:
        assert is_behind(here, there)
        assert is_behind(there, here)
        sent = lacking(ledger, there, towns=[TOWN.code], bytes_max=MIB)
        assert sent.parcel.bundles == (run(),)

    assert peak_bytes(compare) < 16 * MIB


SLOW_FILES = {
    "ends": (MARK + b"\x03" + bytes(4)) * 300_000,
    "parcels in parcels": (MARK + b"\x02" + (1 << 20).to_bytes(4, "big")) * 300_000,
    "labels in labels": (MARK + b"\x01" + (2 << 20).to_bytes(4, "big")) * 300_000,
    "marks": MARK * 500_000,
}


@pytest.mark.parametrize("content", one_a_day(SLOW_FILES))
def test_a_file_made_to_be_slow_is_read_in_one_pass(content: bytes) -> None:
    reading = Reading()
    assert list(unpack(content, reading)) == []
    assert not reading.whole
    assert reading.unreadable < 1_000, "after some megabytes lengths are believed"
