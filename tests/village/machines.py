"""Machines of a village: a key, a disk that may lose power at any write, and some software."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from node.views import Views
from sync.certificate import Role
from sync.entry import EntryId, Quality, Written
from sync.histories import Histories
from sync.ledger import Changes, Ledger
from sync.machine.database import Database
from sync.machine.keys import Identity
from sync.machine.memory import MemoryLedger
from sync.machine.sqlite import SqliteLedger
from tests.sync.builders import key
from tests.village.standing import Boards

_WRITES = frozenset(
    {"append", "branch", "part", "fill", "sign", "state", "order_away", "register"}
    | {"set_aside", "let_go", "remember", "begin_incarnation"}
)


@cache
def identity(name: str) -> Identity:
    """Made once; a village asks for it a thousand times."""
    return Identity(key(name))


class PowerCut(Exception):
    """The machine went dark between two writes."""


class Fuse:
    """Burns through after so many writes; None never does."""

    fuse: int | None = None

    def __getattribute__(self, name: str) -> object:
        if name in _WRITES:
            left: int | None = object.__getattribute__(self, "fuse")
            if left is not None:
                if left == 0:
                    raise PowerCut
                self.fuse = left - 1
        return object.__getattribute__(self, name)


class Memory(Fuse, MemoryLedger):
    """A disk in memory."""

    def copied(self) -> "Memory":
        copy = Memory({})
        copy._state = self._state.copy()
        return copy


class File(Fuse, SqliteLedger):
    """A disk that is a file, with the views that a node keeps in it."""

    def __init__(
        self, path: Path, authorities: Mapping[str, tuple[bytes, ...]], boards: Boards
    ) -> None:
        self.database = Database(path)
        self.where, self.authorities = path, authorities
        super().__init__(self.database, authorities, self._follow)
        self.views = Views(self.database, boards)
        self.views.rebuild(self, "village")
        self._copies = 0

    def _follow(self, changes: Changes) -> None:
        self.views.project(self, changes)

    def reopened(self, boards: Boards) -> "File":
        """As after a restart."""
        self.database.close()
        return File(self.where, self.authorities, boards)

    def copied_to(self, path: Path, boards: Boards) -> "File":
        there = sqlite3.connect(path)
        self.database.connection.backup(there)
        there.close()
        return File(path, self.authorities, boards)

    def table(self) -> dict[EntryId, bytes]:
        """What the node's views have standing."""
        rows = self.database.connection.execute(
            "SELECT lane, number, fields FROM posts WHERE state = 'shown'"
        )
        return {EntryId(lane, number): fields for lane, number, fields in rows}


@dataclass
class Machine:
    """One machine, honest unless it is said otherwise."""

    name: str  # its key is the one of that name
    role: Role
    town: str
    ledger: Memory | File
    boards: Boards
    clock: Written = field(default=Written(1_790_000_000, Quality.TRUSTED))
    cast_out: bool = False  # its key was revoked
    called: str = ""  # a copy has the name of the original, and is called something else

    def __post_init__(self) -> None:
        self.called = self.called or self.name

    @property
    def identity(self) -> Identity:
        return identity(self.name)

    @property
    def held(self) -> Histories:
        return self.ledger

    @property
    def door(self) -> Ledger:
        return self.ledger

    def held_version(self) -> int:
        """Grows with whatever changes."""
        return self.ledger.version()

    @contextmanager
    def power_cut(self, after: int | None) -> Iterator[None]:
        """Goes dark at that write, if it comes; then starts again from its disk."""
        self.ledger.fuse = after
        try:
            yield
        except PowerCut:
            if isinstance(self.ledger, File):
                self.ledger = self.ledger.reopened(self.boards)
            raise
        finally:
            self.ledger.fuse = None

    def upgrade(self, boards: Boards) -> None:
        """Newer software on the same disk."""
        self.boards = boards
        if isinstance(self.ledger, File):
            self.ledger = self.ledger.reopened(boards)
