"""What this machine writes for its town that is no post: decisions, and what is sealed."""

from collections.abc import Sequence
from contextlib import suppress

from node.node import Node, NotAllowed
from sync.entry import RecordId
from sync.lane import Audience, Class, Lane
from sync.machine import clock, keys
from sync.writing import Draft, write


def own_lane(node: Node, class_: Class, audience: Audience = Audience.TOWN) -> Lane:
    """This machine's lane of that class, for the town or whoever subscribes. Raises NotAllowed."""
    ordinal, random = node.ledger.own_incarnation(node.identity.public)
    lane = Lane(
        town=node.settings.town,
        author=node.identity.public,
        ordinal=ordinal,
        random=random,
        class_=class_,
        audience=audience,
    )
    if not node.may_say_anything or node.ledger.trust().refusal(lane) is not None:
        raise NotAllowed
    return lane


def write_there(node: Node, lane: Lane, *drafts: Draft) -> Sequence[RecordId]:
    """All or none; durable once the transaction that they are in is over."""
    return write(
        node.ledger,
        lane,
        drafts,
        key=node.identity.private,
        written=clock.now().written,
        salt=keys.salt,
    )


def write_decisions(node: Node, drafts: Sequence[Draft]) -> Sequence[RecordId]:
    """In its lane of class trust. Raises NotAllowed."""
    return write_there(node, own_lane(node, Class.TRUST), *drafts)


def write_for_subscribers(node: Node, drafts: Sequence[Draft]) -> None:
    """The same, where towns that take what this one opens see it too; nothing where it may not."""
    if drafts:
        with suppress(NotAllowed):
            write_there(node, own_lane(node, Class.TRUST, Audience.OPEN), *drafts)


def write_decision(node: Node, draft: Draft) -> RecordId:
    """One. Raises NotAllowed."""
    return write_decisions(node, [draft])[0]
