"""A line breaks at any byte: nothing is lost, and the next exchange goes on where it broke."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from hub.app import create_app
from hub.hub import Hub, open_hub
from node.node import SOFTWARE, Node
from node.road import HttpRoad
from sync.errors import Malformed, Unreachable
from sync.ledger import Ledger
from sync.machine.exchanging import Exchanged, converse
from sync.machine.pace import Pace
from sync.machine.settings import Part
from tests.node.breaking import breaking
from tests.node.builders import Village, post_event, titles
from tests.node.serving import served

CUTS = 20
WHOLE = 1 << 30


@contextmanager
def over(address: str, bytes_max: int = WHOLE) -> Iterator[tuple[HttpRoad, "list[int]"]]:
    """The way there over a line that breaks after so many bytes; what passed is told at the end."""
    passed: list[int] = []
    with breaking(address, bytes_max) as (broken, line):
        road = HttpRoad(broken)
        try:
            yield road, passed
        finally:
            road.close()
    passed.append(line.passed)


def exchange(node: Node, hub: Hub, road: HttpRoad) -> Exchanged:
    to = hub.identity.public
    return converse(node.ledger, road, me=node.identity, to=to, software=SOFTWARE)


def held(ledger: Ledger) -> int:
    return sum(item.held.number for item in ledger.lanes())


@pytest.fixture
def village(tmp_path: Path) -> Village:
    return Village(tmp_path)


def test_wherever_it_breaks_nothing_is_lost_and_nothing_called_equal(village: Village) -> None:
    hub = open_hub(village.make("hub", Part.HUB))
    here, there = village.node("上郷"), village.node("下郷")
    with served(create_app(hub)) as address:

        def passes_both_ways(bytes_max: int) -> tuple[bool, int]:
            """Each has something for the other; whether this one was told that both are equal."""
            post_event(here, title=f"上郷から {bytes_max}")
            post_event(there, title=f"下郷から {bytes_max}")
            with over(address) as (road, _):
                assert exchange(there, hub, road).synced
            synced = False
            with over(address, bytes_max) as (road, passed), suppress(Unreachable, Malformed):
                synced = exchange(here, hub, road).synced
            return synced, passed[0]

        synced, size = passes_both_ways(WHOLE)
        assert synced
        synced, size = passes_both_ways(WHOLE)
        assert synced
        for cut in range(1, size, max(1, size // CUTS)):
            synced, passed = passes_both_ways(cut)
            assert (synced, passed) == (False, cut)
        for node in (here, there, here):
            with over(address) as (road, _):
                assert exchange(node, hub, road).synced
    assert sorted(titles(here)) == sorted(titles(there))
    assert len(titles(here)) == held(hub.ledger) > 2 * CUTS


def test_over_a_line_that_breaks_at_each_eight_kilobytes_all_comes_in_the_end(
    village: Village,
) -> None:
    """Up and down; what came through stays, and messages become as small as the line needs."""
    hub = open_hub(village.make("hub", Part.HUB))
    here, there = village.node("上郷"), village.node("下郷")
    noise = Random(1)
    for at in range(60):
        text = "".join(map(chr, noise.choices(range(0x4E00, 0x9C00), k=300)))
        post_event(here, title=f"{at}", description=text)
    with served(create_app(hub)) as address:
        for node in (here, there):
            pace, tries, carried = Pace(), 0, 0
            while True:
                tries += 1
                assert tries < 150, f"{carried} bytes, and not the same yet"
                with over(address, 8_000) as (road, passed), suppress(Unreachable, Malformed):
                    to = hub.identity.public
                    synced = converse(
                        node.ledger,
                        road,
                        me=node.identity,
                        to=to,
                        software=SOFTWARE,
                        pace=pace,
                    ).synced
                    if synced:
                        break
                carried += passed[0]
            assert tries > 3, "the line broke"
    assert titles(there) == titles(here)
