"""A row of the table of posts: made of what a record says, and read as a post."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from node.boards.declaration import Board
from node.post import Post, PostState
from node.views.standing import sort, text
from sync import cbor
from sync.entry import EntryId, Quality, Written
from sync.lane import Audience
from sync.machine.database import Database
from sync.record import Record, address

Row = tuple[Any, ...]

COLUMNS = (
    "lane, number, board, state, fields, versions, counter,"
    " written, written_quality, changed, changed_quality, author, town, opened"
)
_WRITTEN = (
    "lane, number, board, state, sort, section, fields, versions, counter,"
    " written, written_quality, changed, changed_quality, author, town, opened"
)
_OUTSIDE = (
    "outside_key, outside_serial, outside_issued, outside_sent, outside_cancels, outside_digest"
)
STATE, _TOWN, _OUTSIDE_KEY = 3, 14, 16


def _insert(columns: str) -> str:
    blanks = ", ".join("?" for _ in columns.split(","))
    return f"INSERT INTO posts ({columns}) VALUES ({blanks})"


_OF_OUR_OWN, _FROM_OUTSIDE = _insert(_WRITTEN), _insert(f"{_WRITTEN}, {_OUTSIDE}")


def insert(database: Database, rows: Sequence[Row]) -> None:
    """All of them at once."""
    for statement, length in ((_OF_OUR_OWN, _OUTSIDE_KEY), (_FROM_OUTSIDE, _OUTSIDE_KEY + 6)):
        database.connection.executemany(statement, [row for row in rows if len(row) == length])


def make_row(
    record: Record, board: Board | None, state: PostState, issuers: tuple[object, ...]
) -> Row:
    """Its columns, in types that SQLite knows; `issuers`: the last six, if it has them."""
    return (
        *record.id,
        record.board,
        state.value,
        sort(record, board),
        text(record, board.section) if board else "",
        record.fields_encoded,
        cbor.encode_plain([[*version] for version in record.versions]),
        record.counter,
        record.written.seconds,
        int(record.written.quality),
        record.changed.seconds,
        int(record.changed.quality),
        record.lane.author,
        record.lane.town,
        int(record.lane.audience is Audience.OPEN),
        *issuers,
    )


def outside_name(row: Row) -> frozenset[tuple[str, str]]:
    """The town and outside key of a row, if it has one."""
    named = len(row) > _OUTSIDE_KEY and row[_OUTSIDE_KEY]
    return frozenset({(row[_TOWN], row[_OUTSIDE_KEY])} if named else ())


def read_post(row: Row) -> Post:
    """The post of a row of these columns."""
    (
        lane,
        number,
        board,
        state,
        fields,
        versions,
        counter,
        *times,
        author,
        town,
        opened,
    ) = row
    # What we wrote ourselves; a record is the sum of many entries and has no limit of its own.
    decoded: Any = cbor.decode(fields, bytes_max=len(fields))
    parents: Any = cbor.decode(versions, bytes_max=len(versions))
    return Post(
        id=EntryId(lane, number),
        address=address(EntryId(lane, number)),
        board=board,
        state=PostState(state),
        fields=decoded,
        versions=tuple(EntryId(*parent) for parent in parents),
        counter=counter,
        written=Written(times[0], Quality(times[1])),
        changed=Written(times[2], Quality(times[3])),
        author=author,
        town=town,
        opened=bool(opened),
    )


def for_anybody(post: Post) -> Post:
    """Of what is hidden, that it is."""
    return replace(post, fields={}) if post.state is PostState.HIDDEN else post
