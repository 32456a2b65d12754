"""More examples of bytes: just at a limit, just over it, and what is easily read otherwise."""

from collections.abc import Iterator

from tests.vectors.chain import BOARD
from tests.vectors.entries import CHECK, ELSEWHERE
from tests.vectors.kit import (
    TOWN,
    Entry,
    H,
    Lane,
    Pieces,
    Vector,
    bundle,
    cbor,
    claims,
    head,
    heads,
    public,
    read_as,
    salt,
    sealed,
    sign_head,
    statement,
)

Found = Iterator[Vector]


def _good(kind: str, name: str, shows: str, value: object, **given: str) -> Vector:
    encoded = cbor(value)
    expect = read_as(value, encoded)
    return Vector(name=name, shows=shows, kind=kind, bytes=encoded, given=given, expect=expect)


def _bad(kind: str, name: str, shows: str, encoded: bytes | Pieces, **given: str) -> Vector:
    return Vector(
        name=name, shows=shows, kind=kind, bytes=encoded, given=given, refused="malformed"
    )


def notation_vectors() -> Found:
    deep: object = []
    for _ in range(16):
        deep = [deep]
    yield _good("cbor", "nested-empty", "an empty array with sixteen arrays around it", deep)
    yield _bad("cbor", "nested-empty-17", "one more around it", b"\x81" + cbor(deep))
    yield _bad("cbor", "nested-maps-17", "maps count as arrays do", b"\xa1\x00" * 17 + b"\x00")


def entry_vectors() -> Found:
    given = {"lane_id": BOARD.id.hex()}
    post = Entry(fields={"title": "夏祭り"}).map
    filler = bytes(2048 - len(cbor(post | {30: bytes(1900)})) + 1900)
    full = post | {30: filler}
    assert len(cbor(full)) == 2048
    long = [[ELSEWHERE, number, CHECK] for number in range(1, 17)]
    for name, shows, value in (
        ("kind-64-bytes", "a kind of 64 bytes", post | {1: "event/" + "x" * 58}),
        ("kind-no-act", "a kind without a /: well-formed, and without effect", post | {1: "event"}),
        ("kind-empty", "an empty kind: well-formed, and without effect", post | {1: ""}),
        ("account-64-bytes", "an account of 64 bytes", post | {5: bytes(64)}),
        ("account-empty", "an account of no bytes", post | {5: b""}),
        ("parents-16", "as many parents as there may be", post | {2: 1, 3: long, 4: 2}),
        ("2048-bytes", "as long as a header may be", full),
        ("length-0", "a payload of no bytes: kept, without meaning", post | {8: 0}),
        (
            "first-counter-2",
            "a first entry with another counter: well-formed, and without effect",
            post | {4: 2},
        ),
        (
            "first-with-parents",
            "a first entry with parents: well-formed, and without effect",
            post | {3: [1]},
        ),
    ):
        yield _good("header", f"header-{name}", shows, value, **given)
    for name, shows, wrong in (
        ("kind-66-bytes", "a kind of 22 characters and 66 bytes", post | {1: "里" * 22}),
        ("2049-bytes", "one byte longer than a header may be", post | {30: filler + b"\0"}),
        ("empty", "a map without keys", {}),
        ("account-text", "an account that is text", post | {5: "keeper"}),
    ):
        yield _bad("header", f"header-{name}", shows, cbor(wrong), **given)

    def payload(size: int) -> bytes:
        start = b"\xa2\x01" + cbor(salt("long")) + b"\x02\xa1\x61a"
        return start + head(2, size - len(start) - 5) + bytes(size - len(start) - 5)

    whole = payload(65_536)
    body = whole.rstrip(b"\0")
    yield Vector(
        name="payload-65536-bytes",
        shows="as long as a payload may be",
        kind="payload",
        bytes=Pieces((body, (b"\0", len(whole) - len(body)))),
        expect={"hash": H(whole).hex()},
    )
    yield _bad(
        "payload",
        "payload-65537-bytes",
        "one byte longer than a payload may be",
        Pieces(
            (payload(65_537).rstrip(b"\0"), (b"\0", 65_537 - len(payload(65_537).rstrip(b"\0"))))
        ),
    )
    text = cbor({1: salt("text"), 2: {}, "note": 1})
    yield _bad("payload", "payload-key-text", "a key that isn't an integer", text)


def chain_vectors() -> Found:
    small = Entry(fields={})
    long = bytes(65_537)
    header = cbor(small.sent | {7: H(long), 8: len(long)})
    signature = sign_head(BOARD, 1, heads(BOARD.id, [header])[0])
    start = b"\x86" + b"".join(map(cbor, (1, BOARD.array, 1, BOARD.id))) + b"\x81\x82"
    start += cbor(cbor(small.sent)) + head(2, len(long))
    yield _bad(
        "bundle",
        "bundle-payload-65537",
        "a payload over the limit in a bundle that is not",
        Pieces((start, (b"\0", len(long)), cbor(signature))),
    )
    value = bundle(BOARD, [Entry(fields={}, record=[BOARD.id, 1, CHECK], parents=[1], counter=2)])
    yield _bad(
        "bundle",
        "bundle-long-form",
        "a header that names its own lane in the long form",
        cbor(value),
    )


def _statement(name: str, shows: str, type_: str, payload: object) -> Vector:
    encoded = statement(payload, type_=type_)
    expect = read_as([public("authority"), type_, payload], encoded)
    return Vector(
        name=f"statement-{name}", shows=shows, kind="statement", bytes=encoded, expect=expect
    )


def trust_vectors() -> Found:
    more = claims("n", "node", cnf={1: {1: 1, 2: b"id", -1: 6, -2: public("n")}, 3: "?"})
    for name, shows, value in (
        ("cose-key-more", "more in the COSE_Key and beside it is passed over", more),
        ("hub-audiences", "any role may name audiences", claims("n", "hub", audiences=[1, 2])),
        ("name-empty", "a machine without a name", claims("n", "node", sub="")),
    ):
        yield _statement(name, shows, "kairan-certificate", value)
    whole = claims("n", "node")
    for number in whole:
        yield _bad(
            "statement",
            f"certificate-without-claim-{number}",
            "none of the eight claims may be absent",
            statement({k: v for k, v in whole.items() if k != number}),
        )
    wrong = claims("n", "node", cnf={1: {1: True, -1: 6, -2: public("n")}})
    yield _bad("statement", "certificate-kty-true", "true is not the integer 1", statement(wrong))

    def padded(size: int) -> bytes:
        less = len(statement(whole | {-70000: bytes(3000)}))
        return statement(whole | {-70000: bytes(3000 + size - less)})

    at_limit = padded(4096)
    assert len(at_limit) == 4096
    yield Vector(
        name="statement-4096-bytes",
        shows="as long as a statement may be",
        kind="statement",
        bytes=at_limit,
        expect={"hash": H(at_limit).hex()},
    )
    yield _bad(
        "statement", "statement-4097-bytes", "one byte longer than a statement may be", padded(4097)
    )
    by, later = public("authority"), "kairan-something"
    lane_like = sealed(cbor(1), type_="lane", key_id=by, signer="authority")
    yield Vector(
        name="statement-other-type",
        shows="a type that isn't one of ours",
        kind="statement",
        bytes=lane_like,
        expect=read_as([by, "lane", cbor(1)], lane_like),
    )
    opaque = sealed(b"\xff", type_=later, key_id=by, signer="authority")
    yield Vector(
        name="statement-unknown-opaque",
        shows="what is in a statement of an unknown type is anybody's bytes",
        kind="statement",
        bytes=opaque,
        expect=read_as([by, later, b"\xff"], opaque),
    )
    lanes = sorted([BOARD, Lane(author="kamisato", class_=1)], key=lambda lane: cbor(lane.array))
    cuts: list[object] = [[lane.array, 3, H(b"a head")] for lane in lanes]
    key, stranger = public("kamisato"), Lane(author="shimosato")
    revocation = "kairan-revocation"
    yield _statement(
        "revocation-two-cuts",
        "cuts, sorted by their encodings",
        revocation,
        {1: key, 2: 3, 3: cuts},
    )
    for name, shows, type_, payload in (
        ("cuts-unsorted", "cuts out of order", revocation, {1: key, 2: 3, 3: cuts[::-1]}),
        ("cuts-twice", "a cut named twice", revocation, {1: key, 2: 3, 3: cuts[:1] * 2}),
        (
            "cut-0",
            "a lane that is cut whole is not named",
            revocation,
            {1: key, 2: 3, 3: [[BOARD.array, 0, BOARD.id]]},
        ),
        (
            "cut-of-another",
            "a cut of somebody else's lane",
            revocation,
            {1: key, 2: 3, 3: [[stranger.array, 3, H(b"a head")]]},
        ),
        ("revocation-counter-0", "counters begin at 1", revocation, {1: key, 2: 0, 3: []}),
        ("revocation-more", "another key", revocation, {1: key, 2: 1, 3: [], 4: 0}),
        ("successor-short", "a key of 31 bytes", "kairan-successor", {1: key, 2: key[1:], 3: 1}),
        ("successor-more", "another key", "kairan-successor", {1: key, 2: key, 3: 1, 4: 0}),
    ):
        yield _bad("statement", f"statement-{name}", shows, statement(payload, type_=type_))


def register(name: object = "heads", value: object = 0, **other: object) -> bytes:
    parts = {"version": 1, "town": TOWN, "life": [1, BOARD.random], "name": name, "counter": 1}
    assert other.keys() <= parts.keys()
    said = ["kairan register", *(parts | other).values(), value]
    by = public("kamisato")
    return sealed(cbor(said), type_="kairan-register", key_id=by, signer="kamisato")


def register_vectors() -> Found:
    for label, shows, name, value in (
        ("value-250", "a value of 250 bytes, encoded", "health", bytes(248)),
        ("name-32", "a name of 32 characters", "里" * 32, 0),
    ):
        encoded = register(name, value)
        said = ["kairan register", 1, TOWN, [1, BOARD.random], name, 1, value]
        yield Vector(
            name=f"register-{label}",
            shows=shows,
            kind="statement",
            bytes=encoded,
            expect=read_as([public("kamisato"), "kairan-register", said], encoded),
        )
    for label, shows, wrong in (
        ("value-251", "a value of 251 bytes, encoded", register(value=bytes(249))),
        ("name-33", "a name of 33 characters", register("x" * 33)),
        ("name-empty", "a register without a name", register("")),
        ("version-true", "true is not the integer 1", register(version=True)),
        ("counter-0", "counters begin at 1", register(counter=0)),
        ("life-0", "lives are counted from 1", register(life=[0, BOARD.random])),
        ("town", "a town whose check digit is wrong", register(town="131017")),
    ):
        yield _bad("statement", f"register-{label}", shows, wrong)
