"""Asking that a post be erased, and the office's answer.

The request is sealed to the office. Its receipt says how it stands at any machine that heard, and
nothing of what it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from node.deciding import about as decision_about
from node.deciding import answer_to
from node.erasing import erase
from node.form import readable
from node.node import Node, NotAllowed
from node.own_lane import write_decisions
from node.people import tending
from node.post import Post, PostState
from node.reading import readers_at_the_office
from node.sealed import about, all_sealed, open_here, sealed_record, write_sealed
from node.words import say
from sync.about import About
from sync.account import Account
from sync.decision import Decision
from sync.entry import EntryId, RecordId, Written, read_header
from sync.erasure import REQUEST, WRITE_DECLINE, WRITE_GRANT, Wish, code, read_wish
from sync.errors import Malformed, Unverified
from sync.sealed_record import ERASURE, SealedRecord
from sync.sealing import NotForUs
from sync.writing import Draft

OPEN_MAX = 50
"""Of one machine's, without an answer: whoever floods the office stops there."""

WORDS_CHARACTERS_MAX, NAME_CHARACTERS_MAX, CONTACT_CHARACTERS_MAX = 500, 100, 200

WHOSE: Mapping[str, str] = {
    "mine": say("わたしのこと"),
    "family": say("家族のこと"),
    "other": say("ほかの人や、会社・団体のこと"),
}
WHY: Mapping[str, str] = {
    "personal": say("名前・住所・電話番号など、人に知られたくないことがのっている"),
    "consent": say("のせてよいと言っていないのに、のせられた"),
    "mistake": say("まちがって書いた"),
    "over": say("もう用がすんだ"),
    "other": say("そのほか"),
}
ERASED = say("消すことにしました")
DECLINED: Mapping[str, str] = {
    "talk": say("お話をうかがってから決めます。役場の窓口か電話でお話しください"),
    "nothing": say("個人のことや、消すべき内容が見あたりませんでした"),
    "public": say("町のお知らせとして、のせておく必要があります"),
    "law": say("法律や条例で、残しておくことになっています"),
    "gone": say("もう消えています"),
}


class NobodyReads(Exception):
    """The office has no key yet to which one could seal."""


class TooMany(Exception):
    """This machine has asked the office for too much that wasn't answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the office decided."""

    granted: bool
    reason: str
    written: Written
    id: EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody's wish, opened at the office."""

    record: SealedRecord
    wish: Wish | None  # None: it opens to no key of this machine
    post: Post | None  # with all it says; None: it isn't held here, or its fork isn't meant
    answer: Answer | None

    @property
    def address(self) -> str:
        """What names it in forms."""
        return self.record.address

    @property
    def code(self) -> str:
        """Of its receipt."""
        return code(self.record.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a request stands, as its receipt says it."""

    record: SealedRecord
    answer: Answer | None


def may_ask(node: Node, post: Post) -> bool:
    """Whether there is something left of it that our town's office could erase."""
    gone = (PostState.ERASED, PostState.NO_BOARD, PostState.NOT_ALLOWED)
    return post.town == node.settings.town and post.state not in gone


def ask(node: Node, post: Post, typed: Mapping[str, str]) -> str:
    """Send it to the office; the code of its receipt. Durable when this returns.

    Raises NobodyReads, TooMany, NotAllowed; KeyError for what isn't on the lists.
    """
    whose, why = typed["whose"], typed["why"]
    if whose not in WHOSE or why not in WHY:
        raise KeyError
    readers = readers_at_the_office(node)
    if not readers:
        raise NobodyReads
    with node.ledger.transaction():
        named = about(node, post)
        if named is None or not may_ask(node, post):
            raise NotAllowed
        if sum(1 for each in _ours(node) if _answer_to(node, each) is None) >= OPEN_MAX:
            raise TooMany
        wish = Wish(
            post=named,
            whose=whose,
            why=why,
            words=readable(typed.get("words", ""))[:WORDS_CHARACTERS_MAX],
            name=readable(typed.get("name", ""))[:NAME_CHARACTERS_MAX],
            contact=readable(typed.get("contact", ""))[:CONTACT_CHARACTERS_MAX],
        )
        return code(write_sealed(node, ERASURE, wish.plain, to=[key.key for key in readers]))


def _ours(node: Node) -> Iterator[SealedRecord]:
    own = node.identity.public
    return (each for each in all_sealed(node, ERASURE) if each.author == own)


def by_code(node: Node, typed: str) -> Standing | None:
    """How the request of that receipt stands, as far as this machine has heard."""
    for id_ in node.views.sealed[ERASURE].all():
        if code(id_) == typed and (record := sealed_record(node, id_)) is not None:
            return Standing(record=record, answer=_answer_to(node, record))
    return None


def order_of(node: Node, answer: Answer) -> EntryId | None:
    """The last order before it in its lane: what was granted is gone where that was obeyed."""
    if not answer.granted:
        return None
    before = [
        order.by
        for order in node.ledger.orders()
        if order.by.lane == answer.id.lane and order.by.number < answer.id.number
    ]
    return max(before, default=None)


def requests_answered(node: Node) -> Iterator[tuple[RecordId, RecordId]]:
    """Those that the office has answered, and the answers."""
    for record in all_sealed(node, ERASURE):
        if found := _decision(node, record):
            yield record.id, found[1].id


def requests(node: Node) -> list[Request]:
    """All that the office was asked, opened as far as its keys go; the oldest first."""
    found = [_opened(node, record) for record in all_sealed(node, ERASURE)]
    return sorted(found, key=lambda each: (each.record.written.seconds, each.record.id))


def grant(
    node: Node,
    chosen: Sequence[Request],
    *,
    by: Account | None,
    second: Account | None = None,
) -> None:
    """Erase what is asked, and say so. Raises NotAllowed, NotSignedIn, TakesTwo."""
    person = tending(node, by)
    posts = {each.post.id: each.post for each in chosen if each.post and may_ask(node, each.post)}
    with node.ledger.transaction():
        if posts:
            erase(node, [*posts.values()], "asked", by=person, second=second)
        _decide(node, chosen, WRITE_GRANT, ERASED, by=person)


def decline(node: Node, request: Request, reason: str, *, by: Account | None) -> None:
    """Leave it, and say why. Raises NotAllowed, NotSignedIn; KeyError for no reason of ours."""
    _decide(node, [request], WRITE_DECLINE, DECLINED[reason], by=tending(node, by))


def _decide(
    node: Node, requests: Sequence[Request], kind: str, reason: str, *, by: Account
) -> None:
    if not node.is_office:
        raise NotAllowed
    drafts: Sequence[Draft] = [
        decision_about(
            node, each.record.id, kind=kind, field=REQUEST, reason=reason, by=by.in_headers
        )
        for each in requests
    ]
    write_decisions(node, drafts)


def _opened(node: Node, record: SealedRecord) -> Request:
    try:
        wish = read_wish(open_here(node, record))
    except (NotForUs, Unverified, Malformed):
        wish = None
    post = _post(node, wish.post) if wish else None
    return Request(record=record, wish=wish, post=post, answer=_answer_to(node, record))


def _post(node: Node, meant: About) -> Post | None:
    """The post, however it stands and with all it says, of the history that is meant."""
    for stretch in node.ledger.stretches(meant.lane):
        if stretch.first <= meant.number <= stretch.number:
            id_ = EntryId(stretch.id, meant.number)
            if (node.ledger.head_at(*id_) or b"").startswith(meant.check):
                return node.views.hidden(id_) or node.views.by_id(id_)
    return None


def _answer_to(node: Node, record: SealedRecord) -> Answer | None:
    found = _decision(node, record)
    return _answer(node, found[1], granted=found[0]) if found else None


def _decision(node: Node, record: SealedRecord) -> tuple[bool, Decision] | None:
    """An office's word to just this request; that it was granted is the last one."""
    return answer_to(node, record.id, granted=node.views.grants, declined=node.views.declines)


def _answer(node: Node, decision: Decision, *, granted: bool) -> Answer | None:
    entry = next(iter(node.ledger.entries(*decision.id, decision.id.number)), None)
    if entry is None:
        return None
    return Answer(
        granted=granted,
        reason=decision.reason,
        written=read_header(entry.header, decision.id.lane).written,
        id=decision.id,
    )
