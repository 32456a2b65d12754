"""The process `kairan-sync`: it watches the ledger and offers what changed to every neighbour.

It also empties the log that SQLite keeps beside the ledger's file: what an order withdrew is gone
from the file at once, and could be read in the log until that is written over.
"""

import sqlite3
from threading import Event, Thread

from node.neighbours import NeighbourLoop, addresses
from node.node import Node
from node.notebook import Notebook
from node.schedule import Schedule
from sync.machine import clock
from sync.machine.settings import NOTEBOOK_FILE

WATCH_SECONDS = 0.2
"""How often the ledger's version is read: one row, some microseconds."""

TIDY_SECONDS = 10.0
"""How long what was withdrawn may still lie in the log."""


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
        tidied, tidy_at = -1, clock.running()  # whoever was here before may have had no time to
        while not stop.wait(WATCH_SECONDS):
            schedule.mind_the_clock()
            if (now := node.version()) != version:
                version = now
                for loop in loops:
                    loop.something_changed()
            if version != tidied and clock.running() >= tidy_at:
                tidy_at = clock.running() + TIDY_SECONDS
                tidied = version if _empty_log(node) else tidied
    finally:
        schedule.stop()
        for loop in loops:
            loop.stop()


def _empty_log(node: Node) -> bool:
    """False where it is in use or the disk is full: then later."""
    try:
        (busy, *_) = node.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not busy


def _check(node: Node) -> None:
    """Look for damage where nobody may read for years."""
    try:
        node.database.check()
    except sqlite3.DatabaseError as wrong:
        node.database.give_up(wrong)
    finally:
        node.database.close()
