"""The file that a stick or a phone bears (docs/spec/6-carrier.md).

It can be damaged anywhere and still yield the rest. The checksum catches accidents; only the
chain's signatures, looked at by `ingest`, catch intent.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

from sync import cbor, cose
from sync.bundle import Bundle, Parcel
from sync.entry import Written
from sync.errors import Malformed
from sync.frontier import Summary, longest, summary_as_array
from sync.limits import MESSAGE_BYTES_MAX
from sync.receipt import CarriedReceipt, open_receipt
from sync.wrapping import Method, unwrap, wrap

MARK = b"\x8aKRN"
_PREFIX_BYTES = len(MARK) + 5

REREAD_BYTES_MAX = 64 << 20
"""Of bodies that can't be read and are searched for frames; past that, lengths are believed."""

RECEIPTS_MAX = 16
"""Of one file; more are passed over."""


class _Frame(IntEnum):
    LABEL = 1
    PARCEL = 2
    END = 3
    RECEIPT = 4


@dataclass(slots=True)
class Reading:
    """What became of a file while it was read; whole once the reader is exhausted."""

    frames: int = 0  # that could be read
    unreadable: int = 0  # that could not
    whole: bool = False  # the checksum at its end is right
    checksum: bytes = b""  # by which receipts name it, if it is whole
    receipts: list[CarriedReceipt] = field(default_factory=list)  # whose, nobody has checked


def pack(
    statements: Iterable[bytes],
    bundles: Iterable[Bundle | bytes],
    *,
    writer: bytes,
    towns: Iterable[str],
    written: Written,
    made_for: Summary | None = None,
    receipt: bytes = b"",
) -> Iterator[bytes]:
    """The file, piece by piece. `writer` is a public key, `receipt` its word on what it holds.

    Among bundles may be what was packed once, to be handed on as it is.
    """
    label = {
        1: 1,
        2: cose.short(writer),
        3: sorted(towns),
        4: [written.seconds, int(written.quality)],
        5: None if made_for is None else summary_as_array(longest(made_for)),
    }
    digest = sha256()
    for piece in _frames(label, receipt, statements, bundles):
        digest.update(piece)
        yield piece
    yield _frame(_Frame.END, digest.digest())


def unpack(
    content: bytes, reading: Reading, *, enough: Callable[[], bool] = lambda: False
) -> Iterator[Parcel]:
    """The parcels of a file, whatever else is wrong with it; `reading` tells what was found.

    Nothing more is looked at once it is `enough`: a small file may be made to take hours.
    """
    at = 0
    digest, digested = sha256(), 0
    reread_bytes = 0
    while not enough() and (found := _next_frame(content, at)) is not None:
        start, body, end = found
        # What can't be read may have a wrong length: look for the next mark inside it.
        at = start + 1
        try:
            match content[start + len(MARK)]:
                case _Frame.LABEL:
                    cbor.decode(content[body:end], bytes_max=MESSAGE_BYTES_MAX)
                case _Frame.RECEIPT:
                    cose.read(content[body:end], bytes_max=MESSAGE_BYTES_MAX)
                    with suppress(Malformed):  # a later version's
                        reading.receipts.append(open_receipt(content[body:end]))
                    del reading.receipts[RECEIPTS_MAX:]
                case _Frame.PARCEL:
                    yield unwrap(content[body:end])
                case _Frame.END:
                    digest.update(memoryview(content)[digested:start])
                    digested = start
                    matches = content[body:end] == digest.digest()
                    reading.whole = matches and end == len(content)
                    reading.checksum = digest.digest() if reading.whole else b""
                case _:
                    continue
        except Malformed:
            reading.unreadable += 1
            reread_bytes += end - body
            if reread_bytes > REREAD_BYTES_MAX:
                at = end
            continue
        reading.frames += 1
        at = end


def _frames(
    label: object, receipt: bytes, statements: Iterable[bytes], bundles: Iterable[Bundle | bytes]
) -> Iterator[bytes]:
    yield _frame(_Frame.LABEL, cbor.encode(label))
    if receipt:
        yield _frame(_Frame.RECEIPT, receipt)
    if held := list(statements):
        yield _frame(_Frame.PARCEL, wrap(Parcel(statements=tuple(held)), Method.ZSTD))
    for some in bundles:
        body = some if isinstance(some, bytes) else wrap(Parcel(bundles=(some,)))
        yield _frame(_Frame.PARCEL, body)


def _frame(type_: _Frame, body: bytes) -> bytes:
    return MARK + bytes([type_]) + len(body).to_bytes(4, "big") + body


def _next_frame(content: bytes, at: int) -> tuple[int, int, int] | None:
    """Where the next frame begins, its body begins, and both end."""
    while (start := content.find(MARK, at)) >= 0:
        body = start + _PREFIX_BYTES
        length = int.from_bytes(content[start + len(MARK) + 1 : body], "big")
        if length <= MESSAGE_BYTES_MAX and body + length <= len(content):
            return start, body, body + length
        at = start + 1
    return None
