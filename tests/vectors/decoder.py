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
SAYS = {2: {..., SHORT}, 3: {..., "summary"}, 4: {..., "parcel"}, 6: "software", 7: {..., True}}
# A shape is a type, a range of integers, so many bytes, a value, a shape's name, a test, one of
# {some}, slice(least, most, of so many), [all alike, rising by], an (array) or {map} of these. Of a
# map's keys {..., x} may be absent, `...` must be, and a type stands for the others.
SHAPES: dict[str, Any] = {
    "cbor": {None, bool, bytes, str, range(-1 << 63, 1 << 63), "array", "map"},
    "array": ["cbor"],
    "map": lambda v: fits(v, REST) and fits([*v], ["cbor", dumps]) and fits([*v.values()], "array"),
    "LG code": lambda v: fits(v, str) and len(v.encode()) == 6 and v.isdigit() and fits(v, "check"),
    "check": lambda v: int(v[5]) == (11 - sum(int(v[i]) * (6 - i) for i in range(5)) % 11) % 10,
    "LG codes": ["LG code", str],
    "lane": ("LG code", KEY, LIFE, SHORT, range(1, 7), range(1, 3)),
    "kind": lambda v: fits(v, str) and len(v.encode()) <= 64,
    "account": slice(0, 64, bytes),
    "parents": slice(1, 16, [REFERENCE, dumps]),
    "header": {1: "kind", 2: {..., *REFERENCE}, 3: {..., "parents"}, 4: COUNT, 5: {..., "account"}}
    | {6: (int, range(4)), 7: KEY, 8: range(65537), int: ...},
    "payload": {1: SHORT, 2: {str: ...}, int: ...},
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
    "kairan-authority": "kairan-successor",
    "kairan-release": {1: COUNT, 2: COUNT, 3: slice(1, 32, str), 4: KEY, 5: range(1, 1 + (1 << 30))}
    | {6: slice(1, 64, str), 7: slice(0, 64, [KEY, bytes]), 8: range(1 << 63), 9: COUNT},
    "kairan-confirmation": {1: KEY, 2: KEY, 3: COUNT, 4: bytes},
    "fork proof": ("kairan fork", 1, "lane", COUNT, KEY, SIGNATURE, KEY, [KEY], COUNT, SIGNATURE),
    "value": lambda v: len(dumps(v)) <= 250,
    "name": slice(1, 32, str),
    "kairan-register": ("kairan register", 1, "LG code", (LIFE, SHORT), "name", COUNT, "value"),
    "software": slice(0, 32, str),
    "apart": lambda v: all(a <= b < c - 1 for (a, b), (c, _) in pairwise([*v[3], (v[1] + 2, 0)])),
    "held": lambda v: fits(v, (KEY, COUNT, KEY, [(COUNT, COUNT)])) and fits(v, "apart"),
    "span": ({b"", SIGNATURE}, SIGNATURE),
    "summary": ([KEY, bytes], slice(0, 20_000, ["held", lambda held: held[0]])),
    "parcel": lambda v: fits(v, bytes) and read(v, list)[:1] == [1],
    "size": {..., range(1, 8 * MIB + 1)},
    "asks": {1: {..., "LG codes"}, 5: {..., HALF}, 10: {..., "span"}, 11: "size", 12: {..., True}},
    "asked": lambda v: fits(v, SAYS | SHAPES["asks"] | REST),
    "offer": (SHORT, range(1, MANY), KEY, "asked", SIGNATURE),
    "answered": ({True, KEY}, SAYS | {5: {..., HALF, b""}, 10: {..., "span"}} | REST, SIGNATURE),
    "declined": ({"unknown", "town"}, {6: "software", 9: ...} | REST, SIGNATURE),
    "recount": ("counter", {6: "software", 9: range(MANY)} | REST, SIGNATURE),
    "answer": {"answered", "declined", "recount"},
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
    value = loads(data[:most], max_depth=16, allow_indefinite=False, allow_duplicate_keys=False)
    assert dumps(value) == data and fits(value, "cbor") and fits(value, shape)  # noqa: PT018
    return value


def hashed(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def verify(key: bytes, payload: bytes, mark: bytes, protected: bytes = dumps({1: -8})) -> bytes:
    message = Sign1Message.from_cose_obj([protected, {}, payload, mark], True)
    message.key = OKPKey(crv="ED25519", x=key)
    if not message.verify_signature():
        raise CoseException
    return dumps(["Signature1", protected, b"", payload])


def vouched(signer: bytes, kind: str, said: Any, inside: Any) -> bool:
    """Whether the certificate that comes inside of a statement lets its signer say that."""
    _, of, voucher = decode("statement", inside, {})["value"]
    keys = [of for of in (-65538, 2) if kind == "kairan-certificate"]
    return (
        (of, -65543 in voucher, voucher[8][1][-2]) == ("kairan-certificate", False, signer)
        and voucher[-65537] == ("enrolment" if keys else "office")
        and all(said[key] == voucher[key] for key in keys)
        and (not keys or (said[-65537] == "node" and said[8][1][-2] != signer))
        and (not keys or said[-65542] <= voucher[-65542])
    )


def decode(kind: str, data: bytes, given: dict[str, bytes]) -> dict[str, Any]:
    """What follows from the bytes. Raises CoseException, or one of MALFORMED."""
    value = read(data, kind if kind in SHAPES else "statement", SIZES.get(kind, 8 * MIB))
    match kind, value:
        case "header", _:
            ours = [value.get(2, 1), *value.get(3, [])]
            assert all(type(one) is int or one[0] != given["lane_id"] for one in ours)
        case "wrapped", [_, 1, body]:
            frame, is_data = get_frame_parameters(body), body.startswith(FRAME_HEADER)
            assert is_data and max(frame.content_size, frame.window_size) <= 8 * MIB  # noqa: PT018
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
            said = dumps(["kairan head", 1, lane, first + len(heads) - 1, heads[-1]])
            sig = verify(lane[1], said, signature)
            return {"lane_id": lane_id, "headers": headers, "heads": heads, "sig_structure": sig}
        case "fork proof", [_, _, lane, n, head, signature, other, hashes, m, later]:
            assert m - n == len(hashes) and head != other  # noqa: PT018
            *_, end = accumulate(hashes, hashed, initial=other)
            verify(lane[1], dumps(["kairan head", 1, lane, n, head]), signature)
            verify(lane[1], dumps(["kairan head", 1, lane, m, end]), later)
        case "statement", [protected, _, payload, signature]:
            label = read(protected, {1: -8, 4: KEY, 16: str})
            known = label[16].startswith("kairan-") and label[16] in SHAPES
            value = [label[4], label[16], read(payload, label[16]) if known else payload]
            verify(label[4], payload, signature, protected)
            inside = {"kairan-certificate": -65543, "kairan-confirmation": 4}.get(label[16])
            if known and inside in value[2]:
                assert vouched(label[4], label[16], value[2], value[2][inside])
        case "offer", [*parts, signature]:
            assert parts[0] == hashed(given["sender"])[:8]
            verify(given["sender"], dumps(["kairan offer", 1, given["to"], *parts]), signature)
        case "answer", [*parts, signature]:
            said = dumps(["kairan answer", 1, hashed(given["offer"]), *parts])
            verify(given["sender"], said, signature)
    return {"value": value, "hash": hashed(b"kairan/1 lane" if kind == "lane" else b"", data)}
