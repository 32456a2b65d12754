"""Reads every example beside it, by docs/spec alone: it imports nothing of the project."""

from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any

import zstandard
from cbor2 import CBORError, dumps, loads
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

MIB, COUNT, KEY, SHORT, HALF, SIGNATURE = 1 << 20, range(1, 1 << 63), *map(bytes, (32, 8, 16, 64))
SIZES = {"header": 2048, "payload": 65536, "bundle": MIB, "statement": 4096, "fork proof": 4096}
ANSWER = {False: ("message", "told", "taken"), True: ("message", "declined")}
MAY = {"office": range(1, 6), "node": (1, 3, 4), "feed": (2, 4), "hub": (), "enrolment": ()}
REFERENCE, LIFE, REST = {COUNT, (KEY, COUNT, SHORT)}, range(1, 1 << 32), {int: ..., str: ...}
# A shape is a type, a range of integers, so many bytes, a value, a shape's name, a test, one of
# {some}, [all alike, rising by], an (array) or {map} of these. Of a map's keys {..., x} may be
# absent, `...` must be, and a type stands for the others.
SHAPES: dict[str, Any] = {
    "cbor": {None, bool, bytes, str, range(-1 << 63, 1 << 63), "array", "map"},
    "array": ["cbor"],
    "map": lambda v: fits(v, REST) and fits([*v], ["cbor", dumps]) and fits([*v.values()], "array"),
    "LG code": lambda v: fits(v, str) and v.encode().isdigit() and len(v) == 6 and is_town(v),
    "LG codes": ["LG code", str],
    "lane": ("LG code", KEY, LIFE, SHORT, range(1, 6), range(1, 3)),
    "32 characters": lambda v: fits(v, str) and len(v) <= 32,
    "100 characters": lambda v: fits(v, str) and len(v) <= 100,
    "kind": lambda v: fits(v, str) and len(v.encode()) <= 64,
    "account": lambda v: fits(v, bytes) and len(v) <= 64,
    "parents": lambda v: fits(v, [REFERENCE, dumps]) and 1 <= len(v) <= 16,
    "header": {1: "kind", 2: {..., *REFERENCE}, 3: {..., "parents"}, 4: COUNT, 5: {..., "account"}}
    | {6: (int, range(4)), 7: KEY, 8: range(65537), int: ...},
    "sent": {7: ..., 8: ..., int: ...},
    "payload": {1: HALF, 2: {str: ...}, int: ...},
    "chain": (KEY, [bytes]),
    "head signature": ("lane", COUNT, KEY, SIGNATURE),
    "entries": lambda v: fits(v, [(bytes, {None, bytes})]) and 1 <= len(v) <= 2000,
    "bundle": (1, "lane", COUNT, KEY, "entries", SIGNATURE),
    "wrapped": (1, range(2), bytes),
    "sealed": (bytes, {}, bytes, SIGNATURE),
    "claims": {2: "100 characters", 8: REST | {1: REST | {1: 1, -1: 6, -2: KEY}}, -65537: {*MAY}}
    | {-65538: "LG codes", -65539: list, -65540: [range(1, 3), int], -65541: COUNT, -65542: COUNT}
    | REST,
    "allowed": lambda v: v[-65538] and fits(v[-65539], [{*MAY[v[-65537]]}, int]),
    "kairan-certificate": lambda v: fits(v, "claims") and fits(v, "allowed"),
    "cuts": {1: KEY, 2: COUNT, 3: [("lane", COUNT, KEY), dumps]},
    "kairan-revocation": lambda v: fits(v, "cuts") and all(cut[0][1] == v[1] for cut in v[3]),
    "kairan-successor": {1: KEY, 2: KEY, 3: COUNT},
    "fork proof": ("kairan fork", 1, "lane", COUNT, KEY, SIGNATURE, KEY, [KEY], COUNT, SIGNATURE),
    "name": lambda v: fits(v, "32 characters") and v,
    "value": lambda v: len(dumps(v)) <= 250,
    "kairan-register": ("kairan register", 1, "LG code", (LIFE, SHORT), "name", COUNT, "value"),
    "apart": lambda v: all(a <= b < c - 1 for (a, b), (c, _) in pairwise([*v[3], (v[1] + 2, 0)])),
    "held": lambda v: fits(v, (KEY, COUNT, KEY, [(COUNT, COUNT)])) and fits(v, "apart"),
    "lanes": lambda v: fits(v, ["held", lambda held: held[0]]) and len(v) <= 20_000,
    "summary": ([KEY, bytes], "lanes"),
    "message": {1: 1, 2: SHORT, 3: range(1 + (1 << 62)), 9: "32 characters"} | REST,
    "told": {4: KEY, 6: {..., "summary"}, 7: {..., bytes}, 8: {..., KEY}} | REST,
    "asked": {3: COUNT, 5: {..., "LG codes"}} | REST,
    "taken": {5: (range(1 << 63),) * 3, 10: {..., True}, 11: HALF} | REST,
    "declined": dict.fromkeys((4, 5, 6, 7, 8, 10), ...) | {11: HALF, 12: "refusal"} | REST,
    "refusal": {"unknown", "counter", "recipient", "town"},
    "kairan-offer": lambda v: all(fits(v, part) for part in ("message", "told", "asked")),
    "kairan-answer": lambda v: all(fits(v, part) for part in ANSWER[fits(v, dict) and 12 in v]),
}
MALFORMED = (ValueError, TypeError, CBORError, zstandard.ZstdError)


class Unverified(Exception):
    """Not signed by whom it says."""


def need(holds: Any, wrong: type[Exception] = ValueError) -> None:
    if not holds:
        raise wrong


def is_town(code: str) -> bool:
    return int(code[5]) == (11 - sum(int(code[at]) * (6 - at) for at in range(5)) % 11) % 10


def fits(value: Any, shape: Any) -> Any:
    match shape:
        case type():
            return type(value) is shape
        case range():
            return type(value) is int and value in shape
        case bytes():
            return type(value) is bytes and len(value) == len(shape)
        case str() if shape in SHAPES:
            return fits(value, SHAPES[shape])
        case set():
            return any(fits(value, one) for one in shape)
        case tuple():
            return fits(value, list) and len(value) == len(shape) and all(map(fits, value, shape))
        case [each, *by]:
            alike = fits(value, list) and all(fits(item, each) for item in value)
            return alike and all(key(a) < key(b) for key in by for a, b in pairwise(value))
        case dict():
            known = fits(value, dict) and all(key in shape or type(key) in shape for key in value)
            return known and all(fits(value.get(key, ...), shape[key]) for key in shape)
    return shape(value) if callable(shape) else type(value) is type(shape) and value == shape


def read(data: bytes, shape: Any, most: int = 8 * MIB) -> Any:
    need(len(data) <= most)
    value = loads(data, max_depth=16, allow_indefinite=False, allow_duplicate_keys=False)
    need(dumps(value) == data and fits(value, "cbor") and fits(value, shape))
    return value


def hashed(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def fold(head: bytes, hashes: Any) -> list[bytes]:
    return [*accumulate(hashes, hashed, initial=head)]


def vouched(lane: Any, n: int, head: bytes, signature: bytes) -> bytes:
    protected, payload = dumps({1: -8}), dumps(["kairan head", 1, lane, n, head])
    verify(lane[1], protected, {}, payload, signature)
    return dumps(["Signature1", protected, b"", payload])


def verify(key: bytes, *parts: Any) -> None:
    message = Sign1Message.from_cose_obj([*parts], True)
    message.key = OKPKey(crv="ED25519", x=key)
    need(message.verify_signature(), Unverified)


def signed(parts: Any, key: bytes, kind: str) -> list[Any]:
    label = read(parts[0], {1: -8, 4: SHORT if key else KEY, 16: str})
    known = label[16].startswith("kairan-") and label[16] in SHAPES
    value = read(parts[2], label[16]) if known else parts[2]
    need(not key or label[16] == f"kairan-{kind}")
    need(not key or label[4] == hashed(key)[:8], Unverified)
    verify(key or label[4], *parts)
    return [label[4], label[16], value]


def header(data: bytes, lane: bytes) -> None:
    value = read(data, "header", SIZES["header"])
    need(all(type(r) is int or r[0] != lane for r in [value.get(2, 1), *value.get(3, [])]))


def bundle(value: Any) -> Any:
    _, lane, first, before, sent, _ = value
    headers, lane_id = [], hashed(b"kairan/1 lane", dumps(lane))
    for bare, payload in sent:
        if payload is not None:
            whole = read(bare, "sent") | {7: hashed(payload), 8: len(payload)}
            bare = dumps({key: whole[key] for key in sorted(whole, key=dumps)})
        header(bare, lane_id)
        headers.append(bare)
    heads = fold(before, map(hashed, headers))[1:]
    return {"lane_id": lane_id, "last": first + len(sent) - 1, "headers": headers, "heads": heads}


def unwrap(_: int, method: int, body: bytes) -> bytes:
    if method == 0:
        return body
    unpacker = zstandard.ZstdDecompressor(max_window_size=8 * MIB)
    need(len(unpacker.stream_reader(body).read(8 * MIB + 1)) <= 8 * MIB)
    frame = unpacker.decompressobj()
    unpacked = frame.decompress(body)
    need(body.startswith(zstandard.FRAME_HEADER) and frame.eof and not frame.unused_data)
    return unpacked


def decode(kind: str, data: bytes, given: Any) -> Any:
    """What follows from the bytes. Raises Unverified, or one of MALFORMED."""
    value = read(data, kind if kind in SHAPES else "sealed", SIZES.get(kind, 8 * MIB))
    match kind:
        case "header":
            header(data, given["lane_id"])
        case "chain":
            return {"heads": fold(value[0], map(hashed, value[1]))[1:]}
        case "head signature":
            return {"sig_structure": vouched(*value)}
        case "bundle":
            told = bundle(value)
            vouched(value[1], told["last"], told["heads"][-1], value[5])
            return told
        case "wrapped":
            return {"parcel": unwrap(*value)}
        case "fork proof":
            _, _, lane, n, head, signature, other, hashes, m, later = value
            need(m - n == len(hashes) and head != other)
            vouched(lane, n, head, signature)
            vouched(lane, m, fold(other, hashes)[-1], later)
        case "statement":
            value = signed(value, b"", kind)
        case "offer" | "answer":
            value = signed(value, given["sender"], kind)
            if 7 in value[2]:
                unwrap(*read(value[2][7], "wrapped"))
    return {"value": value, "hash": hashed(b"kairan/1 lane" if kind == "lane" else b"", data)}
