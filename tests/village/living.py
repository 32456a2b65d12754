"""A village's life from its seed: acts, laws after each, then the roads heal."""

import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.village import acts, hostile, laws
from tests.village.machines import PowerCut
from tests.village.world import World

STEPS = (8, 16, 32)
FILES_EVERY = 15
"""So many villages have one with disks that are files."""


def live(seed: int, steps: int = 0) -> World:
    """One village, as long as told or as it comes.

    Raises AssertionError, with what happened as a note, where a law is broken.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _live(seed, Path(folder) if seed % FILES_EVERY == 0 else None, steps)


def what_breaks(seed: int) -> str:
    """The law that its village breaks, where, and how to see it again; empty if none."""
    try:
        live(seed)
    except Exception as wrong:
        return "".join(traceback.format_exception(wrong, limit=-3))
    return ""


def _live(seed: int, folder: Path | None, steps: int) -> World:
    lives = Random(seed)
    with (
        patch("sync.machine.memory.incarnation_random", lambda: lives.randbytes(8)),
        patch("sync.machine.sqlite.incarnation_random", lambda: lives.randbytes(8)),
    ):
        world = World(seed, folder)
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


if __name__ == "__main__":
    for told in sys.argv[1:]:
        for seed in seeds(told):
            live(seed)
