"""Erasing: what the office orders away on every machine, and sees to it that it stays away.

docs/spec/4-ledger.md, "Orders". What somebody wrote to an erased post before hearing of the order
is ordered away when it comes here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from node.hiding import second_person
from node.node import Node, NotAllowed
from node.own_lane import write_decisions, write_for_subscribers
from node.people import tending
from node.post import Post, PostState
from node.reported import reports_about
from node.sealed import about
from node.words import say
from sync.account import Account, Duty
from sync.entry import CHECK_BYTES, EntryId, Header, RecordId, Written, read_header, read_payload
from sync.errors import Malformed
from sync.lane import Audience, Class
from sync.ledger import Stored
from sync.order import ERASE
from sync.writing import Draft

_ITEMS_MAX = 500
"""Of an order's, so that it fits an entry."""

REASONS: Mapping[str, str] = {
    "asked": say("消してほしいという求めがあったため"),
    "personal": say("個人のことが書かれていたため"),
    "mistake": say("まちがってのせたため"),
    "law": say("のせてはいけない内容のため"),
}
LATE = say("消した投稿に、あとから届いた分のため")
_KEPT = frozenset({PostState.ERASED, PostState.NO_BOARD, PostState.NOT_ALLOWED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an office ordered away."""

    id: EntryId
    kind: str
    reason: str
    entries: int  # payloads that it names
    written: Written
    by: bytes  # the office
    obeyed: bool  # here


def may_erase(node: Node, post: Post, by: Account | None) -> bool:
    """Whether that person's word would erase it."""
    return (
        node.is_office
        and by is not None
        and by.duty is Duty.STAFF
        and by.may_act_on(post.board)
        and post.town == node.settings.town
        and post.state not in _KEPT
    )


def erase(
    node: Node,
    posts: Sequence[Post],
    reason: str,
    *,
    by: Account | None,
    second: Account | None = None,
) -> Sequence[EntryId]:
    """Order all away that these posts say and said, together or none; the orders.

    What visitors said of them under seal goes too, for it may quote them.
    Raises NotAllowed, NotSignedIn, TakesTwo; KeyError for no reason of ours.
    """
    person, said = tending(node, by), REASONS[reason]
    with node.ledger.transaction():
        other = second_person(node, len(posts), person, second)
        if not all(
            may_erase(node, post, each) for post in posts for each in (person, other) if each
        ):
            raise NotAllowed
        named = {each for post in posts if (each := about(node, post)) is not None}
        records = [*(post.id for post in posts), *reports_about(node, named)]
        return order_away(node, records, said, by=person, second=other)


def follow_up(node: Node) -> bool:
    """Order away what came late to what was erased; whether there was anything."""
    if not node.is_office:
        return False
    with node.ledger.transaction():
        return bool(order_away(node, node.views.late(), LATE))


def order_away(
    node: Node,
    records: Iterable[RecordId],
    reason: str,
    *,
    by: Account | None = None,
    second: Account | None = None,
) -> Sequence[EntryId]:
    """Every entry of these records that isn't ordered away yet, also of what only is missing.

    Who subscribes sees no order but one in an open lane: of what was opened it is said there again.
    """
    stored = [
        each
        for record in records
        for each in sorted(node.ledger.record(record), key=lambda stored: stored.id)
        if not each.ordered_away and each.lane.class_ is not Class.TRUST
    ]
    also: dict[str, object] = {"second": second.in_headers} if second else {}
    drafts = [
        Draft(
            kind=ERASE,
            fields={"entries": items, "reason": reason, **also},
            account=by.in_headers if by else None,
        )
        for items in _items(stored)
    ]
    opened = [each for each in stored if each.lane.audience is Audience.OPEN]
    with node.ledger.transaction():
        write_for_subscribers(
            node,
            [
                Draft(kind=ERASE, fields={"entries": items, "reason": reason})
                for items in _items(opened)
            ],
        )
        return write_decisions(node, drafts) if drafts else []


def _items(stored: Sequence[Stored]) -> Iterator[list[object]]:
    """As orders name them, so many as fit one."""
    for at in range(0, len(stored), _ITEMS_MAX):
        yield [
            [each.lane.id, each.id.number, each.head[:CHECK_BYTES]]
            for each in stored[at : at + _ITEMS_MAX]
        ]


def orders(node: Node) -> list[Order]:
    """All that are in force in our town, the newest first as their authors have it."""
    named: dict[EntryId, tuple[int, bool]] = {}
    for each in node.ledger.orders():
        count, obeyed = named.get(each.by, (0, True))
        size = each.numbers.last - each.numbers.first + 1
        named[each.by] = count + size, obeyed and each.obeyed
    found = [
        order
        for id_, (count, obeyed) in named.items()
        if (order := _read(node, id_, count, obeyed=obeyed))
    ]
    return sorted(found, key=lambda order: (order.written.seconds, order.id), reverse=True)


def _read(node: Node, id_: EntryId, count: int, *, obeyed: bool) -> Order | None:
    stretch = node.ledger.stretch(id_.lane)
    entry = next(iter(node.ledger.entries(id_.lane, id_.number, id_.number)), None)
    if stretch is None or entry is None or stretch.lane.town != node.settings.town:
        return None
    if stretch.lane.audience is Audience.OPEN:  # it says again what another one says
        return None
    header: Header = read_header(entry.header, stretch.lane.id)
    try:
        reason = read_payload(entry.payload or b"").fields.get("reason")
    except Malformed:
        reason = None
    return Order(
        id=id_,
        kind=header.kind,
        reason=reason if isinstance(reason, str) else "",
        entries=count,
        written=header.written,
        by=stretch.lane.author,
        obeyed=obeyed,
    )
