"""Reporting a post, and answering that: by whoever keeps the place where it was reported.

It also goes, sealed, to whoever keeps the place where the post was written, and to the office: of
a post the first report, the second, the fourth and so on, so that nobody fills the ledger with it.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress

from node.deciding import is_ours
from node.form import readable
from node.hiding import hide, may_hide
from node.moderation.reports import ANSWERS, REASONS, Report, Reports, State
from node.moderation.waiting import Full
from node.node import Node, NotAllowed
from node.people import tending
from node.post import Post, PostState
from node.reading import readers_at, readers_at_the_office
from node.sealed import about, open_here, opens_here, sealed_record, write_sealed
from sync.account import Account
from sync.entry import EntryId, RecordId, Written
from sync.errors import Malformed, TooLarge, Unverified
from sync.report import WORDS_CHARACTERS_MAX, ReportedPost, read_report
from sync.sealed_record import REPORT
from sync.sealing import NotForUs

_OVER = frozenset({PostState.HIDDEN, PostState.WITHDRAWN, PostState.ERASED})
"""How posts stand that nobody sees."""


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
            receipt = self._reports.add(
                post=now.address,
                board=now.board,
                reason=reason,
                words=words,
                source=source,
                since=since,
                code=self._code,
            )
            self._tell(now, reason, words)
            return receipt

    def _tell(self, post: Post, reason: str, words: str) -> None:
        """Say it to the others whose matter it is, as far as they have keys to seal to."""
        node, row = self._node, self._reports.about(post.address)
        named = about(node, post)
        readers = [*readers_at_the_office(node), *readers_at(node, post.author)]
        others = {key.key for key in readers if not is_ours(node, key.author)}
        if row is None or named is None or not others or row.count & (row.count - 1):
            return
        since_last = max(1, row.count // 2)
        said = ReportedPost(post=named, reason=reason, words=words, count=since_last)
        with suppress(NotAllowed):  # who is no member any more keeps it here
            write_sealed(node, REPORT, said.plain, to=others)

    def hear(self) -> None:
        """Take over what was reported elsewhere and sealed to us."""
        node = self._node
        held = frozenset((id_.lane, id_.number) for id_ in node.views.sealed[REPORT].all())
        if held <= self._reports.heard():
            return
        # On a full disk it is heard later: what is here already can be read all the same.
        with suppress(sqlite3.OperationalError), node.ledger.transaction():
            for lane, number in sorted(held - self._reports.heard()):
                with suppress(Full):
                    if self._take_over(RecordId(lane, number)):
                        self._reports.hear(lane, number)

    def _take_over(self, id_: RecordId) -> bool:
        """Whether there is no more to wait for; False while its post isn't held. Raises Full."""
        node, record = self._node, sealed_record(self._node, id_)
        if record is None or is_ours(node, record.author) or not opens_here(node, record):
            return True
        try:
            said = read_report(open_here(node, record))
        except (Malformed, Unverified, NotForUs):
            return True
        for stretch in node.ledger.stretches(said.post.lane):
            post = node.views.by_id(EntryId(stretch.id, said.post.number))
            if post and about(node, post) == said.post:
                if post.state is PostState.SHOWN:
                    self._reports.add_from_elsewhere(
                        post=post.address,
                        board=post.board,
                        reason=said.reason if said.reason in REASONS else "other",
                        words=readable(said.words),
                        count=said.count,
                        since=record.written,
                    )
                return True
        return False

    def by_code(self, code: str) -> Report | None:
        """What somebody holds a receipt of."""
        return self._reports.by_code(code)

    def open(self, by: Account) -> Sequence[tuple[Report, Post]]:
        """What waits for that person's answer: of posts that are still to be seen."""
        self.hear()
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

    def close(self) -> int:
        """Those of posts that nobody sees any more, so nobody answers them; how many.

        Their words go: they may quote what was taken down, hidden or erased.
        """
        over = [
            each.id
            for each in self._reports.open()
            if (post := self._node.post(each.post)) is not None and post.state in _OVER
        ]
        if over:
            with self._node.database.transaction():
                for id_ in over:
                    self._reports.answer(id_, "")
        return len(over)

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
