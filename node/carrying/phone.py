"""Files for phones, and what phones bring.

Anybody may ask for one and bring one, so each is made once for what is held, and what is brought
is taken in one at a time, for as long as that is worth.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from node.carrying.file import NOTHING, Brought, pieces, take_in
from node.carrying.receipts import Receipts
from node.carrying.stick import ENDING
from node.node import Node
from sync import cose
from sync.frontier import Summary
from sync.receipt import Taken

PHONE_BYTES_MAX = 7 << 20
"""Of a file; with the form around it, it fits what the screens take in one request."""

TAKE_SECONDS_MAX = 20.0
WAIT_SECONDS_MAX = 5.0
_UNPACKED_BYTES_MAX = 64 << 20


class Busy(Exception):
    """Somebody else's file is being taken in."""


@dataclass(frozen=True, slots=True)
class PhoneFile:
    """A file that a phone may take along."""

    name: str
    content: bytes
    all_of_it: bool  # it has all that we hold


@dataclass(frozen=True, slots=True)
class Thanks:
    """What came of a file that somebody brought."""

    brought: Brought
    told: tuple[tuple[str, bool], ...]  # which machine's receipts it bore; has it all we hold?


class Phones:
    """What one machine gives to phones and takes from them."""

    def __init__(self, node: Node) -> None:
        """Makes nothing before it is asked for."""
        self._node = node
        self._receipts = Receipts(node)
        self._making, self._taking = threading.Lock(), threading.Lock()
        self._made: tuple[int, PhoneFile, PhoneFile | None] | None = None

    def everything(self) -> PhoneFile:
        """All that we hold, or as much as a phone should bear. Raises OSError."""
        return self._files()[0]

    def news(self) -> PhoneFile | None:
        """What is news to somebody in town; None where that is hardly smaller. Raises OSError."""
        return self._files()[1]

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Whoever brings something waits here for others that do. Raises Busy."""
        if not self._taking.acquire(timeout=WAIT_SECONDS_MAX):
            raise Busy
        try:
            yield
        finally:
            self._taking.release()

    def take(self, content: bytes) -> Thanks:
        """Take in what somebody brought. Raises OSError."""
        brought = take_in(
            self._node,
            content,
            source="phone",
            seconds_max=TAKE_SECONDS_MAX,
            strict=True,
        )
        receipt = brought.receipt
        counts = (receipt.kept, receipt.waiting, receipt.refused)
        self._receipts.keep(brought.told)
        if brought.whole and any(counts) and not self._node.identity.is_closed:
            self._receipts.write([Taken(brought.reading.checksum, *counts)])
        self._made = None  # the next file bears the receipt
        return Thanks(brought, self._told(brought))

    def _told(self, brought: Brought) -> tuple[tuple[str, bool], ...]:
        senders = {receipt.sender for receipt in brought.told}
        keys = {key for short in senders if (key := self._node.ledger.trust().key(short))}
        names = {self._node.ledger.trust().name(key) for key in keys}
        arrived = self._receipts.arrived()
        return tuple((each.name, each.all_of_it) for each in arrived if each.name in names)

    def _files(self) -> tuple[PhoneFile, PhoneFile | None]:
        version = self._node.version()
        with self._making:
            if self._made is None or self._made[0] != version:
                self._made = (version, *self._make())
            return self._made[1], self._made[2]

    def _make(self) -> tuple[PhoneFile, PhoneFile | None]:
        us = cose.short(self._node.identity.public).hex()
        if self._node.identity.is_closed:  # what others signed is taken along all the same
            name, signed = f"kairan-{us}", b""
        else:
            receipt = self._receipts.write()
            name, signed = f"kairan-{us}-{receipt.ordinal}-{receipt.counter:08}", receipt.encoded
        held_by_all = self._receipts.held_by_all() or NOTHING
        everything = self._fitting(NOTHING, signed)
        news = self._fitting(held_by_all, signed) if held_by_all != NOTHING else None
        if everything is None:  # what is news comes first
            return PhoneFile(name + ENDING, news or self._cut(held_by_all, signed), False), None
        small = news is not None and len(news) < len(everything) / 2
        return (
            PhoneFile(name + ENDING, everything, True),
            PhoneFile(f"{name}-new{ENDING}", news or b"", False) if small else None,
        )

    def _fitting(self, made_for: Summary, receipt: bytes) -> bytes | None:
        """All that a machine lacks that holds that; None if it is too much for a phone."""
        parts, size = [], 0
        for piece in pieces(self._node, made_for=made_for, receipt=receipt):
            parts.append(piece)
            size += len(piece)
            if size > PHONE_BYTES_MAX:
                return None
        return b"".join(parts)

    def _cut(self, made_for: Summary, receipt: bytes) -> bytes:
        """As much of it as fits."""
        bytes_max = _UNPACKED_BYTES_MAX
        while True:
            bytes_max //= 2
            made = b"".join(
                pieces(self._node, made_for=made_for, receipt=receipt, bytes_max=bytes_max)
            )
            if len(made) <= PHONE_BYTES_MAX:
                return made
