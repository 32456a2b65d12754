"""When a post has ended, what was written about it goes.

Its own machine destroys the key that was for it alone, so it opens no more, whatever copy turns up;
the office orders the bytes away everywhere. A clock that isn't trusted ends nothing by itself;
whoever reads the letters can.
"""

from datetime import datetime

from node.erasing import order_away
from node.mail.letters import post_of
from node.node import Node, NotSignedIn
from node.post import Post, PostState
from node.reading import may_read, own_keys, readers_about, take_back
from node.reading_files import secrets_of
from node.sealed import about, all_sealed
from node.words import say
from sync import sealing
from sync.about import About
from sync.account import Account
from sync.entry import Quality, RecordId
from sync.machine.clock import Moment
from sync.reading_key import ReadingKey
from sync.sealed_record import ESCROW, LETTER

LETTERS_DAYS = 30
OVER = say("終わった投稿への手紙のため")
_SURE = (Quality.TRUSTED, Quality.CARRIED)


def let_go(node: Node, now: Moment) -> None:
    """What is due here: keys of ended posts, and at the office the letters. Raises NotAllowed."""
    for key in own_keys(node):
        post = post_of(node, key.about)
        if key.about is not None and post is not None and _is_due(node, post, now):
            _end(node, key)
    if node.is_office:
        _order_away(node, now)


def has_ended(node: Node, post: Post) -> bool:
    """Whether it was taken down, or says itself that it is over."""
    board = node.boards.get(post.board)
    gone = post.state in (PostState.WITHDRAWN, PostState.ERASED)
    return gone or (board is not None and board.is_over(post.fields))


def end_letters(node: Node, post: Post, *, by: Account | None) -> int:
    """Destroy the keys of an ended post now; how many. Raises NotSignedIn, NotAllowed."""
    if not has_ended(node, post):
        raise NotSignedIn
    named = about(node, post)
    keys = [key for key in own_keys(node) if named is not None and key.about == named]
    if not all(may_read(node, key.account, by) for key in keys):
        raise NotSignedIn
    for key in keys:
        _end(node, key)
    return len(keys)


def _end(node: Node, key: ReadingKey) -> None:
    """Also one that was changed for another."""
    secrets_of(node).destroy(sealing.tag(key.key))
    if key.stands:
        take_back(node, key)


def _is_due(node: Node, post: Post, now: Moment) -> bool:
    if now.quality not in _SURE or post.changed.quality not in _SURE:
        return False
    return has_ended(node, post) and _days(now.at, post) >= LETTERS_DAYS


def _days(at: datetime, post: Post) -> float:
    return (at.timestamp() - post.changed.seconds) / 86_400


def _order_away(node: Node, now: Moment) -> None:
    """Letters about posts that are due, or whose own key was taken back; nothing twice."""
    posts: dict[About, bool] = {}
    going: list[RecordId] = []
    for record in (*all_sealed(node, LETTER), *all_sealed(node, ESCROW)):
        if record.about is not None:
            if record.about not in posts:
                posts[record.about] = _goes(node, record.about, now)
            if posts[record.about]:
                going.append(record.id)
    if going:
        order_away(node, going, OVER)


def _goes(node: Node, named: About, now: Moment) -> bool:
    post = post_of(node, named)
    if post is None or post.town != node.settings.town or not has_ended(node, post):
        return False
    board = node.boards.get(post.board)
    taken_back = (
        board is not None and board.letters_apart and not readers_about(node, named, post.author)
    )
    return taken_back or _is_due(node, post, now)
