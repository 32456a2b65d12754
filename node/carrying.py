"""Bundle files: everything held goes out, whatever verifies comes in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from node.node import Node
from sync.carrier import Reading, pack, unpack
from sync.frontier import Summary
from sync.ingest import Receipt, take
from sync.lacking import runs
from sync.machine import clock
from sync.machine.files import read_bounded, write_new

FILE_BYTES_MAX = 256 << 20
_NOTHING = Summary(statements=frozenset(), lanes={})


class CannotCarry(Exception):
    """The file can't be written or read. The message is for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file brought."""

    receipt: Receipt
    whole: bool  # its checksum was right
    unreadable: int  # frames that could not be read


def export(node: Node, path: Path) -> int:
    """Write everything held to a new file; its bytes. Raises CannotCarry."""
    try:
        return write_new(path, _pieces(node))
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
    reading, receipt = Reading(), Receipt()
    for parcel in unpack(content, reading):
        receipt.merge(take(node.ledger, parcel, source="carrier"))
    if not reading.frames:
        raise CannotCarry(f"{path} は Kairan の束ファイルではありません。")
    return Brought(receipt=receipt, whole=reading.whole, unreadable=reading.unreadable)


def _pieces(node: Node) -> Iterator[bytes]:
    towns = frozenset(node.settings.towns)
    trust = node.ledger.trust()
    statements = sorted(
        s.encoded for s in trust.statements if not trust.towns_of(s).isdisjoint(towns)
    )
    return pack(
        statements,
        runs(node.ledger, _NOTHING, towns),
        writer=node.identity.public,
        towns=towns,
        written=clock.now().written,
    )
