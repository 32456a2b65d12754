"""The newest receipt of each machine, our own among them: who is known to hold what.

One file per machine in the folder `receipts/`, each the signed bytes; losing them loses nothing
but the knowledge that something arrived, and the next file is a full one.
"""

import fcntl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from node.carrying.withheld import withheld
from node.node import Node
from sync import cose
from sync.certificate import Role
from sync.entry import Written
from sync.errors import Malformed
from sync.frontier import Summary
from sync.lacking import held_digest, held_summary, is_behind
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine import clock
from sync.machine.files import read_bounded, write_whole
from sync.receipt import TAKEN_MAX, CarriedReceipt, Taken, floor, make_receipt, open_receipt

FOLDER = "receipts"
_SUFFIX = ".receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """How far our posts are known to have come to another machine, by its own signed word."""

    name: str
    all_of_it: bool  # it held all that we hold now
    written: Written  # when it said so, by its clock


class Receipts:
    """Those of one machine."""

    def __init__(self, node: Node) -> None:
        """Opens nothing yet."""
        self._node = node
        self._folder = node.settings.folder / FOLDER

    @contextmanager
    def one_stick_at_a_time(self) -> Iterator[None]:
        """Sticks wait here for one another, in whatever process; phones don't. Raises OSError."""
        with self._locked("sticks.lock"):
            yield

    def of(self, machine: bytes) -> CarriedReceipt | None:
        """The newest of a machine."""
        with suppress(OSError, Malformed):
            encoded = read_bounded(self._path(cose.short(machine)), MESSAGE_BYTES_MAX)
            return open_receipt(encoded) if encoded else None
        return None

    def keep(self, told: Iterable[CarriedReceipt]) -> None:
        """Keep those that are newer than what is kept. They were verified. Raises OSError."""
        for receipt in told:
            machine = self._node.ledger.trust().key(receipt.sender)
            if machine is None:
                continue
            with self._locked("lock"):
                before = self.of(machine)
                if before is None or before.order < receipt.order:
                    write_whole(self._path(receipt.sender), receipt.encoded)

    def digest(self) -> bytes:
        """Over all that we hold now."""
        return held_digest(self._node.ledger, self._node.settings.towns)

    def write(self, taken: Iterable[Taken] = ()) -> CarriedReceipt:
        """Our own, of now, with what was taken in since the last one. Raises OSError."""
        with self._locked("lock"):
            return self._write(taken)

    def _write(self, taken: Iterable[Taken]) -> CarriedReceipt:
        node, before = self._node, self.of(self._node.identity.public)
        files = {each.checksum: each for each in before.taken} if before else {}
        for each in taken:
            files.pop(each.checksum, None)
            files[each.checksum] = each
        ordinal, random = node.ledger.own_incarnation(node.identity.public)
        same_life = before is not None and before.ordinal == ordinal
        towns = node.settings.towns
        encoded = make_receipt(
            incarnation=(ordinal, random),
            counter=before.counter + 1 if before and same_life else 1,
            towns=towns,
            digest=self.digest(),
            summary=held_summary(node.ledger, towns),
            taken=list(files.values())[-TAKEN_MAX:],
            written=clock.now().written,
            key=node.identity.private,
        )
        receipt = open_receipt(encoded)
        write_whole(self._path(receipt.sender), encoded)
        return receipt

    def others(self) -> Mapping[bytes, str]:
        """The machines of our town that take files in, by key, with their names."""
        trust, town = self._node.ledger.trust(), self._node.settings.town
        return {
            key: trust.name(key)
            for key in sorted(trust.keys())
            if not trust.roles(key, town).isdisjoint({Role.NODE, Role.OFFICE})
            and not trust.is_revoked(key)
            and key != self._node.identity.public
        }

    def held_by_all(self) -> Summary | None:
        """What every other machine of the town is known to hold; None if of one nothing is known.

        A machine's own word counts before what we agreed on with it: it may have lost things since.
        """
        known: list[Summary] = []
        for key in self.others():
            receipt = self.of(key)
            summary = receipt.summary if receipt else self._node.ledger.known(key).agreed
            if summary is None:
                return None
            known.append(summary)
        return floor(known)

    def arrived(self) -> list[Arrived]:
        """What other machines have said of what they hold."""
        here = withheld(self._node).as_holes(
            held_summary(self._node.ledger, self._node.settings.towns)
        )
        return [
            Arrived(
                name=name,
                all_of_it=not is_behind(here, receipt.summary),
                written=receipt.written,
            )
            for key, name in self.others().items()
            if (receipt := self.of(key))
        ]

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        self._folder.mkdir(exist_ok=True)
        with (self._folder / name).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, short: bytes) -> Path:
        return self._folder / f"{short.hex()}{_SUFFIX}"


def is_at_least(one: Summary | None, other: Summary) -> bool:
    """Whether who holds `one` holds all of `other`; None is nothing."""
    return one is not None and not is_behind(other, one)
