"""The desk that has a town's authority key: it signs what no command signs yet, and sends sticks.

It has an office's key of its own, and knows of the town what it was brought.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from secrets import token_bytes

from provisioning.town import open_town
from sync.bundle import Bundle
from sync.carrier import Reading, pack, unpack
from sync.certificate import CLASSES_OF, Certificate, Role, certify
from sync.entry import CHECK_BYTES, EntryId, Quality, RecordId, Written
from sync.frontier import Summary
from sync.ingest import Kept, ingest_statement, take
from sync.lacking import runs
from sync.lane import Audience, Class, Lane
from sync.machine.keys import Identity, make_identity
from sync.machine.memory import MemoryLedger
from sync.record import address
from sync.register import make_register
from sync.revocation import Cut, name_successor, revoke
from sync.writing import Draft, write
from tests.stories.machines import TOWN, Machine

WRITTEN = Written(1_790_000_000, Quality.TRUSTED)
_NOTHING = Summary(statements=frozenset(), lanes={})


class Desk:
    """What the town's authority and an office of it have to say."""

    def __init__(self, town: Path, sticks: Path) -> None:
        """`town`: the folder it was provisioned in."""
        opened = open_town(town / "authority", code=TOWN, name="")
        self._authority = opened.authority
        self.ledger = MemoryLedger({TOWN: opened.desk.first})
        self._office = make_identity()
        self._life = token_bytes(8)
        self._sticks = (sticks / f"{number}.kairan" for number in count(1))
        self.certificate = self.certify(self._office, "出張所", Role.OFFICE)

    # what it signs

    def certify(self, machine: Identity, name: str, role: Role) -> bytes:
        """A machine is one of the town's."""
        return self._stated(
            certify(
                Certificate(
                    key=machine.public,
                    name=name,
                    role=role,
                    towns=frozenset({TOWN}),
                    classes=CLASSES_OF[role],
                    audiences=frozenset(Audience),
                    counter=100,
                ),
                self._authority.private,
            )
        )

    def revoke(self, key: bytes, *, up_to: Mapping[Lane, int], counter: int) -> bytes:
        """Of what that key wrote only so much holds."""
        cuts = {lane: Cut(number, self._head(lane, number)) for lane, number in up_to.items()}
        return self._stated(revoke(key, counter, cuts, self._authority.private))

    def name_successor(self, old: bytes, new: bytes) -> bytes:
        """What the one began is the other's now."""
        return self._stated(name_successor(old, new, 1, self._authority.private))

    def register(self, name: str, counter: int, value: object) -> bytes:
        """The office's newest value of that name."""
        return make_register(
            town=TOWN,
            incarnation=(1, self._life),
            name=name,
            counter=counter,
            value=value,
            key=self._office.private,
        )

    def write(self, *drafts: Draft, class_: Class = Class.BOARD) -> tuple[list[EntryId], Bundle]:
        """Entries of the office's, and the run that they are."""
        lane = Lane(
            town=TOWN,
            author=self._office.public,
            ordinal=1,
            random=self._life,
            class_=class_,
            audience=Audience.TOWN,
        )
        entries = write(
            self.ledger,
            lane,
            drafts,
            key=self._office.private,
            written=WRITTEN,
            salt=lambda: token_bytes(8),
        )
        run = self.ledger.run(lane.id, entries[0].number)
        assert run is not None
        return entries, run

    def order(self, kind: str, items: Iterable[object]) -> Bundle:
        """The office orders payloads away."""
        name = "entries" if kind == "order/erase" else "ranges"
        _, run = self.write(Draft(kind=kind, fields={name: list(items)}), class_=Class.TRUST)
        return run

    # what it knows

    def look_at(self, machine: Machine) -> None:
        """Know all that a machine holds."""
        stick = next(self._sticks)
        machine.kairan("export", stick)
        for parcel in unpack(stick.read_bytes(), Reading()):
            take(self.ledger, parcel, source="desk")

    def record(self, page: str) -> RecordId:
        """The record whose page has that address."""
        (found,) = (r for r in self.ledger.records() if self.page(r) == page)
        return found

    def page(self, record: RecordId) -> str:
        """Where screens show a record."""
        return f"/records/{address(record)}"

    def entries_of(self, record: RecordId) -> list[EntryId]:
        """Every entry of a record."""
        return sorted(stored.id for stored in self.ledger.record(record))

    def check(self, entry: EntryId) -> bytes:
        """By which an order says which history is meant."""
        head = self.ledger.head_at(*entry)
        assert head is not None
        return head[:CHECK_BYTES]

    def lane_of(self, entry: EntryId) -> Lane:
        """The lane that an entry is in."""
        stretch = self.ledger.stretch(entry.lane)
        assert stretch is not None
        return stretch.lane

    def runs(self) -> list[Bundle]:
        """All that it knows."""
        return list(runs(self.ledger, _NOTHING, [TOWN]))

    # what it sends

    def stick(self, *things: bytes | Bundle) -> Path:
        """A stick with these, and with the office's certificate."""
        path = next(self._sticks)
        statements = [thing for thing in things if isinstance(thing, bytes)]
        bundles = [thing for thing in things if isinstance(thing, Bundle)]
        pieces = pack(
            [self.certificate, *statements],
            bundles,
            writer=self._office.public,
            towns=[TOWN],
            written=WRITTEN,
        )
        path.write_bytes(b"".join(pieces))
        return path

    def _head(self, lane: Lane, number: int) -> bytes:
        head = self.ledger.head_at(lane.id, number)
        assert head is not None
        return head

    def _stated(self, statement: bytes) -> bytes:
        assert isinstance(ingest_statement(self.ledger, statement), Kept)
        return statement
