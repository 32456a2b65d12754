"""The examples beside the spec, read by this implementation."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest

from sync import (
    account,
    admission,
    cbor,
    cose,
    erasure,
    exchange,
    hiding,
    record,
    suspension,
    switch_off,
)
from sync.bundle import Parcel, Room, pack_bundle, read_bundle, unpack_bundle
from sync.carrier import Reading, unpack
from sync.chain import next_head, verify_head
from sync.entry import EntryId, read_header, read_payload
from sync.errors import Malformed, Unverified
from sync.escrow import escrow_public, escrow_secret
from sync.fork import read_fork_proof
from sync.frontier import Held, LaneHeld, Range, digest, read_summary, summary_as_array
from sync.histories import branch_id
from sync.ingest import Kept, Refused, Waiting, ingest, ingest_statement
from sync.lacking import held_digest
from sync.lane import Audience, Class, Lane, read_lane
from sync.ledger import Stored
from sync.letters import fingerprint as key_fingerprint
from sync.letters import letters, read_letters
from sync.limits import PARCEL_BYTES_MAX
from sync.machine.memory import MemoryLedger
from sync.order import read_order
from sync.receipt import open_receipt
from sync.register import Register, open_register, registers_digest
from sync.rows import read_table
from sync.sealing import NotForUs, Place, open_sealed, read_sealed
from sync.statement import Statement, open_beside, read_statement
from sync.subscription import fingerprint
from sync.trust import NoCertificateYet, Refusal, Trust
from sync.wrapping import Dictionary, UnknownDictionary, table, unwrap
from tests.vectors.kit import notation
from tests.vectors.make import FOLDER, pages, written

UNREAD = {
    "outside",  # the boards choose among these: tests/node
    "pictures",  # and a post names these: tests/node/test_pictures
    "picture",
}
BYTES_MAX = 16 << 20

Given = Mapping[str, Any]


def load(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(path.read_text())["vectors"]
    return loaded


def bytes_of(text: str) -> bytes:
    pieces = re.findall(r"\(([0-9a-f]+)\*(\d+)\)|([0-9a-f]+)", text)
    return b"".join(
        bytes.fromhex(repeated) * int(times) if repeated else bytes.fromhex(plain)
        for repeated, times, plain in pieces
    )


def hexes(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


# what each kind of example is read by


def cbor_item(content: bytes, given: Given) -> object:
    return as_read(cbor.decode(content, bytes_max=BYTES_MAX), content)


def as_read(value: object, content: bytes) -> dict[str, object]:
    return {"value": notation(value), "hash": hash_of(content)}


def lane(content: bytes, given: Given) -> object:
    read = read_lane(cbor.decode(content, bytes_max=BYTES_MAX))
    return {"value": notation(read.as_array()), "hash": read.id.hex()}


def erasure_code(content: bytes, given: Given) -> object:
    match cbor.decode(content, bytes_max=len(content)):
        case [bytes(in_lane), int(number)]:
            return {"code": erasure.code(EntryId(in_lane, number))}
        case _:
            raise Malformed("not an entry's place")


def address(content: bytes, given: Given) -> object:
    match cbor.decode(content, bytes_max=BYTES_MAX):
        case [bytes(in_lane), int(number)]:
            return {"address": record.address(EntryId(in_lane, number))}
    raise AssertionError


def header(content: bytes, given: Given) -> object:
    read_header(content, bytes.fromhex(given["lane_id"]))
    return as_read(cbor.decode(content, bytes_max=BYTES_MAX), content)


def hash_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def payload(content: bytes, given: Given) -> object:
    read_payload(content)
    return as_read(cbor.decode(content, bytes_max=BYTES_MAX), content)


def stored_in(content: bytes, given: Given) -> list[Stored]:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    return [
        Stored(
            id=EntryId(at.id, number),
            lane=at,
            head=head,
            header=header,
            payload=payload,
            path=(at.id,),
            ordered_away=index in given.get("ordered_away", ()),
        )
        for index, (at, number, head, header, payload) in enumerate(
            (read_lane(item[0]), *item[1:]) for item in items
        )
    ]


def resolved(content: bytes, given: Given) -> object:
    stored = stored_in(content, given)
    found = record.resolve(stored, trust=trust(given), groups=given["groups"])
    if found is None:
        return {"record": None}
    return {
        "record": {
            "fields": notation(found.fields),
            "versions": [[version.lane.hex(), version.number] for version in found.versions],
            "counter": found.counter,
            "complete": found.complete,
            "understood": found.understood,
        }
    }


def account_of(content: bytes, given: Given) -> object:
    known = trust(given)
    found = record.resolve(stored_in(content, given), trust=known, groups=account.GROUPS)
    read = found and account.read_account(found, known)
    return {
        "account": read
        and {
            "name": read.name,
            "duty": read.duty,
            "place": read.place.hex(),
            "boards": None if read.boards is None else sorted(read.boards),
            "stands": read.stands,
            "header": read.in_headers.hex(),
        }
    }


def hiding_of(content: bytes, given: Given) -> object:
    known = trust(given)
    found = record.resolve(stored_in(content, given), trust=known, groups=hiding.GROUPS)
    read = hiding.read_hiding(found, known) if found else None
    if read is None or not read.stands:
        return {"hides": None}
    author, here = hexes([given["author"], given["here"]])
    return {"hides": hiding.hides(read, known, author=author, town=read.town, here=here)}


def suspension_of(content: bytes, given: Given) -> object:
    known = trust(given)
    found = record.resolve(stored_in(content, given), trust=known, groups=suspension.GROUPS)
    read = suspension.read_suspension(found, known) if found else None
    if read is None or not read.stands:
        return {"suspends": None}
    (place,) = hexes([given["place"]])
    somebody = account.Account(
        id=EntryId(read.about.lane, read.about.number),
        town=read.town,
        name="",
        duty=account.Duty.KEEPER,
        place=place,
        boards=None,
        stands=True,
        versions=(),
        counter=1,
    )
    head = read.about.check
    return {"suspends": suspension.suspends(read, known, somebody, head=head)}


def admission_of(content: bytes, given: Given) -> object:
    known = trust(given)
    said = []
    records: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    for entries in records:
        stored = stored_in(cbor.encode(entries), given)
        found = record.resolve(stored, trust=known, groups=admission.GROUPS)
        read = admission.read_admission(found, known) if found else None
        said += [read] if read and read.place.hex() == given["place"] else []
    wish = admission.wish(said, known)
    return {"waits": sorted(wish.waits), "allowance": wish.allowance if said else None}


def switched_off(content: bytes, given: Given) -> object:
    known = trust(given)
    said = []
    records: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    for entries in records:
        stored = stored_in(cbor.encode(entries), given)
        found = record.resolve(stored, trust=known, groups=switch_off.GROUPS)
        read = switch_off.read_switched_off(found, known) if found else None
        said += [read] if read else []
    return {"off": sorted(switch_off.off(said, town=given["town"]))}


def heads_after(head: bytes, headers: list[Any]) -> list[bytes]:
    found = []
    for each in headers:
        head = next_head(head, each)
        found.append(head)
    return found


def bundle(content: bytes, given: Given) -> object:
    read = unpack_bundle(content)
    heads = heads_after(read.before, [entry.header for entry in read.entries])
    for entry in read.entries:
        read_header(entry.header, read.lane.id)
    verify_head(read.lane, read.last, heads[-1], read.signature)
    assert pack_bundle(read) == content
    return {
        "lane_id": read.lane.id.hex(),
        "headers": [entry.header.hex() for entry in read.entries],
        "heads": [head.hex() for head in heads],
    }


def parcel(content: bytes, given: Given) -> object:
    read = unwrap(cbor.encode([1, 0, content]))
    return {
        "statements": len(read.statements),
        "bundles": len(read.bundles),
        "unreadable": len(read.unreadable),
    }


def wrapped(content: bytes, given: Given) -> object:
    read = unwrap(content)
    items = [*map(cbor.encode, read.statements), *map(pack_bundle, read.bundles)]
    assert not read.unreadable
    version, method, _ = cast("list[object]", cbor.decode(content, bytes_max=BYTES_MAX))
    return {"value": notation([version, method, b"".join(items)])}


def table_read(content: bytes, given: Given) -> object:
    return parcel_of(read_table(content, Room(PARCEL_BYTES_MAX)))


def wrapped_table(content: bytes, given: Given) -> object:
    held = bytes.fromhex(given["dictionary"])
    try:
        return parcel_of(unwrap(content, dictionary=lambda _: held))
    except UnknownDictionary as wrong:
        raise RefusedByName("dictionary") from wrong  # type: ignore[arg-type]


def parcel_of(read: Parcel) -> dict[str, object]:
    items = [*map(cbor.encode, read.statements), *map(pack_bundle, read.bundles)]
    return {"parcel": b"".join(items).hex(), "unreadable": len(read.unreadable)}


def dictionary(content: bytes, given: Given) -> object:
    made = table([read_bundle(item) for item in cbor.sequence(content)])
    return {"table": made.hex(), "name": Dictionary(1, made).name.hex()}


def statement(content: bytes, given: Given) -> object:
    read = open_beside(content)
    sealed = cose.read(content, bytes_max=BYTES_MAX)
    if isinstance(read, Statement) and read.says is None:
        return as_read([sealed.key_id, sealed.type, sealed.payload], content)
    said = cbor.decode(sealed.payload, bytes_max=BYTES_MAX)
    return as_read([sealed.key_id, sealed.type, said], content)


def fork_proof(content: bytes, given: Given) -> object:
    read_fork_proof(content)
    return as_read(cbor.decode(content, bytes_max=BYTES_MAX), content)


def authorities(given: Given) -> dict[str, tuple[bytes, ...]]:
    return {town: tuple(hexes(keys)) for town, keys in given["authorities"].items()}


def trust(given: Given) -> Trust:
    return Trust(authorities(given)).with_statements(
        map(read_statement, hexes(given["statements"]))
    )


def permission(content: bytes, given: Given) -> object:
    read = read_lane(cbor.decode(content, bytes_max=BYTES_MAX))
    known = trust(given)
    match known.refusal(read):
        case None:
            return {"rank": int(known.rank(read))}
        case NoCertificateYet():
            return {"waiting": True}
        case refusal:
            raise RefusedByName(refusal)


class RefusedByName(Exception):
    def __init__(self, name: Refusal) -> None:
        super().__init__(str(name))


def frontier(content: bytes, given: Given) -> object:
    towns: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    held = [
        LaneHeld(item[0], named(town, class_, audience, item[0]), held_of(item), item[0])
        for town, _, parts in towns
        for class_, audience, lanes in parts
        for item in lanes
    ]
    stated = [(town, hash_) for town, hashes, _ in towns for hash_ in hashes]
    return {"digest": digest([town for town, _, _ in towns], stated, held).hex()}


def named(town: str, class_: int, audience: int, lane_id: bytes) -> Lane:
    """A lane of which only so much is known."""
    known = Lane(
        town=town,
        author=bytes(32),
        ordinal=1,
        random=bytes(8),
        class_=Class(class_),
        audience=Audience(audience),
    )
    known.__dict__["id"] = lane_id
    return known


def held_of(item: Any) -> Held:
    return Held(item[1], item[2], tuple(Range(*hole) for hole in item[3]))


def taken(ledger: MemoryLedger, item: object, source: str) -> Kept | Waiting | Refused:
    if isinstance(item, bytes):
        return ingest_statement(ledger, item)
    return ingest(ledger, read_bundle(item), source=source)


def ingested(content: bytes, given: Given) -> object:
    ledger = MemoryLedger(authorities(given))
    for item in cbor.sequence(bytes.fromhex(given["before"])):
        assert isinstance(taken(ledger, item, "before"), Kept)
    match taken(ledger, cbor.decode(content, bytes_max=BYTES_MAX), "now"):
        case Kept(entries=entries, payloads=payloads):
            return {"outcome": "kept", "entries": entries, "payloads": payloads}
        case Waiting():
            return {"outcome": "waiting"}
        case Refused(why):
            raise RefusedByName(why)


def held(content: bytes, given: Given) -> object:
    ledger = MemoryLedger(authorities(given))
    outcomes = []
    for item in cbor.sequence(content):
        match taken(ledger, item, "road"):
            case Kept():
                outcomes.append("kept")
            case Waiting():
                outcomes.append("waiting")
            case Refused(why):
                outcomes.append(str(why))
    parts: dict[tuple[str, int, int], list[Any]] = {}
    for each in ledger.lanes():
        place = each.lane.town, int(each.lane.class_), int(each.lane.audience)
        number, head, holes = each.held
        parts.setdefault(place, []).append([each.id, number, head, [list(h) for h in holes]])
    stated = b"".join(sorted(statement.digest for statement in ledger.trust().statements))
    return {
        "outcomes": outcomes,
        "statements": hash_of(b"kairan/1 statements" + stated),
        "frontiers": [
            [*place, notation(lines := sorted(parts[place])), digest_of(lines)]
            for place in sorted(parts)
        ],
    }


def scope(content: bytes, given: Given) -> object:
    ledger = MemoryLedger(authorities(given))
    outcomes = []
    for item in cbor.sequence(content):
        with ledger.transaction():
            outcome = taken(ledger, item, "road")
        outcomes.append(str(outcome.why) if isinstance(outcome, Refused) else "kept")
    in_force = ledger.trust().subscriptions
    return {
        "outcomes": outcomes,
        "subscriptions": [[s.by, s.town, [key.hex() for key in s.keys]] for s in sorted(in_force)],
        "digest": held_digest(ledger, given["towns"]).hex(),
    }


def fingerprinted(content: bytes, given: Given) -> object:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    return {"digits": fingerprint(items[0], items[1:])}


def digest_of(lines: list[Any]) -> str:
    return hash_of(b"kairan/1 frontier" + cbor.encode(lines))


def branch(content: bytes, given: Given) -> object:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    return {"id": branch_id(*items).hex()}


def ordered(content: bytes, given: Given) -> object:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    found = read_order(items[0], items[1], bytes.fromhex(given["lane_id"]))
    return {"orders": [[o.lane.hex(), *o.numbers, o.check.hex()] for o in found]}


def registers_of(content: bytes) -> list[Register]:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    return [open_register(item) for item in items]


def newest(content: bytes, given: Given) -> object:
    read = registers_of(content)
    return {"newest": read.index(max(read, key=lambda register: register.order))}


def digest_of_registers(content: bytes, given: Given) -> object:
    return {"digest": registers_digest(registers_of(content)).hex()}


def summary(content: bytes, given: Given) -> object:
    read = read_summary(cbor.decode(content, bytes_max=BYTES_MAX))
    return as_read(summary_as_array(read), content)


def offer(content: bytes, given: Given) -> object:
    opened = exchange.open_offer(content)
    sender, to = hexes([given["sender"], given["to"]])
    exchange.verify_offer(opened, sender=sender, to=to)
    assert opened.sender == cose.short(sender)
    if opened.parcel:
        unwrap(opened.parcel)
    return as_read([*opened.parts, opened.signature], content)


def answer(content: bytes, given: Given) -> object:
    read = opened(content, given)
    if isinstance(read, exchange.Answer) and read.parcel:
        unwrap(read.parcel)
    return as_read(cbor.decode(content, bytes_max=BYTES_MAX), content)


def opened(content: bytes, given: Given) -> exchange.Answer | exchange.Declined:
    sender, offered = hexes([given["sender"], given["offer"]])
    try:
        return exchange.open_answer(content, offered=offered, sender=sender)
    except exchange.Declined as no:
        return no


def answer_to_an_offer(content: bytes, given: Given) -> object:
    offered = exchange.open_offer(bytes.fromhex(given["offer"]))
    match opened(content, given):
        case exchange.Declined(why=why, counter=counter):
            return {"declined": str(why)} | ({"counter": counter} if why == "counter" else {})
        case exchange.Answer() as read:
            receipt = [read.kept, read.waiting, read.refused] if offered.parcel else None
            return {
                "synced": read.digest == offered.digest,
                "receipt": receipt,
                "registers": read.registers.hex(),
            }


def carrier(content: bytes, given: Given) -> object:
    reading = Reading()
    read = list(unpack(content, reading))
    return {
        "parcels": [
            b"".join((*map(cbor.encode, each.statements), *map(pack_bundle, each.bundles))).hex()
            for each in read
        ],
        "receipts": [receipt.encoded.hex() for receipt in reading.receipts],
        "whole": reading.whole,
        "kairan": reading.frames > 0,
    }


def receipt(content: bytes, given: Given) -> object:
    read, sender = open_receipt(content), bytes.fromhex(given["sender"])
    cose.verify(read.sealed, sender)
    return {
        "order": [read.ordinal, read.counter],
        "towns": list(read.towns),
        "digest": read.digest.hex(),
        "lanes": len(read.summary.lanes),
        "taken": [[file.checksum.hex(), *file[1:]] for file in read.taken],
    }


def in_letters(content: bytes, given: Given) -> object:
    assert read_letters(letters(content)) == content
    return {"letters": letters(content)}


def fingerprint_of_a_key(content: bytes, given: Given) -> object:
    return {"fingerprint": key_fingerprint(content).replace(" ", "")}


def sealed_message(content: bytes, given: Given) -> object:
    place = Place(
        town=given["town"],
        kind=given["kind"],
        lane=bytes.fromhex(given["lane_id"]),
        number=given["number"],
    )
    sealed = read_sealed(content)
    try:
        text = open_sealed(sealed, [bytes.fromhex(given["secret"])], at=place)
    except (NotForUs, Unverified):
        return {"text": None}
    return {"text": text.hex()}


def escrow_key(content: bytes, given: Given) -> object:
    key: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    return {"key": escrow_public(key[0]).hex(), "secret": escrow_secret(key[1]).hex()}


READERS: Mapping[str, Callable[[bytes, Given], object]] = {
    "sealed": sealed_message,
    "escrow key": escrow_key,
    "cbor": cbor_item,
    "lane": lane,
    "address": address,
    "erasure code": erasure_code,
    "header": header,
    "payload": payload,
    "record": resolved,
    "account": account_of,
    "hiding": hiding_of,
    "suspension": suspension_of,
    "admission": admission_of,
    "switched off": switched_off,
    "bundle": bundle,
    "parcel": parcel,
    "wrapped": wrapped,
    "statement": statement,
    "permission": permission,
    "frontier": frontier,
    "ingest": ingested,
    "held": held,
    "scope": scope,
    "fingerprint": fingerprinted,
    "fingerprint of a key": fingerprint_of_a_key,
    "letters": in_letters,
    "branch": branch,
    "order": ordered,
    "fork proof": fork_proof,
    "newest register": newest,
    "registers digest": digest_of_registers,
    "summary": summary,
    "offer": offer,
    "answer": answer,
    "answer to an offer": answer_to_an_offer,
    "table": table_read,
    "wrapped table": wrapped_table,
    "wrapped parts": lambda content, _: parcel_of(unwrap(content)),
    "dictionary": dictionary,
    "carrier": carrier,
    "receipt": receipt,
}

VECTORS = [vector for path in sorted(FOLDER.rglob("*.json")) for vector in load(path)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_example_is_read_as_it_says(vector: dict[str, Any]) -> None:
    if vector["kind"] in UNREAD:
        return
    read = READERS[vector["kind"]]
    content = bytes_of(vector["hex"])
    match vector["refused"]:
        case None:
            found = read(content, vector["given"])
            expect = vector["expect"]
            if isinstance(found, dict):
                both = found.keys() & expect.keys()
                assert both
                assert {key: found[key] for key in both} == {key: expect[key] for key in both}
        case "signature":
            with pytest.raises((Unverified, RefusedByName)):
                read(content, vector["given"])
        case "malformed" | "too large":
            with pytest.raises(Malformed):
                read(content, vector["given"])
        case name:
            with pytest.raises(RefusedByName, match=name):
                read(content, vector["given"])


@pytest.mark.parametrize("page", pages())
def test_the_examples_are_those_that_the_generator_makes(page: str) -> None:
    assert (FOLDER / f"{page}.json").read_text() == written(pages()[page]())
