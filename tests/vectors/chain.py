"""Examples for docs/spec/2-chain.md."""

from collections.abc import Iterator, Mapping, Sequence

from tests.vectors.kit import (
    Entry,
    H,
    Lane,
    Pieces,
    Vector,
    bundle,
    cbor,
    certificate,
    emptied,
    full,
    head,
    heads,
    notation,
    sign_head,
    to_be_signed,
)

BOARD = Lane(author="kamisato")
ENTRIES = [
    Entry(fields={"title": "夏祭り", "begins": "18:00"}),
    Entry(fields={"title": "合唱の練習"}),
    Entry(fields={"begins": "19:00"}, record=1, parents=[1], counter=2),
    Entry(fields={"withdrawn": True}, record=2, parents=[2], counter=2),
]


def expected_bundle(value: Sequence[object]) -> dict[str, object]:
    """What follows from a good bundle."""
    _, lane, first, before, entries, _ = value
    assert isinstance(first, int)
    assert isinstance(before, bytes)
    assert isinstance(entries, list)
    rebuilt = [_rebuilt(item) for item in entries]
    folded = heads(before, rebuilt)
    last = first + len(entries) - 1
    signed = cbor(["kairan head", 1, lane, last, folded[-1]])
    return {
        "lane_id": H(b"kairan/1 lane", cbor(lane)).hex(),
        "headers": [header.hex() for header in rebuilt],
        "heads": [at.hex() for at in folded],
        "sig_structure": to_be_signed(cbor({1: -8}), signed).hex(),
    }


def _rebuilt(item: Sequence[object]) -> bytes:
    """The header as it was hashed."""
    header, payload = item
    assert isinstance(header, bytes)
    if payload is None:
        return header
    assert isinstance(payload, bytes)
    for entry in ENTRIES:
        if entry.payload == payload:
            return entry.header
    raise AssertionError("not one of ours")


def bundle_vectors() -> Iterator[Vector]:
    whole = bundle(BOARD, ENTRIES)
    for name, shows, value in (
        ("bundle-full", "all of a lane, every payload held", whole),
        ("bundle-middle", "a run that begins later", bundle(BOARD, ENTRIES, first=2, last=3)),
        (
            "bundle-emptied",
            "a payload left out: the header is whole",
            bundle(BOARD, ENTRIES, empty=[2]),
        ),
        ("bundle-bare", "headers alone", bundle(BOARD, ENTRIES, empty=[1, 2, 3, 4])),
    ):
        yield Vector(
            name=name, shows=shows, kind="bundle", bytes=cbor(value), expect=expected_bundle(value)
        )
    held = [full(entry) for entry in ENTRIES]
    beside = [ENTRIES[0].header, ENTRIES[0].payload]
    half = [cbor(ENTRIES[0].sent | {8: len(ENTRIES[0].payload)}), ENTRIES[0].payload]
    for name, shows, at, wrong in (
        ("version-2", "a version that this one doesn't know", 0, 2),
        ("version-true", "true is not the integer 1", 0, True),
        ("lane", "a lane of a class that this version doesn't know", 1, [*BOARD.array[:4], 9, 1]),
        ("first-0", "entries are numbered from 1", 2, 0),
        ("before-short", "a head of 31 bytes", 3, BOARD.id[:31]),
        ("no-entries", "a run of nothing", 4, []),
        ("entry-of-one", "an entry without its second half", 4, [[held[0][0]], *held[1:]]),
        (
            "digest-beside-payload",
            "what follows from the payload is not sent",
            4,
            [beside, *held[1:]],
        ),
        (
            "length-beside-payload",
            "what follows from the payload is not sent",
            4,
            [half, *held[1:]],
        ),
        ("header-not-bytes", "a header that isn't a byte string", 4, [[{}, None], *held[1:]]),
        ("signature-short", "a signature of 63 bytes", 5, bytes(63)),
    ):
        yield Vector(
            name=f"bundle-{name}",
            shows=shows,
            kind="bundle",
            bytes=cbor([*whole[:at], wrong, *whole[at + 1 :]]),
            refused="malformed",
        )
    yield Vector(
        name="bundle-header-not-deterministic",
        shows="a header with its keys out of order",
        kind="bundle",
        bytes=cbor(
            [
                *whole[:4],
                [[b"\xa3" + b"\x06\x82\x00\x00" + b"\x01\x61a" + b"\x04\x01", b"x"]],
                whole[5],
            ]
        ),
        refused="malformed",
    )
    yield Vector(
        name="bundle-of-seven",
        shows="one more element than a bundle has",
        kind="bundle",
        bytes=cbor([*whole, 0]),
        refused="malformed",
    )
    yield from _signature_vectors(whole, held)
    yield from _large_bundles()


def _signature_vectors(whole: list[object], held: list[list[object]]) -> Iterator[Vector]:
    said = Entry(fields={"title": "中止"})
    bare = emptied(ENTRIES[1])
    for name, shows, entries in (
        ("payload-changed", "another payload than was signed", [held[0], full(said), *held[2:]]),
        ("entry-dropped", "an entry left out", [held[0], *held[2:]]),
        ("entries-swapped", "two entries in each other's place", [held[1], held[0], *held[2:]]),
        ("entry-slipped-in", "an entry that the author didn't write", [*held, full(said)]),
        ("last-cut", "a run cut where there is no signature", held[:3]),
        (
            "header-changed",
            "a bare header with another counter",
            [held[0], _counted(bare), *held[2:]],
        ),
    ):
        yield Vector(
            name=f"bundle-{name}",
            shows=shows,
            kind="bundle",
            bytes=cbor([*whole[:4], entries, whole[5]]),
            refused="signature",
        )
    last = heads(BOARD.id, _headers())[-1]
    other = Lane(author="kamisato", audience=2)
    for name, shows, signature in (
        ("signature", "signed by somebody else", sign_head(BOARD, 4, last, "shimosato")),
        ("number", "signed for another number", sign_head(BOARD, 3, last)),
        ("lane", "signed for another lane of the same author", sign_head(other, 4, last)),
        ("bare", "64 bytes of nothing", bytes(64)),
    ):
        yield Vector(
            name=f"bundle-wrong-{name}",
            shows=shows,
            kind="bundle",
            bytes=cbor([*whole[:5], signature]),
            refused="signature",
        )
    yield Vector(
        name="bundle-wrong-chain",
        shows="the head it claims to continue from is another than was signed",
        kind="bundle",
        bytes=cbor([*whole[:3], H(b"another head"), *whole[4:]]),
        refused="signature",
    )


def _headers() -> list[bytes]:
    return [entry.header for entry in ENTRIES]


def _counted(bare: list[object]) -> list[object]:
    entry = ENTRIES[1]
    assert bare == [entry.header, None]
    return [cbor(entry.map | {4: 2}), None]


def _large_bundles() -> Iterator[Vector]:
    small = Entry(fields={})
    item = cbor(full(small))
    for count, over in ((2_000, False), (2_001, True)):
        at = heads(BOARD.id, [small.header] * count)[-1]
        signature = sign_head(BOARD, count, at)
        start = b"\x86" + b"".join(map(cbor, (1, BOARD.array, 1, BOARD.id))) + head(4, count)
        yield Vector(
            name=f"bundle-of-{count}-entries",
            shows="more entries than the limit" if over else "as many entries as there may be",
            kind="bundle",
            bytes=Pieces((start, (item, count), cbor(signature))),
            expect=None if over else {"lane_id": BOARD.id.hex()},
            refused="too large" if over else None,
        )
    payload = cbor({1: bytes(16), 2: {}})[:-2] + b"\x02\xa1\x61a\x59\xff\xdf"
    zeros = 0xFFDF
    body = payload + bytes(zeros)
    header = cbor(small.sent | {7: H(body), 8: len(body)})
    count = 16
    at = heads(BOARD.id, [header] * count)[-1]
    start = b"\x86" + b"".join(map(cbor, (1, BOARD.array, 1, BOARD.id))) + head(4, count)
    entry = b"\x82" + cbor(cbor(small.sent)) + head(2, len(body)) + payload
    pieces: list[bytes | tuple[bytes, int]] = [start]
    for _ in range(count):
        pieces += [entry, (b"\0", zeros)]
    pieces.append(cbor(sign_head(BOARD, count, at)))
    large = Pieces(pieces)
    assert len(large.whole) > 1 << 20
    yield Vector(
        name="bundle-over-1-mib",
        shows="sixteen large payloads make a bundle longer than the limit",
        kind="bundle",
        bytes=large,
        refused="too large",
    )


# parcels and their wrapping

PARCEL_STATEMENT = certificate("kamisato", "node")


def zstd_frame(
    blocks: Sequence[bytes | tuple[int, int]],
    *,
    claims: int | None = None,
    window: int = 0x50,
) -> bytes:
    """A frame made by hand: raw blocks of bytes, or (byte, times) as a run of one byte.

    It says how much it unpacks to, or claims something else; `claims=-1`: says nothing.
    """
    size = sum(len(b) if isinstance(b, bytes) else b[1] for b in blocks)
    frame = b"\x28\xb5\x2f\xfd"
    if claims == -1:
        frame += bytes([0x00, window])
    else:
        frame += bytes([0xC0, window]) + (size if claims is None else claims).to_bytes(8, "little")
    for at, block in enumerate(blocks):
        last = int(at == len(blocks) - 1)
        kind, size, body = (
            (0, len(block), block) if isinstance(block, bytes) else (1, block[1], bytes([block[0]]))
        )
        frame += (size << 3 | kind << 1 | last).to_bytes(3, "little") + body
    return frame


# What a library made of the parcel below, once; its next version may make something else of it.
BY_LIBRARY = bytes.fromhex(
    "28b52ffd608901a51000b41e58ec84583aa301270458207db566070687eee25120d8828256555df859d15bf0"
    "1092db225597cfb246876110726b616972616e2d6365727469666963617465a0586aa802686b616d69736174"
    "6f08a101a3010120062158203d1ee2fd88bb1774974ca044068e9231280ddeb3e8c90bb7174c3f65c99dc512"
    "3a00010000646e6f64650181663133313031360283010304038201020401050858405528ec7fefa869675fea"
    "cffabbeb295da5e7161c9e665a355d6ed67bfe667c037d6f1ccd71c3740f7582231d4232aa65729b2c22aa9c"
    "43bcaeb86457c18cc90b86018601480123456789abcdef04010158200b5a94722bb699d6685a844c04f43dc8"
    "f1d4e80e11fded09b4a025f8c7ee7d8184825818a3016b6576656e742f7772697465040106821a6ab13b8003"
    "582aa2014810606c864fc0226f02a2657469746c6569e5a48fe7a5ade3828a66626567696e736531383a3030"
    "23a2014881d3bed2c25e015102a16fe59088e594b1e381aee7b7b4e7bf9282581da5020103810104021aa201"
    "4863d936d498f86aeb02a1390203810218a201488b7994a357c4f41802a16977697468647261776ef558404f"
    "550bfb598aaa998f557b4d13592c34abbcb45195e89c9a8afe33d3966c8a367aee1a56ebee9c0898b3262a36"
    "abd8b0b6d42f4b8015a421b85aecab8187380e0f00c0a0af10e05e7f148544610ce13030e8ad0463257376b0"
    "214f8ab515cb2ca661da11d42a52"
)


def parcel() -> bytes:
    return cbor(PARCEL_STATEMENT) + cbor(bundle(BOARD, ENTRIES))


def parcel_vectors() -> Iterator[Vector]:
    board = bundle(BOARD, ENTRIES)
    open_lane = bundle(Lane(author="kamisato", audience=2), ENTRIES[:1])
    good: Mapping[str, object] = {
        "statements": 1,
        "bundles": 1,
        "unreadable": 0,
    }
    yield Vector(
        name="parcel-of-two",
        shows="a statement, then a bundle",
        kind="parcel",
        bytes=parcel(),
        expect=good,
    )
    yield Vector(
        name="parcel-empty",
        shows="nothing in it",
        kind="parcel",
        bytes=b"",
        expect={"statements": 0, "bundles": 0, "unreadable": 0},
    )
    for name, shows, between in (
        ("unknown-bundle", "a bundle of a later version between two", cbor([2, "?"])),
        ("unknown-item", "something that is neither between two", cbor({1: 2})),
        ("long-statement", "a statement over the limit between two", cbor(bytes(4097))),
    ):
        yield Vector(
            name=f"parcel-with-{name}",
            shows=f"{shows}: it stops no other",
            kind="parcel",
            bytes=cbor(board) + between + cbor(open_lane),
            expect={
                "statements": 0,
                "bundles": 2,
                "unreadable": 1,
            },
        )
    for name, shows, between in (
        ("garbage", "bytes that are no CBOR", b"\xff"),
        ("not-deterministic", "an item in another encoding", b"\x81\x18\x01"),
        ("tag", "an item with a tag", b"\xc1\x00"),
    ):
        yield Vector(
            name=f"parcel-with-{name}",
            shows=f"{shows}: nothing after it is looked for",
            kind="parcel",
            bytes=cbor(board) + between + cbor(open_lane),
            expect={"statements": 0, "bundles": 1, "unreadable": 1},
        )
    yield Vector(
        name="parcel-with-long-item",
        shows="an item of one byte more than a bundle may have: nothing after it is looked for",
        kind="parcel",
        bytes=Pieces(
            (cbor(board), b"\x9a\x00\x0f\xff\xfc", (b"\0", (1 << 20) - 4), cbor(open_lane))
        ),
        expect={"statements": 0, "bundles": 1, "unreadable": 1},
    )


def wrapping_vectors() -> Iterator[Vector]:
    body = parcel()
    at_once = zstd_frame([body])
    for name, shows, value in (
        ("plain", "as it is", [1, 0, body]),
        (
            "zstd-raw",
            "a zstd frame, made by hand, of one block that isn't compressed",
            [1, 1, at_once],
        ),
        ("zstd-blocks", "a zstd frame of two blocks", [1, 1, zstd_frame([body[:99], body[99:]])]),
        ("zstd", "a zstd frame as a library made it once", [1, 1, BY_LIBRARY]),
    ):
        yield Vector(
            name=f"wrapped-{name}",
            shows=shows,
            kind="wrapped",
            bytes=cbor(value),
            expect={"value": notation([1, value[1], body])},
        )
    for name, shows, value in (
        ("version-2", "a version that this one doesn't know", [2, 0, body]),
        ("method-4", "a method that this version doesn't know", [1, 4, body]),
        ("version-true", "true is not the integer 1", [True, 0, body]),
        ("of-four", "one more element than a wrapping has", [1, 0, body, 0]),
        ("text", "a body that isn't a byte string", [1, 0, "body"]),
        ("zstd-none", "no frame at all", [1, 1, b""]),
        ("zstd-garbage", "a body that isn't a zstd frame", [1, 1, b"not a frame"]),
        ("zstd-cut", "a frame that ends early", [1, 1, at_once[:-1]]),
        ("zstd-two", "two frames where one is allowed", [1, 1, at_once + at_once]),
        ("zstd-more", "something after the frame", [1, 1, at_once + b"\0"]),
        ("zstd-skippable", "a skippable frame", [1, 1, b"\x50\x2a\x4d\x18\0\0\0\0"]),
        (
            "zstd-no-size",
            "a frame that doesn't say its size",
            [1, 1, zstd_frame([body], claims=-1)],
        ),
        ("zstd-10-gb", "a frame that claims 10 GB", [1, 1, zstd_frame([body], claims=10**10)]),
        ("zstd-less", "a frame with more than it claims", [1, 1, zstd_frame([body], claims=9)]),
        ("zstd-short", "a frame with less than it claims", [1, 1, zstd_frame([body], claims=9999)]),
        ("zstd-window", "a window of 16 MiB", [1, 1, zstd_frame([body], window=0x70)]),
    ):
        yield Vector(
            name=f"wrapped-{name}",
            shows=shows,
            kind="wrapped",
            bytes=cbor(value),
            refused="malformed",
        )
    run = [(0, 128 << 10)] * 64
    yield Vector(
        name="wrapped-zstd-over-8-mib",
        shows="a small frame that really unpacks to one byte more than the limit",
        kind="wrapped",
        bytes=cbor([1, 1, zstd_frame([*run, (0, 1)])]),
        refused="too large",
    )
    yield Vector(
        name="wrapped-not-deterministic",
        shows="the wrapping is deterministic CBOR too",
        kind="wrapped",
        bytes=b"\x83\x18\x01\x00\x40",
        refused="malformed",
    )
    yield Vector(
        name="wrapped-plain-over-8-mib",
        shows="longer than the limit as it is",
        kind="wrapped",
        bytes=Pieces((b"\x83\x01\x00\x5a\x00\x80\x00\x00", (b"\0", 8 << 20))),
        refused="too large",
    )


def vectors() -> Iterator[Vector]:
    yield from bundle_vectors()
    yield from wrapping_vectors()
