"""A machine that offers, as `node.neighbours` has it offer; with boards (a node) or without."""

from pathlib import Path

from hub.hub import Hub, open_hub
from node.node import SOFTWARE, Node, open_node
from node.road import HttpRoad
from sync.ingest import ingest_statement
from sync.machine.exchanging import Exchanged, converse
from sync.machine.settings import Part, read_settings

Machine = Node | Hub


def open_machine(folder: Path) -> Machine:
    """Whatever machine the folder is of."""
    return open_hub(folder) if read_settings(folder).part is Part.HUB else open_node(folder)


def meet(machine: Machine, road: HttpRoad, *, key: bytes) -> tuple[bytes, Exchanged]:
    """An exchange with whoever has that key; without one they are asked first who they are."""
    if not key:
        key, statements = road.hello()
        for statement in statements:
            ingest_statement(machine.ledger, statement)
    return key, converse(machine.ledger, road, me=machine.identity, to=key, software=SOFTWARE)
