"""The files of ours on a stick, and what is to be written beside all that lies there.

Nobody knows where a stick goes next, so all files on it together say everything we hold. What a
file says is what was found in it, never what somebody claims. Now and then one file of ours takes
the place of all of ours.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from node.carrying.file import Brought, Run, lacks_something
from node.carrying.receipts import Receipts, is_at_least
from node.carrying.withheld import withheld
from node.node import Node
from sync import cose
from sync.frontier import Held, LaneHeld, Summary
from sync.lacking import held_registers
from sync.lane import Class
from sync.ledger import Ledger
from sync.receipt import CarriedReceipt, Taken

FILES_MAX = 8
"""Of ours on one stick."""


@dataclass(frozen=True, slots=True)
class FileThere:
    """A whole file on the stick."""

    path: Path
    checksum: bytes
    receipt: CarriedReceipt | None  # our own: it is a file of ours
    statements: Collection[bytes]  # digests, those of registers too
    runs: Collection[Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do on a stick."""

    write: bool
    made_for: Summary  # what the new file continues
    replaces: tuple[Path, ...]  # what nobody needs once it is there


def file_there(node: Node, path: Path, brought: Brought) -> FileThere:
    """What was found in it."""
    us = cose.short(node.identity.public)
    ours = next((receipt for receipt in brought.told if receipt.sender == us), None)
    return FileThere(path, brought.reading.checksum, ours, brought.statements, brought.runs)


def plan(
    node: Node, receipts: Receipts, there: Collection[FileThere], taken: Iterable[Taken]
) -> Plan:
    """What to write on a stick on which these lie, and from which that was taken."""
    ours = {file.path: file.receipt for file in there if file.receipt is not None}
    if len(ours) >= FILES_MAX or any(_was_ordered(node, since=r) for r in ours.values()):
        theirs = [file for file in there if file.receipt is None]
        return Plan(write=True, made_for=found_in(node.ledger, theirs), replaces=tuple(ours))
    last = max(ours.values(), key=lambda receipt: receipt.order, default=None)
    known = {(each.checksum, each.wholly) for each in last.taken} if last else set()
    found, towns = found_in(node.ledger, there), node.settings.towns
    registers = {sha256(register).digest() for register in held_registers(node.ledger, towns)}
    said = (
        last is not None
        and last.digest == receipts.digest()
        and all((each.checksum, each.wholly) in known for each in taken)
        and registers <= found.statements
        and not lacks_something(node, found)
    )
    only_receipts = [file for file in there if file.path in ours and not file.runs]
    return Plan(
        write=not said,
        made_for=found_in(node.ledger, [file for file in there if file not in only_receipts]),
        replaces=tuple(file.path for file in only_receipts),
    )


def found_in(ledger: Ledger, files: Iterable[FileThere]) -> Summary:
    """What somebody holds who had nothing and takes all of them in."""
    files = list(files)
    runs: dict[bytes, set[Run]] = {}
    for file in files:
        for run in file.runs:
            runs.setdefault(run.lane, set()).add(run)
    lanes = {
        history.id: held
        for history in ledger.lanes()
        if (held := _reached(ledger, history, sorted(runs.get(history.lane.id, ()))))
    }
    statements = frozenset(digest for file in files for digest in file.statements)
    return Summary(statements=statements, lanes=lanes)


def _reached(ledger: Ledger, history: LaneHeld, runs: Iterable[Run]) -> Held | None:
    """How far they go without a gap along one of our histories."""
    reached: Held | None = None
    for run in runs:
        number = reached.number if reached else 0
        if (
            run.first <= number + 1 <= run.last
            and ledger.head_at(history.stretch, run.last) == run.head
        ):
            reached = Held(run.last, run.head)
    return reached


def delivered(node: Node, receipts: Receipts, there: Iterable[FileThere]) -> list[Path]:
    """Those of ours of which every other machine says that it holds all they have."""
    held_by_all, left_out = receipts.held_by_all(), withheld(node)
    return [
        file.path
        for file in there
        if file.receipt is not None
        and is_at_least(held_by_all, left_out.as_holes(file.receipt.summary))
    ]


def _was_ordered(node: Node, *, since: CarriedReceipt) -> bool:
    """Whether an office has ordered something since: payloads that lie there may have to go."""
    told = since.summary.lanes
    return any(
        held.lane.class_ is Class.TRUST
        and (held.id not in told or told[held.id].number < held.held.number)
        for held in node.ledger.lanes()
    )
