"""A run of a lane with one signature, and the parcels in which runs travel.

docs/spec/2-chain.md. What is signed is the chain; the wrapping is the road's affair.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import zstandard

from sync import cbor
from sync.entry import with_payload_facts, without_payload_facts
from sync.errors import Malformed, TooLarge
from sync.lane import Lane, read_lane
from sync.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ENTRIES_MAX,
    MESSAGE_BYTES_MAX,
    PARCEL_BYTES_MAX,
    PARCEL_ITEMS_MAX,
    PAYLOAD_BYTES_MAX,
    STATEMENT_BYTES_MAX,
    WINDOW_BYTES_MAX,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A header and, where it is held, its payload: the bytes that were hashed."""

    header: bytes
    payload: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Consecutive entries from `first` on, and the author's signature at the last."""

    lane: Lane
    first: int
    before: bytes  # the head it continues from
    entries: tuple[Entry, ...]
    signature: bytes

    @property
    def last(self) -> int:
        """The number that is signed."""
        return self.first + len(self.entries) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one machine hands another: statements first, then bundles by class."""

    statements: tuple[bytes, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    unreadable: tuple[Malformed, ...] = ()  # why, for each item that was neither

    def __bool__(self) -> bool:
        return bool(self.statements or self.bundles)


class Method(IntEnum):
    """How a parcel is wrapped."""

    PLAIN = 0
    ZSTD = 1


_WRAPPING_VERSION = 1
_BUNDLE_VERSION = 1


def pack_bundle(bundle: Bundle) -> bytes:
    """Its bytes in a parcel."""
    return cbor.encode(
        [
            _BUNDLE_VERSION,
            bundle.lane.as_array(),
            bundle.first,
            bundle.before,
            [
                [without_payload_facts(entry.header), entry.payload]
                if entry.payload is not None
                else [entry.header, None]
                for entry in bundle.entries
            ],
            bundle.signature,
        ]
    )


def unpack_bundle(encoded: bytes) -> Bundle:
    """What `pack_bundle` made. Raises Malformed."""
    return read_bundle(cbor.decode(encoded, bytes_max=BUNDLE_BYTES_MAX))


def read_bundle(value: object) -> Bundle:
    """The bundle an array stands for, its headers rebuilt. Raises Malformed."""
    match value:
        case [
            version,
            list(lane),
            int(first),
            bytes(before),
            [_, *_] as entries,
            bytes(signature),
        ] if (
            cbor.are_integers(version, first)
            and version == _BUNDLE_VERSION
            and first >= 1
            and len(before) == 32
            and len(signature) == 64
        ):
            pass
        case _:
            raise Malformed("not a bundle of this version")
    if len(entries) > BUNDLE_ENTRIES_MAX:
        raise TooLarge(f"a bundle of {len(entries)} entries")
    return Bundle(
        lane=read_lane(lane),
        first=first,
        before=before,
        entries=tuple(_read_entry(entry) for entry in entries),
        signature=signature,
    )


def wrap(parcel: Parcel, method: Method = Method.ZSTD) -> bytes:
    """A parcel as a road carries it."""
    return wrap_packed(parcel.statements, map(pack_bundle, parcel.bundles), method)


def wrap_packed(
    statements: Iterable[bytes], bundles: Iterable[bytes], method: Method = Method.ZSTD
) -> bytes:
    """The same, for bundles that are packed already."""
    body = b"".join((*map(cbor.encode, statements), *bundles))
    if method is Method.ZSTD:
        body = zstandard.ZstdCompressor(level=9).compress(body)
    return cbor.encode([_WRAPPING_VERSION, int(method), body])


def unwrap(wrapped: bytes, *, bytes_max: int = PARCEL_BYTES_MAX) -> Parcel:
    """What a road carried. Raises Malformed if the wrapping can't be undone.

    An item that can't be read stops no other; nothing larger than the limit is ever unpacked.
    """
    match cbor.decode(wrapped, bytes_max=MESSAGE_BYTES_MAX):
        case [int(version), int(method), bytes(body)] if (
            cbor.are_integers(version, method) and version == _WRAPPING_VERSION
        ):
            pass
        case _:
            raise Malformed("wrapped in a way that this version doesn't know")
    if method == Method.ZSTD:
        body = _decompress(body, bytes_max)
    elif method != Method.PLAIN:
        raise Malformed("wrapped in a way that this version doesn't know")
    if len(body) > bytes_max:
        raise TooLarge("a parcel larger than the limit")
    statements: list[bytes] = []
    bundles: list[Bundle] = []
    unreadable: list[Malformed] = []
    items = cbor.items(body)
    while True:
        if len(statements) + len(bundles) + len(unreadable) > PARCEL_ITEMS_MAX:
            raise TooLarge("more items than a parcel holds")
        try:
            match next(items, None):
                case None:
                    break
                case (_, bytes(statement)):
                    if len(statement) > STATEMENT_BYTES_MAX:
                        raise TooLarge("a statement larger than the limit")
                    statements.append(statement)
                case (size, list() as item):
                    if size > BUNDLE_BYTES_MAX:
                        raise TooLarge("a bundle larger than the limit")
                    bundles.append(read_bundle(item))
                case _:
                    raise Malformed("neither a statement nor a bundle")
        except Malformed as wrong:
            unreadable.append(wrong)
    return Parcel(
        statements=tuple(statements), bundles=tuple(bundles), unreadable=tuple(unreadable)
    )


def _read_entry(value: object) -> Entry:
    match value:
        case [bytes(header), bytes(payload)]:
            if len(payload) > PAYLOAD_BYTES_MAX:
                raise TooLarge("a payload larger than the limit")
            return Entry(with_payload_facts(header, payload), payload)
        case [bytes(header), None]:
            return Entry(header, None)
        case _:
            raise Malformed("not an entry")


def _decompress(frame: bytes, bytes_max: int) -> bytes:
    """What one frame unpacks to: as much as it says, which is looked at before it is unpacked."""
    try:
        says = zstandard.get_frame_parameters(frame)
        if (
            says.window_size > WINDOW_BYTES_MAX
            or says.content_size == zstandard.CONTENTSIZE_UNKNOWN
            or not frame.startswith(zstandard.FRAME_HEADER)
        ):
            raise Malformed("not a frame of data that says its size, with a window in the limit")
        if says.content_size > bytes_max:
            raise TooLarge("a parcel larger than the limit")
        return zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as wrong:
        raise Malformed("not one whole zstd frame") from wrong
