"""The process `kairan-sync`: it watches the ledger and offers what changed to every neighbour."""

from threading import Event

from node.neighbours import NeighbourLoop, addresses
from node.node import Node
from node.notebook import Notebook
from node.schedule import Schedule
from sync.machine.settings import NOTEBOOK_FILE

WATCH_SECONDS = 0.2
"""How often the ledger's version is read: one row, some microseconds."""


def run(node: Node, *, peers: tuple[str, ...], stop: Event) -> None:
    """Exchange until `stop` is set."""
    notebook = Notebook(node.settings.folder / NOTEBOOK_FILE)
    loops = [NeighbourLoop(node, notebook, address) for address in addresses(node, peers)]
    schedule = Schedule()
    for at, loop in enumerate(loops):
        schedule.every(node.settings.offer_seconds, f"look again {at}", loop.look_again)
        loop.start()
    schedule.start()
    version = node.version()
    while not stop.wait(WATCH_SECONDS):
        schedule.mind_the_clock()
        if (now := node.version()) != version:
            version = now
            for loop in loops:
                loop.something_changed()
    schedule.stop()
    for loop in loops:
        loop.stop()
