"""The keys with which this machine reads what is sealed: made here, announced, kept, destroyed.

A secret is on the disk before anybody seals to it, and lies there for its owner alone. What a key
is for says who may use it: whoever keeps the place, or one account.
"""

from collections.abc import Sequence

from node.node import Node, NotAllowed
from node.own_lane import own_lane, write_decision
from node.reading_files import secrets_of
from node.sealed import write_sealed
from sync import sealing
from sync.about import About
from sync.account import Account
from sync.escrow import escrow_public
from sync.lane import Class
from sync.machine import keys
from sync.reading_key import (
    GROUPS,
    WRITE_READING_KEY,
    Escrow,
    ReadingKey,
    as_fields,
    escrow_place,
    is_sealed_to,
    read_reading_key,
)
from sync.record import WITHDRAWN, resolve
from sync.sealed_record import ESCROW
from sync.writing import Draft, next_number

# whom one seals to


def readers_at(node: Node, place: bytes, *, account: bytes | None = None) -> Sequence[ReadingKey]:
    """The keys of whoever keeps the place that is the machine of that key; or of one account."""
    trust = node.ledger.trust()
    return [
        key
        for key in node.views.reading_keys.of_places(node.settings.town)
        if key.account == account and is_sealed_to(key, place, trust)
    ]


def readers_at_the_office(node: Node) -> Sequence[ReadingKey]:
    """The keys of the town's offices."""
    trust, town = node.ledger.trust(), node.settings.town
    return [
        key
        for key in node.views.reading_keys.of_places(town)
        if key.for_the_place
        and key.stands
        and trust.is_office(key.author, town)
        and not trust.is_revoked(key.author, town)
    ]


def readers_about(node: Node, about: About, place: bytes) -> Sequence[ReadingKey]:
    """The keys that its machine made for what is written about one post."""
    trust = node.ledger.trust()
    return [
        key
        for key in node.views.reading_keys.about(about.lane, about.number)
        if key.about == about and is_sealed_to(key, place, trust)
    ]


# this machine's own


def own_keys(node: Node) -> Sequence[ReadingKey]:
    """Those that this machine announced, and the one whose place it took; also taken back."""
    own, trust = node.identity.public, node.ledger.trust()
    return [
        key
        for key in node.views.reading_keys.of_town(node.settings.town)
        if key.author == own or trust.succeeds(own, key.author, key.town)
    ]


def may_read(node: Node, owner: bytes | None, by: Account | None) -> bool:
    """Whether that person opens with a key that is that account's alone, or the place's.

    An account's is its own while it stands; then its place's, so that nothing is left unanswered.
    """
    now = node.account(by.address) if by else None
    if now is None:
        return False
    if owner is not None:
        owning = next((a for a in node.accounts() if a.in_headers == owner), None)
        if owning is not None and owning.stands:
            return owning.address == now.address
    return now.tends_people


def begin_reading(node: Node) -> None:
    """Have a key for the place, so that people can write to whoever keeps it. Raises NotAllowed."""
    with node.ledger.transaction():
        own = node.identity.public
        if node.is_guarded and not any(key.author == own for key in readers_at(node, own)):
            announce(node)


def change_keys(node: Node) -> None:
    """Others for the place and for each post from now on; those before open what came before.

    Raises NotAllowed.
    """
    with node.ledger.transaction():
        before = [key for key in own_keys(node) if key.author == node.identity.public]
        for key in before:
            if key.stands:
                announce(node, about=key.about, account=key.account)
                take_back(node, key)


def announce(node: Node, *, about: About | None = None, account: bytes | None = None) -> ReadingKey:
    """A new key of this machine; its secret is on the disk first. Raises NotAllowed."""
    secret = keys.reading_secret()
    key = secrets_of(node).keep(secret, account=account)
    with node.ledger.transaction():
        lane = own_lane(node, Class.TRUST)
        reserve = escrow_public(node.ledger.trust().in_office(lane.town).keys[-1])
        escrow = None
        if about is None:
            place = escrow_place(lane.town, lane.id, next_number(node.ledger, lane))
            wrapped = sealing.wrap(secret, to=reserve, at=place)
            escrow = Escrow(tag=sealing.tag(reserve), wrapped=wrapped)
        else:  # what stands in a lane of class trust stays for ever
            write_sealed(node, ESCROW, secret, to=[reserve], about=about)
        fields = as_fields(key, about=about, account=account, escrow=escrow)
        id_ = write_decision(node, Draft(kind=WRITE_READING_KEY, fields=fields, account=account))
        trust = node.ledger.trust()
        record = resolve(node.ledger.record(id_), trust=trust, groups=GROUPS)
        found = read_reading_key(record, trust) if record else None
    if found is None:
        raise NotAllowed
    return found


def take_back(node: Node, key: ReadingKey) -> None:
    """Nobody seals to it any more. Raises NotAllowed."""
    record = resolve(node.ledger.record(key.id), trust=node.ledger.trust(), groups=GROUPS)
    assert record is not None, "what stands in the views resolves"
    draft = Draft(
        kind=WRITE_READING_KEY,
        fields={WITHDRAWN: True},
        record=record.id,
        parents=record.versions,
        counter=record.counter + 1,
    )
    write_decision(node, draft)
