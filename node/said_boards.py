"""The boards as they are drawn: what people read of a declaration is a text of ours.

Declarations are data and know no languages; here their words become messages, once.
"""

from dataclasses import replace

from node.boards import BOARDS
from node.boards.declaration import Board, Choice, Field
from node.words import say


def _said(board: Board) -> Board:
    return replace(
        board,
        label=say(board.label),
        purpose=say(board.purpose),
        retention_why=say(board.retention_why),
        letters=say(board.letters),
        letters_left_to_town=say(board.letters_left_to_town),
        fields=tuple(map(_said_field, board.fields)),
    )


def _said_field(field: Field) -> Field:
    return replace(
        field,
        label=say(field.label),
        hint=say(field.hint),
        choices=tuple(map(_said_choice, field.choices)),
    )


def _said_choice(choice: Choice) -> Choice:
    return replace(choice, label=say(choice.label))


SAID_BOARDS: dict[str, Board] = {name: _said(board) for name, board in BOARDS.items()}
