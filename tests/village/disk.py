"""What is on a machine's disk, read entry by entry and folded anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from sync.entry import EntryId
from sync.histories import Histories
from sync.lane import Lane


@dataclass
class Disk:
    """Every history that is held, cuts or no cuts, and whose payloads are there."""

    histories: list[tuple[bytes, ...]] = field(default_factory=list)  # heads, by number from 1
    lanes: dict[bytes, Lane] = field(default_factory=dict)  # by lane id
    payload_held: dict[bytes, bool] = field(default_factory=dict)  # by head
    places: dict[bytes, EntryId] = field(default_factory=dict)  # by head: where the ledger keeps it
    statements: frozenset[bytes] = frozenset()

    @property
    def heads(self) -> Mapping[EntryId, bytes]:
        return {place: head for head, place in self.places.items()}


def read_disk(ledger: Histories) -> Disk:
    """All of it; that every run ends at a signature is the first law."""
    disk = Disk(statements=frozenset(s.encoded for s in ledger.trust().statements))
    for leaf in ledger.leaves():
        path = ledger.path(leaf.id)
        heads: list[bytes] = []
        head = leaf.lane.id
        disk.lanes[head] = leaf.lane
        while len(heads) < leaf.number:
            run = ledger.run(leaf.id, len(heads) + 1)
            assert run is not None, "entries that no signature vouches for"
            for entry in run.entries:
                head = sha256(head + sha256(entry.header).digest()).digest()
                heads.append(head)
                disk.payload_held[head] = entry.payload is not None
                stretch = next(s for s in path if s.first <= len(heads) <= s.number)
                disk.places[head] = EntryId(stretch.id, len(heads))
        assert head == leaf.head, "a head that doesn't follow from the headers"
        disk.histories.append(tuple(heads))
    return disk
