"""Two towns with authorities of their own share a hub, and one reads what the other opens.

What is only for the people of the other town is looked for in every byte of the reader's machines.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioning.town import Plan, make_machines, open_town
from sync.carrier import Reading, unpack
from sync.lane import Audience
from sync.machine.settings import LEDGER_FILE, SETTINGS_FILE, STATEMENTS_FILE, Part
from tests.patience import until
from tests.stories.machines import Machine, free_ports

pytestmark = pytest.mark.slow

OURS, THEIRS = "990019", "990027"
EVENT = {"starts_on": "2030-05-05", "place": "浜公民館"}
SECRET, SHARED, LATER = "浜の内輪の寄合", "浜の収穫祭", "浜の大収穫祭"


@dataclass(frozen=True, slots=True)
class Towns:
    """霧沢町 reads, 波音町 is read."""

    hub: Machine
    office: Machine
    node: Machine
    their_office: Machine
    their_node: Machine

    def __iter__(self) -> Iterator[Machine]:
        return iter((self.hub, self.office, self.node, self.their_office, self.their_node))

    @property
    def ours(self) -> tuple[Machine, Machine]:
        """Those that must never hold what is only for the other town."""
        return self.office, self.node


def _provision(folder: Path) -> Towns:
    first = free_ports(5)
    hub = Machine(Part.HUB, folder / "hub", first)
    towns = [
        open_town(folder / f"authority {code}", code=code, name=name)
        for code, name in ((OURS, "霧沢町"), (THEIRS, "波音町"))
    ]
    machines: list[Machine] = []
    statements = b""
    for town, names in zip(towns, (("役場", "上郷"), ("浜役場", "浜")), strict=True):
        made = [
            Machine(part, folder / name, first + 1 + len(machines) + at)
            for at, (name, part) in enumerate(zip(names, (Part.OFFICE, Part.NODE), strict=True))
        ]
        plans = [Plan(folder=hub.folder, name="県のハブ", part=Part.HUB)] + [
            Plan(
                folder=each.folder,
                name=each.folder.name,
                part=each.part,
                hub=hub.url,
                offer_seconds=1,
            )
            for each in made
        ]
        make_machines(town, plans)
        statements += (hub.folder / STATEMENTS_FILE).read_bytes()
        machines += made
    # Of two towns, as whoever runs it writes it down.
    keys = {town.code: [key.hex() for key in town.desk.first] for town in towns}
    (hub.folder / STATEMENTS_FILE).write_bytes(statements)
    (hub.folder / SETTINGS_FILE).write_text(
        f'name = "県のハブ"\nrole = "hub"\ntowns = {json.dumps(list(keys))}\n[authorities]\n'
        + "".join(f"{town} = {json.dumps(each)}\n" for town, each in keys.items())
    )
    return Towns(hub, *machines)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    made = _provision(tmp_path_factory.mktemp("towns"))
    try:
        for machine in made:
            machine.start()
        yield made
    finally:
        for machine in made:
            if machine.running is not None:
                machine.running.kill()


def holds(machine: Machine, text: str) -> bool:
    """Whether those words lie anywhere in its folder."""
    files = [path for path in machine.folder.rglob("*") if path.is_file()]
    return any(text.encode() in path.read_bytes() for path in files)


def lanes(machine: Machine) -> set[tuple[str, int, int]]:
    """Town, class and audience of all that it holds."""
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        asked = "SELECT DISTINCT town, class, audience FROM stretches WHERE number > 0"
        return {(town, class_, audience) for town, class_, audience in ledger.execute(asked)}


def registers(machine: Machine) -> set[str]:
    """The towns of whose machines it knows how they are."""
    with closing(sqlite3.connect(machine.folder / LEDGER_FILE)) as ledger:
        return {town for (town,) in ledger.execute("SELECT DISTINCT town FROM registers")}


def card_of(office: Machine, letter: Path) -> tuple[Path, str]:
    """What an office hands over, and the number it reads out."""
    told = office.kairan("subscriptions")
    (card,) = [line.strip() for line in told.splitlines() if "kairan-town" in line]
    (number,) = [line.partition(": ")[2] for line in told.splitlines() if "この町の番号" in line]
    letter.write_text(f"{card}\n")
    return letter, number


def agrees_with_the_hub(machine: Machine) -> bool:
    """Whether their last exchange ended equal."""
    return any(p.road == "hub" and p.synced and not p.problem for p in machine.status().peers)


def nothing_leaked(towns: Towns) -> None:
    for machine in towns.ours:
        assert not holds(machine, SECRET), machine.folder
        assert {a for town, _, a in lanes(machine) if town == THEIRS} <= {int(Audience.OPEN)}
        assert registers(machine) <= {OURS}
    for machine in (towns.their_office, towns.their_node):
        assert {town for town, _, _ in lanes(machine)} <= {THEIRS}


def test_one_town_reads_what_another_opens_until_it_has_had_enough(
    towns: Towns, tmp_path: Path
) -> None:
    hub, office, node = towns.hub, towns.office, towns.node
    towns.their_node.visitor.post("event", title=SECRET, **EVENT)
    shared = towns.their_node.visitor.post("event", title=SHARED, readers="open", **EVENT)
    until(lambda: holds(hub, SECRET) and holds(hub, SHARED))
    until(lambda: registers(hub) == {OURS, THEIRS})
    nothing_leaked(towns)
    assert not any(holds(machine, SHARED) for machine in towns.ours)

    # The other town's card comes by letter, its number by telephone.
    letter, number = card_of(towns.their_office, tmp_path / "波音町.txt")
    said = office.kairan("subscribe", letter, "--number", "1" * 30, code=1)
    assert "番号が違う" in said
    assert "役場の機械で" in node.kairan("subscribe", letter, "--number", number, code=1)
    assert "読んでいる町は、まだありません" in office.kairan("subscriptions")
    assert "読むことにしました" in office.kairan("subscribe", letter, "--number", number)
    assert "読んでいる町: 波音町" in office.kairan("subscriptions")

    for machine in towns.ours:
        until(lambda m=machine: SHARED in m.visitor.reads("/boards/event"))  # type: ignore[misc]
        assert "波音町から" in machine.visitor.reads(shared)
        assert machine.visitor.open(f"{shared}/edit").status == 403
    towns.their_node.visitor.edit(shared, title=LATER, state="cancelled")
    until(lambda: LATER in node.visitor.reads(shared))
    assert "中止" in node.visitor.reads("/boards/event")
    nothing_leaked(towns)

    # What is carried out of town holds no more than that.
    stick = tmp_path / "stick"
    stick.mkdir()
    node.kairan("carrier", stick)
    (file,) = stick.rglob("*.kairan")
    carried = [b for parcel in unpack(file.read_bytes(), Reading()) for b in parcel.bundles]
    payloads = [entry.payload or b"" for bundle in carried for entry in bundle.entries]
    assert any(LATER.encode() in payload for payload in payloads)
    assert not any(SECRET.encode() in payload for payload in payloads)
    away = {bundle.lane.audience for bundle in carried if bundle.lane.town == THEIRS}
    assert away == {Audience.OPEN}
    # And of what is carried in from there nothing else is taken.
    towns.their_office.kairan("export", tmp_path / "theirs.kairan")
    office.kairan("import", tmp_path / "theirs.kairan")
    nothing_leaked(towns)

    # On one LAN, without the hub: theirs doesn't know ours, and gives nothing.
    hub.stop()
    node.stop()
    node.start(towns.their_node.url)
    towns.their_node.visitor.post("event", title=f"{SECRET}・二回目", **EVENT)
    until(lambda: any(p.road == "peer" and p.tried for p in node.status().peers))
    nothing_leaked(towns)
    hub.start()

    removed = towns.their_node.visitor.post("event", title="消す祭り", readers="open", **EVENT)
    until(lambda: "消す祭り" in node.visitor.reads(removed))
    until(lambda: "消す祭り" in towns.their_office.visitor.reads(removed))
    towns.their_office.visitor.remove(removed)
    until(lambda: node.visitor.open(removed).status == 410)

    assert "やめました" in office.kairan("unsubscribe", "波音町")
    for machine in towns.ours:
        until(lambda m=machine: m.visitor.open(shared).status == 404)  # type: ignore[misc]
        assert LATER not in machine.visitor.reads("/boards/event")
        until(lambda m=machine: {town for town, _, _ in lanes(m)} <= {OURS})  # type: ignore[misc]
        # The log beside the ledger is emptied a little later.
        until(lambda m=machine: not holds(m, LATER) and not holds(m, SHARED))  # type: ignore[misc]
    after = towns.their_node.visitor.post("event", title="そのあとの祭り", readers="open", **EVENT)
    until(lambda: holds(hub, "そのあとの祭り"))
    until(lambda: agrees_with_the_hub(node))
    assert node.visitor.open(after).status == 404
    nothing_leaked(towns)


def test_two_towns_that_read_each_other_meet_where_there_is_no_hub(
    towns: Towns, tmp_path: Path
) -> None:
    hub, node, their_node = towns.hub, towns.node, towns.their_node
    ours, theirs = "上郷の内輪の話", "浜の内輪の話"
    for reader, read, name in (
        (towns.office, towns.their_office, "波音町"),
        (towns.their_office, towns.office, "霧沢町"),
    ):
        letter, number = card_of(read, tmp_path / f"{name}.txt")
        reader.kairan("subscribe", letter, "--number", number)
    # Each hears from the hub that the other town reads it.
    for machine, other in ((node, THEIRS), (their_node, OURS)):
        until(lambda m=machine, town=other: (town, 1, int(Audience.OPEN)) in lanes(m))  # type: ignore[misc]
    hub.stop()
    node.stop()
    node.start(their_node.url)
    node.visitor.post("event", title=ours, **EVENT)
    their_node.visitor.post("event", title=theirs, **EVENT)
    from_here = node.visitor.post("event", title="上郷の祭り", readers="open", **EVENT)
    from_there = their_node.visitor.post("event", title="浜の盆踊り", readers="open", **EVENT)
    until(lambda: "浜の盆踊り" in node.visitor.reads(from_there))
    until(lambda: "上郷の祭り" in their_node.visitor.reads(from_here))
    assert "霧沢町から" in their_node.visitor.reads(from_here)
    assert not holds(node, theirs)
    assert not holds(their_node, ours)
    for machine, other in ((node, THEIRS), (their_node, OURS)):
        assert {a for town, _, a in lanes(machine) if town == other} == {int(Audience.OPEN)}
        assert other not in registers(machine)
