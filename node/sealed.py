"""Sealing to a few, and opening what was sealed to us: over the ledger, for whatever kind it is.

Who may open something on a screen, and that it is noted, is for who calls this to see to.
"""

from collections.abc import Iterable, Sequence

from node.node import Node
from node.own_lane import own_lane, write_there
from node.post import Post
from node.reading_files import secrets_for
from sync.about import About
from sync.account import Account
from sync.entry import CHECK_BYTES, RecordId
from sync.lane import Class
from sync.machine import keys
from sync.record import resolve
from sync.sealed_record import GROUPS, SealedRecord, as_fields, kind, read_sealed_record
from sync.sealing import Place, open_sealed, seal
from sync.writing import Draft, next_number


def about(node: Node, post: Post) -> About | None:
    """How other records name a post; None if it isn't held."""
    stretch, head = node.ledger.stretch(post.id.lane), node.ledger.head_at(*post.id)
    if stretch is None or head is None:
        return None
    return About(lane=stretch.lane.id, number=post.id.number, check=head[:CHECK_BYTES])


def write_sealed(
    node: Node,
    board: str,
    plain: bytes,
    *,
    to: Iterable[bytes],
    about: About | None = None,
    answers: bool = False,
    by: Account | None = None,
) -> RecordId:
    """Close it to these keys and write it; durable once the transaction that it is in is over.

    Raises NotAllowed, TooLarge.
    """
    with node.ledger.transaction():
        lane = own_lane(node, Class.MESSAGE)
        number = next_number(node.ledger, lane)
        place = Place(town=lane.town, kind=kind(board), lane=lane.id, number=number)
        sealed = seal(plain, to=to, at=place, content_key=keys.content_key())
        draft = Draft(
            kind=kind(board),
            fields=as_fields(sealed, about=about, answers=answers),
            account=by.in_headers if by else None,
        )
        return write_there(node, lane, draft)[0]


def sealed_record(node: Node, id_: RecordId) -> SealedRecord | None:
    """The record of that id, closed."""
    trust = node.ledger.trust()
    record = resolve(node.ledger.record(id_), trust=trust, groups=GROUPS)
    return read_sealed_record(record, trust) if record else None


def sealed_to(node: Node, board: str, tag: bytes) -> Sequence[SealedRecord]:
    """What the key of that tag opens."""
    return _read(node, node.views.sealed[board].to(tag))


def sealed_about(node: Node, board: str, post: About) -> Sequence[SealedRecord]:
    """What is written about a post."""
    found = _read(node, node.views.sealed[board].about(post.lane, post.number))
    return [record for record in found if record.about == post]


def all_sealed(node: Node, board: str) -> Sequence[SealedRecord]:
    """Each of a kind."""
    return _read(node, node.views.sealed[board].all())


def open_here(node: Node, record: SealedRecord) -> bytes:
    """What it says, by the keys of this machine. Raises NotForUs, Unverified."""
    return open_sealed(record.sealed, secrets_for(node, [*record.sealed.parts]), at=record.place)


def opens_here(node: Node, record: SealedRecord) -> bool:
    """Whether this machine has a key that is said to open it."""
    return any(True for _ in secrets_for(node, [*record.sealed.parts]))


def _read(node: Node, ids: Iterable[RecordId]) -> list[SealedRecord]:
    found = (sealed_record(node, id_) for id_ in ids)
    return [record for record in found if record is not None]
