"""Reads every example beside it, by docs/spec alone: it imports nothing of the project."""

from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any

from cbor2 import CBORError, dumps, loads
from pycose.exceptions import CoseException
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message
from zstandard import FRAME_HEADER, ZstdDecompressor, ZstdError, get_frame_parameters

MIB, COUNT, KEY, SHORT, HALF, SIGNATURE = 1 << 20, range(1, 1 << 63), *map(bytes, (32, 8, 16, 64))
SIZES = {"header": 2048, "payload": 65536, "bundle": MIB, "statement": 4096, "fork proof": 4096}
MAY = {"office": range(1, 6), "node": (1, 3, 4), "feed": (2, 4), "hub": (), "enrolment": ()}
REFERENCE, LIFE, REST = {COUNT, (KEY, COUNT, SHORT)}, range(1, 1 << 32), {int: ..., str: ...}
MALFORMED, MANY = (AssertionError, ValueError, TypeError, CBORError, ZstdError), 1 + (1 << 62)
NO, SAYS = {"unknown", "counter", "recipient", "town"}, {1: 1, 2: SHORT, 9: "software"} | REST
TOLD = SAYS | {4: KEY, 6: {..., "summary"}, 7: {..., "parcel"}, 8: {..., KEY}}
# A shape is a type, a range of integers, so many bytes, a value, a shape's name, a test, one of
# {some}, slice(least, most, of so many), [all alike, rising by], an (array) or {map} of these. Of a
# map's keys {..., x} may be absent, `...` must be, and a type stands for the others.
SHAPES: dict[str, Any] = {
    "cbor": {None, bool, bytes, str, range(-1 << 63, 1 << 63), "array", "map"},
    "array": ["cbor"],
    "map": lambda v: fits(v, REST) and fits([*v], ["cbor", dumps]) and fits([*v.values()], "array"),
    "LG code": lambda v: (
        fits(v, str) and len(v.encode()) == 6 and v.isdigit() and fits(v, "digits")
    ),
    "digits": lambda v: int(v[5]) == (11 - sum(int(v[i]) * (6 - i) for i in range(5)) % 11) % 10,
    "LG codes": ["LG code", str],
    "lane": ("LG code", KEY, LIFE, SHORT, range(1, 6), range(1, 3)),
    "kind": lambda v: fits(v, str) and len(v.encode()) <= 64,
    "account": slice(0, 64, bytes),
    "parents": slice(1, 16, [REFERENCE, dumps]),
    "header": {1: "kind", 2: {..., *REFERENCE}, 3: {..., "parents"}, 4: COUNT, 5: {..., "account"}}
    | {6: (int, range(4)), 7: KEY, 8: range(65537), int: ...},
    "payload": {1: HALF, 2: {str: ...}, int: ...},
    "bundle": (1, "lane", COUNT, KEY, slice(1, 2000, [(bytes, {None, bytes})]), SIGNATURE),
    "wrapped": (1, range(2), bytes),
    "statement": (bytes, {}, bytes, SIGNATURE),
    "claims": {2: slice(0, 100, str), 8: REST | {1: REST | {1: 1, -1: 6, -2: KEY}}, -65537: {*MAY}}
    | {-65538: slice(1, MIB, "LG codes"), -65539: [int, int], -65540: [range(1, 3), int]}
    | {-65541: COUNT, -65542: COUNT, int: ..., str: ...},
    "kairan-certificate": lambda v: fits(v, "claims") and {*v[-65539]} <= {*MAY[v[-65537]]},
    "cuts": {1: KEY, 2: COUNT, 3: [("lane", COUNT, KEY), dumps]},
    "kairan-revocation": lambda v: fits(v, "cuts") and all(cut[0][1] == v[1] for cut in v[3]),
    "kairan-successor": {1: KEY, 2: KEY, 3: COUNT},
    "fork proof": ("kairan fork", 1, "lane", COUNT, KEY, SIGNATURE, KEY, [KEY], COUNT, SIGNATURE),
    "value": lambda v: len(dumps(v)) <= 250,
    "name": slice(1, 32, str),
    "kairan-register": ("kairan register", 1, "LG code", (LIFE, SHORT), "name", COUNT, "value"),
    "software": slice(0, 32, str),
    "apart": lambda v: all(a <= b < c - 1 for (a, b), (c, _) in pairwise([*v[3], (v[1] + 2, 0)])),
    "held": lambda v: fits(v, (KEY, COUNT, KEY, [(COUNT, COUNT)])) and fits(v, "apart"),
    "summary": ([KEY, bytes], slice(0, 20_000, ["held", lambda held: held[0]])),
    "parcel": lambda v: fits(v, bytes) and read(v, "wrapped"),
    "kairan-offer": TOLD | {3: range(1, MANY), 5: {..., "LG codes"}},
    "taken": TOLD | {3: range(MANY), 5: (range(1 << 63),) * 3, 10: {..., True}, 11: HALF, 12: ...},
    "declined": SAYS | {3: range(MANY), 11: HALF, 12: NO} | dict.fromkeys((4, 5, 6, 7, 8, 10), ...),
    "kairan-answer": {"taken", "declined"},
}


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
        case slice():
            return fits(value, shape.step) and shape.start <= len(value) <= shape.stop
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
    assert len(data) <= most
    value = loads(data, max_depth=16, allow_indefinite=False, allow_duplicate_keys=False)
    assert all((dumps(value) == data, fits(value, "cbor"), fits(value, shape)))
    return value


def hashed(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def vouched(lane: Any, n: int, head: bytes, signature: bytes) -> bytes:
    return verify(lane[1], dumps({1: -8}), dumps(["kairan head", 1, lane, n, head]), signature)


def verify(key: bytes, protected: bytes, payload: bytes, signature: bytes) -> bytes:
    message = Sign1Message.from_cose_obj([protected, {}, payload, signature], True)
    message.key = OKPKey(crv="ED25519", x=key)
    if not message.verify_signature():
        raise CoseException
    return dumps(["Signature1", protected, b"", payload])


def decode(kind: str, data: bytes, given: dict[str, bytes]) -> dict[str, Any]:
    """What follows from the bytes. Raises CoseException, or one of MALFORMED."""
    value = read(data, kind if kind in SHAPES else "statement", SIZES.get(kind, 8 * MIB))
    match kind, value:
        case "header", _:
            ours = [value.get(2, 1), *value.get(3, [])]
            assert all(type(one) is int or one[0] != given["lane_id"] for one in ours)
        case "wrapped", [_, 1, body]:
            frame = get_frame_parameters(body)
            assert max(frame.content_size, frame.window_size) <= 8 * MIB
            assert body.startswith(FRAME_HEADER)
            value[2] = ZstdDecompressor().decompress(body, allow_extra_data=False)
        case "bundle", [_, lane, first, before, entries, signature]:
            headers, lane_id = [], hashed(b"kairan/1 lane", dumps(lane))
            for header, payload in entries:
                if payload is not None:
                    whole = read(header, {7: ..., 8: ..., int: ...})
                    whole |= {7: hashed(payload), 8: len(payload)}
                    header = dumps({key: whole[key] for key in sorted(whole, key=dumps)})
                decode("header", header, {"lane_id": lane_id})
                headers.append(header)
            _, *heads = accumulate(map(hashed, headers), hashed, initial=before)
            sig = vouched(lane, first + len(heads) - 1, heads[-1], signature)
            return {"lane_id": lane_id, "headers": headers, "heads": heads, "sig_structure": sig}
        case "fork proof", [_, _, lane, n, head, signature, other, hashes, m, later]:
            assert m - n == len(hashes)
            assert head != other
            vouched(lane, n, head, signature)
            vouched(lane, m, [*accumulate(hashes, hashed, initial=other)][-1], later)
        case "statement" | "offer" | "answer", [protected, _, payload, signature]:
            key = given.get("sender", b"")
            label = read(protected, {1: -8, 4: SHORT if key else KEY, 16: str})
            known = label[16].startswith("kairan-") and label[16] in SHAPES
            value = [label[4], label[16], read(payload, label[16]) if known else payload]
            verify(key or label[4], protected, payload, signature)
            assert not key or protected == dumps({1: -8, 4: hashed(key)[:8], 16: f"kairan-{kind}"})
    return {"value": value, "hash": hashed(b"kairan/1 lane" if kind == "lane" else b"", data)}
