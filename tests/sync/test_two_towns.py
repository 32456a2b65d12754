"""Two towns from a seed: whatever is posted, decided, lost or carried, what is the town's stays."""

from contextlib import suppress
from random import Random

import pytest

from sync.bundle import Parcel
from sync.errors import Unreachable
from sync.ingest import take
from sync.lacking import runs
from sync.lane import Audience
from sync.machine.exchanging import Road
from sync.record import Record
from sync.scope import scope_of
from tests.sync.builders import NOTHING, Machine, node, office, to
from tests.sync.subscribing import SECRET, A, B, TwoTowns, share, subscribe, unsubscribe

STEPS = 60


class Region:
    """Machines of both towns, and what happens to them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.towns = TwoTowns()
        self.ours = [self.towns.b_office, self.towns.b_node, office("B支所", B), node("B分館", B)]
        self.theirs = [self.towns.a_office, self.towns.a_node]
        self.hub = self.towns.hub
        for machine in self.ours + self.theirs:
            self.hub.meet(machine)
            machine.meet(self.hub)
            for other in self.ours if machine in self.ours else self.theirs:
                machine.meet(other)
        self.count = 0

    @property
    def everybody(self) -> list[Machine]:
        return [*self.ours, *self.theirs]

    def step(self) -> None:
        self.random.choice(
            [self.post, self.post, self.change, self.decide, self.meet, self.meet, self.carry]
        )()

    def post(self) -> None:
        self.count += 1
        machine = self.random.choice(self.everybody)
        if self.random.random() < 0.5:
            machine.post(title=f"{SECRET}{self.count}")
        else:
            share(machine, title=f"見せる{self.count}")

    def change(self) -> None:
        machine = self.random.choice(self.everybody)
        mine = [
            record
            for record in self.readable(machine)
            if record.board == "event"
            and record.lane.town == machine.towns[0].code
            and (record.lane.author == machine.identity.public or machine.role == "office")
        ]
        if mine:
            record = self.random.choice(mine)
            if self.random.random() < 0.5:
                machine.edit(record.id, withdrawn=True)
            else:
                machine.edit(record.id, title=f"{record.fields['title']}改")

    def decide(self) -> None:
        decider = self.random.choice([self.ours[0], self.ours[2], self.theirs[0]])
        other = B if decider in self.theirs else A
        if self.random.random() < 0.6:
            subscribe(decider, other)
        else:
            unsubscribe(decider, other)

    def meet(self) -> None:
        machine = self.random.choice(self.everybody)
        other = self.random.choice([self.hub, *self.everybody])
        known = machine.ledger.trust().certificates(other.identity.public)
        if (
            other is machine
            or not known
            or not other.ledger.trust().certificates(machine.identity.public)
        ):
            return
        budget = self.random.choice([1, 4_000])
        with suppress(Unreachable):
            machine.exchange(other, self.bad(to(other)), budget_bytes=budget)

    def bad(self, road: Road) -> Road:
        """Now and then the answer is lost."""

        def lossy(message: bytes) -> bytes:
            answer = road(message)
            if self.random.random() < 0.2:
                raise Unreachable
            return answer

        return lossy

    def carry(self) -> None:
        """A stick of one machine is read at another, of whatever town."""
        giver, taker = self.random.sample(self.everybody, 2)
        trust = giver.ledger.trust()
        bundles = list(runs(giver.ledger, NOTHING, giver.codes))
        statements = [s.encoded for s in trust.statements]
        self.random.shuffle(bundles)
        parcel = Parcel(statements=tuple(statements), bundles=tuple(bundles))
        take(taker.ledger, parcel, source="stick")

    def readable(self, machine: Machine) -> list[Record]:
        return [record for record in machine.boards().values() if record is not None]

    def heal(self) -> None:
        for _ in range(3):
            for machine in self.everybody:
                assert machine.exchange(self.hub).synced, machine.name

    # what is always true

    def nothing_leaked(self) -> None:
        for machine in self.everybody:
            for item in machine.ledger.lanes():
                if item.lane.town not in machine.codes:
                    assert item.lane.audience is Audience.OPEN
                    assert item.lane.town in machine.ledger.trust().taken
            for record in self.readable(machine):
                secret = str(record.fields.get("title", "")).startswith(SECRET)
                assert not secret or record.lane.town in machine.codes

    def boards(self, machine: Machine, town: str, *, opened: bool) -> dict[object, object]:
        """What stands of a town: the records it opened, or all."""
        return {
            record.id: (record.fields, record.withdrawn)
            for record in self.readable(machine)
            if record.board == "event"
            and record.lane.town == town
            and (not opened or record.lane.audience is Audience.OPEN)
        }


@pytest.mark.parametrize("seed", [*range(12), 129])
def test_whatever_happens_two_towns_share_what_they_opened_and_no_more(seed: int) -> None:
    region = Region(seed)
    for _ in range(STEPS):
        region.step()
        region.nothing_leaked()
    region.heal()
    region.nothing_leaked()
    for town, machines, others, source in (
        (B, region.ours, A, region.theirs[0]),
        (A, region.theirs, B, region.ours[0]),
    ):
        trust = region.hub.ledger.trust()
        taken = others.code in scope_of(trust, [town.code]).towns
        assert len({machine.digest() for machine in machines}) == 1
        assert machines[0].digest() == region.hub.digest(town)
        for machine in machines:
            opened = region.boards(source, others.code, opened=True)
            assert region.boards(machine, others.code, opened=False) == (opened if taken else {})
