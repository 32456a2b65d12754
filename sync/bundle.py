"""A run of a lane with one signature, and the parcels in which runs travel.

docs/spec/2-chain.md. What is signed is the chain; how a parcel is wrapped is the road's affair
(`sync.wrapping`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sync import cbor
from sync.entry import with_payload_facts, without_payload_facts
from sync.errors import Malformed, TooLarge
from sync.lane import Lane, read_lane
from sync.limits import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ENTRIES_MAX,
    PARCEL_ITEMS_MAX,
    PAYLOAD_BYTES_MAX,
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


def joined(parcels: Sequence[Parcel]) -> Parcel:
    """One parcel of all that is in these, in their order."""
    return Parcel(
        statements=tuple(s for parcel in parcels for s in parcel.statements),
        bundles=tuple(b for parcel in parcels for b in parcel.bundles),
        unreadable=tuple(wrong for parcel in parcels for wrong in parcel.unreadable),
    )


@dataclass(slots=True)
class Room:
    """How much more may be read of a parcel: what it takes as it is, however it is wrapped."""

    bytes_left: int
    items_left: int = PARCEL_ITEMS_MAX

    def take(self, size: int, *, items: int = 0) -> None:
        """Less is left now. Raises TooLarge if there wasn't that much."""
        self.bytes_left -= size
        self.items_left -= items
        if self.bytes_left < 0 or self.items_left < 0:
            raise TooLarge("more than a parcel holds")


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
