"""Machines in memory behind bad roads: nothing acknowledged is lost and nothing false is shown.

`live` tells a village's whole life from its seed; `laws` says what holds at every step of it. What
a seed that failed came to is kept as a test of its own.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from sync.chain import fold
from sync.cose import public
from sync.frontier import Held
from sync.ingest import Kept, ingest
from sync.revocation import Cut, revoke
from tests.sync.builders import TOWN, Machine, keep, key, lane, memory, posts, run
from tests.village.faults import FAULTS
from tests.village.living import live, what_breaks
from tests.village.mutants import ROOT, put_in
from tests.village.mutants import main as mutants

EVERY_DAY = range(0, 200)
ONCE_IN_A_WHILE = range(10_000, 12_000)
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
@pytest.mark.timeout(1_800)
def test_in_thousands_of_villages_too() -> None:
    all_live(ONCE_IN_A_WHILE)


def test_any_number_of_machines_may_live_in_a_village() -> None:
    for nodes in (1, 25):
        live(0, nodes=nodes)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_can_still_be_put_in(name: str, tmp_path: Path) -> None:
    for patch in FAULTS[name]:
        there = tmp_path / patch.file
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes((ROOT / patch.file).read_bytes())
        put_in(patch, tmp_path)
        compile(there.read_bytes(), patch.file, "exec")


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_faults_put_into_sync_are_found() -> None:
    assert mutants([]) == 0


def test_a_seed_gives_the_same_village_in_every_process() -> None:
    context = multiprocessing.get_context("spawn")  # each hashes, and so orders sets, its own way
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(all_that_was_said, 7).result() == all_that_was_said(7)


def all_that_was_said(seed: int) -> set[bytes]:
    return set(live(seed, steps=60).book.words)


# What seeds that failed once came to.


def test_the_honest_history_comes_in_behind_the_false_one_that_was_cut_off() -> None:
    """Proving the fork failed where a revocation had cut off the history that was held."""
    honest = run(drafts=posts(5))
    false = run(drafts=[*posts(2), *posts(3, about="嘘")])
    cut = Cut(4, fold(lane().id, (entry.header for entry in honest.entries[:4])))
    here = Machine("下郷", memory())
    keep(here.ledger, TOWN.certify(key("上郷")))
    assert isinstance(ingest(here.ledger, false, source="stick"), Kept)
    keep(here.ledger, revoke(public(key("上郷")), 1, {lane(): cut}, TOWN.authority))
    assert isinstance(ingest(here.ledger, honest, source="stick"), Kept)
    (held,) = here.ledger.lanes()
    assert held.held == Held(4, cut.head)
