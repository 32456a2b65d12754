"""Reads every example of the protocol, from docs/spec alone: it imports nothing of the project."""

import hashlib
import re
from base64 import b32encode
from contextlib import suppress
from io import BytesIO
from itertools import accumulate, pairwise
from typing import Any

import cbor2
import zstandard
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

MIB, MARK, ZSTD = 1 << 20, bytes.fromhex("8a4b524e"), bytes.fromhex("28b52ffd")
COUNT, KEY, SHORT, HALF, SIGNATURE = range(1, 2**63), *map(bytes, (32, 8, 16, 64))
CNF, ROLE, TOWNS, CLASSES, AUDIENCES, COUNTER, LIVES = 8, *range(-65537, -65543, -1)
# What a role may write, class by class, and its rank there.
ROLES = {"office": "22222", "node": "1-11-", "feed": "-2-1-", "hub": "-----", "enrolment": "-----"}
OUTSIDE = ("serial", "issued", "sent", "cancels", "digest")

# A shape is a type, a range of numbers, so many bytes, a value, or one of: {either, or}, (a, row),
# [all alike, rising by this], {a map: that holds these}, "A name" of one. `...` is an absent key.
RULES: dict[Any, Any] = {
    type: lambda v, shape: type(v) is shape,
    range: lambda v, shape: type(v) is int and v in shape,
    bytes: lambda v, shape: type(v) is bytes and len(v) == len(shape),
    set: lambda v, shape: any(fits(v, option) for option in shape),
    tuple: lambda v, shape: fits(v, list) and len(v) == len(shape) and all(map(fits, v, shape)),
    list: lambda v, shape: fits(v, list) and all(fits(i, shape[0]) for i in v) and rising(v, shape),
    dict: lambda v, shape: fits(v, dict) and all(fits(v.get(k, ...), shape[k]) for k in shape),
    str: lambda v, shape: fits(v, SHAPES[shape]) if shape in SHAPES else v == shape,
    type(lambda: 0): lambda v, shape: shape(v),
}
SHAPES: dict[str, Any] = {
    "Any": lambda v: True,
    "Numbered": lambda v: fits(v, dict) and all(fits(key, int) for key in v),
    "Named": lambda v: fits(v, dict) and all(fits(key, str) for key in v),
    "Text 32": lambda v: fits(v, str) and len(v) <= 32,
    "Text 100": lambda v: fits(v, str) and len(v) <= 100,
    "Digits": lambda v: fits(v, str) and re.fullmatch("[0-9]{6}", v),
    "Town": lambda v: fits(v, "Digits") and v[5] == f"{11 - weighted(v) % 11}"[-1],
    "Towns": ["Town", str],
    "Life": (range(1, 2**32), SHORT),
    "Lane": ("Town", KEY, range(1, 2**32), SHORT, range(1, 6), range(1, 3)),
    "Kind": lambda v: fits(v, str) and len(v.encode()) <= 64,
    "Parents": lambda v: fits(v, [{COUNT, (KEY, COUNT, SHORT)}, cbor2.dumps]) and 0 < len(v) <= 16,
    "Account": lambda v: fits(v, bytes) and len(v) <= 64,
    "Time": (int, range(4)),
    "Header": {1: "Kind", 2: {..., COUNT, (KEY, COUNT, SHORT)}, 3: {..., "Parents"}, 4: COUNT}
    | {5: {..., "Account"}, 6: "Time", 7: KEY, 8: range(65537)},
    "Payload": {1: HALF, 2: "Named"},
    "Outside": {"serial": int, "issued": str, "sent": str, "cancels": bool, "digest": bytes},
    "Bundle": (1, "Lane", COUNT, KEY, [(bytes, {None, bytes})], SIGNATURE),
    "Wrapped": (1, range(2), bytes),
    "Signed": (bytes, lambda v: v == {}, bytes, SIGNATURE),
    "Claims": {2: "Text 100", CNF: {1: {1: 1, -1: 6, -2: KEY}}, ROLE: {*ROLES}, TOWNS: "Towns"}
    | {CLASSES: [range(1, 6), int], AUDIENCES: [range(1, 3), int], COUNTER: COUNT, LIVES: COUNT},
    "Able": lambda v: v[TOWNS] and all(ROLES[v[ROLE]][c - 1] != "-" for c in v[CLASSES]),
    "State": lambda v: fits(v, (KEY, COUNT, KEY, [(COUNT, COUNT)])) and apart(v[3], v[1]),
    "States": lambda v: fits(v, ["State", lambda state: state[0]]) and len(v) <= 20000,
    "Summary": ([KEY, bytes], "States"),
    "Frontier": [("Town", [KEY, bytes], [(range(1, 6), range(1, 3), "States")])],
    "Fork proof": ("kairan fork", 1, "Lane", COUNT, KEY, SIGNATURE, KEY, [KEY], COUNT, SIGNATURE),
    "Message": {1: 1, 2: SHORT, 3: range(1, 2**62 + 1), 6: {..., "Summary"}, 7: {..., bytes}}
    | {9: "Text 32"},
    "Accepted": {4: KEY, 5: (range(2**63),) * 3, 10: {..., True}, 11: HALF},
    "Declined": dict.fromkeys((4, 5, 6, 7, 10), ...) | {11: HALF, 12: "Refusal"},
    "Refusal": {"unknown", "counter", "recipient", "town"},
    "Register": ("kairan register", 1, "Town", "Life", "Text 32", COUNT, "Any"),
    "Label": {1: 1, 2: SHORT, 3: "Towns", 4: "Time", 5: {None, "Summary"}},
}
CONTENTS: dict[str, Any] = {  # of what is signed, by its type
    "kairan-certificate": lambda v: fits(v, "Claims") and fits(v, "Able"),
    "kairan-revocation": {1: KEY, 2: COUNT, 3: [("Lane", range(2**63), KEY)]},
    "kairan-successor": {1: KEY, 2: KEY, 3: COUNT},
    "kairan-offer": lambda v: fits(v, "Message") and fits(v, {4: KEY, 5: {..., "Towns"}}),
    "kairan-answer": lambda v: (
        fits(v, "Message") and fits(v, "Declined" if 12 in v else "Accepted")
    ),
    "kairan-register": lambda v: fits(v, "Register") and len(pack(v[6])) <= 250,
}


class Refused(Exception):
    """A rule of the spec is broken: the message is its name."""


def need(holds: Any, why: str = "malformed") -> None:
    if not holds:
        raise Refused(why)


def hashed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


# ---------------------------------------------------------------- CBOR


def fits(value: Any, shape: Any) -> Any:
    rule = RULES.get(type(shape), lambda v, same: type(v) is type(same) and v == same)
    return rule(value, shape)


def rising(values: Any, shape: list[Any]) -> bool:
    return all(by(a) < by(b) for by in shape[1:] for a, b in pairwise(values))


def weighted(town: str) -> int:
    return sum(int(town[i]) * (6 - i) for i in range(5))


def apart(holes: Any, last: int) -> bool:
    return all(a <= b < c - 1 for (a, b), (c, _) in pairwise([*holes, (last + 2, 0)]))


def tidy(value: Any, around: int = 0) -> Any:
    """The value with its maps in order; refused if it is too deep, or of a type that isn't used."""
    need(around <= 16)
    need(fits(value, {None, bool, str, bytes, list, dict, range(-(2**63), 2**63)}))
    if type(value) is dict:
        need(all(type(key) in (int, str) for key in value))
        order = sorted(value, key=cbor2.dumps)
        return {tidy(key): tidy(value[key], around + 1) for key in order}
    return [tidy(item, around + 1) for item in value] if type(value) is list else value


def pack(value: Any) -> bytes:
    return cbor2.dumps(tidy(value))


def read(data: bytes, shape: Any = "Any", most: int = 8 * MIB, why: str = "malformed") -> Any:
    """One item in its one encoding. No road bears more than 8 MiB (page 8)."""
    need(len(data) <= most, "too large")
    with suppress(cbor2.CBORDecodeError, Refused):
        value = cbor2.loads(data)
        if pack(value) == data and fits(value, shape):
            return value
    raise Refused(why)


def show(value: Any) -> Any:
    """A value of CBOR as the examples write it."""
    if type(value) is dict:
        return {"map": [[key, show(item)] for key, item in tidy(value).items()]}
    if type(value) is list:
        return [show(item) for item in value]
    return {"bytes": value} if type(value) is bytes else value


# ---------------------------------------------------------------- signatures, and who may write


def verify(key: bytes, parts: list[Any], why: str = "signature") -> None:
    message = Sign1Message.from_cose_obj([*parts], True)
    message.key = OKPKey(crv="ED25519", x=key)
    need(message.verify_signature(), why)


def vouched(lane: Any, n: int, head: bytes, signature: bytes, why: str = "signature") -> Any:
    protected, payload = pack({1: -8}), pack(["kairan head", 1, lane, n, head])
    verify(lane[1], [protected, {}, payload, signature], why)
    signed = pack(["Signature1", protected, b"", payload])
    return {"payload": payload, "sig_structure": signed}


def signed(data: bytes, kind: Any, key: bytes = b"", most: int = 8 * MIB) -> tuple[bytes, str, Any]:
    """Signer, type and content of what this key signed; without one, of what names its signer's."""
    parts = read(data, "Signed", most)
    label = read(parts[0], {1: -8, 4: SHORT if key else KEY, 16: kind})
    content = read(parts[2], CONTENTS.get(label[16], "Any"))
    need(len(label) == 3)
    need(not key or label[4] == hashed(key)[:8], "signature")
    verify(key or label[4], parts)
    return label[4], label[16], content


def certified(given: Any, statements: list[str]) -> list[Any]:
    """The claims that an authority of each of their towns signed."""
    held = [signed(bytes.fromhex(data), str) for data in statements]
    named = [(claims, key.hex()) for key, kind, claims in held if kind == "kairan-certificate"]
    keys = given["authorities"]
    return [c for c, signer in named if all(signer in keys.get(town, []) for town in c[TOWNS])]


def may(lane: Any, given: Any, held: list[Any]) -> bool:
    """False where it waits: no certificate of the author is held."""
    need(lane[0] in given["authorities"], "foreign")
    left = [claims for claims in held if claims[CNF][1][-2] == lane[1]]
    if not left:
        return False
    for why, claim, at in ("town", TOWNS, 0), ("class", CLASSES, 4), ("audience", AUDIENCES, 5):
        left = [claims for claims in left if lane[at] in claims[claim]]
        need(left, why)
    need(any(lane[2] <= claims[LIVES] for claims in left), "incarnation")
    return True


def rank(lane: Any, held: list[Any]) -> int:
    here = [c for c in held if c[CNF][1][-2] == lane[1] and lane[0] in c[TOWNS]]
    ranks = [ROLES[claims[ROLE]][lane[4] - 1] for claims in here if lane[4] in claims[CLASSES]]
    return int(max(ranks, default="0"))


def permission(lane: Any, given: Any) -> Any:
    held = certified(given, given["statements"])
    return {"rank": rank(lane, held)} if may(lane, given, held) else {"waiting": True}


def statement(data: bytes, _: Any) -> Any:
    signer, kind, content = signed(data, str, most=4096)
    return {"signer": signer, "type": kind, "payload": show(content), "hash": hashed(data)}


def message(data: bytes, kind: str, given: Any) -> tuple[bytes, Any]:
    sender, _, body = signed(data, kind, bytes.fromhex(given["sender"]))
    if 7 in body:
        unwrap(body[7])
    return sender, body


def offer(data: bytes, given: Any) -> Any:
    sender, body = message(data, "kairan-offer", given)
    return {"value": show(body), "sender": sender, "named_in_answer": hashed(data)[:16]}


def answer(data: bytes, given: Any) -> Any:
    _, body = message(data, "kairan-answer", given)
    asked, us = bytes.fromhex(given["offer"]), bytes.fromhex(given["offerer"])
    need(body[2] == hashed(us)[:8] and body[11] == hashed(asked)[:16], "signature")
    need(body.get(12) == "counter" or body[3] == read(read(asked)[2])[3], "signature")
    return {"value": show(body)} | (
        {"declined": body[12], "counter": body[3]} if 12 in body else {}
    )


def register(data: bytes, _: Any = None) -> Any:
    author, _, content = signed(data, "kairan-register")
    return {"author": author, "payload": show(content), "hash": hashed(data)}


def age(data: bytes) -> Any:
    _, _, content = signed(data, "kairan-register")
    return content[3][0], content[5], data


# ---------------------------------------------------------------- entries and lanes


def lane_id(lane: Any) -> bytes:
    return hashed(b"kairan/1 lane", pack(lane))


def fold(head: bytes, headers: list[bytes]) -> list[bytes]:
    return [*accumulate(map(hashed, headers), hashed, initial=head)]


def header(data: bytes, lane: bytes) -> Any:
    """A header, and what it refers to: its record (or None) and its parents."""
    value = read(data, "Header", 2048)
    names = [value.get(2), *value.get(3, [])]
    need(fits(value, "Numbered") and all(not fits(n, list) or n[0] != lane for n in names))
    return value, *((lane, name) if fits(name, int) else name and (*name,) for name in names)


def payload(data: bytes) -> Any:
    value = read(data, "Payload", 65536, "kept, without meaning")
    need(fits(value, "Numbered"), "kept, without meaning")
    return value


def bundle(data: bytes, signature_too: bool = True) -> tuple[Any, dict[str, Any]]:
    _, lane, first, before, sent, signature = read(data, "Bundle", MIB)
    need(sent)
    need(len(sent) <= 2000, "too large")
    entries = []
    for head, held in sent:
        if held is not None:
            need(len(held) <= 65536, "too large")
            head = pack(read(head, {7: ..., 8: ...}) | {7: hashed(held), 8: len(held)})
        header(head, lane_id(lane))
        entries.append({"header": head, "payload": held})
    last, heads = first + len(sent) - 1, fold(before, [entry["header"] for entry in entries])[1:]
    if signature_too:
        vouched(lane, last, heads[-1], signature)
    told = {"lane_id": lane_id(lane), "first": first, "last": last, "before": before}
    return lane, told | {"entries": entries, "heads": heads, "signature": signature}


def fork_proof(value: Any, _: Any) -> Any:
    _, _, lane, n, head_a, signature_a, head_b, hashes, m, signature_b = value
    *_, head_m = accumulate(hashes, hashed, initial=head_b)
    need(m - n == len(hashes) and head_a != head_b, "proves nothing")
    vouched(lane, n, head_a, signature_a, "proves nothing")
    vouched(lane, m, head_m, signature_b, "proves nothing")
    return {"lane_id": lane_id(lane), "n": n, "m": m, "head_m": head_m}


def order(value: Any, given: Any) -> Any:
    head, said = header(value[0], bytes.fromhex(given["lane_id"]))[0], payload(value[1])
    need(head[7] == hashed(value[1]) and head[8] == len(value[1]))
    return {"header": show(head), "payload": show(said)}


def read_header(data: bytes, given: Any) -> Any:
    value, first, *parents = header(data, bytes.fromhex(given["lane_id"]))
    told = {"value": show(value), "record": first, "parents": parents}
    return told | {"understood": min(value) >= 0, "hash": hashed(data)}


def read_payload(data: bytes, _: Any) -> Any:
    value = payload(data)
    return {"value": show(value), "understood": min(value) >= 0, "digest": hashed(data)}


# ---------------------------------------------------------------- what carries them


def unwrap(data: bytes) -> bytes:
    _, method, body = read(data, "Wrapped")
    if method == 0:
        return bytes(body)
    need(body.startswith(ZSTD))
    parcel, most = bytearray(), 8 * MIB
    unpacker = zstandard.ZstdDecompressor(max_window_size=most).decompressobj()
    with suppress(zstandard.ZstdError):
        need(zstandard.get_frame_parameters(body).window_size <= most)
        for at in range(0, len(body), 64):  # of which no more than 32 MiB can come
            parcel += unpacker.decompress(body[at : at + 64])
            need(len(parcel) <= most, "too large")
        need(unpacker.eof and not unpacker.unused_data)
        return bytes(parcel)
    raise Refused("malformed")


def parcel(data: bytes, _: Any) -> Any:
    told: dict[str, Any] = {"statements": [], "bundles": [], "unreadable": 0}
    stream = BytesIO(data)
    while (at := stream.tell()) < len(data):
        try:
            cbor2.CBORDecoder(stream).decode()
            value = read(item := data[at : stream.tell()])
        except (cbor2.CBORDecodeError, Refused):
            return told | {"unreadable": told["unreadable"] + 1}
        if fits(value, bytes) and len(value) <= 4096:
            told["statements"].append(value)
            continue
        try:
            bundle(item, signature_too=False)
            told["bundles"].append(item)
        except Refused:
            told["unreadable"] += 1
    return told


def carrier(data: bytes, _: Any) -> Any:
    parcels, framed, whole, at = [], False, False, data.find(MARK)
    while at >= 0:
        end = at + 9 + int.from_bytes(data[at + 5 : at + 9])
        kind, body = data[at + 4 : at + 5], data[at + 9 : end]
        try:
            need(end <= len(data) and len(body) <= 8 * MIB)
            framed = True
            if kind == b"\1":
                read(body, "Label")
            elif kind == b"\2":
                parcels.append(unwrap(body))
            else:
                need(kind == b"\3" and len(body) == 32)
            whole = kind == b"\3" and body == hashed(data[:at]) and end == len(data)
            at = data.find(MARK, end)
        except Refused:
            at = data.find(MARK, at + 1)
    return {"parcels": parcels, "whole": whole, "kairan": framed}


def frontier(value: Any, _: Any) -> Any:
    towns = []
    for town, statements, parts in value:
        digests = [[c, a, hashed(b"kairan/1 frontier", pack(lanes))] for c, a, lanes in parts]
        towns.append([town, hashed(b"kairan/1 statements", *statements), digests])
    return {"towns": towns, "digest": hashed(b"kairan/1 held", pack(towns))}


# ---------------------------------------------------------------- what a machine makes of them


def ingest(data: bytes, given: Any) -> Any:
    before = [bytes.fromhex(item) for item in given["before"]]
    bundles = [item for item in before if fits(read(item), "Bundle")]
    held = certified(given, [item.hex() for item in before if item not in bundles])
    lanes: dict[bytes, Any] = {}
    return [take(item, given, held, lanes) for item in (*bundles, data)][-1]


def take(data: bytes, given: Any, held: list[Any], lanes: dict[bytes, Any]) -> Any:
    """What comes of a bundle. `lanes` keeps each lane, its heads from 0 on, and its holes."""
    lane, told = bundle(data, signature_too=False)
    if not may(lane, given, held):
        return {"outcome": "waiting"}
    bundle(data)
    first, theirs = told["first"], [told["before"], *told["heads"]]
    _, ours, holes = lanes.get(told["lane_id"], (lane, [told["lane_id"]], set()))
    if first > len(ours):
        return {"outcome": "waiting"}
    if theirs[0] != ours[first - 1]:
        need(first > 1, "contradicts")
        return {"outcome": "waiting"}
    same = [a == b for a, b in zip(ours[first - 1 :], theirs, strict=False)]
    parted = first - 1 + (same.index(False) if False in same else len(same))
    lives = {tuple(known[1:4]) for known, *_ in lanes.values() if known[1] == lane[1]}
    need(len(lives | {tuple(lane[1:4])}) <= 8, "incarnation")
    bare = {n for n, entry in enumerate(told["entries"], first) if entry["payload"] is None}
    filled = holes & {*range(first, parted)} - bare
    new, more = theirs[parted - first + 1 :], {n for n in bare if n >= len(ours)}
    lanes[told["lane_id"]] = lane, ours + new, (holes - filled) | more
    return {"outcome": "kept", "entries": len(new), "payloads": len(filled)}


def effective(entry: Any, effect: Any, held: list[Any]) -> Any:
    """Whether it changes its record, by page 1. What has effect before it is in `effect`."""
    lane, references = entry["lane"], entry["references"]
    if not references:
        return entry["act"] == "write" and entry["counter"] == 1
    named: Any = [effect.get(reference and reference[:2]) for reference in references]
    if entry["act"] != "write" or len(named) < 2 or None in named:
        return False
    checks = zip(named, references, strict=True)
    offices = [c for c in held if c[ROLE] == "office" and lane[0] in c[TOWNS]]
    return (
        not named[0]["references"]
        and all(e["head"].startswith(check) for e, reference in checks for check in reference[2:])
        and entry["counter"] == 1 + max(parent["counter"] for parent in named[1:])
        and all(entry[same] == named[0][same] for same in ("board", "town", "class"))
        and lane[1] in (named[0]["lane"][1], *(claims[CNF][1][-2] for claims in offices))
    )


def record(entries: Any, given: Any) -> Any:
    effect: dict[Any, Any] = {}
    held = certified(given, given["statements"])
    known = [known_entry(*entry) for entry in entries]
    for entry in sorted(known, key=lambda entry: entry["counter"]):
        if effective(entry, effect, held):
            parents = {reference[:2] for reference in entry["references"][1:]}
            above = parents.union(*(effect[name]["above"] for name in parents))
            weight = rank(entry["lane"], held), entry["counter"], entry["name"]
            effect[entry["name"]] = entry | {"above": above, "weight": weight}
    return {"record": value_of([*effect.values()], given["groups"]) if effect else None}


def known_entry(lane: Any, number: int, head: bytes, line: bytes, body: bytes | None) -> Any:
    value, *references = header(line, lane_id(lane))
    board, _, act = value[1].partition("/")
    said: Any = {2: {}}
    with suppress(Refused):
        said = payload(body or b"")
    return (
        {"name": (lane_id(lane), number), "lane": lane, "town": lane[0], "class": lane[4]}
        | {"head": head, "board": board, "act": act, "counter": value[4]}
        | {"references": [] if references == [None] else references, "fields": said[2]}
        | {"hole": body is None, "understood": min(*value, *said) >= 0}
    )


def value_of(effect: list[Any], groups: Any) -> Any:
    """What the entries with effect add up to, group by group."""
    declared: Any = groups.get(effect[0]["board"], {})
    fields: dict[str, Any] = {}

    def group(field: str) -> tuple[bool, str]:
        return field in declared, declared.get(field, field)

    for each in {group(field) for entry in effect for field in entry["fields"]}:
        carry = [entry for entry in effect if each in map(group, entry["fields"])]
        below = set[Any]().union(*(entry["above"] for entry in carry))
        left = [entry for entry in carry if entry["name"] not in below]
        won = max(left, key=lambda entry: entry["weight"])["fields"]
        fields |= {f: v for f, v in won.items() if group(f) == each and v is not None}
    below = set[Any]().union(*(entry["above"] for entry in effect))
    marks = {field for entry in effect for field in entry["fields"] if field.startswith("!")}
    return {
        "fields": show(fields),
        "versions": sorted(entry["name"] for entry in effect if entry["name"] not in below),
        "counter": max(entry["counter"] for entry in effect),
        "complete": not any(entry["hole"] for entry in effect),
        "understood": marks <= set(declared) and all(entry["understood"] for entry in effect),
    }


def largest(values: Any, by: Any) -> int:
    return max(range(len(values)), key=lambda index: by(values[index]))


def address(value: Any, _: Any) -> Any:
    lane, number = value
    return {"address": f"{b32encode(lane[:10]).decode().lower()}-{number}"}


def branch(value: Any, _: Any) -> Any:
    lane, number, head = value
    return {"id": hashed(b"kairan/1 branch", lane, pack(number), head)}


def registers(value: Any, _: Any) -> Any:
    return {"digest": hashed(b"kairan/1 registers", *sorted(register(r)["hash"] for r in value))}


# What the bytes are, where that is one item of CBOR, and what follows from it.
READERS: dict[str, tuple[Any, Any]] = {
    "cbor": ("Any", lambda v, _: {"value": show(v)}),
    "lane": ("Lane", lambda v, _: {"value": show(v), "id": lane_id(v)}),
    "address": ((KEY, COUNT), address),
    "header": (None, read_header),
    "payload": (None, read_payload),
    "outside": (["Outside"], lambda v, _: {"shown": largest(v, lambda o: [*map(o.get, OUTSIDE)])}),
    "record": ([("Lane", COUNT, KEY, bytes, {None, bytes})], record),
    "chain": ((KEY, [bytes]), lambda v, _: {"heads": fold(*v)[1:]}),
    "head signature": (("Lane", COUNT, KEY, SIGNATURE), lambda v, _: vouched(*v)),
    "bundle": (None, lambda v, _: bundle(v)[1]),
    "parcel": (None, parcel),
    "wrapped": (None, lambda v, _: {"parcel": unwrap(v)}),
    "statement": (None, statement),
    "permission": ("Lane", permission),
    "frontier": ("Frontier", frontier),
    "ingest": (None, ingest),
    "fork proof": ("Fork proof", fork_proof),
    "branch": ((KEY, COUNT, KEY), branch),
    "order": ((bytes, bytes), order),
    "summary": ("Summary", lambda v, _: {"value": show(v)}),
    "offer": (None, offer),
    "answer": (None, answer),
    "carrier": (None, carrier),
    "register": (None, register),
    "newest register": ([bytes], lambda v, _: {"newest": largest(v, age)}),
    "registers digest": ([bytes], registers),
}


def decode(example: Any) -> Any:
    """What follows from an example, its hashes, keys and ids as bytes; or `Refused`."""
    digits = re.sub(r"\((\w+)\*(\d+)\)", lambda found: found[1] * int(found[2]), example["hex"])
    data, (shape, reader) = bytes.fromhex(digits), READERS[example["kind"]]
    return reader(read(data, shape) if shape else data, example["given"])
