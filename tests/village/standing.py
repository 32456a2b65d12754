"""What stands on the boards of one machine, by its own software and by the book.

`shown` asks `sync.record`; `due` is a second, slow reading of docs/spec/1-entries.md that looks
at nothing but what is on the disk and what the book says of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from node.boards.declaration import Board, Writer
from sync.certificate import Rank, Role, rank_of
from sync.decision import Decision
from sync.entry import CHECK_BYTES, EntryId
from sync.hiding import GROUPS, HIDE, hides, read_hiding
from sync.lane import Audience, Class, Lane
from sync.ledger import Ledger
from sync.record import OUTSIDE, Record, resolve
from sync.trust import Trust
from tests.village.book import Book, Taken, Word
from tests.village.disk import Disk

Boards = Mapping[str, Board]


class Post(NamedTuple):
    """A record as a board could show it."""

    board: str
    fields: Mapping[str, object]
    rank: Rank  # of the certificate that its first entry was written with
    hidden: bool  # withdrawn, erased, incomplete or not understood


class Sight(NamedTuple):
    """Of one machine."""

    posts: Mapping[EntryId, Post]
    hidden: Collection[EntryId]  # of these, what somebody decided to hide
    effective: Collection[bytes] = ()  # by the book alone: the heads of all that has effect

    @property
    def standing(self) -> dict[EntryId, Mapping[str, object]]:
        """What stands, whatever was decided about it."""
        return choose(self.posts)

    @property
    def in_sight(self) -> dict[EntryId, Mapping[str, object]]:
        """What a board shows: nothing in the place of what is hidden, either."""
        return choose(
            {
                id_: post._replace(hidden=True) if id_ in self.hidden else post
                for id_, post in self.posts.items()
            }
        )


def shown(ledger: Ledger, boards: Boards) -> Sight:
    """By the software."""
    groups = {**{name: board.groups() for name, board in boards.items()}, **GROUPS}
    trust = ledger.trust()
    posts: dict[EntryId, Post] = {}
    firsts: dict[EntryId, tuple[Record, bytes]] = {}
    decisions: list[Decision] = []
    for id_ in ledger.records():
        stored = ledger.record(id_)
        record = resolve(stored, trust=trust, groups=groups)
        if record is None:
            continue
        if (decision := read_hiding(record, trust)) is not None:
            decisions.append(decision)
        roles = trust.roles(record.lane.author, record.lane.town)
        if _has_a_place(boards.get(record.board), record.lane, roles):
            posts[id_] = Post(record.board, record.fields, _rank(roles), _is_hidden(record))
            firsts[id_] = record, next(each.head for each in stored if each.id == id_)
    return Sight(
        posts,
        {
            id_
            for id_, (record, head) in firsts.items()
            if any(_is_meant(record, head, decision, boards, trust) for decision in decisions)
        },
    )


def _is_hidden(record: Record) -> bool:
    return record.erased or record.withdrawn or not record.complete or not record.understood


def _is_meant(
    record: Record, head: bytes, decision: Decision, boards: Boards, trust: Trust
) -> bool:
    """Whether it is hidden on every machine by that decision."""
    lane, about = record.lane, decision.about
    return (
        (about.lane, about.number) == (lane.id, record.id.number)
        and head.startswith(about.check)
        and (boards[record.board].open_to_anyone or trust.is_office(decision.author, lane.town))
        and hides(decision, trust, author=lane.author, town=lane.town, here=b"")
    )


def due(disk: Disk, book: Book, boards: Boards) -> Sight:
    """By the book: what stands, is hidden, and has effect."""
    known = {head: book.words[head] for head in disk.payload_held}
    in_force = {head for head in known if stands(known[head], disk, book)}
    away = ordered_away(known.values(), disk, book)
    by_record: dict[bytes, list[Word]] = {}
    for head in in_force:
        by_record.setdefault(known[head].record, []).append(known[head])
    posts: dict[EntryId, Post] = {}
    firsts: dict[EntryId, Word] = {}
    decisions: list[tuple[bytes, Mapping[str, object]]] = []
    effective: set[bytes] = set()
    for first, words in by_record.items():
        having = _with_effect(words, disk, book)
        if first not in having:
            continue
        effective |= having.keys()
        origin = known[first]
        board = boards.get(origin.board)
        roles = book.roles_of(origin.lane.author, disk.statements)
        decides = _decides(origin, roles)
        if not decides and not _has_a_place(board, origin.lane, roles):
            continue
        groups = board.groups() if board else GROUPS.get(origin.board, {})
        readable = {h: w for h, w in having.items() if disk.payload_held[h] and h not in away}
        fields = _merged({h: _said(h, w, readable) for h, w in having.items()}, groups, disk, book)
        hidden = (
            first in away
            or fields.get("withdrawn") is True
            or any(h not in readable and h not in away for h in having)
            or any(word.marked for word in having.values())
            or _may_be_false(readable, having, having.keys() & away, groups)
            or any(
                name.startswith("!") and name not in groups
                for word in readable.values()
                for name in word.fields
            )
        )
        if not decides:
            posts[disk.places[first]] = Post(origin.board, fields, _rank(roles), hidden)
            firsts[disk.places[first]] = origin
        elif not hidden:
            decisions.append((origin.lane.author, fields))
    out_of_sight = {
        id_
        for id_, post in posts.items()
        for by, fields in decisions
        if _hides(by, fields, firsts[id_], boards[post.board], disk, book)
    }
    return Sight(posts, out_of_sight, effective)


def _decides(origin: Word, roles: Collection[Role]) -> bool:
    """Whether it is a word on another record, by somebody who has one."""
    lane = origin.lane
    return (
        (origin.board, lane.class_, lane.audience) == (HIDE, Class.TRUST, Audience.TOWN)
    ) and bool({Role.OFFICE, Role.NODE} & set(roles))


def _hides(
    by: bytes, fields: Mapping[str, object], post: Word, board: Board, disk: Disk, book: Book
) -> bool:
    """An office's word hides anything, a node's what it or whose place it took wrote."""
    is_office = Role.OFFICE in book.roles_of(by, disk.statements)
    return (
        fields.get("post") == [post.lane.id, post.number, post.head[:CHECK_BYTES]]
        and (is_office or board.open_to_anyone)
        and _may_change(by, post.lane.author, disk, book)
    )


def choose(posts: Mapping[EntryId, Post]) -> dict[EntryId, Mapping[str, object]]:
    """What stands: of things with one outside key the issuer's last word, or none."""
    last: dict[object, EntryId] = {}
    for id_ in sorted(posts, reverse=True):
        if (name := outside_key(posts[id_])) and (
            name not in last or _order(posts[id_]) >= _order(posts[last[name]])
        ):
            last[name] = id_
    return {
        id_: post.fields
        for id_, post in posts.items()
        if not post.hidden and last.get(outside_key(post), id_) == id_
    }


def outside_key(post: Post) -> str | None:
    """What its issuer calls it; a node's word for it counts for nothing."""
    match post.fields.get(OUTSIDE):
        case {"key": str(key)} if post.rank is Rank.MUNICIPALITY:
            return key
        case _:
            return None


def ordered_away(words: Iterable[Word], disk: Disk, book: Book) -> set[bytes]:
    """The heads whose payloads an order that is held, and in force, took."""
    found: set[bytes] = set()
    for word in words:
        if (
            word.orders
            and disk.payload_held[word.head]
            and word.lane.class_ is Class.TRUST
            and Role.OFFICE in book.roles_of(word.lane.author, disk.statements)
            and stands(word, disk, book)
        ):
            last = max(word.orders, key=lambda head: book.words[head].number)
            if last in disk.payload_held and stands(book.words[last], disk, book):
                found |= word.orders
    return {head for head in found if book.words[head].lane.class_ is not Class.TRUST}


def cut_of(key: bytes, disk: Disk, book: Book) -> Taken | None:
    """The revocation of a key that is in force on that disk."""
    held = [t for s, t in book.revoked.items() if t.key == key and s in disk.statements]
    return max(held, key=lambda taken: taken.counter, default=None)


def stands(word: Word, disk: Disk, book: Book) -> bool:
    """Whether no cut takes it; where the cut isn't reached yet, nobody can say so below it."""
    taken = cut_of(word.lane.author, disk, book)
    if taken is None:
        return True
    cut = taken.cuts.get(word.lane.id)
    if cut is None:
        return False
    if cut.head in disk.payload_held:
        return word.head in book.history(cut.head)
    return word.number < cut.number


def _with_effect(words: Iterable[Word], disk: Disk, book: Book) -> dict[bytes, Word]:
    found: dict[bytes, Word] = {}
    for word in sorted(words, key=lambda w: w.counter):
        if word.act != "write":
            continue
        if word.head == word.record:
            if word.counter == 1 and not word.parents:
                found[word.head] = word
            continue
        first = found.get(word.record)
        if (
            first is not None
            and word.parents
            and word.parents <= found.keys()
            and word.counter == 1 + max(found[p].counter for p in word.parents)
            and (word.board, word.lane.town, word.lane.class_, word.lane.audience)
            == (first.board, first.lane.town, first.lane.class_, first.lane.audience)
            and _may_change(word.lane.author, first.lane.author, disk, book)
        ):
            found[word.head] = word
    return found


def _may_change(author: bytes, owner: bytes, disk: Disk, book: Book) -> bool:
    heirs = {owner}
    held = [pair for s, pair in book.successions.items() if s in disk.statements]
    for _ in held:
        heirs |= {new for old, new in held if old in heirs}
    return author in heirs or Role.OFFICE in book.roles_of(author, disk.statements)


def _said(head: bytes, word: Word, readable: Collection[bytes]) -> Word:
    """What is known of it: without its payload, what its issuer calls the thing."""
    if head in readable:
        return word
    return replace(word, fields={k: v for k, v in word.fields.items() if k == OUTSIDE})


def _may_be_false(
    readable: Mapping[bytes, Word],
    having: Mapping[bytes, Word],
    away: Iterable[bytes],
    groups: Mapping[str, str],
) -> bool:
    """Whether something that was erased may have changed what is still said in its place."""
    said = [
        (groups.get(name, name), _older(word, having))
        for word in readable.values()
        for name in word.fields
        if name != OUTSIDE
    ]
    return any(
        not any(gone in older for other, older in said if other == group)
        for gone in away
        for group, _ in said
    )


def _merged(
    said: Mapping[bytes, Word], groups: Mapping[str, str], disk: Disk, book: Book
) -> dict[str, object]:
    fields: dict[str, object] = {}
    for group in {groups.get(name, name) for word in said.values() for name in word.fields}:
        carry = {
            head: word
            for head, word in said.items()
            if any(groups.get(name, name) == group for name in word.fields)
        }
        replaced = {old for word in carry.values() for old in _older(word, said)}
        winner = max(
            (word for head, word in carry.items() if head not in replaced),
            key=lambda word: (
                max(
                    rank_of(role, word.lane.class_)
                    for role in book.roles_of(word.lane.author, disk.statements)
                ),
                word.counter,
                word.lane.id,
                word.number,
                word.head,
            ),
        )
        fields |= {
            name: value
            for name, value in winner.fields.items()
            if groups.get(name, name) == group and value is not None
        }
    return fields


def _older(word: Word, having: Mapping[bytes, Word]) -> set[bytes]:
    """All that it descends from."""
    found: set[bytes] = set()
    look = set(word.parents)
    while look:
        at = look.pop()
        found.add(at)
        look |= having[at].parents - found
    return found


def _has_a_place(board: Board | None, lane: Lane, roles: Iterable[Role]) -> bool:
    if board is None or (board.audience == "town" and lane.audience is Audience.OPEN):
        return False
    if lane.class_ is not (Class.ALERT if board.lane_class == "alert" else Class.BOARD):
        return False
    writers = {Role.OFFICE: Writer.OFFICE, Role.FEED: Writer.FEED}
    return board.open_to_anyone or any(writers.get(role) in board.writers for role in roles)


def _rank(roles: Iterable[Role]) -> Rank:
    return max((rank_of(role, Class.ALERT) for role in roles), default=Rank.NONE)


def _order(post: Post) -> tuple[object, ...]:
    match post.fields[OUTSIDE]:
        case {"serial": serial, "issued": issued, "sent": sent, "cancels": stop, "digest": digest}:
            return serial, issued, sent, stop, digest
        case _:
            raise AssertionError("an outside name of another form")
