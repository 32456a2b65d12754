"""Hiding posts and lifting that again, by whoever keeps the place and is signed in there.

docs/spec/3-trust.md, "Hiding". Hidden isn't erased: machines pass it on, and no screen shows it.
"""

from collections.abc import Mapping, Sequence

from node.node import Node, NotAllowed
from node.own_lane import write_decision
from node.people import tending
from node.post import Post, PostState
from sync.account import Account
from sync.entry import EntryId
from sync.hiding import GROUPS, WRITE_HIDE, Hiding, as_fields
from sync.record import WITHDRAWN, resolve
from sync.writing import Draft

REASONS: Mapping[str, str] = {
    "personal": "個人のことが書かれているため",
    "false": "事実とちがうおそれがあるため",
    "offensive": "人を傷つける内容があるため",
    "advertising": "宣伝や勧誘のため",
    "duplicate": "同じ投稿がほかにあるため",
    "other": "この掲示板に合わない内容のため",
}


def may_hide(node: Node, post: Post, by: Account | None) -> bool:
    """Whether that person's word would hide it here."""
    board = node.boards.get(post.board)
    return (
        board is not None
        and post.state is PostState.SHOWN
        and (board.open_to_anyone or node.is_office)
        and by is not None
        and by.tends_people
        and by.may_act_on(board.name)
    )


def hide(node: Node, post: Post, reason: str, *, by: Account | None) -> None:
    """Raises NotAllowed, NotSignedIn; KeyError for no reason of ours."""
    person = tending(node, by)
    with node.ledger.transaction():
        now = node.post(post.address)
        if now is None or not may_hide(node, now, person):
            raise NotAllowed
        stretch, head = node.ledger.stretch(now.id.lane), node.ledger.head_at(*now.id)
        if stretch is None or head is None:
            raise NotAllowed
        fields = as_fields(
            lane=stretch.lane.id, number=now.id.number, head=head, reason=REASONS[reason]
        )
        write_decision(node, Draft(kind=WRITE_HIDE, fields=fields, account=person.in_headers))


def may_lift(node: Node, decision: Hiding) -> bool:
    """Whether this machine's word ends it: its own, its predecessor's, or any at the office."""
    own, trust, town = node.identity.public, node.ledger.trust(), node.settings.town
    return node.is_office or decision.author == own or trust.succeeds(own, decision.author, town)


def lift(node: Node, address: str, *, by: Account | None) -> None:
    """End what hides that post, as far as it is ours to end. Raises NotAllowed, NotSignedIn."""
    person = tending(node, by)
    with node.ledger.transaction():
        found = [each for each, post in hidden(node) if post.address == address]
        ours = [decision for decision in found if may_lift(node, decision)]
        if not ours:
            raise NotAllowed
        for decision in ours:
            record = resolve(
                node.ledger.record(decision.id), trust=node.ledger.trust(), groups=GROUPS
            )
            assert record is not None, "what stands in the views resolves"
            draft = Draft(
                kind=WRITE_HIDE,
                fields={WITHDRAWN: True},
                record=record.id,
                parents=record.versions,
                counter=record.counter + 1,
                account=person.in_headers,
            )
            write_decision(node, draft)


def hidden(node: Node) -> Sequence[tuple[Hiding, Post]]:
    """What is hidden here and by which decisions."""
    return [
        (decision, post)
        for decision in node.views.hidings()
        for stretch in node.ledger.stretches(decision.lane)
        if stretch.first <= decision.number <= stretch.number
        and (post := node.views.hidden(EntryId(stretch.id, decision.number)))
    ]


def why(node: Node, post: Post) -> Sequence[Hiding]:
    """The decisions about a hidden post."""
    return [decision for decision, each in hidden(node) if each.id == post.id]
