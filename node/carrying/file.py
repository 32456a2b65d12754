"""Bundle files: what others lack goes out, whatever verifies comes in.

Nobody is asked who they are: a file is taken in bundle by bundle through the one door, in pieces
short enough that whoever posts meanwhile doesn't wait for it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from node.carrying.withheld import Withheld, withheld
from node.membership import Membership
from node.node import Node
from sync import cose
from sync.bundle import Bundle, Parcel, pack_bundle
from sync.carrier import Reading, pack, unpack
from sync.chain import fold
from sync.entry import EntryId, RecordId, read_header
from sync.errors import TooLarge, Unverified
from sync.frontier import Summary
from sync.ingest import Kept, Receipt, Refused, ingest, ingest_statement
from sync.lacking import held_registers, runs
from sync.lacking import pieces as lacking_pieces
from sync.ledger import Ledger, Pack
from sync.machine import clock
from sync.machine.files import read_bounded, write_new
from sync.receipt import CarriedReceipt
from sync.scope import sight
from sync.trust import NoCertificateYet, Refusal

FILE_BYTES_MAX = 256 << 20
WRITTEN_BYTES_MAX = 240 << 20
"""Of bundles in a file of ours, before they are packed; so anybody can read what we write."""

PIECE_ITEMS_MAX = 16
PIECE_ENTRIES_MAX = 1_000
UNREADABLE_MAX = 4
REFUSED_MAX = 500
RECORDS_TOLD_MAX = 1_000
NOTHING = Summary(statements=frozenset(), lanes={})


class Run(NamedTuple):
    """Numbers of a lane that were found in a file, with every payload that we have of them."""

    lane: bytes
    first: int
    last: int
    head: bytes  # at the last


class CannotCarry(Exception):
    """The file can't be written or read. The message is for a screen."""


@dataclass(slots=True)
class Brought:
    """What a file brought."""

    reading: Reading = field(default_factory=Reading)
    receipt: Receipt = field(default_factory=Receipt)
    records: dict[RecordId, None] = field(default_factory=dict)  # that something new was said of
    statements: set[bytes] = field(default_factory=set)  # digests of those that hold
    runs: list[Run] = field(default_factory=list)  # that hold
    told: list[CarriedReceipt] = field(default_factory=list)  # words of our town's machines
    broken_off: bool = False  # it took too long
    earlier: int = 0  # how much was new before it was read once more, from its beginning
    joined: bool = False  # by it this machine became one of the town's

    @property
    def foreign(self) -> int:
        """How much of it is other towns' own business."""
        return self.receipt.reasons.count(Refusal.FOREIGN)

    @property
    def whole(self) -> bool:
        """Whether its checksum was right."""
        return self.reading.whole

    @property
    def unreadable(self) -> int:
        """Frames that could not be read."""
        return self.reading.unreadable

    @property
    def new(self) -> int:
        """How much of it was new here."""
        return self.earlier + self.receipt.entries + self.receipt.payloads

    @property
    def only_of_other_towns(self) -> bool:
        """Whether there is something in it, and none of it for us."""
        said = self.receipt
        return not said.kept and bool(said.refused) and set(said.reasons) == {Refusal.FOREIGN}


def export(node: Node, path: Path) -> int:
    """Write everything held to a new file; its bytes. Raises CannotCarry."""
    try:
        return write_new(path, pieces(node))
    except FileExistsError as wrong:
        raise CannotCarry(f"{path} はもうあります。別の名前にしてください。") from wrong
    except OSError as wrong:
        raise CannotCarry(f"{path} に書けません: {wrong.strerror}") from wrong


def bring(node: Node, path: Path) -> Brought:
    """Take in what verifies of a file, bundle by bundle. Raises CannotCarry."""
    try:
        content = read_bounded(path, FILE_BYTES_MAX)
    except OSError as wrong:
        raise CannotCarry(f"{path} を読めません: {wrong.strerror}") from wrong
    if content is None:
        raise CannotCarry(f"{path} は大きすぎます。Kairan の束ファイルか確かめてください。")
    brought = take_in(node, content, source="carrier")
    if not brought.reading.frames:
        raise CannotCarry(f"{path} は Kairan の束ファイルではありません。")
    return brought


def pieces(
    node: Node,
    *,
    made_for: Summary = NOTHING,
    receipt: bytes = b"",
    bytes_max: int = WRITTEN_BYTES_MAX,
    closed: bool = False,
) -> Iterator[bytes]:
    """A file of what a machine lacks that holds `made_for`.

    `bytes_max` is of bundles, before they are packed. `closed`: nobody who bears it can read it,
    so that what is hidden comes along too.
    """
    left_out = Withheld() if closed else withheld(node)
    towns = frozenset(node.settings.towns)
    seen = sight(node.ledger.trust(), towns)
    statements = seen.trust.ordered(
        s for s in seen.trust.statements if s.digest not in made_for.statements and seen.towns_of(s)
    )
    registers = held_registers(node.ledger, towns)
    return pack(
        [*statements, *registers],
        _within(node.ledger, made_for, towns, bytes_max, left_out),
        writer=node.identity.public,
        towns=towns,
        written=clock.now().written,
        made_for=None if made_for == NOTHING else made_for,
        receipt=receipt,
    )


def lacks_something(node: Node, there: Summary) -> bool:
    """Whether a machine that holds that lacks posts of ours."""
    return any(True for _ in runs(node.ledger, there, frozenset(node.settings.towns)))


def _within(
    ledger: Ledger,
    made_for: Summary,
    towns: frozenset[str],
    bytes_max: int,
    left_out: Withheld,
) -> Iterator[Bundle | bytes]:
    """Of what was packed once as much as serves; nobody waits at a stick for that."""
    packs = [p for p in ledger.packs() if p.size <= bytes_max and not left_out.is_in(p)]
    for lacked in lacking_pieces(ledger, made_for, towns, packs):
        piece = left_out.without(lacked) if isinstance(lacked, Bundle) else lacked
        bytes_max -= piece.size if isinstance(piece, Pack) else len(pack_bundle(piece))
        if bytes_max < 0:
            return
        if isinstance(piece, Bundle):
            yield piece
        elif (wrapped := ledger.packed(piece)) is not None:
            yield wrapped
        else:  # undone a moment ago: another file will have it
            return


def take_in(
    node: Node,
    content: bytes,
    *,
    source: str,
    seconds_max: float = float("inf"),
    strict: bool = False,
) -> Brought:
    """Take in what verifies, as long as that lasts no longer than `seconds_max`.

    `source` is whatever the road is known by. `strict`: anybody may bring a file. Then what nobody
    certified is refused, for there would soon be no place left to wait in; and one with much in it
    that is wrong is not read to its end.
    """
    brought = Brought()
    until = clock.running() + seconds_max

    def enough() -> bool:
        brought.broken_off = (
            brought.broken_off
            or clock.running() > until
            or (strict and brought.unreadable > UNREADABLE_MAX)
            or (strict and brought.receipt.refused > REFUSED_MAX)
        )
        return brought.broken_off

    stranger, taken = node.membership is Membership.STRANGER, node.ledger.trust().taken
    for parcel in unpack(content, brought.reading, enough=enough):
        for piece in _in_pieces(parcel):
            if enough():
                break
            _take_piece(node, piece, brought, source=source, strict=strict)
            if node.ledger.trust().taken != taken:
                # It says to what our town subscribes: what was foreign before that isn't now.
                left = until - clock.running()
                again = take_in(node, content, source=source, seconds_max=left, strict=strict)
                again.earlier += brought.new
                again.joined = _has_joined(node, stranger)
                again.records = brought.records | again.records
                return again
    brought.told = [r for r in brought.reading.receipts if _is_of_our_town(node, r)]
    brought.joined = _has_joined(node, stranger)
    return brought


def _has_joined(node: Node, stranger: bool) -> bool:
    """Whether a machine that was none of the town's is one now."""
    return stranger and node.membership is not Membership.STRANGER


def _in_pieces(parcel: Parcel) -> Iterator[Parcel]:
    """The same, a few items at a time, so that no transaction lasts."""
    statements = iter(parcel.statements)
    while some := tuple(islice(statements, PIECE_ITEMS_MAX)):
        yield Parcel(statements=some)
    few: list[Bundle] = []
    for bundle in parcel.bundles:
        few.append(bundle)
        if len(few) == PIECE_ITEMS_MAX or sum(len(b.entries) for b in few) >= PIECE_ENTRIES_MAX:
            yield Parcel(bundles=tuple(few))
            few = []
    yield Parcel(bundles=tuple(few))
    yield Parcel(unreadable=parcel.unreadable)


def _take_piece(node: Node, piece: Parcel, brought: Brought, *, source: str, strict: bool) -> None:
    receipt = brought.receipt
    with node.ledger.transaction():
        for encoded in piece.statements:
            match ingest_statement(node.ledger, encoded, source=source):
                case Kept(entries):
                    receipt.statements += entries
                    brought.statements.add(sha256(encoded).digest())
                case Refused(why):
                    receipt.refuse(why)
        for bundle in piece.bundles:
            stranger = isinstance(node.ledger.trust().refusal(bundle.lane), NoCertificateYet)
            if stranger and strict:
                receipt.refuse(Refusal.TOWN)
                continue
            outcome = ingest(node.ledger, bundle, source=source)
            receipt.add(outcome)
            if not isinstance(outcome, Kept):
                continue
            if len(brought.records) < RECORDS_TOLD_MAX:
                brought.records |= dict.fromkeys(_touched(bundle, outcome.entries))
            if not _is_emptied(node, bundle):
                head = fold(bundle.before, (entry.header for entry in bundle.entries))
                brought.runs.append(Run(bundle.lane.id, bundle.first, bundle.last, head))
    for wrong in piece.unreadable:
        large = isinstance(wrong, TooLarge)
        receipt.refuse(Refusal.TOO_LARGE if large else Refusal.MALFORMED)


def _is_emptied(node: Node, bundle: Bundle) -> bool:
    """Whether it lacks a payload that we have, and would write into a file."""
    for number, entry in enumerate(bundle.entries, bundle.first):
        if entry.payload is None:
            ours = node.ledger.run(bundle.lane.id, number)
            if ours is None or withheld(node).without(ours).entries[0].payload is not None:
                return True
    return False


def _touched(bundle: Bundle, entries: int) -> Iterator[RecordId]:
    """The records that its last so many entries change: those that are new."""
    first = bundle.last - entries + 1
    for number, entry in enumerate(bundle.entries[len(bundle.entries) - entries :], first):
        record = read_header(entry.header, bundle.lane.id).record
        yield record.entry if record else EntryId(bundle.lane.id, number)


def _is_of_our_town(node: Node, receipt: CarriedReceipt) -> bool:
    """Whether a machine of this town says so, and still may."""
    sender = node.ledger.trust().key(receipt.sender)
    if sender is None or not node.ledger.trust().towns(sender) >= set(receipt.towns):
        return False
    with suppress(Unverified):
        cose.verify(receipt.sealed, sender)
        return node.settings.town in receipt.towns
    return False
