"""Alerts overtake what is much: every message is made anew, and none is too large for its line."""

import time
from collections.abc import Callable
from random import Random

import pytest

from sync.errors import Unreachable
from sync.exchange import open_offer
from sync.lane import Class
from sync.machine.exchanging import Road
from sync.machine.pace import BUDGET_BYTES_MIN, Pace
from sync.writing import Draft
from tests.sync.builders import Machine, hub, node, office, to

BYTES_PER_SECOND = 400_000
SECONDS = 0.2
MOST = 256 << 10
WORDS = [
    "公民館で",
    "合唱の",
    "練習を",
    "します",
    "第二",
    "日曜の",
    "午後",
    "弁当と",
    "水筒を",
    "中止",
]


def slow(road: Road, carried: list[int], under_way: Callable[[int], None]) -> Road:
    """A line of so many bytes a second. `under_way` happens while the answer of each is on it."""

    def carry(message: bytes) -> bytes:
        answered = road(message)
        under_way(len(carried))
        time.sleep((len(message) + len(answered)) / BYTES_PER_SECOND)
        carried.append(len(message) + len(answered))
        return answered

    return carry


def filled(machine: Machine, count: int = 300) -> Machine:
    """With posts that nothing packs."""
    machine.write(
        *(
            Draft(kind="event/write", fields={"title": f"{n}", "text": _noise(n)})
            for n in range(count)
        )
    )
    return machine


def _noise(seed: int) -> str:
    return "".join(map(chr, Random(seed).choices(range(0x4E00, 0x9C00), k=1_200)))


def alert(desk: Machine) -> None:
    desk.write(Draft(kind="alert/write", fields={"title": "避難指示"}), class_=Class.ALERT)


def has_alert(machine: Machine) -> bool:
    return any(item.lane.class_ is Class.ALERT for item in machine.ledger.lanes())


def test_an_alert_overtakes_a_running_transfer_in_the_next_message() -> None:
    desk, village = filled(office()), node()
    for machine in (desk, village):
        machine.meet(desk, village)
    arrived: list[bool] = []

    def under_way(number: int) -> None:
        arrived.append(has_alert(village))
        if number == 1:
            alert(desk)

    carried: list[int] = []
    road = slow(to(desk, budget_bytes=MOST), carried, under_way)
    assert village.exchange(desk, road, pace=Pace(MOST, seconds=SECONDS)).synced
    assert len(carried) > 4, "it was no running transfer"
    assert arrived[:4] == [False, False, False, True], "the message after the one under way has it"


def test_an_alert_of_ours_overtakes_what_we_send() -> None:
    desk, middle = filled(office()), hub()
    for machine in (desk, middle):
        machine.meet(desk, middle)
    arrived: list[bool] = []

    def under_way(number: int) -> None:
        arrived.append(has_alert(middle))
        if number == 1:
            alert(desk)

    carried: list[int] = []
    road = slow(to(middle), carried, under_way)
    assert desk.exchange(middle, road, pace=Pace(MOST, seconds=SECONDS)).synced
    assert len(carried) > 4
    assert arrived[:3] == [False, False, True]


def test_messages_become_as_small_as_the_line_is_slow() -> None:
    desk, village = filled(office()), node()
    for machine in (desk, village):
        machine.meet(desk, village)
    carried: list[int] = []
    asked: list[int] = []
    answering = to(desk, budget_bytes=MOST)

    def road(message: bytes) -> bytes:
        asked.append(open_offer(message).budget)
        return answering(message)

    slowly = slow(road, carried, lambda number: None)
    assert village.exchange(desk, slowly, pace=Pace(MOST, seconds=SECONDS)).synced
    assert carried[0] > 2 * BYTES_PER_SECOND * SECONDS, "nothing is known of the line at first"
    assert asked[0] == 0
    assert 0 < asked[1] < MOST / 2
    assert max(carried[2:]) < carried[0] / 2


@pytest.mark.parametrize(
    ("carried", "seconds", "budget"),
    [
        (1 << 20, 10.0, MOST // 2),
        (1 << 20, 4.0, MOST),
        (1 << 20, 1.0, MOST),
        (10_000, 60.0, MOST),
        (1 << 20, 10_000.0, BUDGET_BYTES_MIN),
    ],
    ids=["slow", "as it should be", "fast", "small, so the other side was slow", "very slow"],
)
def test_what_a_message_says_of_its_line(carried: int, seconds: float, budget: int) -> None:
    pace = Pace(MOST)
    pace.took(carried, seconds)
    assert pace.budget_bytes == budget


def test_a_line_that_became_fast_is_used_again() -> None:
    pace = Pace(MOST)
    pace.took(1 << 20, 20.0)
    assert pace.asked == MOST // 4
    for _ in range(3):
        pace.took(1 << 18, 0.1)
    assert (pace.budget_bytes, pace.asked) == (MOST, 0)


def test_a_line_that_broke_often_is_used_again_once_it_is_fast() -> None:
    """Even if what small messages hold packs to very little."""
    desk, village = office(), node()
    for machine in (desk, village):
        machine.meet(desk, village)
    random = Random(1)
    for _ in range(12):
        texts = ("".join(random.choices(WORDS, k=90)) for _ in range(40))
        desk.write(*(Draft(kind="event/write", fields={"text": text}) for text in texts))
    pace = Pace(MOST)
    for _ in range(9):
        pace.broke(60.0)
    assert pace.budget_bytes == BUDGET_BYTES_MIN
    assert village.exchange(desk, pace=pace).synced
    assert pace.budget_bytes > 2 * BUDGET_BYTES_MIN


def test_on_a_line_that_breaks_messages_become_small_enough_to_come_through() -> None:
    """It breaks when more than so many bytes are on it, however often it is tried."""
    desk, village = filled(office()), node()
    for machine in (desk, village):
        machine.meet(desk, village)
    pace, answering = Pace(16 * MOST, seconds=0.02), to(desk)
    tries = 0

    def breaking(message: bytes) -> bytes:
        answered = answering(message)
        if len(answered) > 120_000:
            time.sleep(0.02)
            raise Unreachable
        return answered

    while tries < 20:
        tries += 1
        try:
            done = village.exchange(desk, breaking, pace=pace)
        except Unreachable:
            continue
        assert done.synced
        break
    assert 1 < tries < 20
