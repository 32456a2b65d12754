"""Examples for the notation, and for docs/spec/1-entries.md."""

from base64 import b32encode
from collections.abc import Iterator

from tests.vectors.kit import (
    Entry,
    H,
    Lane,
    Pieces,
    Raw,
    Vector,
    cbor,
    notation,
    public,
    read_as,
    salt,
)

BOARD = Lane(author="kamisato")
OFFICE = Lane(author="town hall", ordinal=2, class_=2, audience=2)
ELSEWHERE = H(b"a lane elsewhere")
CHECK = H(b"a head elsewhere")[:8]

ACCEPTED = {
    "zero": (0, "the smallest of integers"),
    "integers": ([23, 24, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32], "shortest integers"),
    "largest-integer": ((1 << 63) - 1, "the largest integer there is"),
    "smallest-integer": (-(1 << 63), "the smallest integer there is"),
    "text": ("回覧", "text is UTF-8"),
    "empty-things": (["", b"", [], {}], "empty text, bytes, array and map"),
    "simple-values": ([False, True, None], "the three simple values that are used"),
    "map-in-order": (
        {1: "a", 24: "b", -1: "c", "": "d", "z": "e", "aa": "f"},
        "map keys in the bytewise order of their encodings",
    ),
    "nested-16": (
        [[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]],
        "an item with sixteen arrays around it is as deep as it gets",
    ),
}

REFUSED = {
    "float": ("f93c00", "a float: 1.0 in half precision"),
    "float-double": ("fb3ff8000000000000", "a float: 1.5 in double precision"),
    "tag-date": ("c11a68d0c600", "a tag: an epoch date"),
    "tag-bignum": ("c2480000000000000001", "a tag: a bignum of what fits an integer"),
    "tag-shared": ("82d81c80d81d00", "tags: a value shared by reference"),
    "tag-self-described": ("d9d9f700", "a tag: self-described CBOR"),
    "undefined": ("f7", "a simple value that isn't used"),
    "simple-32": ("f820", "a simple value that isn't used"),
    "integer-of-65-bits": ("1b8000000000000000", "an integer past the largest"),
    "integer-too-small": ("3b8000000000000000", "an integer below the smallest"),
    "integer-not-shortest": ("1817", "23 in two bytes"),
    "integer-not-shortest-32": ("1a00000100", "256 in five bytes"),
    "length-not-shortest": ("580100", "the length of one byte in two"),
    "array-length-not-shortest": ("980100", "the length of an array of one in two bytes"),
    "indefinite-array": ("9f00ff", "an array of indefinite length"),
    "indefinite-map": ("bf0000ff", "a map of indefinite length"),
    "indefinite-bytes": ("5f4100ff", "a byte string of indefinite length"),
    "indefinite-text": ("7f6161ff", "a text of indefinite length"),
    "map-out-of-order": ("a202000100", "map keys out of order"),
    "map-order-by-length": (
        "a32000181800616100",
        "map keys in the older order, shorter encodings first",
    ),
    "duplicate-key": ("a201000100", "a map key that is there twice"),
    "key-of-bytes": ("a1410000", "a map key that is neither integer nor text"),
    "key-true": ("a1f500", "a map key that is neither integer nor text"),
    "not-utf-8": ("62c328", "text that is not UTF-8"),
    "surrogate": ("63eda080", "text with half a surrogate pair"),
    "cut-short": ("8301", "an item that ends early"),
    "more-after": ("0000", "something after the item"),
    "nothing": ("", "no bytes at all"),
    "nested-17": ("81" * 17 + "00", "an item with seventeen arrays around it"),
}


def notation_vectors() -> Iterator[Vector]:
    for name, (value, shows) in ACCEPTED.items():
        yield Vector(
            name=name,
            shows=shows,
            kind="cbor",
            bytes=cbor(value),
            expect=read_as(value, cbor(value)),
        )
    for name, (text, shows) in REFUSED.items():
        yield Vector(
            name=name, shows=shows, kind="cbor", bytes=bytes.fromhex(text), refused="malformed"
        )


def lane_vectors() -> Iterator[Vector]:
    for name, shows, lane in (
        ("lane-of-a-village", "a node's board lane for its town", BOARD),
        ("lane-of-an-office", "an office's alerts for all, in its second life", OFFICE),
    ):
        yield Vector(
            name=name,
            shows=shows,
            kind="lane",
            bytes=cbor(lane.array),
            expect={"value": notation(lane.array), "hash": lane.id.hex()},
        )
    whole = BOARD.array
    for name, shows, at, wrong in (
        ("lane-wrong-check-digit", "the last digit of the town's code doesn't fit", 0, "131017"),
        ("lane-town-of-five-digits", "the town's code without its check digit", 0, "13101"),
        ("lane-short-author", "a key of 31 bytes", 1, public("kamisato")[:31]),
        ("lane-ordinal-0", "lives are counted from 1", 2, 0),
        ("lane-ordinal-true", "true is not the integer 1", 2, True),
        ("lane-short-random", "a random part of 7 bytes", 3, bytes(7)),
        ("lane-class-7", "a class that this version doesn't know", 4, 7),
        ("lane-class-true", "true is not the integer 1", 4, True),
        ("lane-audience-0", "an audience that this version doesn't know", 5, 0),
    ):
        changed = [*whole[:at], wrong, *whole[at + 1 :]]
        yield Vector(name=name, shows=shows, kind="lane", bytes=cbor(changed), refused="malformed")
    yield Vector(
        name="lane-of-seven",
        shows="one more element than a lane has",
        kind="lane",
        bytes=cbor([*whole, 0]),
        refused="malformed",
    )


POST = Entry(fields={"title": "合唱の練習", "place": "公民館"})

HEADERS = {
    "header-first-post": (POST, "a new post: no record, no parents, counter 1"),
    "header-edit-same-lane": (
        Entry(fields={"place": "体育館"}, record=1, parents=[1], counter=2),
        "an edit in the lane of the record: references are numbers",
    ),
    "header-edit-other-lane": (
        Entry(
            fields={"place": "体育館"},
            record=[ELSEWHERE, 7, CHECK],
            parents=[[ELSEWHERE, 7, CHECK], [ELSEWHERE, 300, CHECK]],
            counter=3,
        ),
        "an edit of a record in another lane: references name it",
    ),
    "header-merge": (
        Entry(
            fields={"place": "体育館"},
            record=2,
            parents=[2, 24, 256, [ELSEWHERE, 1, CHECK]],
            counter=9,
        ),
        "an edit that replaces several versions; parents sorted by their encodings",
    ),
    "header-account": (
        Entry(fields={"title": "お知らせ"}, more={5: b"keeper-1"}),
        "somebody was signed in at the machine",
    ),
    "header-clock-unknown": (
        Entry(fields={"title": "お知らせ"}, more={6: [-1, 0]}),
        "a clock that was not even past 1970",
    ),
    "header-unknown-key": (
        Entry(fields={"title": "お知らせ"}, more={0: "?", 30: [1, {"a": None}]}),
        "keys of 0 and above that this version doesn't know are passed over",
    ),
    "header-huge-counter": (
        Entry(fields={"title": "お知らせ"}, record=1, parents=[1], counter=(1 << 63) - 1),
        "well-formed; that it has no effect is for those who merge",
    ),
}


def header_vectors() -> Iterator[Vector]:
    given = {"lane_id": BOARD.id.hex()}
    must = Entry(fields={"title": "お知らせ"}, more={-1: 1})
    accepted = HEADERS | {
        "header-must-understand": (must, "a key below 0 that isn't known: kept, and not shown")
    }
    for name, (entry, shows) in accepted.items():
        yield Vector(
            name=name,
            shows=shows,
            kind="header",
            bytes=entry.header,
            given=given,
            expect=read_as(entry.map, entry.header),
        )
    edit = Entry(fields={"place": "体育館"}, record=1, parents=[1], counter=2)
    many = list(range(1, 18))
    for name, shows, changed in (
        ("header-parents-unsorted", "parents out of order", {3: [2, 1]}),
        (
            "header-parents-unsorted-long",
            "the long form sorts after every number",
            {3: [[ELSEWHERE, 1, CHECK], 1]},
        ),
        ("header-parents-twice", "a parent named twice", {3: [1, 1]}),
        ("header-parents-none", "no parents are an absent key, not an empty array", {3: []}),
        ("header-parents-17", "more parents than the limit", {3: many}),
        ("header-record-long-form", "the long form for the same lane", {2: [BOARD.id, 1, CHECK]}),
        ("header-parent-long-form", "the long form for the same lane", {3: [[BOARD.id, 1, CHECK]]}),
        ("header-record-no-check", "a long form without its check", {2: [ELSEWHERE, 1]}),
        ("header-record-short-check", "a check of 7 bytes", {2: [ELSEWHERE, 1, CHECK[:7]]}),
        ("header-record-null", "an absent record is an absent key", {2: None}),
        ("header-record-0", "entries are numbered from 1", {2: 0}),
        ("header-record-true", "true is not the integer 1", {2: True}),
        ("header-record-short-lane", "a lane id of 31 bytes", {2: [ELSEWHERE[:31], 1, CHECK]}),
        ("header-kind-65-bytes", "a kind longer than the limit", {1: "event/" + "x" * 59}),
        ("header-kind-bytes", "a kind that isn't text", {1: b"event/write"}),
        ("header-counter-0", "counters begin at 1", {4: 0}),
        ("header-counter-true", "true is not the integer 1", {4: True}),
        ("header-account-65-bytes", "an account longer than the limit", {5: bytes(65)}),
        ("header-account-null", "an absent account is an absent key", {5: None}),
        ("header-written-alone", "a time without its quality", {6: [0]}),
        ("header-written-quality-4", "a quality that doesn't exist", {6: [0, 4]}),
        ("header-digest-31-bytes", "a digest that isn't one", {7: bytes(31)}),
        ("header-length-negative", "a length below 0", {8: -1}),
        ("header-length-over", "a payload longer than the limit", {8: 65_537}),
        ("header-key-text", "a key that isn't an integer", {"note": 1}),
    ):
        yield Vector(
            name=name,
            shows=shows,
            kind="header",
            bytes=cbor(edit.map | changed),
            given=given,
            refused="malformed",
        )
    for missing, what in (
        (1, "kind"),
        (4, "counter"),
        (6, "written"),
        (7, "digest"),
        (8, "length"),
    ):
        value = {k: v for k, v in edit.map.items() if k != missing}
        yield Vector(
            name=f"header-without-{what}",
            shows=f"a header that lacks key {missing}",
            kind="header",
            bytes=cbor(value),
            given=given,
            refused="malformed",
        )
    long = cbor(edit.map | {30: bytes(1900)})
    assert len(long) <= 2048, "so that the next is over the limit by what it says"
    yield Vector(
        name="header-over-2048-bytes",
        shows="a header longer than the limit",
        kind="header",
        bytes=cbor(edit.map | {30: bytes(2048)}),
        given=given,
        refused="too large",
    )


def payload_vectors() -> Iterator[Vector]:
    def payload(fields: object, **other: object) -> dict[int, object]:
        return {1: salt("payload"), 2: fields} | {int(k): v for k, v in other.items()}

    every = {"n": -5, "b": b"\0\1", "t": "夏祭り", "a": [1, [2]], "m": {"x": {1: 2}}, "y": True}
    for name, shows, value in (
        ("payload-simple", "what a post says", payload({"title": "夏祭り"})),
        ("payload-every-type", "fields of every type", payload(every | {"z": None})),
        ("payload-no-fields", "a change that changes nothing", payload({})),
        (
            "payload-unknown-key",
            "keys of 0 and above are passed over",
            payload({}, **{"9": 1}),
        ),
        ("payload-must-understand", "a key below 0 hides", payload({}, **{"-1": 1})),
        ("payload-taken-down", "the reserved field", payload({"withdrawn": True})),
        (
            "payload-marked-field",
            "a field with a mark: understood only by a board that declares it",
            payload({"!capacity": 30}),
        ),
    ):
        yield Vector(
            name=name,
            shows=shows,
            kind="payload",
            bytes=cbor(value),
            expect=read_as(value, cbor(value)),
        )
    for name, shows, wrong in (
        ("payload-short-salt", "a salt of 7 bytes", cbor({1: bytes(7), 2: {}})),
        ("payload-no-salt", "a payload without salt", cbor({2: {}})),
        ("payload-fields-array", "fields that aren't a map", cbor(payload(["title"]))),
        ("payload-field-number", "a field without a name", cbor(payload({1: "title"}))),
        ("payload-float", "a float among the fields", cbor(payload({"n": Raw(b"\xf9\x3c\x00")}))),
        ("payload-not-cbor", "bytes that aren't CBOR", b"\xff\x00 hello"),
        ("payload-empty", "no bytes at all", b""),
    ):
        yield Vector(name=name, shows=shows, kind="payload", bytes=wrong, refused="malformed")
    yield Vector(
        name="payload-over-65536-bytes",
        shows="a payload longer than the limit",
        kind="payload",
        bytes=Pieces(
            (cbor({1: salt("payload"), 2: {}})[:-2], b"\x02\xa1\x61a\x5a\0\1\0\0", (b"\0", 65_536))
        ),
        refused="too large",
    )


def address_vectors() -> Iterator[Vector]:
    for number in (1, 20_000):
        name = b32encode(BOARD.id[:10]).decode().lower()
        yield Vector(
            name=f"address-of-entry-{number}",
            shows="how links and QR codes name a record",
            kind="address",
            bytes=cbor([BOARD.id, number]),
            expect={"address": f"{name}-{number}"},
        )


def outside_vectors() -> Iterator[Vector]:
    def thing(
        serial: int, issued: str, cancels: bool, digest: str, *, sent: str | None = None
    ) -> dict[str, object]:
        return {
            "key": "jma/VXSE53/20261001120000",
            "serial": serial,
            "issued": issued,
            "sent": sent or issued,
            "cancels": cancels,
            "digest": H(digest.encode()),
        }

    early, late = "2026-10-01T03:00:00Z", "2026-10-01T03:05:00Z"
    for name, shows, things, shown in (
        (
            "outside-serial",
            "the largest serial goes before the latest time",
            [thing(2, early, False, "a"), thing(1, late, False, "b")],
            0,
        ),
        (
            "outside-issued",
            "then the largest time",
            [thing(1, early, True, "a"), thing(1, late, False, "b")],
            1,
        ),
        (
            "outside-sent",
            "then the one sent last: a correction may keep the time of what it corrects",
            [thing(1, early, True, "a"), thing(1, early, False, "b", sent=late)],
            1,
        ),
        (
            "outside-cancels",
            "then a cancel over an issue",
            [thing(1, late, False, "a"), thing(1, late, True, "b")],
            1,
        ),
        (
            "outside-digest",
            "then the largest digest",
            [thing(1, late, False, "a"), thing(1, late, False, "b")],
            int(H(b"b") > H(b"a")),
        ),
    ):
        yield Vector(
            name=name, shows=shows, kind="outside", bytes=cbor(things), expect={"shown": shown}
        )


def vectors() -> Iterator[Vector]:
    yield from lane_vectors()
    yield from header_vectors()
    yield from payload_vectors()


def rules() -> Iterator[Vector]:
    yield from address_vectors()
    yield from outside_vectors()
