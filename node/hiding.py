"""Hiding posts and lifting that again, by whoever keeps the place and is signed in there.

docs/spec/3-trust.md, "Hiding". Hidden isn't erased: machines pass it on, and no screen shows it.
Many at once are hidden or lifted together or not at all, and it takes two people to say so.
"""

from collections.abc import Iterable, Mapping, Sequence

from node.deciding import about, may_lift, withdrawal
from node.node import Node, NotAllowed
from node.own_lane import write_decisions, write_for_subscribers
from node.people import tending
from node.post import Post, PostState
from node.words import say
from sync.account import Account
from sync.decision import Decision
from sync.entry import EntryId
from sync.hiding import GROUPS, POST, WRITE_HIDE
from sync.writing import Draft

MANY = 20
"""More than so many at once takes a second person."""

MOST = 200

REASONS: Mapping[str, str] = {
    "personal": say("個人のことが書かれているため"),
    "false": say("事実とちがうおそれがあるため"),
    "offensive": say("人を傷つける内容があるため"),
    "advertising": say("宣伝や勧誘のため"),
    "duplicate": say("同じ投稿がほかにあるため"),
    "other": say("この掲示板に合わない内容のため"),
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


class TakesTwo(Exception):
    """So many at once take a second person who keeps the place too."""


def hide(node: Node, post: Post, reason: str, *, by: Account | None) -> None:
    """Raises NotAllowed, NotSignedIn; KeyError for no reason of ours."""
    hide_all(node, [post.address], reason, by=by)


def hide_all(
    node: Node,
    addresses: Iterable[str],
    reason: str,
    *,
    by: Account | None,
    second: Account | None = None,
) -> int:
    """Hide them together, or none; how many that were.

    Raises NotAllowed, NotSignedIn, TakesTwo; KeyError for no reason of ours.
    """
    person, said = tending(node, by), REASONS[reason]
    with node.ledger.transaction():
        posts = [node.post(address) for address in dict.fromkeys(addresses)]
        other = second_person(node, len(posts), person, second)
        found = [post for post in posts if post and may_hide(node, post, person)]
        if len(found) != len(posts) or (
            other and not all(other.may_act_on(post.board) for post in found)
        ):
            raise NotAllowed
        drafts = [
            about(
                node,
                post.id,
                kind=WRITE_HIDE,
                field=POST,
                reason=said,
                by=person.in_headers,
                second=other.in_headers if other else None,
            )
            for post in found
        ]
        write_for_subscribers(
            node,
            [
                about(node, post.id, kind=WRITE_HIDE, field=POST, reason=said)
                for post in found
                if post.opened and post.town == node.settings.town
            ],
        )
        return len(write_decisions(node, drafts))


def lift(node: Node, address: str, *, by: Account | None) -> None:
    """End what hides that post, as far as it is ours to end. Raises NotAllowed, NotSignedIn."""
    lift_all(node, [address], by=by)


def lift_all(
    node: Node, addresses: Iterable[str], *, by: Account | None, second: Account | None = None
) -> int:
    """Show those posts again, together or none; how many that were.

    Raises NotAllowed, NotSignedIn, TakesTwo.
    """
    person, asked = tending(node, by), frozenset(addresses)
    with node.ledger.transaction():
        second_person(node, len(asked), person, second)
        found = [(each, post) for each, post in _hidden(node) if post.address in asked]
        ours = [(decision, post) for decision, post in found if may_lift(node, decision)]
        if {post.address for _, post in ours} != asked:
            raise NotAllowed
        if not all(person.may_act_on(post.board) for _, post in ours):
            raise NotAllowed
        lifted: dict[bool, list[Draft]] = {False: [], True: []}
        for decision, _ in ours:
            by_whom = None if decision.opened else person.in_headers
            lifted[decision.opened].append(
                withdrawal(node, decision.id, kind=WRITE_HIDE, groups=GROUPS, by=by_whom)
            )
        write_for_subscribers(node, lifted[True])
        write_decisions(node, lifted[False])
        return len(asked)


def second_person(node: Node, count: int, first: Account, second: Account | None) -> Account | None:
    """Whoever agrees, where that is needed. Raises TakesTwo, NotAllowed."""
    if count > MOST or not count:
        raise NotAllowed
    if count <= MANY:
        return None
    other = node.account(second.address) if second else None
    if other is None or other.id == first.id or not other.tends_people:
        raise TakesTwo
    return other


def hidden(node: Node) -> Sequence[tuple[Decision, Post]]:
    """What is hidden here and by which decisions, each told once."""
    town = node.settings.town
    return [
        (decision, post)
        for decision, post in _hidden(node)
        if not decision.opened or decision.town != town
    ]


def _hidden(node: Node) -> Sequence[tuple[Decision, Post]]:
    """With what is said of it to other towns."""
    return [
        (decision, post)
        for decision in node.views.hidings.standing()
        for stretch in node.ledger.stretches(decision.about.lane)
        if stretch.first <= decision.about.number <= stretch.number
        and (post := node.views.hidden(EntryId(stretch.id, decision.about.number)))
    ]


def why(node: Node, post: Post) -> Sequence[Decision]:
    """The decisions about a hidden post."""
    return [decision for decision, each in hidden(node) if each.id == post.id]
