"""Examples for docs/spec/6-carrier.md."""

from collections.abc import Iterator, Sequence

from tests.vectors.chain import BOARD, ENTRIES, zstd_frame
from tests.vectors.columns import run, table
from tests.vectors.exchange import SUMMARY
from tests.vectors.kit import (
    OTHER_TOWN,
    TOWN,
    H,
    Lane,
    Raw,
    Vector,
    bundle,
    cbor,
    public,
    sealed,
    short,
)
from tests.vectors.ledger import NODE

MARK = b"\x8aKRN"
LABEL, PARCEL, END, RECEIPT = 1, 2, 3, 4
NODE_ITEM = cbor(NODE)


def frame(type_: int, body: bytes, *, claims: int | None = None) -> bytes:
    length = len(body) if claims is None else claims
    return MARK + bytes([type_]) + length.to_bytes(4, "big") + body


def label() -> bytes:
    return frame(
        LABEL, cbor({1: 1, 2: short("kamisato"), 3: [TOWN], 4: [1_790_000_000, 3], 5: None})
    )


def parcel(*items: bytes) -> bytes:
    return frame(PARCEL, cbor([1, 0, b"".join(items)]))


def ended(*frames: bytes) -> bytes:
    return b"".join(frames) + frame(END, H(*frames))


TAKEN = [H(b"a file"), 3, 0, 0]
SAID: dict[int, object] = {
    1: 1,
    2: [1, b"the life"],
    3: 12,
    4: [TOWN],
    5: H(b"all that is held"),
    6: SUMMARY,
    7: [TAKEN],
    8: [1_790_000_000, 3],
}


def receipt(*, signer: str = "shimosato", type_: str = "kairan-receipt", **other: object) -> bytes:
    said = SAID | {int(key.removeprefix("k")): value for key, value in other.items()}
    return sealed(cbor(said), type_=type_, key_id=short("shimosato"), signer=signer)


def receipt_vectors() -> Iterator[Vector]:
    """What a machine says that it holds and took in."""
    given = {"sender": public("shimosato").hex()}
    later = [H(b"another"), 0, 2, 1]
    for name, shows, encoded, taken in (
        ("one-file", "a file was taken in wholly", receipt(), [TAKEN]),
        ("no-file", "what it holds, and no file", receipt(k7=[]), []),
        (
            "waiting",
            "the second was taken in, but not wholly",
            receipt(k7=[TAKEN, later]),
            [TAKEN, later],
        ),
        ("many", "64 files", receipt(k7=[TAKEN] * 64), [TAKEN] * 64),
        ("later-key", "a key that only later versions know", receipt(k9=True), [TAKEN]),
    ):
        yield Vector(
            name=f"receipt-{name}",
            shows=shows,
            kind="receipt",
            bytes=encoded,
            given=given,
            expect={
                "order": [1, 12],
                "towns": [TOWN],
                "digest": H(b"all that is held").hex(),
                "lanes": 1,
                "taken": [[t.hex() if isinstance(t, bytes) else t for t in each] for each in taken],
            },
        )
    wrong: dict[str, tuple[str, bytes]] = {
        "version": ("of another version", receipt(k1=2)),
        "version-true": ("true is not the integer 1", receipt(k1=True)),
        "ordinal": ("there is no life 0", receipt(k2=[0, b"the life"])),
        "counter": ("counters begin at 1", receipt(k3=0)),
        "counter-large": ("a counter past 2^62", receipt(k3=(1 << 62) + 1)),
        "towns": ("towns out of order", receipt(k4=[TOWN, OTHER_TOWN])),
        "digest": ("a digest of 31 bytes", receipt(k5=bytes(31))),
        "summary": ("half a summary", receipt(k6=[[]])),
        "too-many": ("65 files", receipt(k7=[TAKEN] * 65)),
        "negative": ("fewer than no bundles", receipt(k7=[[TAKEN[0], -1, 0, 0]])),
        "quality": ("a clock of no known quality", receipt(k8=[0, 4])),
        "null": ("null in the place of what it holds", receipt(k6=None)),
        "type": ("a message of another type", receipt(type_="kairan-offer")),
        "not-cbor": (
            "not CBOR",
            sealed(
                Raw(b"\xff"),
                type_="kairan-receipt",
                key_id=short("shimosato"),
                signer="shimosato",
            ),
        ),
    }
    for name, (shows, encoded) in wrong.items():
        yield Vector(
            name=f"receipt-{name}",
            shows=shows,
            kind="receipt",
            bytes=encoded,
            given=given,
            refused="malformed",
        )
    yield Vector(
        name="receipt-signature",
        shows="signed by another than it names",
        kind="receipt",
        bytes=receipt(signer="kamisato"),
        given=given,
        refused="signature",
    )


def vectors() -> Iterator[Vector]:
    yield from receipt_vectors()
    lanes = [BOARD, Lane(author="kamisato", audience=2)]
    one, two = (cbor(bundle(lane, ENTRIES)) for lane in lanes)
    frames = [label(), parcel(NODE_ITEM), parcel(one), parcel(two)]
    whole = ended(*frames)

    def file(
        name: str,
        shows: str,
        content: bytes,
        parcels: Sequence[bytes] = (NODE_ITEM, one, two),
        *,
        intact: bool = False,
        has_frames: bool = True,
        receipts: Sequence[bytes] = (),
    ) -> Vector:
        return Vector(
            name=f"carrier-{name}",
            shows=shows,
            kind="carrier",
            bytes=content,
            expect={
                "parcels": [p.hex() for p in parcels],
                "receipts": [r.hex() for r in receipts],
                "whole": intact,
                "kairan": has_frames,
            },
        )

    yield file("whole", "a label, statements, two bundles and the end", whole, intact=True)
    both = [run(lane, ENTRIES) for lane in lanes]
    packed = frame(PARCEL, cbor([1, 2, zstd_frame([table(*both).joined])]))
    yield file(
        "columns",
        "bundles in columns, two in one frame",
        ended(*frames[:2], packed),
        (NODE_ITEM, one + two),
        intact=True,
    )
    yield file("nothing", "a label and the end", ended(label()), (), intact=True)
    yield file("no-end", "a stick pulled out before the end", b"".join(frames))
    yield file(
        "cut",
        "a stick pulled out in the middle of a frame",
        whole[: -len(frames[3])],
        (NODE_ITEM, one),
    )
    yield file("more-after", "something after the end", whole + b"\0")
    yield file(
        "wrong-end", "a checksum that doesn't match", b"".join(frames) + frame(END, bytes(32))
    )
    yield file(
        "garbage-between",
        "bytes between frames",
        frames[0] + frames[1] + b"garbage" + frames[2] + frames[3] + frame(END, H(*frames)),
    )
    yield file(
        "mark-damaged",
        "a frame whose mark is damaged: the others are found",
        frames[0] + frames[1] + b"\0" + frames[2][1:] + frames[3],
        (NODE_ITEM, two),
    )
    yield file(
        "length-too-large",
        "a length past the end of the file",
        frames[0] + frame(PARCEL, b"", claims=1 << 20) + b"".join(frames[1:]),
    )
    yield file(
        "length-over-limit",
        "a length over the limit",
        frames[0] + frame(PARCEL, b"", claims=(8 << 20) + 1) + b"".join(frames[1:]),
    )
    swallowing = frame(PARCEL, b"", claims=len(frames[2]) + 5)
    yield file(
        "length-swallows",
        "a wrong length that reaches into the next frames",
        frames[0] + frames[1] + swallowing + frames[2] + frames[3],
    )
    yield file(
        "unknown-type",
        "a frame of a type that isn't known",
        ended(*frames[:2], frame(9, b"later"), *frames[2:]),
        intact=True,
    )
    yield file(
        "unknown-wrapping",
        "a parcel wrapped in a way that this version doesn't know",
        ended(*frames[:2], frame(PARCEL, cbor([2, 0, b""])), *frames[2:]),
        intact=True,
    )
    later = frame(9, b"later")
    yield file("only-unknown", "only a frame of an unknown type", later, (), has_frames=False)
    unreadable = frame(LABEL, b"\xff")
    yield file("only-bad-label", "only a label that is no CBOR", unreadable, (), has_frames=False)
    yield file(
        "bad-label",
        "a label that can't be read stops nothing",
        ended(unreadable, *frames[1:]),
        intact=True,
    )
    yield file(
        "odd-label", "a label may say anything", ended(frame(LABEL, b"\x01")), (), intact=True
    )
    yield file("no-label", "a file without a label", ended(*frames[1:]), intact=True)
    yield file("late-label", "a label that comes last", ended(*frames[1:], label()), intact=True)
    yield file("short-end", "an end of 31 bytes", frames[1] + frame(END, bytes(31)), (NODE_ITEM,))
    yield file("only-end", "an end, and nothing before it", ended(), (), intact=True)
    yield file("not-kairan", "no frame at all", b"%PDF-1.7 something else", (), has_frames=False)
    yield file("empty", "an empty file", b"", (), has_frames=False)

    told = frame(RECEIPT, receipt())
    yield file(
        "receipt",
        "a label, the writer's receipt, and the rest",
        ended(frames[0], told, *frames[1:]),
        intact=True,
        receipts=[receipt()],
    )
    yield file(
        "only-receipt",
        "a file that says what arrived, and no more",
        ended(frames[0], told),
        (),
        intact=True,
        receipts=[receipt()],
    )
    yield file(
        "later-receipt",
        "a receipt of a later version is passed over",
        ended(frames[0], frame(RECEIPT, receipt(k1=2)), *frames[1:]),
        intact=True,
    )
    yield file(
        "bad-receipt",
        "a receipt that is no signed message stops nothing",
        ended(frames[0], frame(RECEIPT, b"\x01"), *frames[1:]),
        intact=True,
    )
