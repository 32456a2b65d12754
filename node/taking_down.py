"""Taking posts down: one's own without a word, somebody else's with a reason that they may read.

The reason goes with the entry that takes the post down, so it comes wherever that comes. Nothing
of it can be brought back: hiding (`node.hiding`) is for what may be seen again.
"""

from collections.abc import Iterator, Mapping

from node.moderation.waiting import WaitingPosts
from node.node import Node
from node.post import Post, PostState
from node.words import Said, say
from sync.account import Account
from sync.decision import REASON_CHARACTERS_MAX
from sync.entry import EntryId, read_header, read_payload
from sync.errors import Malformed
from sync.ledger import Stored
from sync.record import WITHDRAWN_WHY

REASONS: Mapping[str, str] = {
    "asked": say("のせた人から頼まれたため"),
    "over": say("終わったか、中止になったため"),
    "personal": say("個人のことが書かれているため"),
    "false": say("事実とちがうおそれがあるため"),
    "offensive": say("人を傷つける内容があるため"),
    "advertising": say("宣伝や勧誘のため"),
    "duplicate": say("同じ投稿がほかにあるため"),
    "other": say("この掲示板に合わない内容のため"),
}


class NoReason(Exception):
    """It is somebody else's, and nothing was said why."""


def takes_reason(node: Node, post: Post, by: Account | None) -> bool:
    """Whether it is somebody else's to whoever is signed in.

    Where nobody signs in nobody can tell. What a board takes from the office alone is the office's.
    What a keeper let in has the keeper's account and is its writer's, who holds a receipt.
    """
    if by is None or not node.boards[post.board].open_to_anyone:
        return False
    waited = WaitingPosts(node.database).were_let_in_as(post.address)
    return waited or _writer(node, post) != by.in_headers


def take_down(node: Node, post: Post, *, seen: str, by: Account | None, reason: str = "") -> Post:
    """`reason`: one of ours, where it takes one.

    Raises NoReason, ChangedMeanwhile, NotAllowed, NotSignedIn.
    """
    if not takes_reason(node, post, by):
        return node.remove(post, seen=seen, by=by)
    if reason not in REASONS:
        raise NoReason
    return node.remove(post, seen=seen, by=by, why=REASONS[reason])


def taken_down_in_words(node: Node, post: Post) -> Said | None:
    """Why somebody else took it down, and where; None where its owner did, or it stands."""
    said = post.text(WITHDRAWN_WHY)
    if post.state is not PostState.WITHDRAWN or not 0 < len(said) <= REASON_CHARACTERS_MAX:
        return None
    by = node.ledger.trust().name(_took_it_down(node, post).lane.author)
    return say("{reason}、「{by}」の担当者が取り下げました。", reason=say(said), by=by)


def taken_down(node: Node) -> Iterator[tuple[Post, str, EntryId]]:
    """What somebody else took down in this town, why, and the entry that says so."""
    for post in node.views.taken_down(node.settings.town):
        if taken_down_in_words(node, post):
            yield post, post.text(WITHDRAWN_WHY), _took_it_down(node, post).id


def _took_it_down(node: Node, post: Post) -> Stored:
    """Nothing comes after it but what was written at once elsewhere."""
    ends = [each for each in node.ledger.record(post.id) if each.id in post.versions]
    saying = [each for each in ends if _says_why(each)]
    return max(saying or ends, key=lambda each: (each.lane.id, each.id.number))


def _says_why(stored: Stored) -> bool:
    try:
        return WITHDRAWN_WHY in read_payload(stored.payload or b"").fields
    except Malformed:
        return False


def _writer(node: Node, post: Post) -> bytes | None:
    """Who was signed in when it was written."""
    return next(
        (
            read_header(each.header, each.lane.id).account
            for each in node.ledger.record(post.id)
            if each.id == post.id
        ),
        None,
    )
