"""The examples beside the spec, read by this implementation."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sync import cbor, cose, exchange, record
from sync.bundle import pack_bundle, unpack_bundle, unwrap
from sync.carrier import Reading, unpack
from sync.chain import next_head, verify_head
from sync.entry import EntryId, Reference, read_header, read_payload
from sync.errors import Malformed, Unverified
from sync.frontier import Held, LaneHeld, Range, digest, read_summary, summary_as_array
from sync.ingest import Kept, Refused, Waiting, ingest, ingest_statement
from sync.lane import Audience, Class, Lane, read_lane
from sync.ledger import Stored
from sync.machine.memory import MemoryLedger
from sync.statement import read_statement
from sync.trust import NoCertificateYet, Refusal, Trust
from tests.vectors.kit import notation
from tests.vectors.make import FOLDER, pages, written

UNREAD = {
    "fork proof",
    "branch",
    "order",
    "register",
    "newest register",
    "registers digest",
    "outside",  # the boards choose among these: tests/node
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
    return {"value": notation(cbor.decode(content, bytes_max=BYTES_MAX))}


def lane(content: bytes, given: Given) -> object:
    read = read_lane(cbor.decode(content, bytes_max=BYTES_MAX))
    return {"value": notation(read.as_array()), "id": read.id.hex()}


def address(content: bytes, given: Given) -> object:
    match cbor.decode(content, bytes_max=BYTES_MAX):
        case [bytes(in_lane), int(number)]:
            return {"address": record.address(EntryId(in_lane, number))}
    raise AssertionError


def header(content: bytes, given: Given) -> object:
    def named(reference: Reference) -> object:
        check = [reference.check.hex()] if reference.check else []
        return [reference.entry.lane.hex(), reference.entry.number, *check]

    read = read_header(content, bytes.fromhex(given["lane_id"]))
    return {
        "value": notation(cbor.decode(content, bytes_max=BYTES_MAX)),
        "record": None if read.record is None else named(read.record),
        "parents": [named(parent) for parent in read.parents],
        "understood": read.understood,
        "hash": hash_of(content),
    }


def hash_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def payload(content: bytes, given: Given) -> object:
    return {
        "understood": read_payload(content).understood,
        "value": notation(cbor.decode(content, bytes_max=BYTES_MAX)),
        "digest": hash_of(content),
    }


def resolved(content: bytes, given: Given) -> object:
    items: Any = cbor.decode(content, bytes_max=BYTES_MAX)
    stored = [
        Stored(
            id=EntryId(at.id, number),
            lane=at,
            head=head,
            header=header,
            payload=payload,
            path=(at.id,),
        )
        for at, number, head, header, payload in ((read_lane(item[0]), *item[1:]) for item in items)
    ]
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


def chain(content: bytes, given: Given) -> object:
    match cbor.decode(content, bytes_max=BYTES_MAX):
        case [bytes(head), list(headers)]:
            return {"heads": [head.hex() for head in heads_after(head, headers)]}
    raise AssertionError


def heads_after(head: bytes, headers: list[Any]) -> list[bytes]:
    found = []
    for each in headers:
        head = next_head(head, each)
        found.append(head)
    return found


def head_signature(content: bytes, given: Given) -> object:
    match cbor.decode(content, bytes_max=BYTES_MAX):
        case [list(array), int(number), bytes(head), bytes(signature)]:
            verify_head(read_lane(array), number, head, signature)
            return ...  # what was signed is inside; that it verifies says that it is the same
    raise AssertionError


def bundle(content: bytes, given: Given) -> object:
    read = unpack_bundle(content)
    heads = heads_after(read.before, [entry.header for entry in read.entries])
    for entry in read.entries:
        read_header(entry.header, read.lane.id)
    verify_head(read.lane, read.last, heads[-1], read.signature)
    assert pack_bundle(read) == content
    if len(read.entries) == 2_000:
        return {"first": read.first, "last": read.last, "heads_last": heads[-1].hex()}
    return {
        "lane_id": read.lane.id.hex(),
        "first": read.first,
        "last": read.last,
        "before": read.before.hex(),
        "entries": [
            {
                "header": entry.header.hex(),
                "payload": None if entry.payload is None else entry.payload.hex(),
            }
            for entry in read.entries
        ],
        "heads": [head.hex() for head in heads],
        "signature": read.signature.hex(),
    }


def parcel(content: bytes, given: Given) -> object:
    read = unwrap(cbor.encode([1, 0, content]))
    return {
        "statements": [statement.hex() for statement in read.statements],
        "bundles": [pack_bundle(bundle).hex() for bundle in read.bundles],
        "unreadable": len(read.unreadable),
    }


def wrapped(content: bytes, given: Given) -> object:
    read = unwrap(content)
    items = [*map(cbor.encode, read.statements), *map(pack_bundle, read.bundles)]
    assert not read.unreadable
    return {"parcel": b"".join(items).hex()}


def statement(content: bytes, given: Given) -> object:
    read = read_statement(content)
    said = cose.read(content, bytes_max=BYTES_MAX).payload
    return {
        "signer": read.signer.hex(),
        "type": read.type,
        "payload": notation(cbor.decode(said, bytes_max=BYTES_MAX)),
        "hash": read.digest.hex(),
    }


def authorities(given: Given) -> dict[str, frozenset[bytes]]:
    return {town: frozenset(hexes(keys)) for town, keys in given["authorities"].items()}


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


def ingested(content: bytes, given: Given) -> object:
    ledger = MemoryLedger(authorities(given))
    for before in hexes(given["before"]):
        match cbor.decode(before, bytes_max=BYTES_MAX):
            case [1, *_]:
                assert isinstance(ingest(ledger, unpack_bundle(before), source="before"), Kept)
            case _:
                assert isinstance(ingest_statement(ledger, before), Kept)
    match ingest(ledger, unpack_bundle(content), source="now"):
        case Kept(entries=entries, payloads=payloads):
            return {"outcome": "kept", "entries": entries, "payloads": payloads}
        case Waiting():
            return {"outcome": "waiting"}
        case Refused(why):
            raise RefusedByName(why)


def summary(content: bytes, given: Given) -> object:
    read = read_summary(cbor.decode(content, bytes_max=BYTES_MAX))
    return {"value": notation(summary_as_array(read))}


def offer(content: bytes, given: Given) -> object:
    opened = exchange.open_offer(content)
    sender = bytes.fromhex(given["sender"])
    cose.verify(opened.sealed, sender)
    assert opened.sender == cose.short(sender)
    if opened.parcel:
        unwrap(opened.parcel)
    return {
        "value": notation(cbor.decode(opened.sealed.payload, bytes_max=BYTES_MAX)),
        "sender": opened.sender.hex(),
        "named_in_answer": opened.digest_of_message.hex(),
    }


def answer(content: bytes, given: Given) -> object:
    said = cose.read(content, bytes_max=BYTES_MAX).payload
    value = notation(cbor.decode(said, bytes_max=BYTES_MAX))
    try:
        exchange.open_answer(
            content,
            offered=bytes.fromhex(given["offer"]),
            key=bytes.fromhex(given["offerer"]),
            sender=bytes.fromhex(given["sender"]),
        )
    except exchange.Declined as no:
        return {"value": value, "declined": str(no.why), "counter": no.counter}
    return {"value": value}


def carrier(content: bytes, given: Given) -> object:
    reading = Reading()
    read = list(unpack(content, reading))
    return {
        "parcels": [
            b"".join((*map(cbor.encode, each.statements), *map(pack_bundle, each.bundles))).hex()
            for each in read
        ],
        "whole": reading.whole,
        "kairan": reading.frames > 0,
    }


READERS: Mapping[str, Callable[[bytes, Given], object]] = {
    "cbor": cbor_item,
    "lane": lane,
    "address": address,
    "header": header,
    "payload": payload,
    "record": resolved,
    "chain": chain,
    "head signature": head_signature,
    "bundle": bundle,
    "parcel": parcel,
    "wrapped": wrapped,
    "statement": statement,
    "permission": permission,
    "frontier": frontier,
    "ingest": ingested,
    "summary": summary,
    "offer": offer,
    "answer": answer,
    "carrier": carrier,
}

VECTORS = [vector for path in sorted(FOLDER.glob("*.json")) for vector in load(path)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_an_example_is_read_as_it_says(vector: dict[str, Any]) -> None:
    if vector["kind"] in UNREAD:
        return
    read = READERS[vector["kind"]]
    content = bytes_of(vector["hex"])
    match vector["refused"]:
        case None:
            found = read(content, vector["given"])
            assert found is ... or found == {key: vector["expect"][key] for key in found}  # type: ignore[attr-defined]
        case "signature":
            with pytest.raises((Unverified, RefusedByName)):
                read(content, vector["given"])
        case "malformed" | "too large" | "kept, without meaning":
            with pytest.raises(Malformed):
                read(content, vector["given"])
        case name:
            with pytest.raises(RefusedByName, match=name):
                read(content, vector["given"])


@pytest.mark.parametrize("page", pages())
def test_the_examples_are_those_that_the_generator_makes(page: str) -> None:
    assert (FOLDER / f"{page}.json").read_text() == written(pages()[page]())
