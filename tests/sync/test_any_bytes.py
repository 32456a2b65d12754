"""Whatever bytes come, they are read or refused: no reader ever fails otherwise."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync import cbor
from sync.bundle import Parcel, Room, pack_bundle, read_bundle, unpack_bundle
from sync.carrier import Reading, unpack
from sync.entry import read_header, read_payload, with_payload_facts, without_payload_facts
from sync.errors import Malformed, Unverified
from sync.exchange import Declined, answer, open_offer
from sync.frontier import read_summary, summary_as_array
from sync.ingest import Receipt, ingest
from sync.lane import read_lane
from sync.receipt import Taken, make_receipt, open_receipt
from sync.rows import read_table
from sync.statement import read_statement
from sync.telling import Told
from sync.wrapping import table, unwrap, wrap
from tests.sync.builders import TOWN, WRITTEN, carrier_file, keep, key, lane, memory, node, run
from tests.sync.strategies import VALUES
from tests.sync.test_round_trips import OFFERED, opened

MIB = 1 << 20


def carried(content: bytes) -> object:
    return list(unpack(content, Reading()))


def decoded(read: Callable[[object], object]) -> Callable[[bytes], object]:
    return lambda content: read(cbor.decode(content, bytes_max=MIB))


READERS: dict[str, Callable[[bytes], object]] = {
    "cbor": lambda content: cbor.decode(content, bytes_max=MIB),
    "sequence": lambda content: list(cbor.sequence(content)),
    "lane": decoded(read_lane),
    "header": lambda content: read_header(content, lane().id),
    "sent header": lambda content: with_payload_facts(content, b"payload"),
    "payload": read_payload,
    "bundle": unpack_bundle,
    "wrapping": unwrap,
    "parcel": lambda content: unwrap(cbor.encode([1, 0, content])),
    "table": lambda content: read_table(content, Room(MIB)),
    "statement": read_statement,
    "summary": decoded(read_summary),
    "offer": open_offer,
    "answer": opened,
    "carrier file": carried,
    "receipt": open_receipt,
}


def good_ones() -> dict[str, bytes]:
    """One good thing for each reader, to be damaged."""
    machine = node("上郷")
    machine.edit(machine.post(title="夏祭り", begins="18:00"), title="秋祭り")
    bundle = machine.bundles()[0]
    header, payload = bundle.entries[1].header, bundle.entries[1].payload
    assert payload is not None
    parcel = Parcel(statements=tuple(machine.certificates), bundles=(bundle,))
    answered = answer(
        open_offer(OFFERED),
        key=key("中継"),
        digest=bytes(32),
        receipt=Receipt(),
        software="",
        told=Told(b"8 bytes.", machine.summary()),
        parcel=wrap(parcel),
        more=True,
    )
    return {
        "cbor": header,
        "sequence": header + payload,
        "lane": cbor.encode(lane().as_array()),
        "header": header,
        "sent header": without_payload_facts(header),
        "payload": payload,
        "bundle": pack_bundle(bundle),
        "wrapping": wrap(parcel),
        "table": table([bundle]),
        "parcel": cbor.encode(machine.certificates[0]) + pack_bundle(bundle),
        "statement": machine.certificates[0],
        "summary": cbor.encode(summary_as_array(machine.summary())),
        "offer": OFFERED,
        "answer": answered,
        "carrier file": carrier_file(machine.certificates, [bundle]),
        "receipt": make_receipt(
            incarnation=(1, bytes(8)),
            counter=1,
            towns=[TOWN.code],
            digest=bytes(32),
            summary=machine.summary(),
            taken=[Taken(bytes(32), 1, 2, 3)],
            written=WRITTEN,
            key=key("上郷"),
        ),
    }


GOOD = good_ones()


def read_or_refused(reader: str, content: bytes) -> None:
    with suppress(Malformed, Unverified, Declined):
        READERS[reader](content)


@pytest.mark.parametrize("reader", READERS)
@given(content=st.binary(max_size=200))
@example(content=b"")
def test_bytes_at_random(reader: str, content: bytes) -> None:
    read_or_refused(reader, content)


@pytest.mark.parametrize("reader", READERS)
@given(value=VALUES)
def test_other_values_than_expected(reader: str, value: object) -> None:
    read_or_refused(reader, cbor.encode(value))


@pytest.mark.parametrize("reader", READERS)
@given(at=st.integers(0), to=st.integers(0, 255), cut=st.integers(0))
def test_good_bytes_with_one_changed_and_the_end_cut(
    reader: str, at: int, to: int, cut: int
) -> None:
    content = bytearray(GOOD[reader])
    content[at % len(content)] = to
    read_or_refused(reader, bytes(content))
    read_or_refused(reader, bytes(content[: cut % len(content)]))


@pytest.mark.parametrize("reader", ["bundle", "statement", "summary", "offer", "lane"])
@given(data=st.data())
def test_good_values_with_a_part_replaced(reader: str, data: st.DataObject) -> None:
    def replaced(value: object) -> object:
        if data.draw(st.integers(0, 5)) == 0:
            return data.draw(VALUES)
        match value:
            case list():
                return [replaced(item) for item in value]
            case dict():
                return {key: replaced(item) for key, item in value.items()}
            case _:
                return value

    read_or_refused(reader, cbor.encode(replaced(cbor.decode(GOOD[reader], bytes_max=MIB))))


@given(data=st.data())
def test_a_bundle_with_a_part_replaced_is_never_let_in_by_an_exception(data: st.DataObject) -> None:
    ledger = memory()
    keep(ledger, TOWN.certify(key("上郷")))
    value = cbor.decode(pack_bundle(run(empty=[2])), bytes_max=MIB)
    assert isinstance(value, list)
    at = data.draw(st.integers(1, len(value) - 1))
    value[at] = data.draw(VALUES)
    with suppress(Malformed):
        ingest(ledger, read_bundle(value), source="stick")


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_reads_its_good_one(reader: str) -> None:
    assert READERS[reader](GOOD[reader])
