"""A row of the table of posts, read."""

from dataclasses import replace
from typing import Any

from node.post import Post, PostState
from sync import cbor
from sync.entry import EntryId, Quality, Written

COLUMNS = (
    "lane, number, address, board, state, fields, versions, counter,"
    " written, written_quality, changed, changed_quality, author, town, opened"
)


def read_post(row: tuple[Any, ...]) -> Post:
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
