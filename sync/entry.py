"""One change to one record: a header that is kept, and a payload that can be withdrawn.

Here are the bytes (docs/spec/1-entries.md); what entries add up to is `sync.record`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from sync import cbor
from sync.errors import Malformed
from sync.limits import ACCOUNT_BYTES_MAX, HEADER_BYTES_MAX, KIND_BYTES_MAX, PARENTS_MAX
from sync.limits import PAYLOAD_BYTES_MAX as PAYLOAD_BYTES_MAX


class EntryId(NamedTuple):
    """An entry by the lane it is in and its number there; the first entry's is its record's id."""

    lane: bytes  # lane id
    number: int


RecordId = EntryId

CHECK_BYTES = 8
SALT_BYTES = 8


class Reference(NamedTuple):
    """An entry as another one names it."""

    entry: EntryId
    check: bytes = b""  # the head there, its first 8 bytes; empty within the same lane

    def holds(self, head: bytes) -> bool:
        """Whether it means the entry with that head."""
        return head.startswith(self.check)


class Quality(IntEnum):
    """How good the clock was (DESIGN §5)."""

    UNKNOWN = 0
    HINTED = 1
    CARRIED = 2
    TRUSTED = 3


class Written(NamedTuple):
    """When the author's clock says it was written: shown, never trusted."""

    seconds: int  # since 1970-01-01T00:00Z
    quality: Quality


class _Key:
    KIND = 1
    RECORD = 2
    PARENTS = 3
    COUNTER = 4
    ACCOUNT = 5
    WRITTEN = 6
    DIGEST = 7
    LENGTH = 8
    OUTSIDE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is kept of a change for good."""

    kind: str  # "board/act"
    record: Reference | None  # None: it begins a record
    parents: tuple[Reference, ...]
    counter: int  # one more than the largest of the parents'
    written: Written
    digest: bytes  # of the payload
    length: int  # bytes in the payload
    account: bytes | None = None
    outside: object = None  # what its issuer calls the thing: known though the payload is gone
    understood: bool = True  # False: it carries something that must be understood and isn't


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a change says."""

    fields: Mapping[str, object]
    understood: bool = True
    fields_encoded: bytes = b""  # just as they stand in it; empty where more stands there


_QUALITIES = tuple(Quality)
_TEXTS = frozenset({str})
_BEFORE_SALT, _BEFORE_FIELDS = b"\xa2\x01" + cbor.head(2, SALT_BYTES), b"\x02"
_FIELDS_AT = len(_BEFORE_SALT) + SALT_BYTES + len(_BEFORE_FIELDS)


def make_payload(fields: Mapping[str, object], *, salt: bytes) -> bytes:
    """The bytes of a payload. Raises Malformed if a value has no place in our CBOR."""
    return cbor.encode({1: salt, 2: dict(fields)})


def make_header(
    *,
    lane: bytes,
    kind: str,
    payload: bytes,
    written: Written,
    record: Reference | None = None,
    parents: Sequence[Reference] = (),
    counter: int = 1,
    account: bytes | None = None,
    outside: object = None,
) -> bytes:
    """The bytes of a header in the lane of that id."""
    header: dict[int, object] = {_Key.KIND: kind}
    if record is not None:
        header[_Key.RECORD] = _as_item(record, lane)
    if parents:
        header[_Key.PARENTS] = sorted((_as_item(p, lane) for p in parents), key=cbor.encode)
    header[_Key.COUNTER] = counter
    if account is not None:
        header[_Key.ACCOUNT] = account
    header[_Key.WRITTEN] = [written.seconds, int(written.quality)]
    header[_Key.DIGEST] = sha256(payload).digest()
    header[_Key.LENGTH] = len(payload)
    if outside is not None:
        header[_Key.OUTSIDE] = outside
    return cbor.encode({int(key): value for key, value in header.items()})


def record_changed(encoded: bytes, lane: bytes) -> Reference | None:
    """What a header changes in the lane of that id; None: it begins a record. Raises Malformed."""
    return read_header(encoded, lane).record if _usual(encoded) is None else None


def read_header(encoded: bytes, lane: bytes) -> Header:
    """The header these bytes are, in the lane of that id. Raises Malformed."""
    usual = _usual(encoded)
    return _read_any_header(encoded, lane) if usual is None else _read_usual_header(usual)


_USUAL = re.compile(
    rb"\xa5\x01(?P<kind>[\x60-\x77][ -~]*)\x04(?P<counter>[\x01-\x17])"
    rb"\x06\x82\x1a(?P<seconds>(?!\0\0).{4})(?P<quality>[\0-\x03])\x07\x58\x20(?P<digest>.{32})"
    rb"\x08(?:(?P<tiny>[\0-\x17])|\x18(?P<small>[\x18-\xff])|\x19(?P<large>[^\0].))",
    re.DOTALL,
)
"""What nearly all headers look like: each begins a record, and has nothing that may be absent."""


def _usual(encoded: bytes) -> re.Match[bytes] | None:
    match = _USUAL.fullmatch(encoded)
    if match is None or encoded[2] - 0x60 != match.end("kind") - 3:
        return None
    return match


def _read_usual_header(match: re.Match[bytes]) -> Header:
    """The same as of any other header, in a tenth of the time."""
    kind, counter, seconds, quality, digest, tiny, small, large = match.groups()
    return Header(
        kind=kind[1:].decode(),
        record=None,
        parents=(),
        counter=counter[0],
        written=Written(int.from_bytes(seconds), _QUALITIES[quality[0]]),
        digest=digest,
        length=int.from_bytes(tiny or small or large),
    )


def _read_any_header(encoded: bytes, lane: bytes) -> Header:
    value = _map(cbor.decode(encoded, bytes_max=HEADER_BYTES_MAX))
    match value.get(_Key.KIND):
        case str(kind) if len(kind.encode()) <= KIND_BYTES_MAX:
            pass
        case _:
            raise Malformed("a header without a kind")
    match value.get(_Key.PARENTS):
        case None if _Key.PARENTS not in value:
            parents: tuple[Reference, ...] = ()
        case [_, *_] as references if len(references) <= PARENTS_MAX:
            keys = [cbor.encode(reference) for reference in references]
            if sorted(set(keys)) != keys:
                raise Malformed("parents out of order or named twice")
            parents = tuple(_read_reference(item, lane) for item in references)
        case _:
            raise Malformed("a header with wrong parents")
    match value.get(_Key.WRITTEN):
        case [int(seconds), int(quality)] if (
            cbor.are_integers(seconds, quality) and quality in _QUALITIES
        ):
            written = Written(seconds, _QUALITIES[quality])
        case _:
            raise Malformed("a header without the time of writing")
    match (value.get(_Key.COUNTER), value.get(_Key.DIGEST), value.get(_Key.LENGTH)):
        case (int(counter), bytes(digest), int(length)) if (
            cbor.are_integers(counter, length)
            and counter >= 1
            and len(digest) == 32
            and 0 <= length <= PAYLOAD_BYTES_MAX
        ):
            pass
        case _:
            raise Malformed("a header with a wrong counter, digest or length")
    match value.get(_Key.ACCOUNT):
        case None if _Key.ACCOUNT not in value:
            account = None
        case bytes(account) if len(account) <= ACCOUNT_BYTES_MAX:
            pass
        case _:
            raise Malformed("a header with a wrong account")
    reference = value.get(_Key.RECORD)
    if reference is None and _Key.RECORD in value:
        raise Malformed("a header with a wrong record")
    return Header(
        kind=kind,
        record=None if reference is None else _read_reference(reference, lane),
        parents=parents,
        counter=counter,
        written=written,
        digest=digest,
        length=length,
        account=account,
        outside=value.get(_Key.OUTSIDE),
        understood=min(value) >= 0,
    )


def read_payload(encoded: bytes) -> Payload:
    """What a payload says. Raises Malformed; such bytes are kept all the same, and mean nothing."""
    if not encoded.startswith(_BEFORE_SALT) or not encoded.startswith(
        _BEFORE_FIELDS, _FIELDS_AT - len(_BEFORE_FIELDS)
    ):
        return _read_any_payload(encoded)
    # As nearly all are: salt and fields, and nothing beside them.
    fields_encoded = encoded[_FIELDS_AT:]
    fields = cbor.decode(fields_encoded, bytes_max=PAYLOAD_BYTES_MAX - _FIELDS_AT, depth=1)
    if not isinstance(fields, dict) or not set(map(type, fields)) <= _TEXTS:
        raise Malformed("not a payload")
    return Payload(fields=fields, fields_encoded=fields_encoded)


def _read_any_payload(encoded: bytes) -> Payload:
    value = _map(cbor.decode(encoded, bytes_max=PAYLOAD_BYTES_MAX))
    match (value.get(1), value.get(2)):
        case (bytes(salt), dict(fields)) if len(salt) == SALT_BYTES and (
            set(map(type, fields)) <= _TEXTS
        ):
            return Payload(fields=fields, understood=min(value) >= 0)
        case _:
            raise Malformed("not a payload")


def without_payload_facts(header: bytes) -> bytes:
    """A header as it travels beside its payload: digest and length follow from that."""
    value = _map(cbor.decode(header, bytes_max=HEADER_BYTES_MAX))
    del value[_Key.DIGEST], value[_Key.LENGTH]
    return cbor.encode(value)


def with_payload_facts(header: bytes, payload: bytes) -> bytes:
    """The header that was signed, from what travelled. Raises Malformed."""
    value = _map(cbor.decode(header, bytes_max=HEADER_BYTES_MAX))
    if _Key.DIGEST in value or _Key.LENGTH in value:
        raise Malformed("a digest sent beside its payload")
    value[_Key.DIGEST] = sha256(payload).digest()
    value[_Key.LENGTH] = len(payload)
    return cbor.encode(value)


def _map(value: object) -> dict[int, object]:
    if not isinstance(value, dict) or not value or not cbor.are_integers(*value):
        raise Malformed("not a map with integer keys")
    return value


def _as_item(reference: Reference, lane: bytes) -> object:
    entry, check = reference
    return entry.number if entry.lane == lane else [entry.lane, entry.number, check]


def _read_reference(item: object, lane: bytes) -> Reference:
    match item:
        case int(number) if cbor.are_integers(number) and number >= 1:
            return Reference(EntryId(lane, number))
        case [bytes(other), int(number), bytes(check)] if (
            cbor.are_integers(number)
            and number >= 1
            and len(other) == 32
            and other != lane
            and len(check) == CHECK_BYTES
        ):
            return Reference(EntryId(other, number), check)
        case _:
            raise Malformed("not a reference to an entry")
