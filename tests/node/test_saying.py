"""What a machine says of itself: newest only, seldom, and never an older word over a newer one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.health import HEALTH, Health, read_health
from node.node import Node
from node.saying import ALIVE_SECONDS, NEWS_SECONDS, Saying, own_heads
from sync import cbor
from sync.entry import Quality
from sync.limits import REGISTER_VALUE_BYTES_MAX
from sync.machine.clock import Moment
from sync.machine.settings import NOTEBOOK_FILE
from sync.register import (
    HEADS_IN_ONE,
    Head,
    Register,
    heads_by_name,
    make_register,
    open_register,
    read_heads,
)
from tests.node.builders import TOWN, Village, again, feed, meet, outside, post_event, warning

NOON = Moment(datetime(2026, 11, 22, 3, tzinfo=UTC), Quality.TRUSTED)


class Running:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def running() -> Running:
    return Running()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Village(tmp_path).node()


def registers(node: Node, name: str = HEALTH) -> list[Register]:
    return [r for r in node.ledger.registers() if r.name == name]


def health(node: Node) -> Health:
    (register,) = registers(node)
    said = read_health(register)
    assert said is not None
    return said


def test_a_machine_says_how_it_is_and_how_far_its_lanes_go(node: Node, running: Running) -> None:
    post_event(node)
    post_event(node, title="二つめ")
    assert Saying(node, running=running).look(NOON)
    said = health(node)
    assert (said.own, said.entries, said.records, said.holes, said.mishap) == (2, 2, 2, 0, False)
    assert said.written == NOON.written
    (heads,) = registers(node, "heads")
    (lane,) = node.ledger.lanes()
    assert read_heads(heads) == ((lane.id, 2, lane.held.head),)
    assert all(len(r.value) <= REGISTER_VALUE_BYTES_MAX for r in node.ledger.registers())


def test_who_has_nothing_new_says_nothing_for_a_day(node: Node, running: Running) -> None:
    saying = Saying(node, running=running)
    assert saying.look(NOON)
    before = node.version()
    while running.now < 1_000 + ALIVE_SECONDS - 60:
        running.now += 60
        assert not saying.look(NOON)
    assert node.version() == before
    running.now += NEWS_SECONDS
    assert saying.look(NOON)
    assert [r.counter for r in registers(node)] == [2]


def test_what_is_new_is_said_once_in_a_while_and_what_is_urgent_at_once(
    node: Node, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying = Saying(node, running=running)
    saying.look(NOON)
    for n in range(20):
        post_event(node, title=f"{n}")
        saying.look(NOON)
    assert health(node).own == 0
    assert [len(read_heads(r)) for r in registers(node, "heads")] == [1]  # the first head at once
    running.now += NEWS_SECONDS
    assert saying.look(NOON)
    assert health(node).own == 20
    monkeypatch.setattr("node.saying._disk", lambda _: 0)
    assert saying.look(NOON)
    assert health(node).disk == 0


def test_the_counter_goes_on_after_a_restart_and_a_lost_notebook(
    node: Node, running: Running
) -> None:
    for n in range(1, 4):
        post_event(node)
        (node.settings.folder / NOTEBOOK_FILE).unlink(missing_ok=True)
        assert Saying(node, running=running).look(NOON)
        assert [r.counter for r in registers(node)] == [n]
        node = again(node)
    assert not Saying(node, running=running).look(NOON)


def test_two_machines_that_hold_the_same_stay_quiet(tmp_path: Path, running: Running) -> None:
    village = Village(tmp_path)
    nodes = [village.node("上郷"), village.node("下郷")]
    sayings = [Saying(node, running=running) for node in nodes]
    post_event(nodes[0])
    for _ in range(4):  # until what each says of the other is said too
        for saying in sayings:
            saying.look(NOON)
        meet(*nodes)
        running.now += NEWS_SECONDS / 3
    versions = [node.version() for node in nodes]
    for _ in range(20):
        running.now += 60
        assert not any(saying.look(NOON) for saying in sayings)
        assert meet(*nodes).rounds == 1
    assert [node.version() for node in nodes] == versions


def test_an_office_tells_the_heads_of_its_feed_too(tmp_path: Path, running: Running) -> None:
    office = Village(tmp_path).office()
    feed(office, warning("大雨警報", outside()))
    Saying(office, running=running).look(NOON)
    lanes = {head.lane for r in registers(office, "heads") for head in read_heads(r)}
    assert lanes == {lane.id for lane in office.ledger.lanes()}


def test_many_lanes_are_told_in_several_registers_that_each_fit() -> None:
    heads = [Head(bytes([n]) * 32, 1 << 61, bytes(32)) for n in range(2 * HEADS_IN_ONE + 1)]
    told = heads_by_name(heads)
    assert list(told) == ["heads", "heads 2", "heads 3"]
    assert [head for some in told.values() for head in some] == heads
    for some in told.values():
        value = [list(head) for head in some]
        assert len(cbor.encode(value)) <= REGISTER_VALUE_BYTES_MAX


def test_the_newest_life_is_told_first(node: Node) -> None:
    post_event(node)
    with node.ledger.transaction():
        node.ledger.begin_incarnation(node.identity.public)
    post_event(node)
    lanes = {item.id: item.lane.ordinal for item in node.ledger.lanes()}
    heads = own_heads(node.ledger, node.identity.public)
    assert [lanes[head.lane] for head in heads] == [2, 1]


@pytest.mark.parametrize(
    "value",
    [0, [], {}, {1: 2}, {1: 1, 2: "x"}, [[b"x", 1, b"y"]], {1: 1, 2: [0, 0], 3: "", 4: -1}],
)
def test_what_cannot_be_read_says_nothing(node: Node, value: object) -> None:
    for name in (HEALTH, "heads"):
        made = open_register(
            make_register(
                town=TOWN,
                incarnation=(1, bytes(8)),
                name=name,
                counter=1,
                value=value,
                key=node.identity.private,
            )
        )
        assert read_health(made) is None
        assert read_heads(made) == ()
