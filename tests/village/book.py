"""What was truly said in the village: every entry by its head, as its writer meant it.

Nothing in here is read from a ledger; the laws compare what machines hold and show with this.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sync.certificate import Role
from sync.lane import Lane
from sync.revocation import Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One entry that somebody signed. A head names an entry and all that came before it."""

    head: bytes
    before: bytes  # the head it continues from
    lane: Lane
    number: int
    kind: str
    fields: Mapping[str, object]
    record: bytes  # the head of the record's first entry; its own, where it is that
    parents: frozenset[bytes] = frozenset()
    counter: int = 1
    orders: frozenset[bytes] = frozenset()  # whose payloads it orders away
    allowed: bool = True  # False: no honest machine may ever hold it
    marked: bool = False  # its header carries what must be understood and isn't

    @property
    def board(self) -> str:
        return self.kind.partition("/")[0]

    @property
    def act(self) -> str:
        return self.kind.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A key has no say any more, but for what the cuts leave."""

    key: bytes
    counter: int
    cuts: Mapping[bytes, Cut]  # by lane id


@dataclass
class Book:
    """All words, all statements, and who is who."""

    words: dict[bytes, Word] = field(default_factory=dict)
    roles: dict[bytes, Role] = field(default_factory=dict)  # by key, from its first certificate
    promoted: dict[bytes, tuple[bytes, Role]] = field(default_factory=dict)  # by statement: who
    revoked: dict[bytes, Taken] = field(default_factory=dict)  # by statement
    successions: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)  # old, new
    acknowledged: set[bytes] = field(default_factory=set)  # heads of what honest machines promised

    def add(self, word: Word) -> None:
        self.words[word.head] = word

    def roles_of(self, key: bytes, statements: Collection[bytes]) -> set[Role]:
        """What a machine is by all its certificates among these."""
        more = {r for s, (who, r) in self.promoted.items() if who == key and s in statements}
        return {self.roles[key]} | more

    def history(self, head: bytes) -> list[bytes]:
        """The heads from the first entry to that one."""
        found: list[bytes] = []
        while head in self.words:
            found.append(head)
            head = self.words[head].before
        return found[::-1]
