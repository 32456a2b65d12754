"""Retention: what is over goes, by the office's signed orders (docs/spec/4-ledger.md).

A post's time begins with the last day that it speaks of, or with the day by which all of it was
held here, whichever is later. Nothing expires by a clock that is no good, nor by one alone.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from node.boards.declaration import Board, Retained
from node.deciding import about, withdrawal
from node.erasure_requests import requests_answered
from node.known_by import KnownBy
from node.moderation.elsewhere import asked_about
from node.node import Node, NotAllowed
from node.own_lane import write_decisions, write_for_subscribers
from node.people import tending
from node.post import Post, PostState
from node.sealed import all_sealed
from node.witnesses import witnessed
from node.words import say
from sync.about import About
from sync.account import Account
from sync.decision import Decision
from sync.entry import CHECK_BYTES, EntryId, RecordId
from sync.keeping import GROUPS, POST, WRITE_KEEP
from sync.lane import Audience, Class
from sync.ledger import Stored
from sync.machine.clock import Moment
from sync.order import RETAIN
from sync.sealed_record import REPORT, WAITING
from sync.writing import Draft

REQUEST_DAYS = 365
"""So long after its answer a request to erase something is kept."""

REPORT_DAYS = 365
"""So long what somebody said of a post is kept, sealed, where others than its place read it."""

WAITING_DAYS = 60
"""So long a post that waits for the office's look is kept there, if nobody looks."""

COMING_DAYS = 30
"""So long beforehand staff may see what will go."""

REASONS = {
    "record": say("町の記録として残すため"),
    "asked": say("残してほしいという求めがあったため"),
    "needed": say("まだ使うお知らせのため"),
}
_RANGES_MAX = 500
"""Of an order's, so that it fits an entry."""

_JAPAN = timezone(timedelta(hours=9))
_GONE = frozenset({PostState.ERASED, PostState.NO_BOARD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A post and the day on which its time is over."""

    post: Post
    day: date


def in_words(board: Board) -> str:
    """How long a post stays, for whoever reads the board."""
    span = _span(board.retention_days)
    match board.retained:
        case Retained.AFTER_ITS_DAY:
            return say("このお知らせは、終わってから{span}で消えます。", span=span)
        case Retained.AFTER_CHANGE:
            return say(
                "このお知らせは、のせてから{span}で消えます（なおしたときは、なおしてから）。",
                span=span,
            )
        case Retained.WHILE_IT_STANDS:
            return say("このお知らせは、いまのものでなくなってから{span}で消えます。", span=span)


def _span(days: int) -> str:
    years, rest = divmod(days, 365)
    if days == 180:
        return say("半年")
    return say("{days}日", days=days) if rest or not years else say("{years}年", years=years)


class Retention:
    """What one office sees to, day after day; it does nothing anywhere else."""

    def __init__(self, node: Node) -> None:
        """Looks at nothing yet."""
        self._node = node
        self._done: date | None = None

    def look(self, moment: Moment) -> None:
        """Called often: note what has come, and once a day order away what is over."""
        if (now := _now(self._node, moment)) is None:
            return
        known = KnownBy(self._node.database)
        with self._node.ledger.transaction():
            known.note(self._node.ledger, _day(max(now, moment.at)))
        if self._done != _day(now):
            retain(self._node, moment)
            self._done = _day(now)


def _now(node: Node, moment: Moment) -> datetime | None:
    """By which to expire something at this machine; None for by nothing."""
    return witnessed(node, moment) if node.is_office else None


def retain(node: Node, moment: Moment) -> int | None:
    """Order away whose time is over; how many records, None where nobody can tell the time."""
    if (now := _now(node, moment)) is None:
        return None
    known = KnownBy(node.database)
    with node.ledger.transaction():
        known.note(node.ledger, _day(max(now, moment.at)))
        records = [each.post.id for each in _due(node, known, _day(now))]
        records += _old_requests(node, known, _day(now))
        records += _looked_at(node, known, _day(now))
        records += _old_reports(node, known, _day(now))
        _order(node, records)
    return len(records)


def _order(node: Node, records: Sequence[RecordId]) -> None:
    """Of what was opened it is said again where towns that subscribe see it."""
    entries = [each for id_ in records for each in _entries(node, id_)]
    write_for_subscribers(
        node, _orders(each for each in entries if each.lane.audience is Audience.OPEN)
    )
    if drafts := _orders(entries):
        write_decisions(node, drafts)


def _due(node: Node, known: KnownBy, day: date) -> list[Due]:
    """Whose time is over by that day, and whom nobody keeps; the first first."""
    kept = _kept(node)
    found = [
        Due(post=post, day=ends)
        for post in node.views.of_town(node.settings.town)
        if (ends := _ends(node, known, post, by=day)) is not None
        and not _is_kept(node, post.id, kept)
    ]
    return sorted(found, key=lambda each: (each.day, each.post.id))


def coming(node: Node, moment: Moment) -> list[Due]:
    """What goes in the next days, and what is due and waits for a witness of the time."""
    return _due(node, KnownBy(node.database), _day(moment.at) + timedelta(days=COMING_DAYS))


def _ends(node: Node, known: KnownBy, post: Post, *, by: date) -> date | None:
    """The day on which its time is over, if that is no later than `by`."""
    board = node.boards.get(post.board)
    if board is None or post.state in _GONE:
        return None
    span = timedelta(days=board.retention_days)
    if _is_later(known.day(post.id), span, by):  # as for nearly all
        return None
    if board.retained is Retained.WHILE_IT_STANDS and _stands(board, post):
        return None
    days = [known.day(each.id) for each in _entries(node, post.id)]
    if board.retained is Retained.AFTER_ITS_DAY and post.state is not PostState.WITHDRAWN:
        days += _spoken_of(board, post)
    begins = max((day for day in days if day), default=None)
    if begins is None or None in days or _is_later(begins, span, by):
        return None
    return begins + span


def _is_later(day: date | None, span: timedelta, by: date) -> bool:
    """Also where no calendar has that day."""
    return day is None or (by - day) < span


def _spoken_of(board: Board, post: Post) -> Iterator[date]:
    """The days that it names itself."""
    for name in (board.order.field, board.order.until):
        try:
            yield date.fromisoformat(post.text(name)[:10])
        except ValueError:
            continue


def _stands(board: Board, post: Post) -> bool:
    field = board.field(board.state)
    over = {choice.key for choice in field.choices if choice.over} if field else set()
    return post.state is PostState.SHOWN and post.text(board.state) not in over


def _entries(node: Node, record: RecordId) -> list[Stored]:
    """Those that an order may name and none has yet."""
    return [
        each
        for each in node.ledger.record(record)
        if not each.ordered_away and each.lane.class_ is not Class.TRUST
    ]


def _orders(stored: Iterable[Stored]) -> list[Draft]:
    entries = sorted((each.id, each.lane.id, each.head) for each in stored)
    ranges: list[list[object]] = []
    last: EntryId | None = None
    for id_, lane, head in entries:
        if last is not None and (last.lane, last.number + 1) == id_:
            ranges[-1][2:] = [id_.number, head[:CHECK_BYTES]]
        else:
            ranges.append([lane, id_.number, id_.number, head[:CHECK_BYTES]])
        last = id_
    return [
        Draft(kind=RETAIN, fields={"ranges": ranges[at : at + _RANGES_MAX]})
        for at in range(0, len(ranges), _RANGES_MAX)
    ]


def _old_requests(node: Node, known: KnownBy, day: date) -> list[RecordId]:
    """What people wrote to the office when they wanted something erased."""
    span = timedelta(days=REQUEST_DAYS)
    return [
        request
        for request, answer in requests_answered(node)
        if not _is_later(known.day(answer), span, day)
    ]


def _looked_at(node: Node, known: KnownBy, day: date) -> list[RecordId]:
    """What was sealed for the office to look at: it did, or it was taken back, or it waits long."""
    span = timedelta(days=WAITING_DAYS)
    return [
        *node.views.sealed[WAITING].taken_back(),
        *(
            waiting
            for waiting, decision in asked_about(node)
            if decision is not None or not _is_later(known.day(waiting), span, day)
        ),
    ]


def _old_reports(node: Node, known: KnownBy, day: date) -> list[RecordId]:
    """What visitors said of posts, as machines told it to others."""
    span = timedelta(days=REPORT_DAYS)
    return [
        report.id
        for report in all_sealed(node, REPORT)
        if report.town == node.settings.town and not _is_later(known.day(report.id), span, day)
    ]


def _day(moment: datetime) -> date:
    return moment.astimezone(_JAPAN).date()


# what is kept all the same


def keep(node: Node, post: Post, reason: str, *, by: Account | None) -> None:
    """Let it stay. Raises NotAllowed, NotSignedIn; KeyError for no reason of ours."""
    person = tending(node, by)
    if not node.is_office:
        raise NotAllowed
    draft = about(
        node, post.id, kind=WRITE_KEEP, field=POST, reason=REASONS[reason], by=person.in_headers
    )
    write_decisions(node, [draft])


def release(node: Node, post: Post, *, by: Account | None) -> None:
    """Let it go in its time after all. Raises NotAllowed, NotSignedIn."""
    person = tending(node, by)
    if not node.is_office:
        raise NotAllowed
    with node.ledger.transaction():
        drafts = [
            withdrawal(node, each.id, kind=WRITE_KEEP, groups=GROUPS, by=person.in_headers)
            for each, found in kept(node)
            if found.id == post.id
        ]
        if drafts:
            write_decisions(node, drafts)


def kept(node: Node) -> Sequence[tuple[Decision, Post]]:
    """What is held back, and by which decisions."""
    found: list[tuple[Decision, Post]] = []
    for decision in _decisions(node):
        for stretch in node.ledger.stretches(decision.about.lane):
            id_ = EntryId(stretch.id, decision.about.number)
            post = node.views.hidden(id_) or node.views.by_id(id_)
            if post and _is_kept(node, id_, {decision.about}) and post.state not in _GONE:
                found.append((decision, post))
    return found


def _decisions(node: Node) -> list[Decision]:
    return [d for d in node.views.keeps.standing() if d.town == node.settings.town]


def _kept(node: Node) -> Collection[About]:
    return {decision.about for decision in _decisions(node)}


def _is_kept(node: Node, record: RecordId, kept: Collection[About]) -> bool:
    if not kept:
        return False
    stretch, head = node.ledger.stretch(record.lane), node.ledger.head_at(*record)
    return (
        stretch is not None
        and head is not None
        and About(lane=stretch.lane.id, number=record.number, check=head[:CHECK_BYTES]) in kept
    )
