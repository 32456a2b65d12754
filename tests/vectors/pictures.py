"""Examples for docs/spec/12-pictures.md: what a post names, what bears it, and what is shown."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.vectors.kit import Entry, H, Lane, Vector, cbor, heads, notation

ORIGIN = Lane(author="kamisato", class_=6)
OFFICE = Lane(author="town hall", class_=6)
POST = Lane(author="kamisato")
FIELD: list[Any] = [H(b"a picture"), 4_321, 1_280, 960, "前庭のうす"]

Written = tuple[Lane, Entry, bool]  # whether its payload is held

# a JPEG of the smallest kind


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def frame(width: int = 8, height: int = 8, *, marker: int = 0xC0, components: int = 3) -> bytes:
    of_each = b"".join(bytes([n, 0x11, 0]) for n in range(1, components + 1))
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return segment(marker, b"\x08" + size + bytes([components]) + of_each)


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
TABLES = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0" + b"\1" + bytes(15) + b"\0")
SCAN = segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0]))
DOTS = bytes.fromhex("3fff0012")


def jpeg(
    head: bytes = b"", size: bytes = b"", dots: bytes = DOTS, end: bytes = b"\xff\xd9"
) -> bytes:
    return b"\xff\xd8" + JFIF + head + TABLES + (size or frame()) + SCAN + dots + end


# entries


def part(of: bytes, at: object, jpeg_: object, *, kind: str = "event/picture") -> Entry:
    name = [POST.id, 1, H(b"the post")[:8]]
    return Entry(kind=kind, record=name, fields={"of": of, "at": at, "jpeg": jpeg_})


def whole(content: bytes, *, lane: Lane = ORIGIN, kind: str = "event/picture") -> list[Written]:
    return [(lane, part(H(content), 0, content, kind=kind), True)]


def picture(
    name: str,
    shows: str,
    content: bytes,
    written: Sequence[Written],
    *,
    shown: bool,
    **other: object,
) -> Vector:
    numbers: dict[bytes, int] = {}
    entries = []
    for lane, entry, held in written:
        number = numbers[lane.id] = numbers.get(lane.id, 0) + 1
        head = heads(lane.id, [entry.header])[0]
        entries.append([lane.array, number, head, entry.header, entry.payload if held else None])
    named = {"digest": H(content).hex(), "length": len(content), "width": 8, "height": 8}
    assert other.keys() <= named.keys()
    return Vector(
        name=f"picture-{name}",
        shows=shows,
        kind="picture",
        bytes=cbor(entries),
        given=named | other,
        expect={"shown": H(content).hex() if shown else None},
    )


def naming_vectors() -> Iterator[Vector]:
    """What a post says of its pictures."""
    digest, length = FIELD[:2]
    other = [H(b"another"), 1, 1, 1, ""]
    for name, shows, value, named in (
        ("two", "in the order in which they are shown", [FIELD, other], [FIELD, other]),
        ("none", "an empty list", [], []),
        ("no-list", "what isn't a list names none", {"of": digest}, []),
        ("four", "three at the most", [FIELD, other, FIELD, other], [FIELD, other, FIELD]),
        (
            "an-odd-one-of-four",
            "an item that isn't one is passed over, and so is what comes after the third",
            [FIELD, "?", other, FIELD],
            [FIELD, other],
        ),
        ("short-digest", "a digest of 31 bytes", [[digest[:31], length, 1, 1, ""]], []),
        ("no-bytes", "no bytes at all", [[digest, 0, 1, 1, ""]], []),
        ("most-bytes", "160,000 bytes", [largest := [digest, 160_000, 1, 1, ""]], [largest]),
        ("more-bytes", "160,001 bytes", [[digest, 160_001, 1, 1, ""]], []),
        ("too-wide", "1,281 dots", [[digest, length, 1_281, 1, ""]], []),
        ("no-height", "no dots", [[digest, length, 1, 0, ""]], []),
        ("true", "true is no number", [[digest, length, True, 1, ""]], []),
        ("long-words", "101 characters", [[digest, length, 1, 1, "あ" * 101]], []),
        ("most-words", "100 characters", [said := [digest, 1, 1, 1, "あ" * 100]], [said]),
        ("more", "a part too many", [[*FIELD, 0]], []),
    ):
        yield Vector(
            name=f"pictures-{name}",
            shows=shows,
            kind="pictures",
            bytes=cbor(value),
            expect={"pictures": [notation(each) for each in named]},
        )


def bearing_vectors() -> Iterator[Vector]:
    """What is put together of the entries that are held."""
    good = jpeg()
    cut = [(at, good[at : at + 50]) for at in range(0, len(good), 50)]
    parts: list[Written] = [(ORIGIN, part(H(good), at, some), True) for at, some in cut]
    one = whole(good)
    yield picture("whole", "one part that is all of it", good, one, shown=True)
    yield picture(
        "in-parts", "in the order of `at`, whichever came first", good, parts[::-1], shown=True
    )
    mixed = [*parts[:1], *((OFFICE, entry, True) for _, entry, _ in parts[1:])]
    yield picture("by-two", "whoever wrote them", good, mixed, shown=True)
    again = [*parts, *parts]
    yield picture("twice", "a part that came twice", good, again, shown=True)
    beside = [*parts, (ORIGIN, part(H(b"another"), 0, b"another"), True)]
    yield picture("beside-another", "parts of another picture", good, beside, shown=True)
    yield picture("a-part-missing", "a part that isn't held", good, parts[1:], shown=False)
    emptied = [*parts[:-1], (*parts[-1][:2], False)]
    yield picture("a-payload-missing", "a part that was ordered away", good, emptied, shown=False)
    yield picture("nothing", "no entry at all", good, [], shown=False)
    for name, shows, written in (
        ("on-the-board", "a lane of class board", whole(good, lane=POST)),
        ("another-act", "an act that isn't `picture`", whole(good, kind="event/write")),
        ("at-true", "true is no number", [(ORIGIN, part(H(good), True, good), True)]),
        ("as-text", "a part that is no bytes", [(ORIGIN, part(H(good), 0, "JFIF"), True)]),
        (
            "of-a-short-digest",
            "it names another digest",
            [(ORIGIN, part(H(good)[:31], 0, good), True)],
        ),
    ):
        yield picture(name, shows, good, written, shown=False)
    for name, shows, other in (
        ("another-length", "of another length than the post says", {"length": len(good) - 1}),
        ("another-digest", "with another digest", {"digest": H(b"another").hex()}),
        ("another-width", "wider than the post says", {"width": 7}),
        ("another-height", "higher than the post says", {"height": 7}),
    ):
        yield picture(name, shows, good, one, shown=False, **other)


def showing_vectors() -> Iterator[Vector]:
    """Which JPEG is a plain one."""
    exif = segment(0xE1, b"Exif\0\0" + bytes(8))
    for name, shows, content in (
        ("where-taken", "APP1: where and with what it was taken", jpeg(exif)),
        ("with-colours", "APP2: a table of colours", jpeg(segment(0xE2, b"ICC_PROFILE\0\1\1"))),
        ("with-words", "a comment", jpeg(segment(0xFE, "上郷".encode()))),
        ("with-a-small-one", "JFIF with a small picture in it", jpeg(segment(0xE0, b"JFXX\0\x10"))),
        ("behind-its-end", "bytes behind its end", jpeg(end=b"\xff\xd9<script>")),
        ("two-in-one", "a second picture behind the first", jpeg() + jpeg()),
        ("broken-off", "no end", jpeg(end=b"")),
        ("a-marker-within", "a marker among the dots", jpeg(dots=b"\x3f\xff\xd0\x12")),
        ("a-second-scan", "a second scan", jpeg(dots=DOTS + SCAN + DOTS)),
        ("progressive", "not baseline", jpeg(size=frame(marker=0xC2))),
        ("grey", "one component", jpeg(size=frame(components=1))),
        ("two-sizes", "two frames", jpeg(frame())),
        ("no-size", "no frame", b"\xff\xd8" + JFIF + TABLES + SCAN + DOTS + b"\xff\xd9"),
        ("no-jpeg", "a GIF", b"GIF89a\x08\0\x08\0\0\0\0;"),
    ):
        yield picture(name, shows, content, whole(content), shown=False)
    wide = jpeg(size=frame(1_280, 1_280))
    yield picture(
        "widest", "1,280 dots each way", wide, whole(wide), shown=True, width=1_280, height=1_280
    )
    filled = jpeg(dots=b"\xff\0" * 40)
    yield picture(
        "many-ff", "within the dots every FF is followed by 00", filled, whole(filled), shown=True
    )


def vectors() -> Iterator[Vector]:
    yield from naming_vectors()
    yield from bearing_vectors()
    yield from showing_vectors()
