"""However machines met before, when links heal all of them hold the same and show the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.bundle import Bundle, Entry, Parcel
from sync.errors import Unreachable
from sync.exchange import Declined
from sync.ingest import take
from sync.lane import Audience, Class
from sync.machine.exchanging import Road
from sync.writing import Draft
from tests.sync.builders import Machine, hub, node, office, to

CLASSES = (Class.BOARD, Class.MESSAGE, Class.TRUST)


def lossy(random: Random, road: Road) -> Road:
    """A road that loses offers, answers, or nothing."""

    def carried(message: bytes) -> bytes:
        if random.random() < 0.25:
            raise Unreachable
        answered = road(message)
        if random.random() < 0.25:
            raise Unreachable
        return answered

    return carried


@dataclass
class Village:
    """Two nodes, an office and a hub, and what happens to them, from a seed."""

    random: Random
    machines: list[Machine] = field(
        default_factory=lambda: [node("上郷"), node("下郷"), office(), hub()]
    )

    @property
    def writers(self) -> list[Machine]:
        return self.machines[:3]

    def someone_writes(self) -> None:
        machine = self.random.choice(self.writers)
        drafts = [
            Draft(kind="event/write", fields={"title": f"{self.random.random()}"})
            for _ in range(self.random.randint(1, 3))
        ]
        machine.write(
            *drafts,
            class_=self.random.choice(CLASSES),
            audience=self.random.choice(list(Audience)),
        )

    def someone_edits(self) -> None:
        machine = self.random.choice(self.writers)
        records = [r for r, shown in machine.boards().items() if shown is not None]
        if records:
            field_ = self.random.choice(["title", "begins", "withdrawn"])
            machine.edit(self.random.choice(records), **{field_: self.random.random() < 0.5})

    def two_meet(self) -> None:
        here, there = self.random.sample(self.machines, 2)
        budget = self.random.choice([1, 500, 1 << 20])
        lines = self.random.choice([1, 3, 1_000])
        try:
            here.exchange(
                there,
                lossy(self.random, to(there, budget_bytes=budget, lines_max=lines)),
                budget_bytes=budget,
                lines_max=self.random.choice([1, 3, 1_000]),
            )
        except (Unreachable, Declined):
            return

    def a_stick_is_carried(self) -> None:
        here, there = self.random.sample(self.machines, 2)
        for bundle in here.bundles():
            if self.random.random() < 0.5:
                parcel = Parcel(bundles=(self.emptied(bundle),))
                take(there.ledger, parcel, source="stick")

    def emptied(self, bundle: Bundle) -> Bundle:
        """Some payloads are missing, and perhaps the first entries."""
        entries = [
            Entry(e.header, None) if self.random.random() < 0.3 else e for e in bundle.entries
        ]
        return Bundle(
            lane=bundle.lane,
            first=bundle.first,
            before=bundle.before,
            entries=tuple(entries),
            signature=bundle.signature,
        )

    def live(self, steps: int) -> None:
        happenings: list[Callable[[], None]] = [
            self.someone_writes,
            self.someone_edits,
            self.two_meet,
            self.two_meet,
            self.a_stick_is_carried,
        ]
        for _ in range(steps):
            self.random.choice(happenings)()

    def heal(self) -> None:
        """Everyone meets the hub, twice."""
        middle = self.machines[-1]
        for _ in range(2):
            for machine in self.writers:
                assert machine.exchange(middle).rounds < 40

    def all_are_equal(self) -> None:
        middle = self.machines[-1]
        for machine in self.writers:
            assert machine.digest() == middle.digest()
            assert machine.boards() == middle.boards()
            done = machine.exchange(middle)
            assert (done.synced, done.rounds, done.taken.changed) == (True, 1, False)
            assert all(not item.held.holes for item in machine.ledger.lanes())


@settings(max_examples=40)
@given(seed=st.integers(0, 1 << 32), steps=st.integers(1, 14))
def test_when_links_heal_all_boards_are_equal(seed: int, steps: int) -> None:
    village = Village(Random(seed))
    village.live(steps)
    village.heal()
    village.all_are_equal()


def copies(random: Random) -> list[Machine]:
    """Machines with one key and one life, that wrote different things after the same beginning."""
    made: list[Machine] = []
    common = [Draft(kind="event/write", fields={"title": f"同じ{n}"}) for n in range(2)]
    for n in range(random.randint(2, 3)):
        copy = node("写し")
        copy.write(*common[: random.randint(0, 2)] if n == 0 else common)
        copy.write(*(Draft(kind="event/write", fields={"title": f"{n}の{m}"}) for m in range(2)))
        made.append(copy)
    return made


@settings(max_examples=30)
@given(seed=st.integers(0, 1 << 32))
def test_every_history_of_a_copied_machine_reaches_everyone(seed: int) -> None:
    village = Village(Random(seed))
    copied = copies(village.random)
    for machine in village.machines:
        machine.meet(copied[0])
    for _ in range(6):
        copy, machine = village.random.choice(copied), village.random.choice(village.machines)
        for bundle in copy.bundles():
            some = bundle if village.random.random() < 0.6 else village.emptied(bundle)
            take(machine.ledger, Parcel(bundles=(some,)), source="stick")
        village.two_meet()
    for copy in copied:
        take(village.machines[-1].ledger, Parcel(bundles=tuple(copy.bundles())), source="stick")
    village.heal()
    village.all_are_equal()
    titles = [
        record.fields.get("title") for record in village.machines[0].boards().values() if record
    ]
    assert {f"{n}の{m}" for n in range(len(copied)) for m in range(2)} <= set(titles)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1 << 32),
    budget=st.sampled_from([1, 300, 1 << 20]),
    lines=st.tuples(*[st.sampled_from([1, 2, 5, 1_000])] * 2),
)
def test_any_two_ledgers_are_equal_after_one_whole_exchange(
    seed: int, budget: int, lines: tuple[int, int]
) -> None:
    village = Village(Random(seed))
    village.live(8)
    here, there = village.writers[0], village.machines[-1]
    there_holds = {item.lane.id: item.held for item in there.ledger.lanes()}
    road = to(there, budget_bytes=budget, lines_max=lines[1])
    done = here.exchange(there, road, budget_bytes=budget, lines_max=lines[0])
    assert done.synced
    assert here.digest() == there.digest()
    for item in there.ledger.lanes():
        if before := there_holds.get(item.lane.id):
            assert item.held.number >= before.number, "nothing held is lost"
            assert there.ledger.head_at(item.lane.id, before.number) == before.head
    assert here.exchange(there).rounds == 1
    assert there.exchange(here).rounds == 1
