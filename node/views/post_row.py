"""A row of the table of posts: made of what a record says, and read as a post."""

from dataclasses import replace
from typing import Any

from node.boards.declaration import Board
from node.post import Post, PostState
from node.views.standing import sort, text
from sync import cbor
from sync.entry import EntryId, Quality, Written
from sync.lane import Audience
from sync.record import Record, address

Row = tuple[Any, ...]

COLUMNS = (
    "lane, number, address, board, state, fields, versions, counter,"
    " written, written_quality, changed, changed_quality, author, town, opened"
)
INSERT = f"INSERT INTO posts VALUES ({', '.join('?' * 23)})"
STATE, _TOWN, _OUTSIDE_KEY = 4, 15, 17


def make_row(
    record: Record, board: Board | None, state: PostState, issuers: tuple[object, ...]
) -> Row:
    """All columns; `issuers`: the last six of them."""
    return (
        *record.id,
        address(record.id),
        record.board,
        state,
        sort(record, board),
        text(record, board.section) if board else "",
        record.fields_encoded,
        cbor.encode_plain([[*version] for version in record.versions]),
        record.counter,
        *record.written,
        *record.changed,
        record.lane.author,
        record.lane.town,
        record.lane.audience is Audience.OPEN,
        *issuers,
    )


def outside_name(row: Row) -> frozenset[tuple[str, str]]:
    """The town and outside key of a row, if it has one."""
    return frozenset({(row[_TOWN], row[_OUTSIDE_KEY])} if row[_OUTSIDE_KEY] else ())


def read_post(row: Row) -> Post:
    """The post of a row of these columns."""
    (
        lane,
        number,
        address_,
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
        address=address_,
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
