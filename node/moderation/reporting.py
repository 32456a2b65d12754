"""Reporting a post, and answering that: by whoever keeps the place where it was reported."""

from collections.abc import Callable, Sequence

from node.hiding import hide, may_hide
from node.moderation.reports import ANSWERS, REASONS, WORDS_CHARACTERS_MAX, Report, Reports, State
from node.node import Node, NotAllowed
from node.people import tending
from node.post import Post, PostState
from sync.account import Account
from sync.entry import Written
from sync.errors import TooLarge


class Reporting:
    """The reports of one machine; `code` makes numbers of receipts."""

    def __init__(self, node: Node, code: Callable[[], str]) -> None:
        """Over tables that are there."""
        self._node = node
        self._code = code
        self._reports = Reports(node.database)

    def take_in(self, post: Post, reason: str, words: str, *, source: str, since: Written) -> str:
        """The code of its receipt; what is returned is on the disk.

        Raises Full, NotAllowed where there is nothing to be seen, TooLarge; KeyError for no
        reason of ours.
        """
        REASONS[reason]
        if len(words) > WORDS_CHARACTERS_MAX:
            raise TooLarge(f"{len(words)} characters")
        with self._node.ledger.transaction():
            now = self._node.post(post.address)
            if now is None or now.state is not PostState.SHOWN:
                raise NotAllowed
            return self._reports.add(
                post=now.address,
                board=now.board,
                reason=reason,
                words=words,
                source=source,
                since=since,
                code=self._code,
            )

    def by_code(self, code: str) -> Report | None:
        """What somebody holds a receipt of."""
        return self._reports.by_code(code)

    def open(self, by: Account) -> Sequence[tuple[Report, Post]]:
        """What waits for that person's answer: of posts that are still to be seen."""
        found = [
            (each, self._node.post(each.post))
            for each in self._reports.open()
            if by.may_act_on(each.board)
        ]
        return [(each, post) for each, post in found if post and post.state is PostState.SHOWN]

    def answer(self, id_: int, answer: str, *, by: Account | None) -> None:
        """That it stays, and why. Raises NotAllowed, NotSignedIn; KeyError for none of ours."""
        said = ANSWERS[answer]
        with self._node.ledger.transaction():
            self._one(id_, by)
            self._reports.answer(id_, said)

    def hide(self, id_: int, reason: str, *, by: Account | None) -> None:
        """Hide the post. Raises NotAllowed, NotSignedIn; KeyError for no reason of ours."""
        with self._node.ledger.transaction():
            _, post = self._one(id_, by)
            hide(self._node, post, reason, by=by)
            self._reports.answer(id_, "")

    def may_hide(self, post: Post, by: Account) -> bool:
        """Whether that person's word hides it here."""
        return may_hide(self._node, post, by)

    def _one(self, id_: int, by: Account | None) -> tuple[Report, Post]:
        person, found = tending(self._node, by), self._reports.get(id_)
        post = self._node.post(found.post) if found else None
        if (
            found is None
            or post is None
            or found.state is not State.OPEN
            or not person.may_act_on(found.board)
        ):
            raise NotAllowed
        return found, post
