"""Real nodes on a LAN find each other, and what is posted at one is on every board."""

import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sync import cose
from tests.lan.avahi import avahi
from tests.lan.machines import Machine, Village, village
from tests.patience import until

QUIET_SECONDS = 5.0  # in which machines that offer every second would have done so five times


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village"), 3) as made:
        made.start()
        yield made


def test_they_find_each_other_and_every_post_is_on_every_board(three: Village) -> None:
    until(three.all_know_each_other)
    three.post_everywhere("お知らせ")
    for machine in three:
        until(partial(_all_is_well, machine))


def _all_is_well(machine: Machine) -> bool:
    """What the keeper is told; news that crossed each other are no lasting problem."""
    return all(
        neighbour.name.startswith("公民館") and neighbour.synced and not neighbour.problem
        for neighbour in machine.neighbours().values()
    )


def test_who_holds_the_same_is_left_in_peace(tmp_path: Path) -> None:
    with village(tmp_path, 2, offer_seconds=1) as two:
        two.start()
        until(two.all_know_each_other)
        two.post_everywhere("お知らせ")

        def is_quiet() -> bool:
            before = [machine.segments() for machine in two]
            time.sleep(QUIET_SECONDS)
            return [machine.segments() for machine in two] == before

        until(is_quiet)  # once what was told and relayed is done, on a busy machine too


def test_nobody_is_told_where_a_machine_is_that_does_not_answer_yet(tmp_path: Path) -> None:
    if shutil.which("avahi-browse") is None or shutil.which("avahi-daemon") is None:
        pytest.skip("avahi is not here")
    with village(tmp_path, 2) as two, avahi(two.lan.host(), tmp_path / "avahi") as browser:
        first, last = two

        def says() -> bool:
            told = [words["id"] for _, _, words in browser.services().values()]
            return cose.short(last.key).hex() in told

        first.start()
        last.start(part="sync")
        until(lambda: first.key in last.neighbours())  # so it looks, and could say
        assert not says()
        last.stop()
        last.start()
        until(says)


def test_where_multicast_is_silent_one_static_address_is_enough_for_two(tmp_path: Path) -> None:
    with village(tmp_path, 2) as two:
        one, other = two
        for machine in two:
            machine.host.silence_multicast()
        one.start()
        other.start(one)
        for machine in two:
            until(machine.answers)
        other.post("川下から")
        until(lambda: one.shows("川下から"))
        one.post("川上から")  # told by whom it never was given an address of
        until(lambda: other.shows("川上から"))


def test_a_machine_that_was_off_catches_up_when_it_comes_back(three: Village) -> None:
    *others, last = three
    until(three.all_know_each_other)
    last.stop()
    others[0].post("留守のあいだ")
    last.start()
    until(lambda: last.shows("留守のあいだ"))
