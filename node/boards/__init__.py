"""The boards a town has: one declaration per file, and the list of them all."""

from node.boards.declaration import Board
from node.boards.disaster import DISASTER
from node.boards.event import EVENT
from node.boards.guide import GUIDE
from node.boards.job import JOB

BOARDS: dict[str, Board] = {board.name: board for board in (DISASTER, EVENT, JOB, GUIDE)}
"""By name, in the order the home screen shows them."""
