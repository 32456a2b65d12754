"""Residents' posts that wait at a centre where nobody looks: the office looks, and they come in.

The centre seals them to the office, and keeps them. The office's decision says of which record it
is; the centre's machine then writes the post itself, so a post has the same author as any other of
its place. Whoever decides first, at the centre or at the office, has decided.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from node.deciding import about as decision_about
from node.deciding import answer_to, withdrawal
from node.moderation.waiting import State, WaitingPost, WaitingPosts
from node.node import Node, NotAllowed
from node.own_lane import own_lane, write_decision, write_there
from node.people import tending
from node.reading import readers_at_the_office
from node.sealed import all_sealed, open_here, sealed_record, write_sealed
from sync.account import Account
from sync.decision import Decision
from sync.entry import EntryId, RecordId
from sync.errors import Malformed, TooLarge, Unverified
from sync.lane import Class
from sync.sealed_record import GROUPS, WAITING, SealedRecord, kind
from sync.sealing import NotForUs
from sync.waiting_post import (
    POST,
    WRITE_DECLINE,
    WRITE_LET_IN,
    PostThatWaits,
    read_post_that_waits,
)

SENT_MAX = 50
"""Of one machine's, without a decision: whoever floods the office stops there."""


class Gone(Exception):
    """It was looked at meanwhile."""


# where they wait


class Sent:
    """Those of this machine's that the office was asked about."""

    def __init__(self, node: Node, waiting: WaitingPosts) -> None:
        """Over tables that are there."""
        self._node, self._waiting = node, waiting

    def send(self) -> None:
        """Ask the office about those that wait, where nobody else looks; the oldest first."""
        node = self._node
        if node.is_guarded or node.is_office:
            return
        with suppress(NotAllowed), node.ledger.transaction():  # it may be no member any more
            held, waiting = self._held(), self._waiting.waiting()
            room = SENT_MAX - sum(each.id in held for each in waiting)
            new = [each for each in waiting if each.id not in held][: max(0, room)]
            readers = {key.key for key in readers_at_the_office(node)} if new else set()
            for each in new if readers else ():
                said = PostThatWaits(board=each.board, fields=each.fields or {}, opened=each.opened)
                with suppress(TooLarge):  # then somebody has to come and look
                    record = write_sealed(node, WAITING, said.plain, to=readers)
                    node.database.connection.execute(
                        "INSERT INTO desk_sent VALUES (?, ?, ?)", (each.id, *record)
                    )

    def is_sent(self, waiting: WaitingPost) -> bool:
        """Whether the office was asked about it."""
        return waiting.id in self._held()

    def take_back(self, id_: int) -> None:
        """Ask the office no more about it; in a transaction. It orders the sealed words away."""
        node, record = self._node, self._held().get(id_)
        if record is not None and sealed_record(node, record) is not None:
            with suppress(NotAllowed):  # it may be no member any more
                draft = withdrawal(node, record, kind=kind(WAITING), groups=GROUPS, by=None)
                write_there(node, own_lane(node, Class.MESSAGE), draft)

    def decided(self) -> Iterator[tuple[WaitingPost, bool, Decision]]:
        """Those that still wait here though the office decided, and whether they may come in."""
        held = self._held()
        for each in self._waiting.waiting() if held else ():
            if each.id in held and (found := _answer(self._node, held[each.id])):
                yield each, *found

    def _held(self) -> Mapping[int, RecordId]:
        rows = self._node.database.connection.execute("SELECT post, lane, number FROM desk_sent")
        return {post: EntryId(lane, number) for post, lane, number in rows}


# where somebody looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """One that waits at another machine."""

    record: SealedRecord
    said: PostThatWaits

    @property
    def address(self) -> str:
        """What names it in links."""
        return self.record.address

    @property
    def as_waiting(self) -> WaitingPost:
        """As the desk shows posts."""
        return WaitingPost(
            id=0,
            code="",
            board=self.said.board,
            fields=self.said.fields,
            opened=self.said.opened,
            since=self.record.written,
            state=State.WAITING,
            reason="",
            post="",
            mended=False,
        )


def elsewhere(node: Node, by: Account) -> Sequence[Elsewhere]:
    """Those that wait for that person's look, the oldest first."""
    if not node.is_office:
        return []
    found = (_opened(node, record) for record in all_sealed(node, WAITING))
    waiting = [each for each in found if each is not None and by.may_act_on(each.said.board)]
    return sorted(waiting, key=lambda each: (each.record.written.seconds, each.record.id))


def one_elsewhere(node: Node, address: str, *, by: Account | None) -> Elsewhere:
    """One to look at. Raises Gone, NotAllowed, NotSignedIn."""
    person = tending(node, by)
    if not node.is_office:
        raise NotAllowed
    id_ = node.views.sealed[WAITING].by_address(address)
    record = sealed_record(node, id_) if id_ else None
    found = _opened(node, record) if record else None
    if found is None:
        raise Gone
    if not person.may_act_on(found.said.board):
        raise NotAllowed
    return found


def let_in_elsewhere(node: Node, address: str, *, by: Account | None) -> None:
    """Have it posted where it waits. Raises Gone, NotAllowed, NotSignedIn."""
    _decide(node, address, WRITE_LET_IN, "", by)


def decline_elsewhere(node: Node, address: str, reason: str, *, by: Account | None) -> None:
    """Don't; the reason is shown to whoever has its receipt. Raises as above."""
    _decide(node, address, WRITE_DECLINE, reason, by)


def _decide(node: Node, address: str, kind: str, reason: str, by: Account | None) -> None:
    with node.ledger.transaction():
        found, person = one_elsewhere(node, address, by=by), tending(node, by)
        draft = decision_about(
            node, found.record.id, kind=kind, field=POST, reason=reason, by=person.in_headers
        )
        write_decision(node, draft)


def _opened(node: Node, record: SealedRecord) -> Elsewhere | None:
    """What waits; None where it was decided, or this machine has no key to it."""
    if _answer(node, record.id) or node.ledger.trust().is_revoked(record.author, record.town):
        return None
    try:
        said = read_post_that_waits(open_here(node, record))
    except (NotForUs, Unverified, Malformed):
        return None
    return Elsewhere(record=record, said=said)


def _answer(node: Node, record: RecordId) -> tuple[bool, Decision] | None:
    return answer_to(node, record, granted=node.views.let_in, declined=node.views.not_let_in)


def asked_about(node: Node) -> Iterator[tuple[RecordId, RecordId | None]]:
    """What was sealed to the office, and what it decided."""
    for record in all_sealed(node, WAITING):
        found = _answer(node, record.id)
        yield record.id, found[1].id if found else None
