"""What was packed is what is unpacked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor, cose
from sync.bundle import Bundle, Parcel, pack_bundle, unpack_bundle
from sync.carrier import Reading, pack, unpack
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.entry import make_payload, read_payload
from sync.exchange import (
    Answer,
    Declined,
    No,
    answer,
    decline,
    offer,
    open_answer,
    open_offer,
    verify_offer,
)
from sync.frontier import Summary, read_summary, summary_as_array
from sync.ingest import Receipt
from sync.lane import Audience, read_lane
from sync.limits import COUNTER_MAX
from sync.receipt import TAKEN_MAX, Taken, make_receipt
from sync.statement import read_statement
from sync.telling import Told
from sync.wrapping import Method, unwrap, wrap
from tests.sync.builders import OTHER_TOWN, TOWN, WRITTEN, key
from tests.sync.strategies import BUNDLES, FIELDS, HASHES, PARCELS, SUMMARIES, TEXT, TOLD, VALUES

MIB = 1 << 20
TOWNS = st.frozensets(st.sampled_from([TOWN.code, OTHER_TOWN.code]))
COUNTERS = st.integers(1, COUNTER_MAX)
COUNTS = st.integers(0, (1 << 63) - 1)
TAKEN = st.builds(Taken, HASHES, COUNTS, COUNTS, COUNTS)
SOFTWARE = st.text(st.characters(exclude_categories=["Cs"]), max_size=32)


@given(VALUES)
def test_a_value(value: object) -> None:
    assert cbor.decode(cbor.encode(value), bytes_max=MIB) == value


@given(st.lists(VALUES, max_size=5))
def test_a_sequence(values: list[object]) -> None:
    assert list(cbor.sequence(b"".join(map(cbor.encode, values)))) == values


@given(FIELDS, st.binary(min_size=8, max_size=8))
def test_a_payload(fields: dict[str, object], salt: bytes) -> None:
    assert read_payload(make_payload(fields, salt=salt)).fields == fields


@given(BUNDLES)
def test_a_bundle_and_its_lane(bundle: Bundle) -> None:
    assert unpack_bundle(pack_bundle(bundle)) == bundle
    assert read_lane(bundle.lane.as_array()) == bundle.lane


@given(PARCELS, st.sampled_from(Method))
def test_a_parcel(parcel: Parcel, method: Method) -> None:
    assert unwrap(wrap(parcel, method)) == parcel


@given(SUMMARIES)
def test_a_summary(summary: Summary) -> None:
    assert read_summary(summary_as_array(summary)) == summary


@given(PARCELS, st.none() | SUMMARIES)
def test_a_carrier_file(parcel: Parcel, made_for: Summary | None) -> None:
    file = b"".join(
        pack(
            parcel.statements,
            parcel.bundles,
            writer=cose.public(key("上郷")),
            towns=[TOWN.code],
            written=WRITTEN,
            made_for=made_for,
        )
    )
    reading = Reading()
    found = list(unpack(file, reading))
    assert [s for part in found for s in part.statements] == list(parcel.statements)
    assert [b for part in found for b in part.bundles] == list(parcel.bundles)
    assert all(len(part.bundles) == 1 for part in found if not part.statements)
    assert (reading.frames, reading.unreadable, reading.whole) == (len(found) + 2, 0, True)
    assert file.endswith(reading.checksum)


@given(SUMMARIES, TOWNS, COUNTERS, st.lists(TAKEN, max_size=TAKEN_MAX))
def test_a_receipt_in_a_carrier_file(
    summary: Summary, towns: frozenset[str], counter: int, taken: list[Taken]
) -> None:
    receipt = make_receipt(
        incarnation=(1, bytes(8)),
        counter=counter,
        towns=towns,
        digest=bytes(32),
        summary=summary,
        taken=taken,
        written=WRITTEN,
        key=key("上郷"),
    )
    pieces = pack([], [], writer=b"", towns=towns, written=WRITTEN, receipt=receipt)
    reading = Reading()
    assert list(unpack(b"".join(pieces), reading)) == []
    (told,) = reading.receipts
    cose.verify(told.sealed, cose.public(key("上郷")))
    assert told.encoded == receipt
    assert (told.counter, told.towns, told.written) == (counter, tuple(sorted(towns)), WRITTEN)
    assert (told.summary, list(told.taken)) == (summary, taken)


@given(st.sampled_from(Role), st.data())
def test_a_certificate(role: Role, data: st.DataObject) -> None:
    some = st.sampled_from(sorted(CLASSES_OF[role])) if CLASSES_OF[role] else st.nothing()
    certificate = Certificate(
        key=data.draw(HASHES),
        name=data.draw(TEXT),
        role=role,
        towns=data.draw(TOWNS) | {TOWN.code},
        classes=data.draw(st.frozensets(some)),
        audiences=data.draw(st.frozensets(st.sampled_from(Audience))),
        counter=data.draw(COUNTERS),
        incarnations=data.draw(COUNTERS),
    )
    assert read_statement(certify(certificate, TOWN.authority)).certificate == certificate


@given(COUNTERS, HASHES, SOFTWARE, st.none() | TOWNS, TOLD, PARCELS, st.booleans())
def test_an_offer(
    counter: int,
    digest: bytes,
    software: str,
    towns: frozenset[str] | None,
    told: Told,
    parcel: Parcel,
    more: bool,
) -> None:
    wrapped = wrap(parcel) if parcel else b""
    message = offer(
        key=key("上郷"),
        to=cose.public(key("中継")),
        counter=counter,
        digest=digest,
        software=software,
        towns=towns,
        told=told,
        parcel=wrapped,
        more=more,
    )
    opened = open_offer(message)
    assert opened.sender == cose.short(cose.public(key("上郷")))
    verify_offer(opened, sender=cose.public(key("上郷")), to=cose.public(key("中継")))
    assert (opened.counter, opened.digest, opened.software) == (counter, digest, software)
    assert (opened.towns, opened.told, opened.parcel, opened.more) == (towns, told, wrapped, more)


OFFERED = offer(
    key=key("上郷"),
    to=cose.public(key("中継")),
    counter=1,
    digest=bytes(32),
    software="",
    parcel=wrap(Parcel(statements=(b"?",))),
)


@given(HASHES | st.just(bytes(32)), SOFTWARE, TOLD, PARCELS, st.booleans(), st.integers(0, 99))
def test_an_answer(
    digest: bytes, software: str, told: Told, parcel: Parcel, more: bool, kept: int
) -> None:
    wrapped = wrap(parcel) if parcel else b""
    message = answer(
        open_offer(OFFERED),
        key=key("中継"),
        digest=digest,
        receipt=Receipt(kept=kept, waiting=2, refused=3),
        software=software,
        told=told,
        parcel=wrapped,
        more=more,
    )
    found = opened(message)
    assert (found.digest, found.software, found.told) == (digest, software, told)
    assert (found.parcel, found.more) == (wrapped, more)
    assert (found.kept, found.waiting, found.refused) == (kept, 2, 3)


def opened(message: bytes) -> Answer:
    return open_answer(message, offered=OFFERED, sender=cose.public(key("中継")))


@given(st.sampled_from(No), COUNTERS)
def test_a_refusal(why: No, counter: int) -> None:
    message = decline(open_offer(OFFERED), why, key=key("中継"), software="", counter=counter)
    with pytest.raises(Declined) as no:
        opened(message)
    assert no.value.why is why
    assert no.value.counter == (counter if why is No.COUNTER else 0)
