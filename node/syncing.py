"""The process `kairan-sync`: it watches the ledger and offers what changed to every neighbour."""

import sqlite3
from threading import Event, Thread

from node.neighbours import NeighbourLoop, addresses
from node.node import Node
from node.notebook import Notebook
from node.schedule import Schedule
from sync.machine.settings import NOTEBOOK_FILE

WATCH_SECONDS = 0.2
"""How often the ledger's version is read: one row, some microseconds."""


def run(node: Node, *, peers: tuple[str, ...], stop: Event) -> None:
    """Exchange until `stop` is set. Raises sqlite3.DatabaseError once the ledger is given up."""
    notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
    loops = [NeighbourLoop(node, notebook, address) for address in addresses(node, peers)]
    schedule = Schedule()
    for at, loop in enumerate(loops):
        schedule.every(node.settings.offer_seconds, f"look again {at}", loop.look_again)
        loop.start()
    schedule.start()
    Thread(target=_check, args=(node,), name="reading all of the ledger", daemon=True).start()
    try:
        version = node.version()
        while not stop.wait(WATCH_SECONDS):
            schedule.mind_the_clock()
            if (now := node.version()) != version:
                version = now
                for loop in loops:
                    loop.something_changed()
    finally:
        schedule.stop()
        for loop in loops:
            loop.stop()


def _check(node: Node) -> None:
    """Look for damage where nobody may read for years."""
    try:
        node.database.check()
    except sqlite3.DatabaseError as wrong:
        node.database.give_up(wrong)
    finally:
        node.database.close()
