"""What a road carries around a parcel: nothing, a zstd frame, or columns in a zstd frame.

docs/spec/2-chain.md and 9-columns.md. What is signed is the chain, never the wrapping. A frame
tells its size before it is unpacked, and nothing larger than the limit ever is.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

import zstandard

from sync import cbor
from sync.bundle import Bundle, Parcel, Room, joined, pack_bundle, read_bundle
from sync.errors import Malformed, TooLarge
from sync.limits import (
    DICTIONARY_ENTRIES_MAX,
    MESSAGE_BYTES_MAX,
    PARCEL_BYTES_MAX,
    PARTS_MAX,
    STATEMENT_BYTES_MAX,
    WINDOW_BYTES_MAX,
)
from sync.rows import read_table
from sync.table import Part, pack_table


class Method(IntEnum):
    """How a parcel is wrapped at once."""

    PLAIN = 0
    ZSTD = 1
    COLUMNS = 2


class Dictionary(NamedTuple):
    """Bytes that both sides hold: the table of so many entries."""

    count: int  # type: ignore[assignment]
    content: bytes

    @property
    def name(self) -> bytes:
        """What it is called on the road: another content has another name."""
        return sha256(b"kairan/1 dictionary" + self.content).digest()[:8]


class UnknownDictionary(Malformed):
    """It was packed with bytes that we don't hold."""


_VERSION = 1
_PARTS = 3  # a method too: several that are wrapped by the others
_LEVEL = 19
_LARGE_BYTES = 512 << 10
_FASTER = {
    "window_log": 20,
    "chain_log": 21,
    "hash_log": 18,
    "strategy": zstandard.STRATEGY_BTOPT,
    "search_log": 5,
}
"""Measured (docs/BENCHMARKS.md): a third of level 19's CPU, a fifth of its memory, 4 % more."""
_LEANER = {"window_log": 22, "chain_log": 22, "hash_log": 20}
"""Likewise: 27 MB instead of 87 for 0.1 % more bytes."""


def wrap(
    parcel: Parcel,
    method: Method = Method.COLUMNS,
    *,
    dictionary: Dictionary | None = None,
) -> bytes:
    """A parcel as a road carries it. What is more than a table holds goes without columns."""
    if method is not Method.COLUMNS:
        return _wrapped_in_rows(parcel, method)
    try:
        parts = pack_table(parcel.statements, parcel.bundles)
    except TooLarge:
        return wrap(parcel, Method.ZSTD)
    frame = _frame(parts, b"" if dictionary is None else dictionary.content)
    named = [] if dictionary is None else [dictionary.count, dictionary.name]
    return cbor.encode([_VERSION, int(method), frame, *named])


def wrap_thoroughly(bundles: Iterable[Bundle]) -> bytes:
    """The same of bundles, with as much CPU as it takes: for what is handed on often.

    Raises TooLarge if there is more than a table holds.
    """
    frame = _frame(pack_table((), bundles), thorough=True)
    return cbor.encode([_VERSION, int(Method.COLUMNS), frame])


def _wrapped_in_rows(parcel: Parcel, method: Method) -> bytes:
    body = b"".join((*map(cbor.encode, parcel.statements), *map(pack_bundle, parcel.bundles)))
    if method is Method.ZSTD:
        body = zstandard.ZstdCompressor(level=9).compress(body)
    return cbor.encode([_VERSION, int(method), body])


def wrap_parts(parts: Sequence[bytes]) -> bytes:
    """Parcels that are wrapped already, as one; none of them names a dictionary."""
    return parts[0] if len(parts) == 1 else cbor.encode([_VERSION, _PARTS, [*parts]])


def table(bundles: Sequence[Bundle]) -> bytes:
    """The table of these bundles in this order: what the content of a dictionary is made of.

    Raises TooLarge if there is more than a table holds.
    """
    return b"".join(part.content for part in pack_table((), bundles))


def unwrap(
    wrapped: bytes,
    *,
    bytes_max: int = PARCEL_BYTES_MAX,
    dictionary: Callable[[int], bytes] | None = None,
) -> Parcel:
    """What a road carried. Raises Malformed if the wrapping can't be undone.

    An item that can't be read stops no other; nothing larger than the limit is ever unpacked.
    `dictionary` gives the content of one made of so many entries; raises UnknownDictionary if that
    isn't the one that was used.
    """
    room = Room(bytes_max)
    method, rest = _opened(wrapped)
    if method != _PARTS:
        return _unwrapped(method, rest, room, dictionary)
    match rest:
        case [[_, *_] as parts] if len(parts) <= PARTS_MAX:
            return joined([_unwrapped(*_opened(part), room, None) for part in parts])
        case _:
            raise Malformed("not parts of a parcel, or too many")


def _opened(wrapped: object) -> tuple[int, list[object]]:
    """The method, and what comes after it."""
    if not isinstance(wrapped, bytes):
        raise Malformed("a part that isn't a byte string")
    match cbor.decode(wrapped, bytes_max=MESSAGE_BYTES_MAX):
        case [int(version), int(method), *rest] if (
            cbor.are_integers(version, method) and version == _VERSION
        ):
            return method, rest
        case _:
            raise Malformed("wrapped in a way that this version doesn't know")


def _unwrapped(
    method: int, rest: list[object], room: Room, dictionary: Callable[[int], bytes] | None
) -> Parcel:
    """What was wrapped at once, as far as there is room for it."""
    match method, rest:
        case Method.PLAIN, [bytes(body)]:
            return _read_parcel(body, room)
        case Method.ZSTD, [bytes(body)]:
            return _read_parcel(_decompress(body, room.bytes_left), room)
        case Method.COLUMNS, [bytes(body)]:
            return read_table(_decompress(body, room.bytes_left), room)
        case Method.COLUMNS, [bytes(body), int(count), bytes(name)] if (
            cbor.are_integers(count) and 1 <= count <= DICTIONARY_ENTRIES_MAX and len(name) == 8
        ):
            held = Dictionary(count, b"" if dictionary is None else dictionary(count))
            if dictionary is None or held.name != name:
                raise UnknownDictionary(f"packed with other {count} entries than are held here")
            return read_table(_decompress(body, room.bytes_left, held.content), room)
        case _:
            raise Malformed("wrapped in a way that this version doesn't know")


def _read_parcel(body: bytes, room: Room) -> Parcel:
    """The items of a parcel as it is."""
    room.take(len(body))
    statements: list[bytes] = []
    bundles: list[Bundle] = []
    unreadable: list[Malformed] = []
    items = cbor.sequence(body)
    while True:
        try:
            match next(items, _END):
                case bytes(statement):
                    if len(statement) > STATEMENT_BYTES_MAX:
                        raise TooLarge("a statement larger than the limit")
                    statements.append(statement)
                case list(item):
                    bundles.append(read_bundle(item))
                case end if end is _END:
                    break
                case _:
                    raise Malformed("neither a statement nor a bundle")
        except Malformed as wrong:
            unreadable.append(wrong)
        room.take(0, items=1)
    return Parcel(
        statements=tuple(statements), bundles=tuple(bundles), unreadable=tuple(unreadable)
    )


_END = object()


def _frame(parts: list[Part], dictionary: bytes = b"", *, thorough: bool = False) -> bytes:
    """One frame of a table; random bytes in blocks of their own, where no text pays for them.

    The list is empty afterwards: what zstd has read it keeps itself, as far as it needs it.
    """
    size = sum(len(part.content) for part in parts)
    of_large = _LEANER if thorough else _FASTER
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL,
        source_size=size + len(dictionary),
        dict_size=len(dictionary),
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
        **(of_large if size > _LARGE_BYTES else {}),
    )
    compressor = zstandard.ZstdCompressor(
        compression_params=parameters, dict_data=_raw(dictionary)
    ).compressobj(size=size)
    frame = bytearray()
    last: object = None
    parts.reverse()
    while parts:
        part = parts.pop()
        sort = _sort(part)
        if len(part.content) > _BLOCK_BYTES_MIN and sort != last:
            if last is not None:
                frame += compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
            last = sort
        frame += compressor.compress(part.content)
    return bytes(frame + compressor.flush())


def _sort(part: Part) -> tuple[bool, bool]:
    """Parts of different sorts share no block, for a block has one table of how often bytes are."""
    return part.is_random, part.content.translate(None, _ASCII) == b""


_BLOCK_BYTES_MIN = 500
_ASCII = bytes((*range(0x80), 0xFF))  # with what ends a text in a column


def _decompress(frame: bytes, bytes_max: int, dictionary: bytes = b"") -> bytes:
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
        return zstandard.ZstdDecompressor(dict_data=_raw(dictionary)).decompress(
            frame, allow_extra_data=False
        )
    except zstandard.ZstdError as wrong:
        raise Malformed("not one whole zstd frame") from wrong


def _raw(dictionary: bytes) -> zstandard.ZstdCompressionDict | None:
    if not dictionary:
        return None
    return zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
