"""Letters about posts: who reads them, writing one, answering it, and all of a posting together.

Whoever has the receipt opens a conversation anywhere; whoever is behind the post, at its machine.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from node.mail.letter import Conversation, Letter, Received, conversation, read_letter
from node.node import Node, NotAllowed, NotSignedIn
from node.people import DUTIES
from node.post import Post, PostState
from node.reading import announce, may_read, readers_about, readers_at
from node.reading_files import secrets_of
from node.sealed import about, open_here, sealed_to, write_sealed
from node.switching import letters_are_off
from node.words import say
from sync import sealing
from sync.about import About
from sync.account import Account, Duty
from sync.entry import RecordId, read_header
from sync.errors import Malformed, Unverified
from sync.lane import Audience, Class
from sync.reading_key import ReadingKey
from sync.sealed_record import LETTER, SealedRecord
from sync.sealing import NotForUs, open_sealed


class NobodyReads(Exception):
    """There is nobody behind that post to write to, or not any more."""


class LettersOff(Exception):
    """The town passes on no letters about such posts."""


# for who writes


def readers(node: Node, post: Post) -> Sequence[ReadingKey]:
    """The keys to which a letter about a post is sealed; none where nobody would read it."""
    board, named = node.boards.get(post.board), about(node, post)
    if (
        board is None
        or not board.letters
        or named is None
        or post.state is not PostState.SHOWN
        or post.town != node.settings.town
        or board.is_over(post.fields)
        or letters_are_off(node, board)
    ):
        return ()
    return readers_about(node, named, post.author) or readers_at(node, post.author)


def may_write(node: Node, post: Post) -> bool:
    """Whether somebody at this machine may write about it."""
    trust, town = node.ledger.trust(), node.settings.town
    may = trust.may_write(node.identity.public, town, Class.MESSAGE, Audience.TOWN)
    return may and not node.is_revoked and bool(readers(node, post))


def are_off(node: Node, post: Post | None) -> bool:
    """Whether the town passes on no letters about such a post of its own."""
    if post is None or post.town != node.settings.town:
        return False
    board = node.boards.get(post.board)
    return board is not None and letters_are_off(node, board)


def who_reads(node: Node, keys: Iterable[ReadingKey]) -> Sequence[str]:
    """They in words: for people, before they write."""
    trust, said = node.ledger.trust(), set[str]()
    for key in keys:
        place = trust.name(key.author)
        named = [
            account.name
            for account in node.views.accounts.at(key.town, key.author)
            if account.in_headers == key.account and account.stands
        ]
        duty = Duty.STAFF if trust.is_office(key.author, key.town) else Duty.KEEPER
        if named:
            said.add(say("{named}（{place}で受け取ります）", named=named[0], place=place))
        else:
            said.add(say("{place}・{duty}", place=place, duty=DUTIES[duty]))
    return sorted(said)


def write_letter(
    node: Node,
    post: Post,
    message: str,
    *,
    receipt: bytes,
    name: str,
    contact: str,
) -> RecordId:
    """Seal it to whoever is behind the post, and to the receipt's key; durable when this returns.

    Raises LettersOff, NobodyReads, NotAllowed, TooLarge.
    """
    with node.ledger.transaction():
        now = node.post(post.address)
        if are_off(node, now):
            raise LettersOff
        to = readers(node, now) if now else ()
        if now is None or not to:
            raise NobodyReads
        letter = Letter(receipt=receipt, turn=1, message=message, name=name, contact=contact)
        return write_sealed(
            node,
            LETTER,
            letter.encoded,
            to=[*(key.key for key in to), receipt],
            about=about(node, now),
        )


# for who has the receipt


def by_receipt(node: Node, secret: bytes) -> Conversation | None:
    """All that this receipt opens here; None: nothing of it has come."""
    receipt = sealing.public(secret)
    received = [
        Received(record=record, letter=letter, answers=_answers(node, record))
        for record in sealed_to(node, LETTER, sealing.tag(receipt))
        if (letter := _opened(record, secret)) is not None and letter.receipt == receipt
    ]
    return conversation(received) if received else None


def write_on(node: Node, told: Conversation, message: str) -> RecordId:
    """The next word of who has the receipt.

    Raises LettersOff, NobodyReads, NotAllowed, TooLarge.
    """
    with node.ledger.transaction():
        if are_off(node, post_of(node, told.about)):
            raise LettersOff
        to = _standing(node, told)
        if not to or told.about is None:
            raise NobodyReads
        letter = Letter(receipt=told.receipt, turn=told.next_turn, message=message)
        return write_sealed(node, LETTER, letter.encoded, to=[*to, told.receipt], about=told.about)


def _standing(node: Node, told: Conversation) -> Sequence[bytes]:
    """The keys behind its post now, also where that takes no first letters any more."""
    author = _author_of(node, told.about)
    if told.about is None or author is None:
        return ()
    found = readers_about(node, told.about, author) or readers_at(node, author)
    return [key.key for key in found]


# for who is behind the post


def received_here(node: Node, by: Account | None) -> Sequence[Conversation]:
    """Every conversation that this person may open at this machine."""
    held = secrets_of(node)
    records = {
        record.id: record
        for tag in held.tags()
        if may_read(node, held.account(tag), by)
        for record in sealed_to(node, LETTER, tag)
    }
    by_receipt: dict[bytes, list[Received]] = {}
    for record in records.values():
        with suppress(NotForUs, Unverified, Malformed):  # it was made so by whoever wrote it
            letter = read_letter(open_here(node, record))
            received = Received(record=record, letter=letter, answers=_answers(node, record))
            by_receipt.setdefault(letter.receipt, []).append(received)
    return [conversation(received) for received in by_receipt.values()]


def answer(node: Node, name: str, message: str, *, by: Account | None) -> None:
    """Write back to that conversation, also where letters were switched off since: who wrote waits.

    Raises NotSignedIn, NotAllowed, TooLarge.
    """
    with node.ledger.transaction():
        told = next((each for each in received_here(node, by) if each.name == name), None)
        if told is None or by is None:
            raise NotSignedIn
        held = secrets_of(node)
        ours = {
            sealing.public(secret)
            for received in told.letters
            for tag in received.record.sealed.parts
            if (secret := held.of(tag)) is not None
        }
        letter = Letter(receipt=told.receipt, turn=told.next_turn, message=message)
        write_sealed(
            node,
            LETTER,
            letter.encoded,
            to=[*ours, *_standing(node, told), told.receipt],
            about=told.about,
            answers=True,
            by=by,
        )


def post_of(node: Node, named: About | None) -> Post | None:
    """The post that letters are about, however it stands."""
    if named is None:
        return None
    for stretch in node.ledger.stretches(named.lane):
        if stretch.first <= named.number <= stretch.number:
            head = node.ledger.head_at(stretch.id, named.number)
            if head is not None and head.startswith(named.check):
                return node.views.by_id(RecordId(stretch.id, named.number))
    return None


def _answers(node: Node, record: SealedRecord) -> bool:
    """Whether whoever is behind the post wrote it: their machine's word counts, nobody else's."""
    author = _author_of(node, record.about)
    if not record.answers or author is None:
        return False
    trust = node.ledger.trust()
    return record.author == author or trust.succeeds(record.author, author, record.town)


def _author_of(node: Node, named: About | None) -> bytes | None:
    stretches = node.ledger.stretches(named.lane) if named else ()
    return next((stretch.lane.author for stretch in stretches), None)


def _opened(record: SealedRecord, secret: bytes) -> Letter | None:
    with suppress(NotForUs, Unverified, Malformed):
        return read_letter(open_sealed(record.sealed, [secret], at=record.place))
    return None


def open_for_letters(node: Node, post: Post) -> None:
    """Make a key for what is written about a new post of ours, where its board or owner wants one.

    Where it can't be made, letters about it go to whoever keeps the place.
    """
    board, named = node.boards[post.board], about(node, post)
    owner = _organisation(node, post)
    if named is None or not board.letters or not (board.letters_apart or owner):
        return
    with suppress(NotAllowed), node.ledger.transaction():
        if node.is_guarded and not readers_about(node, named, post.author):
            announce(node, about=named, account=owner)


def _organisation(node: Node, post: Post) -> bytes | None:
    """The account that wrote it, as entries name it, if that is an organisation's."""
    for stored in node.ledger.record(post.id):
        if stored.id == post.id:
            by = read_header(stored.header, stored.lane.id).account
            return next(
                (
                    each.in_headers
                    for each in node.accounts()
                    if each.in_headers == by and each.duty is Duty.ORGANISATION
                ),
                None,
            )
    return None
