"""Of several records of one thing, which one boards show: what its issuer said last."""

from node.boards.declaration import Board
from node.post import PostState
from sync.machine.database import Database

LAST_WORD = (
    "outside_serial DESC, outside_issued DESC, outside_sent DESC, outside_cancels DESC,"
    " outside_digest DESC, lane, number"
)


def choose(database: Database, town: str, key: str) -> None:
    """Of a town's records with one outside key boards show the one its issuer said last.

    Where that one can't be shown, because it was taken down or isn't whole, none is: an older
    word in its place would be a false one.
    """
    connection = database.connection
    connection.execute(
        "UPDATE posts SET state = ? WHERE outside_key = ? AND town = ? AND state IN (?, ?)",
        (PostState.SUPERSEDED, key, town, PostState.SHOWN, PostState.STANDBY),
    )
    connection.execute(
        "UPDATE posts SET state = ? WHERE state = ? AND (lane, number) = ("
        "SELECT lane, number FROM posts"
        " WHERE outside_key = ? AND town = ? AND state NOT IN (?, ?)"
        f" ORDER BY {LAST_WORD} LIMIT 1)",
        (
            PostState.SHOWN,
            PostState.SUPERSEDED,
            key,
            town,
            PostState.NOT_ALLOWED,
            PostState.NO_BOARD,
        ),
    )


def leave_out(database: Database, board: Board) -> None:
    """Of what stands, leave out what only stands in for something newer that is held too."""
    if board.left_out is None:
        return
    connection = database.connection
    # What was taken down or isn't whole counts as held: nothing takes its place either.
    held = dict(
        connection.execute(
            "SELECT outside_key, max(outside_issued) FROM posts WHERE board = ?"
            " AND outside_key IS NOT NULL AND state NOT IN (?, ?) GROUP BY outside_key",
            (board.name, PostState.SUPERSEDED, PostState.NOT_ALLOWED),
        )
    )
    left_out = board.left_out(held)
    for state, before, keys in (
        (PostState.STANDBY, PostState.SHOWN, left_out),
        (PostState.SHOWN, PostState.STANDBY, held.keys() - left_out),
    ):
        connection.executemany(
            "UPDATE posts SET state = ? WHERE outside_key = ? AND board = ? AND state = ?",
            ((state, key, board.name, before) for key in keys),
        )
