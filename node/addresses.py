"""Where other machines are, and whether who answers there is one of our town's."""

from dataclasses import dataclass

from node.node import Node
from node.road import HttpRoad
from sync.ingest import ingest_statement

NEAR_ANSWER_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a machine is, and what kind of road leads there."""

    url: str
    road: str  # "hub", "peer", or "lan"
    pins: tuple[bytes, ...] = ()  # of whoever is there, where it answers over TLS of its own


class Stranger(Exception):
    """Whoever answers at the address is no machine of our town."""


def addresses(node: Node, peers: tuple[str, ...] = ()) -> list[Address]:
    """All that the settings name, and these peers."""
    settings = node.settings
    found = [Address(settings.hub, "hub", settings.hub_pins)] if settings.hub else []
    urls = dict.fromkeys((*settings.peers, *(peer.rstrip("/") for peer in peers)))
    return found + [Address(url, "peer") for url in urls]


def road_to(address: Address) -> HttpRoad:
    """Nothing is asked yet."""
    if address.road == "lan":
        return HttpRoad(address.url, near=True, answer_seconds_max=NEAR_ANSWER_SECONDS_MAX)
    return HttpRoad(address.url, pins=address.pins)


def introduced(node: Node, key: bytes, statements: list[bytes]) -> bytes:
    """The key of whoever said hello, if our town's authority certified it. Raises Stranger."""
    kept = [ingest_statement(node.ledger, statement) for statement in statements]
    if not node.ledger.trust().certificates(key):
        raise Stranger(f"{len(kept)} statements, none of our town's authority")
    return key
