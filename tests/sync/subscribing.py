"""Two towns that share a hub, made short."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sync.certificate import Role
from sync.entry import EntryId
from sync.lane import Audience, Class
from sync.ledger import Ledger
from sync.subscribing import decisions
from sync.subscription import SUBSCRIBE, Subscription
from sync.writing import Draft
from tests.sync.builders import (
    OTHER_TOWN,
    TOWN,
    Machine,
    Town,
    authorities,
    hub,
    memory,
    node,
    office,
)

A, B = OTHER_TOWN, TOWN
SECRET = "町の中だけの話"
Factory = Callable[[str, Iterable[Town]], Ledger]


def in_memory(_name: str, towns: Iterable[Town]) -> Ledger:
    return memory(towns)


def subscribe(
    machine: Machine,
    to: Town = A,
    *,
    keys: tuple[bytes, ...] = (),
    audience: Audience = Audience.OPEN,
) -> EntryId:
    """The decision of an office."""
    keys = keys or authorities((to,))[to.code]
    said = Subscription(machine.towns[0].code, to.code, keys, "隣町")
    return machine.write(
        Draft(kind=SUBSCRIBE, fields=said.as_fields()), class_=Class.TRUST, audience=audience
    )[0]


def withdraw(machine: Machine, record: EntryId) -> None:
    """Take one decision back."""
    seen = machine.ledger.record(record)
    machine.write(
        Draft(
            kind=SUBSCRIBE,
            fields={"withdrawn": True},
            record=record,
            parents=[seen[0].id],
            counter=2,
        ),
        class_=Class.TRUST,
        audience=seen[0].lane.audience,
    )


def unsubscribe(machine: Machine, to: Town = A) -> None:
    """Take back every decision about that town."""
    for record, said in [*decisions(machine.ledger)]:
        if said.town == to.code and said.by == machine.towns[0].code:
            withdraw(machine, record.id)


@dataclass
class TwoTowns:
    """An office and a node each, and one hub. B's keep their ledgers as `ledgers` makes them."""

    ledgers: Factory = in_memory
    hub: Machine = field(default_factory=lambda: hub("中継", A, B))
    a_office: Machine = field(default_factory=lambda: office("A役場", A))
    a_node: Machine = field(default_factory=lambda: node("A公民館", A))
    b_office: Machine = field(init=False)
    b_node: Machine = field(init=False)

    def __post_init__(self) -> None:
        self.b_office = Machine("B役場", self.ledgers("office", (B,)), Role.OFFICE, (B,))
        self.b_node = Machine("B公民館", self.ledgers("node", (B,)), towns=(B,))
        for machine in self.machines:
            self.hub.meet(machine)
            machine.meet(self.hub)

    @property
    def machines(self) -> list[Machine]:
        return [self.a_office, self.a_node, self.b_office, self.b_node]

    def exchange(self) -> None:
        """Everybody with the hub, until all that can come has come."""
        for _ in range(2):
            for machine in self.machines:
                assert machine.exchange(self.hub).synced, machine.name


def share(machine: Machine, **fields: object) -> EntryId:
    """A post for other towns too."""
    draft = Draft(kind="event/write", fields=fields)
    return machine.write(draft, audience=Audience.OPEN)[0]
