"""A village's life from its seed: acts, laws after each, then the roads heal."""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.village import acts, hostile, laws
from tests.village.machines import PowerCut
from tests.village.world import World

STEPS = (8, 16, 32)
FILES_EVERY = 15
"""So many villages have one with disks that are files."""


def live(seed: int, steps: int = 0, *, nodes: int = 0) -> World:
    """One village, as long and as large as told or as it comes.

    Raises AssertionError, with what happened as a note, where a law is broken.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _live(seed, Path(folder) if seed % FILES_EVERY == 0 else None, steps, nodes)


def what_breaks(seed: int) -> str:
    """The law that its village breaks, where, and how to see it again; empty if none."""
    try:
        live(seed)
    except Exception as wrong:
        return "".join(traceback.format_exception(wrong, limit=-3))
    return ""


def _live(seed: int, folder: Path | None, steps: int, nodes: int) -> World:
    lives = Random(seed)
    with (
        patch("sync.machine.memory.incarnation_random", lambda: lives.randbytes(8)),
        patch("sync.machine.own_lives.incarnation_random", lambda: lives.randbytes(8)),
    ):
        world = World(seed, folder, nodes)
        try:
            _pass_time(world, steps)
            laws.heal(world)
        except Exception as wrong:
            wrong.add_note(f"seed {seed}; again with: python -m tests.village.living {seed}")
            wrong.add_note("\n".join(world.told))
            raise
    return world


def _pass_time(world: World, steps: int) -> None:
    drawn = world.random.choice(STEPS)
    harm = world.random.choice([0, 0.2, 0.5])
    seen: dict[str, int] = {}
    for _ in range(steps or drawn):
        happens = hostile.HOSTILE if world.random.random() < harm else acts.HONEST
        (act,) = world.random.choices([*happens], weights=[*happens.values()])
        world.tell(f"{act.__module__.rpartition('.')[2]}.{act.__name__}")
        with suppress(PowerCut):
            act(world)
        laws.at_every_step(world, seen)


def seeds(told: str) -> range:
    """Of "7" that one, of "0:300" those from 0 to 299."""
    first, _, end = told.partition(":")
    return range(int(first), int(end or int(first) + 1))


def main(arguments: Sequence[str]) -> int:
    """Exit 1 if a law was broken; what was wrong goes to the standard error."""
    parser = argparse.ArgumentParser(description="Villages live; stops at the first broken law.")
    parser.add_argument("seeds", nargs="+", metavar="SEED or FROM:TO")
    parser.add_argument("--go-on", action="store_true", help="don't stop there")
    chosen = parser.parse_args(arguments)
    code = 0
    for seed in chain.from_iterable(map(seeds, chosen.seeds)):
        try:
            live(seed)
        except Exception as wrong:
            code = 1
            print(f"seed {seed}: {type(wrong).__name__} {wrong}", flush=True)
            traceback.print_exception(wrong, limit=-3)
            if not chosen.go_on:
                break
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
