"""Makes whatever Python is started with this folder on its path software of some years ahead.

It knows a board of seats in shelters, and of events who gave leave to show them.
"""

import importlib.metadata
from dataclasses import replace

from node.boards import BOARDS
from node.boards.declaration import Board, Field, FieldType, Order, Writer

SEATS = Board(
    name="seats",
    label="避難所の空き",
    reading="ひなんじょのあき",
    purpose="いま入れる避難所です。",
    lane_class="board",
    audience="town",
    writers=frozenset({Writer.ANYONE}),
    order=Order(field="", newest_first=True),
    fields=(
        Field(name="title", label="避難所", required=True),
        Field(name="free", label="空き", type=FieldType.NUMBER, in_list=True),
    ),
)

BOARDS[SEATS.name] = SEATS
BOARDS["event"] = replace(
    BOARDS["event"],
    fields=(*BOARDS["event"].fields, Field(name="!leave", label="のせてよいと言った人")),
)

_version = importlib.metadata.version


def _newer(distribution_name: str) -> str:
    return "99.0" if distribution_name == "kairan" else _version(distribution_name)


importlib.metadata.version = _newer
