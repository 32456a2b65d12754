"""Machines in memory behind bad roads: nothing acknowledged is lost and nothing false is shown.

`live` tells a village's whole life from its seed; `laws` says what holds at every step of it. A
seed that failed is kept as a test of its own, with what was wrong.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.village.living import live, what_breaks
from tests.village.mutants import main as mutants

EVERY_DAY = range(0, 300)
ONCE_IN_A_WHILE = range(10_000, 12_400)
WORKERS = 2
AT_ONCE = 25


def all_live(seeds: range) -> None:
    """Fails with every seed whose village breaks a law, and the command to see it again."""
    # Not forked: a test's process may have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        found = [broken for broken in pool.map(what_breaks, seeds, chunksize=AT_ONCE) if broken]
    if found:
        pytest.fail("\n\n".join(found[:5]), pytrace=False)


def test_when_roads_heal_all_machines_show_the_same_and_nothing_is_lost() -> None:
    all_live(EVERY_DAY)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_in_thousands_of_villages_too() -> None:
    all_live(ONCE_IN_A_WHILE)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_faults_put_into_sync_are_found() -> None:
    assert mutants([]) == 0


def test_a_seed_gives_the_same_village_again() -> None:
    assert live(7).told == live(7).told
    assert live(7).book.words == live(7).book.words


# Seeds that failed once.


def test_a_post_of_a_forked_lane_can_still_be_mended() -> None:
    """An edit named the branch in the place of its lane, and had no effect."""
    live(11)
