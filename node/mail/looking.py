"""Who opened what, and why: noted before it is shown, and never taken back.

Each note is a sealed record in the machine's own lane: it can't be left out or changed later
without the chain showing it. The office reads all of them, a place its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from node.form import readable
from node.mail.letter import Conversation
from node.mail.letters import post_of
from node.node import Node, NotSignedIn
from node.reading import readers_at, readers_at_the_office
from node.sealed import all_sealed, open_here, write_sealed
from node.words import say
from sync import cbor
from sync.account import Account
from sync.entry import Written
from sync.errors import Malformed, Unverified
from sync.limits import SEALED_PLAIN_BYTES_MAX
from sync.sealed_record import LOOKED
from sync.sealing import NotForUs

LETTER_REASONS: Mapping[str, str] = {
    "answer": say("応募や質問に答えるため"),
    "check": say("前に読んだことを確かめるため"),
    "asked": say("書いた人に頼まれたため"),
    "rules": say("きまりに反していないか確かめるため"),
}
WISH_REASONS: Mapping[str, str] = {
    "decide": say("消すかどうかを決めるため"),
    "asked": say("依頼した方に頼まれたため"),
    "check": say("前に読んだことを確かめるため"),
    "rules": say("きまりに反していないか確かめるため"),
}
TO_ERASE = say("消すと決めるため")
WISH = say("消してほしいという依頼")


class NobodyKeepsIt(Exception):
    """There is no key yet to which a note could be sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One note."""

    place: bytes  # the machine
    who: str
    account: str
    post: str  # address of what the letters are about
    title: str
    conversation: str  # or the number of a wish's receipt
    why: str
    written: Written


def note_letters(node: Node, told: Conversation, why: str, *, by: Account | None) -> None:
    """That somebody opens letters. On the disk when this returns.

    Raises NotSignedIn, NotAllowed, NobodyKeepsIt.
    """
    post = post_of(node, told.about)
    board = node.boards.get(post.board) if post else None
    _note(
        node,
        post=post.address if post else "",
        title=post.text(board.title) if post and board else "",
        name=told.name,
        why=why,
        by=by,
    )


def note_wishes(node: Node, codes: Iterable[str], why: str, *, by: Account | None) -> None:
    """That somebody opens these wishes to have something erased; which posts, no note says.

    What is erased would live on in it. Raises NotSignedIn, NotAllowed, NobodyKeepsIt.
    """
    with node.ledger.transaction():
        for code in codes:
            _note(node, post="", title=WISH, name=code, why=why, by=by)


def _note(node: Node, *, post: str, title: str, name: str, why: str, by: Account | None) -> None:
    if by is None:
        raise NotSignedIn
    keys = [*readers_at_the_office(node), *readers_at(node, node.identity.public)]
    if not keys:
        raise NobodyKeepsIt
    said = {
        "who": by.name,
        "account": by.address,
        "post": post,
        "title": title,
        "conversation": name,
        "why": why,
    }
    write_sealed(node, LOOKED, cbor.encode(said), to=[key.key for key in keys], by=by)


def looked(node: Node) -> Sequence[Looked]:
    """What this machine may read of them, the newest of each machine first."""
    found = []
    for record in reversed(all_sealed(node, LOOKED)):
        with suppress(NotForUs, Unverified, Malformed):
            said = cbor.decode(open_here(node, record), bytes_max=SEALED_PLAIN_BYTES_MAX)
            found.append(_read(said, record.author, record.written))
    return found


def _read(said: object, place: bytes, written: Written) -> Looked:
    match said:
        case {
            "who": str(who),
            "account": str(account),
            "post": str(post),
            "title": str(title),
            "conversation": str(conversation),
            "why": str(why),
        }:
            return Looked(
                place=place,
                who=readable(who),
                account=account,
                post=post,
                title=readable(title),
                conversation=conversation,
                why=readable(why),
                written=written,
            )
        case _:
            raise Malformed("not a note of who looked")
