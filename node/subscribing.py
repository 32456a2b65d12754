"""Which towns this one subscribes to: what its office decides, and what people compare for it.

docs/spec/3-trust.md, "Subscriptions". A town gives others its card, one line of text; whether a
card is the other town's, two people find out by telephone.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from node.node import Node, NotAllowed
from node.words import say
from sync.lane import Audience, Class, Lane, is_town
from sync.limits import NAME_CHARACTERS_MAX
from sync.machine import clock, keys
from sync.subscribing import decisions
from sync.subscription import SUBSCRIBE, Subscription, fingerprint, read_subscription
from sync.writing import Draft, write

CARD = "kairan-town"
CARD_BYTES_MAX = 4_096


class NotACard(Exception):
    """The line is no town's card, or our own. The message is for a screen."""


class NumberDiffers(Exception):
    """The digits that were heard are not those of the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who a town is: what its own machines were told."""

    town: str
    name: str
    keys: tuple[bytes, ...]  # first authority keys, by place

    @property
    def number(self) -> str:
        """What people read to each other."""
        return fingerprint(self.town, self.keys)

    def __str__(self) -> str:
        """As it is handed over."""
        return f"{CARD} {self.town} {','.join(key.hex() for key in self.keys)} {self.name}"


def own_card(node: Node) -> Card:
    """Of the town of that machine."""
    town = node.settings.town
    return Card(town=town, name=node.town_name, keys=tuple(node.settings.authorities[town]))


def read_card(text: str, *, here: str) -> Card:
    """The card that a line is. `here`: the town that reads it. Raises NotACard."""
    mark, _, rest = " ".join(text.split()).partition(" ")
    town, _, rest = rest.partition(" ")
    listed, _, name = rest.partition(" ")
    if mark != CARD or not is_town(town):
        raise NotACard(
            say("町の名札ではありません。相手の役場にもらったファイルか確かめてください。")
        )
    try:
        read = tuple(bytes.fromhex(key) for key in listed.split(","))
    except ValueError as wrong:
        raise NotACard(say("町の名札がこわれています。もう一度もらってください。")) from wrong
    seen = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))
    name = " ".join(seen.split())[:NAME_CHARACTERS_MAX] or town
    if town == here:
        raise NotACard(say("この町の名札です。ほかの町の名札を選んでください。"))
    if read_subscription(here, {"town": town, "keys": [*read], "name": name}) is None:
        raise NotACard(say("町の名札がこわれています。もう一度もらってください。"))
    return Card(town=town, name=name, keys=read)


def subscribe(node: Node, card: Card, *, heard: str) -> bool:
    """Take what that town opens; False if that is so already. `heard`: its number, as heard.

    Decisions for other keys of it are taken back. Raises NumberDiffers, NotAllowed.
    """
    if _digits(heard) != _digits(card.number):
        raise NumberDiffers
    said = Subscription(node.settings.town, card.town, card.keys, card.name)
    with node.ledger.transaction():
        _check(node)
        before = [each.keys for each in subscriptions(node) if each.town == card.town]
        if before == [card.keys]:
            return False
        _take_back(node, card.town)
        _write(node, Draft(kind=SUBSCRIBE, fields=said.as_fields()), Audience.OPEN)
    return True


def unsubscribe(node: Node, town: str) -> bool:
    """Take nothing of it any more, and let go of what was taken; False if nothing was.

    Raises NotAllowed.
    """
    with node.ledger.transaction():
        _check(node)
        return _take_back(node, town)


def subscriptions(node: Node) -> Sequence[Subscription]:
    """Those of this town that are in force."""
    known = node.ledger.trust().subscriptions
    return sorted(each for each in known if each.by == node.settings.town)


def may_decide(node: Node) -> bool:
    """Whether this machine is an office of the town that may write for others to see."""
    trust, me, town = node.ledger.trust(), node.identity.public, node.settings.town
    return (
        not node.is_revoked
        and trust.is_office(me, town)
        and trust.may_write(me, town, Class.TRUST, Audience.OPEN)
    )


def _check(node: Node) -> None:
    if not may_decide(node):
        raise NotAllowed


def _take_back(node: Node, town: str) -> bool:
    found = [
        record
        for record, said in decisions(node.ledger)
        if (said.by, said.town) == (node.settings.town, town)
    ]
    for record in found:
        draft = Draft(
            kind=SUBSCRIBE,
            fields={"withdrawn": True},
            record=record.id,
            parents=record.versions,
            counter=record.counter + 1,
        )
        _write(node, draft, record.lane.audience)
    return bool(found)


def _write(node: Node, draft: Draft, audience: Audience) -> None:
    write(
        node.ledger,
        _lane(node, audience),
        [draft],
        key=node.identity.private,
        written=clock.now().written,
        salt=keys.salt,
    )


def _lane(node: Node, audience: Audience) -> Lane:
    ordinal, random = node.ledger.own_incarnation(node.identity.public)
    return Lane(
        town=node.settings.town,
        author=node.identity.public,
        ordinal=ordinal,
        random=random,
        class_=Class.TRUST,
        audience=audience,
    )


def _digits(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign.isascii() and sign.isdigit())
