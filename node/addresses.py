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


class Stranger(Exception):
    """Whoever answers at the address is no machine of our town."""


def addresses(node: Node, peers: tuple[str, ...] = ()) -> list[Address]:
    """All that the settings name, and these peers."""
    found = [Address(node.settings.hub, "hub")] if node.settings.hub else []
    urls = dict.fromkeys((*node.settings.peers, *(peer.rstrip("/") for peer in peers)))
    return found + [Address(url, "peer") for url in urls]


def road_to(address: Address) -> HttpRoad:
    """Nothing is asked yet."""
    if address.road == "lan":
        return HttpRoad(address.url, near=True, answer_seconds_max=NEAR_ANSWER_SECONDS_MAX)
    return HttpRoad(address.url)


def introduced(node: Node, key: bytes, statements: list[bytes]) -> bytes:
    """The key of whoever said hello, if our town's authority certified it. Raises Stranger."""
    kept = [ingest_statement(node.ledger, statement) for statement in statements]
    if not node.ledger.trust().certificates(key):
        raise Stranger(f"{len(kept)} statements, none of our town's authority")
    return key
