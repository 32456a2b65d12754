"""A village from a seed: who lives in it, what they wrote, and what is known to be true.

One seed, one village: every choice comes from one generator, and nothing asks a clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from node.boards import BOARDS
from node.boards.declaration import Board, Field, Order, Writer
from node.boards.event import EVENT
from sync.bundle import Bundle, Parcel
from sync.carrier import Reading, unpack
from sync.certificate import Role
from sync.cose import public
from sync.entry import EntryId
from sync.errors import Malformed, Unreachable, Unverified
from sync.exchange import Declined
from sync.frontier import Summary
from sync.ingest import ingest_statement, take
from sync.lacking import runs
from sync.lane import Audience, Class, Lane
from sync.limits import SUMMARY_LANES_MAX
from sync.machine.exchanging import converse
from sync.record import Record, resolve
from sync.writing import Draft, write
from tests.sync.builders import OTHER_TOWN, TOWN, Town, authorities, key
from tests.village.book import Book, Word
from tests.village.disk import Disk, read_disk
from tests.village.machines import File, Machine, Memory, PowerCut
from tests.village.roads import SOFTWARE, Roads
from tests.village.standing import Boards

OLD: Boards = BOARDS
NEW: Boards = {
    **BOARDS,
    "event": replace(EVENT, fields=(*EVENT.fields, Field(name="!moved_to", label="移した先"))),
    "bus": Board(
        name="bus",
        label="バス",
        reading="ばす",
        purpose="一つ新しい版にだけある掲示板。",
        lane_class="board",
        audience="town",
        writers=frozenset({Writer.ANYONE}),
        fields=(Field(name="title", label="路線", required=True),),
        order=Order(field=""),
    ),
}
"""One more board, and one more field that must be understood."""

NOTHING = Summary(statements=frozenset(), lanes={})
OFFICE, HUB = "役場", "中継"
NODES = ("上郷", "中郷", "下郷")
SIZES = (2, 2, 3, 3, 3, 3, 3, 8)
FEEDS = {"配信一": OFFICE, "配信二": "上郷"}  # where each runs
STRANGER, NARROW, FLOODER = "よそ者", "狭い者", "あふれ"
NEIGHBOUR = "隣町"
HEIRS = ("新しい一", "新しい二")
BRANCH = "支所"  # in some villages; a node, perhaps certified as an office later


@dataclass
class World:
    """The village, and the book of what is true."""

    seed: int
    folder: Path | None = None  # some disks are files in there
    size: int = 0  # how many nodes; as it comes, if nobody says
    nodes: Sequence[str] = field(init=False)
    stays_old: str = field(init=False)  # the machine whose software is the older one all the time
    random: Random = field(init=False)
    lines_max: int = field(init=False)  # lanes that one message tells of
    book: Book = field(default_factory=Book)
    machines: list[Machine] = field(default_factory=list)
    backups: list[tuple[Machine, Memory | File]] = field(default_factory=list)
    restored: dict[str, int] = field(default_factory=dict)
    statements_counter: int = 1
    files: int = 0
    serial: int = 0
    slips: dict[bytes, Bundle] = field(default_factory=dict)  # by head: what was signed as it came
    registers: list[bytes] = field(default_factory=list)  # all that were ever made
    newest: dict[tuple[str, object], int] = field(default_factory=dict)  # seen in each machine
    told: list[str] = field(default_factory=list)  # what happened, for whoever reads a failure

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.lines_max = Random(f"lines of {self.seed}").choice([1, 4, 15, SUMMARY_LANES_MAX])
        self.roads = Roads(self.random, self.random.choice([0.0, 0.1, 0.3]), self.lines_max)
        size = self.size or self.random.choice(SIZES)
        self.nodes = [*NODES, *(f"{n}番" for n in range(len(NODES), size))][:size]
        self.stays_old, stays_new = self.random.sample([OFFICE, self.nodes[0]], 2)
        builds = {self.stays_old: OLD, stays_new: NEW}
        every = [
            (OFFICE, Role.OFFICE),
            *((name, Role.NODE) for name in self.nodes),
            (HUB, Role.HUB),
        ]
        self.certificates = {
            name: TOWN.certify(key(name), role, name=name) for name, role in every
        } | {name: TOWN.certify(key(name), Role.FEED, name=name) for name in FEEDS}
        for name in (STRANGER, FLOODER, BRANCH, *HEIRS):
            self.certificates[name] = TOWN.certify(key(name), name=name)
        self.certificates[NARROW] = TOWN.certify(
            key(NARROW),
            name=NARROW,
            classes=frozenset({Class.BOARD}),
            audiences=frozenset({Audience.TOWN}),
        )
        for name, role in (*every, *((feed, Role.FEED) for feed in FEEDS)):
            self.book.roles[public(key(name))] = role
        for name in (STRANGER, FLOODER, NARROW, NEIGHBOUR, BRANCH, *HEIRS):
            self.book.roles[public(key(name))] = Role.NODE
        for name, role in every:
            self.settle(name, role, builds.get(name))
        branch = self.settle(BRANCH, Role.NODE) if self.random.random() < 0.3 else None
        for name in (STRANGER, FLOODER, NARROW, BRANCH, *FEEDS):
            self.state(self.machine(OFFICE), self.certificates[name])
        if branch is not None and self.random.random() < 0.7:
            self.promote(branch, at=self.machine(OFFICE))
        self._settle_the_neighbour()

    # who lives here

    def settle(self, name: str, role: Role, boards: Boards | None = None) -> Machine:
        """A machine as it was provisioned."""
        boards = boards or self.random.choice([OLD, NEW])
        new = Machine(name, role, TOWN.code, self._disk(role, boards), boards)
        self.machines.append(new)
        for statement in (name, HUB, *(feed for feed, at in FEEDS.items() if at == name)):
            self.state(new, self.certificates[statement])
        if role is Role.HUB:
            hub = OTHER_TOWN.certify(key(HUB), Role.HUB, name=HUB)
            self.state(new, hub)
        return new

    def promote(self, machine: Machine, *, at: Machine) -> None:
        """It gets a second certificate, as an office, that is first known there."""
        machine.role = Role.OFFICE
        statement = TOWN.certify(key(machine.name), Role.OFFICE, name=machine.name, counter=2)
        self.book.promoted[statement] = (machine.identity.public, Role.OFFICE)
        self.state(at, statement)

    def _settle_the_neighbour(self) -> None:
        """A node of another town, at the same hub; it would know our authority if it was told."""
        there = Machine(NEIGHBOUR, Role.NODE, OTHER_TOWN.code, self.memory(), OLD)
        self.machines.append(there)
        self.state(there, OTHER_TOWN.certify(key(HUB), Role.HUB, name=HUB))
        self.state(there, OTHER_TOWN.certify(key(NEIGHBOUR), name=NEIGHBOUR))

    def memory(self) -> Memory:
        """An empty disk."""
        return Memory(authorities((TOWN, OTHER_TOWN)))

    def _disk(self, role: Role, boards: Boards) -> Memory | File:
        if self.folder is None or role is Role.HUB or self.random.random() < 0.5:
            return self.memory()
        return File(self.new_path(), authorities((TOWN, OTHER_TOWN)), boards)

    def new_path(self) -> Path:
        assert self.folder is not None
        self.files += 1
        return self.folder / f"{self.seed}-{self.files}.sqlite"

    def machine(self, name: str) -> Machine:
        return next(m for m in self.machines if m.called == name)

    @property
    def offices(self) -> list[Machine]:
        """Those that give orders, whether they are certified as offices yet or not."""
        return [m for m in self.honest if m.name in (OFFICE, BRANCH)]

    @property
    def honest(self) -> list[Machine]:
        """Those of our town that nobody has cast out."""
        return [m for m in self.machines if m.town == TOWN.code and not m.cast_out]

    @property
    def writers(self) -> list[Machine]:
        return [m for m in self.honest if m.role is not Role.HUB]

    def one_of_us(self) -> Machine:
        return self.random.choice(self.honest)

    def tell(self, what: str) -> None:
        self.told.append(what)

    # what they write

    def write(
        self,
        machine: Machine,
        kind: str,
        fields: Mapping[str, object],
        *,
        author: str = "",
        class_: Class = Class.BOARD,
        audience: Audience = Audience.TOWN,
        changes: Record | None = None,
        orders: Iterable[bytes] = (),
        power_cut: int | None = None,
    ) -> bytes:
        """Its head, once it is acknowledged. Raises PowerCut."""
        author = author or machine.name
        before = machine.held_version()
        heads = self.heads_of(machine, changes.versions if changes else ())
        first = self.heads_of(machine, [changes.id] if changes else ())
        draft = Draft(
            kind=kind,
            fields=fields,
            record=changes.id if changes else None,
            parents=changes.versions if changes else (),
            counter=changes.counter + 1 if changes else 1,
        )
        lane = self.own_lane(machine, author, class_, audience)
        try:
            with machine.power_cut(power_cut):
                (made,) = write(
                    machine.door,
                    lane,
                    [draft],
                    key=key(author),
                    written=machine.clock,
                    salt=lambda: self.random.randbytes(8),
                )
        except PowerCut:
            assert machine.held_version() == before, "half a post outlived a power cut"
            raise
        head = machine.held.head_at(made.lane, made.number)
        continued = machine.held.head_at(made.lane, made.number - 1)
        assert head is not None
        assert continued is not None
        self.book.add(
            Word(
                head=head,
                before=continued,
                lane=lane,
                number=made.number,
                kind=kind,
                fields=dict(fields),
                record=first[0] if first else head,
                parents=frozenset(heads),
                counter=draft.counter,
                orders=frozenset(orders),
            )
        )
        self.book.acknowledged.add(head)
        slip = machine.held.run(made.lane, made.number)
        assert slip is not None
        self.slips[head] = slip
        return head

    def forget(self, machine: Machine) -> None:
        """An older disk: what it has seen, it hasn't seen."""
        for name, place in [*self.newest]:
            if name == machine.called:
                del self.newest[name, place]

    def own_lane(self, machine: Machine, author: str, class_: Class, audience: Audience) -> Lane:
        me = public(key(author))
        with machine.door.transaction():
            ordinal, life = machine.door.own_incarnation(me)
        return Lane(
            town=machine.town,
            author=me,
            ordinal=ordinal,
            random=life,
            class_=class_,
            audience=audience,
        )

    def heads_of(self, machine: Machine, entries: Iterable[EntryId]) -> list[bytes]:
        found = [machine.held.head_at(lane, number) for lane, number in entries]
        assert None not in found
        return [head for head in found if head is not None]

    def records(self, machine: Machine) -> list[Record]:
        """All that a machine holds the beginning of, as its software reads it."""
        groups = {name: board.groups() for name, board in machine.boards.items()}
        trust = machine.door.trust()
        found = (
            resolve(machine.door.record(id_), trust=trust, groups=groups)
            for id_ in sorted(machine.door.records())
        )
        return [record for record in found if record is not None]

    # what travels

    def state(self, machine: Machine, statement: bytes) -> None:
        """Somebody types a statement in, or scans it."""
        ingest_statement(machine.door, statement)

    def next_statement(self) -> int:
        self.statements_counter += 1
        return self.statements_counter

    def exchange(
        self,
        here: Machine,
        there: Machine,
        *,
        budget_bytes: int = 1 << 20,
        cut_here: int | None = None,
        cut_there: int | None = None,
    ) -> bool:
        """Whether it said "synced"."""
        road = self.roads.between(here, there, budget_bytes=budget_bytes, power_cut=cut_there)
        try:
            with here.power_cut(cut_here):
                return converse(
                    here.door,
                    road,
                    me=here.identity,
                    to=there.identity.public,
                    software=SOFTWARE,
                    budget_bytes=budget_bytes,
                    lines_max=self.lines_max,
                ).synced
        except (Unreachable, Malformed, Unverified, Declined, PowerCut) as wrong:
            self.tell(f"  {type(wrong).__name__} {wrong}")
            return False

    def all_runs(self, machine: Machine, *towns: Town) -> list[Bundle]:
        return list(runs(machine.door, NOTHING, {town.code for town in towns or (TOWN,)}))

    def carry(self, machine: Machine, content: bytes) -> bool:
        """A stick is read; whether its checksum was right."""
        reading = Reading()
        for parcel in unpack(content, reading):
            take(machine.door, parcel, source="stick")
        return reading.whole

    def deliver(self, machine: Machine, *bundles: Bundle, statements: Sequence[bytes] = ()) -> None:
        """By whatever road; each on its own."""
        for bundle in bundles:
            parcel = Parcel(statements=tuple(statements), bundles=(bundle,))
            take(machine.door, parcel, source=f"{self.random.randrange(3)}")

    def disk(self, machine: Machine) -> Disk:
        return read_disk(machine.held)
