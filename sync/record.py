"""What a record becomes: the value that its entries add up to, in whatever order they came.

docs/spec/1-entries.md. A pure function of the entries held and of who may do what.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sync import cbor
from sync.entry import (
    EntryId,
    Header,
    Payload,
    RecordId,
    Reference,
    Written,
    read_header,
    read_payload,
)
from sync.errors import Malformed
from sync.lane import Lane
from sync.ledger import Stored
from sync.limits import PARENTS_MAX
from sync.trust import Trust

WITHDRAWN = "withdrawn"
WITHDRAWN_WHY = "withdrawn_why"
OUTSIDE = "outside"

_WRITE = "write"  # the one act of this version; others are kept, and change nothing
_ADDRESS_BYTES = 10
_NUMBER_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A post, a booking, a decision: as its entries with effect have it."""

    id: RecordId
    lane: Lane  # its first entry's
    board: str
    fields: Mapping[str, object]
    versions: tuple[EntryId, ...]  # the parents of the next edit, as many as it can name
    counter: int  # the largest of theirs
    written: Written  # the first entry
    changed: Written  # the one of largest counter
    complete: bool  # False: what is missing, or was ordered away, may be a correction
    understood: bool  # False: it needs newer software
    erased: bool = False  # its first entry was ordered away
    fields_as_written: bytes = b""  # what `fields` says, where that is just one payload's

    @property
    def fields_encoded(self) -> bytes:
        """`fields` in their one encoding."""
        return self.fields_as_written or cbor.encode(dict(self.fields))

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken down."""
        return self.fields.get(WITHDRAWN) is True


@dataclass(frozen=True, slots=True)
class _Version:
    stored: Stored
    header: Header
    payload: Payload | None  # None: missing, ordered away, or bytes without meaning
    ancestors: int  # a bit per version
    parents: frozenset[EntryId]  # that it replaces

    @property
    def fields(self) -> Mapping[str, object]:
        """What it says; what the thing is called outside stands in the header."""
        said = (
            {k: v for k, v in self.payload.fields.items() if k != OUTSIDE} if self.payload else {}
        )
        return said if self.header.outside is None else {**said, OUTSIDE: self.header.outside}

    @property
    def fields_as_written(self) -> bytes:
        """Those bytes of the payload that say just `fields`, none of them null; or none."""
        said = self.payload
        if said is None or self.header.outside is not None or OUTSIDE in said.fields:
            return b""
        return b"" if None in said.fields.values() else said.fields_encoded

    @property
    def weight(self) -> tuple[int, bytes, int, bytes]:
        """Among several at once; a branch's id would hang on what else of its lane is held."""
        stored = self.stored
        return self.header.counter, stored.lane.id, stored.id.number, stored.head


def address(record: RecordId) -> str:
    """A record's name in links and QR codes."""
    return f"{_in_letters(record.lane[:_ADDRESS_BYTES])}-{record.number}"


def read_address(text: str) -> tuple[bytes, int] | None:
    """How the lane of the record of that name begins, and the record's number; None: no name."""
    letters, _, number = text.rpartition("-")
    if not number.isdecimal() or len(number) > _NUMBER_DIGITS_MAX:
        return None
    try:
        lane = base64.b32decode(letters.upper())
    except (binascii.Error, ValueError):
        return None
    named = RecordId(lane, int(number))
    return named if len(lane) == _ADDRESS_BYTES and address(named) == text else None


@lru_cache(maxsize=1_024)
def _in_letters(name: bytes) -> str:
    return base64.b32encode(name).decode().lower()


def resolve(
    stored: Iterable[Stored], *, trust: Trust, groups: Mapping[str, Mapping[str, str]]
) -> Record | None:
    """The value of one record's entries; None while its first entry isn't held.

    `groups`: per board, per known field, the group it changes with.
    """
    entries = [*stored]
    if len(entries) == 1:
        return _of_one(entries[0], groups)
    versions = _with_effect(entries, trust)
    if not versions:
        return None
    first = versions[0]
    board, _, _ = first.header.kind.partition("/")
    known = groups.get(board, {})
    replaced = {parent for version in versions for parent in version.parents}
    latest_first = sorted(versions, key=lambda v: v.weight, reverse=True)
    newest = latest_first[0]
    open_ends = [v.stored.id for v in latest_first if v.stored.id not in replaced]
    return Record(
        id=first.stored.id,
        lane=first.stored.lane,
        board=board,
        fields=_merged(versions, trust, known),
        versions=tuple(sorted(open_ends[:PARENTS_MAX])),
        counter=newest.header.counter,
        written=first.header.written,
        changed=newest.header.written,
        complete=not _in_doubt(versions, known),
        understood=all(_understood(v, known) for v in versions),
        erased=first.stored.ordered_away,
        fields_as_written=b"" if len(versions) > 1 else first.fields_as_written,
    )


def _of_one(entry: Stored, groups: Mapping[str, Mapping[str, str]]) -> Record | None:
    """The same where it has but one, as nearly all have: there is nothing to be weighed."""
    try:
        header = read_header(entry.header, entry.lane.id)
    except Malformed:
        return None
    board, _, act = header.kind.partition("/")
    if act != _WRITE or header.record is not None or header.parents or header.counter != 1:
        return None
    version = _Version(entry, header, _read(entry), 0, frozenset())
    as_written = version.fields_as_written
    return Record(
        id=entry.id,
        lane=entry.lane,
        board=board,
        fields=version.payload.fields
        if version.payload is not None and as_written
        else _without_nulls(version.fields),
        versions=(entry.id,),
        counter=header.counter,
        written=header.written,
        changed=header.written,
        complete=entry.payload is not None or entry.ordered_away,
        understood=_understood(version, groups.get(board, {})),
        erased=entry.ordered_away,
        fields_as_written=as_written,
    )


def _without_nulls(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _with_effect(stored: Iterable[Stored], trust: Trust) -> list[_Version]:
    """The entries with effect, parents before children, the record's first one first."""
    read: list[tuple[Header, Stored]] = []
    for entry in stored:
        try:
            read.append((read_header(entry.header, entry.lane.id), entry))
        except Malformed:
            continue  # `ingest` lets no such header in; a ledger from elsewhere might
    read.sort(key=lambda pair: (pair[0].counter, pair[1].id))
    effective: dict[EntryId, _Version] = {}
    first: _Version | None = None
    for header, entry in read:
        ancestors = 0
        parents: list[_Version] = []
        if header.kind.partition("/")[2] != _WRITE:
            continue
        if header.record is None:
            if header.parents or header.counter != 1:
                continue
        else:
            named = [_named(parent, entry, effective) for parent in header.parents]
            parents = [version for version in named if version is not None]
            if (
                first is None
                or not parents
                or len(parents) != len(named)
                or not header.record.holds(first.stored.head)
                or not _may_follow(header, entry, first, parents, trust)
            ):
                continue
            for bit, known in enumerate(effective.values()):
                if known in parents:
                    ancestors |= known.ancestors | 1 << bit
        replaced = frozenset(parent.stored.id for parent in parents)
        version = _Version(entry, header, _read(entry), ancestors, replaced)
        first = first or version
        effective[entry.id] = version
    return list(effective.values()) if first else []


def _named(
    reference: Reference, entry: Stored, effective: Mapping[EntryId, _Version]
) -> _Version | None:
    """The version that an entry means: of its own history, or the one with that head."""
    lane, number = reference.entry
    for version in effective.values():
        other = version.stored
        if (
            other.lane.id == lane
            and other.id.number == number
            and (reference.holds(other.head) if reference.check else other.id.lane in entry.path)
        ):
            return version
    return None


def _may_follow(
    header: Header,
    entry: Stored,
    first: _Version,
    parents: Sequence[_Version],
    trust: Trust,
) -> bool:
    author, origin = entry.lane.author, first.stored.lane
    return (
        header.counter == max(parent.header.counter for parent in parents) + 1
        and header.kind.partition("/")[0] == first.header.kind.partition("/")[0]
        and entry.lane.town == origin.town
        and entry.lane.class_ == origin.class_
        and entry.lane.audience == origin.audience
        and (
            author == origin.author
            or trust.is_office(author, origin.town)
            or trust.succeeds(author, origin.author, origin.town)
        )
    )


def _in_doubt(versions: Sequence[_Version], known: Mapping[str, str]) -> bool:
    """Whether a payload is missing, or was ordered away and isn't replaced in every group."""
    if any(v.stored.payload is None and not v.stored.ordered_away for v in versions):
        return True
    gone = [bit for bit, version in enumerate(versions) if version.stored.ordered_away]
    replaced = [
        _surpassed(versions, bits)
        for group, bits in (_by_group(versions, known) if gone else {}).items()
        if group != _group(OUTSIDE, known)
    ]
    return any(not below >> bit & 1 for below in replaced for bit in gone)


def _by_group(
    versions: Sequence[_Version], known: Mapping[str, str]
) -> Mapping[tuple[bool, str], Sequence[int]]:
    """Which versions carry fields of each group, as bits."""
    carrying: dict[tuple[bool, str], list[int]] = {}
    for bit, version in enumerate(versions):
        for group in {_group(name, known) for name in version.fields}:
            carrying.setdefault(group, []).append(bit)
    return carrying


def _surpassed(versions: Sequence[_Version], bits: Iterable[int]) -> int:
    """All that these descend from."""
    below = 0
    for bit in bits:
        below |= versions[bit].ancestors
    return below


def _merged(
    versions: Sequence[_Version], trust: Trust, known: Mapping[str, str]
) -> dict[str, object]:
    """Per group, the fields of the version that wins."""
    if len(versions) == 1:
        return _without_nulls(versions[0].fields)
    fields: dict[str, object] = {}
    for group, bits in _by_group(versions, known).items():
        below = _surpassed(versions, bits)
        winner = max(
            (versions[bit] for bit in bits if not below >> bit & 1),
            key=lambda v: (trust.rank(v.stored.lane), v.weight),
        )
        fields |= {
            name: value
            for name, value in winner.fields.items()
            if _group(name, known) == group and value is not None
        }
    return fields


def _group(name: str, known: Mapping[str, str]) -> tuple[bool, str]:
    """What a field changes with; an undeclared one is no part of a group that has its name."""
    return name in known, known.get(name, name)


def _read(entry: Stored) -> Payload | None:
    if entry.payload is None:
        return None
    try:
        return read_payload(entry.payload)
    except Malformed:
        return None


def _understood(version: _Version, known: Mapping[str, str]) -> bool:
    if not version.header.understood:
        return False
    if version.payload is None:
        return True
    return version.payload.understood and all(
        name in known for name in version.payload.fields if name[:1] == "!"
    )
