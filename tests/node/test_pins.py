"""What opens an account: hashes on the machine, slow for who guesses, never shut for good."""

import json
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from node.pins import (
    CODE_TRIES_MAX,
    FREE_TRIES,
    PINS_FILE,
    QUEUE_MAX,
    WAIT_SECONDS,
    WAIT_SECONDS_MAX,
    Busy,
    Pins,
    Wait,
    Weak,
    Wrong,
    is_weak,
)

PIN, KEEPER = "280417", "abc-1"


class Hours:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def pins(tmp_path: Path, hours: Hours) -> Pins:
    made = Pins(tmp_path, running=hours)
    made.choose(KEEPER, PIN)
    return made


def miss(pins: Pins, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Wrong):
            pins.try_(KEEPER, "000001")


def seconds_left(pins: Pins) -> float:
    with pytest.raises(Wait) as told:
        pins.try_(KEEPER, PIN)
    return told.value.seconds


def test_the_pin_opens_and_nothing_else_does(pins: Pins) -> None:
    assert pins.try_(KEEPER, PIN)
    miss(pins)
    with pytest.raises(Wrong):
        pins.try_("somebody else", PIN)


def test_the_file_is_its_owners_alone_and_holds_no_pin(pins: Pins, tmp_path: Path) -> None:
    path = tmp_path / PINS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PIN not in path.read_text()


def test_who_tries_often_waits_longer_each_time_and_never_for_good(
    pins: Pins, hours: Hours
) -> None:
    miss(pins, FREE_TRIES)
    waits = []
    for _ in range(8):
        waits.append(seconds_left(pins))
        hours.now += waits[-1]
        miss(pins)
    assert waits[:3] == [WAIT_SECONDS, 2 * WAIT_SECONDS, 4 * WAIT_SECONDS]
    assert max(waits) == waits[-1] == WAIT_SECONDS_MAX
    hours.now += WAIT_SECONDS_MAX
    assert pins.try_(KEEPER, PIN)
    miss(pins)  # and is trusted again


def test_what_is_tried_while_waiting_makes_it_no_longer(pins: Pins, hours: Hours) -> None:
    miss(pins, FREE_TRIES)
    for _ in range(50):
        seconds_left(pins)
    hours.now += WAIT_SECONDS
    assert pins.try_(KEEPER, PIN)


def test_a_restart_gives_no_try_for_nothing(pins: Pins, tmp_path: Path, hours: Hours) -> None:
    miss(pins, FREE_TRIES)
    again = Pins(tmp_path, running=hours)
    assert seconds_left(again) == WAIT_SECONDS
    hours.now += WAIT_SECONDS
    assert again.try_(KEEPER, PIN)


def test_a_plug_pulled_while_it_is_looked_at_leaves_the_try_counted(
    pins: Pins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("node.pins._hash", pulled)
    with pytest.raises(KeyboardInterrupt):
        pins.try_(KEEPER, "000001")
    assert json.loads((tmp_path / PINS_FILE).read_text())[KEEPER]["wrong"] == 1


def test_one_persons_wrong_tries_are_nobody_elses(pins: Pins) -> None:
    pins.choose("other", "975310")
    miss(pins, FREE_TRIES)
    assert pins.try_("other", "975310")


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567890123", "111111", "123456", "987654", "一二三四五六", "12345a"]
)
def test_no_pin_that_anybody_would_try(pins: Pins, pin: str) -> None:
    assert is_weak(pin)
    with pytest.raises(Weak):
        pins.choose(KEEPER, pin)


def test_a_code_opens_until_a_pin_is_chosen(pins: Pins) -> None:
    code = pins.make_code(KEEPER)
    assert pins.coded() == {KEEPER}
    for _ in range(2):  # nobody is left outside by a power cut in between
        assert pins.try_(KEEPER, code) is False
    pins.choose(KEEPER, "975310")
    with pytest.raises(Wrong):
        pins.try_(KEEPER, code)


def test_a_new_code_ends_the_pin(pins: Pins) -> None:
    pins.make_code(KEEPER)
    assert KEEPER not in pins.kept()
    miss(pins)


def test_a_code_is_gone_after_many_wrong_tries(pins: Pins, hours: Hours) -> None:
    code = pins.make_code(KEEPER)
    for _ in range(CODE_TRIES_MAX):
        hours.now += WAIT_SECONDS_MAX
        miss(pins)
    hours.now += WAIT_SECONDS_MAX
    with pytest.raises(Wrong):
        pins.try_(KEEPER, code)
    assert KEEPER not in pins.coded()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"abc-1": 1}',
        '{"abc-1": {"salt": "00", "hash": "00", "passes": 1, "memory_kib": 1024}}',
    ],
)
def test_a_file_that_cannot_be_read_opens_nothing(pins: Pins, tmp_path: Path, content: str) -> None:
    (tmp_path / PINS_FILE).write_text(content)
    assert not pins.kept()
    miss(pins)


def test_a_file_that_asks_for_more_memory_than_we_spend_opens_nothing(
    pins: Pins, tmp_path: Path
) -> None:
    told = json.loads((tmp_path / PINS_FILE).read_text())
    told[KEEPER]["memory_kib"] = 1 << 30
    (tmp_path / PINS_FILE).write_text(json.dumps(told))
    miss(pins)


def test_a_flood_is_looked_at_one_by_one_and_the_rest_turned_away(
    pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    go_on = threading.Event()

    def slow(*_: object) -> bytes:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        go_on.wait(5)
        with lock:
            at_once -= 1
        return bytes(32)

    monkeypatch.setattr("node.pins._hash", slow)
    said: list[type[Exception]] = []

    def knock() -> None:
        try:
            pins.try_(KEEPER, "000001")
        except (Wrong, Wait, Busy) as no:
            said.append(type(no))

    knocking = [threading.Thread(target=knock) for _ in range(40)]
    for thread in knocking:
        thread.start()
    for thread in knocking[QUEUE_MAX:]:
        thread.join(0.05)
    go_on.set()
    for thread in knocking:
        thread.join()
    assert most == 1
    assert said.count(Busy) >= 40 - QUEUE_MAX


def test_a_guess_is_dear() -> None:
    """Asked of another process: what tests choose here is cheap (tests/conftest.py)."""
    asks = "from node.pins import _MEMORY_KIB, _PASSES; print(_MEMORY_KIB, _PASSES)"
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    memory_kib, passes = map(int, told.stdout.split())
    assert memory_kib >= 64 << 10  # RFC 9106, section 4: the second recommended option
    assert passes >= 3
