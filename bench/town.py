"""The town that is measured: a hub, two nodes, and authors of whom there is only a key.

Posts of many authors are written into one node's ledger, each in its author's own lane, as if
they had come from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from bench.village_text import posts
from node.boards import BOARDS
from node.node import Change, Node
from provisioning.town import Plan, make_machines, open_town
from sync.machine.keys import load_identity
from sync.machine.settings import KEY_FILE, Part

_CODE = "990019"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The folders of its machines."""

    hub: Path
    here: Path
    there: Path
    authors: Sequence[Path]


def make_town(folder: Path, *, authors: int = 0, peer_of_here: str = "") -> Town:
    """Make them all, empty. `peer_of_here`: an address that the first node offers to."""
    town = Town(
        hub=folder / "hub",
        here=folder / "here",
        there=folder / "there",
        authors=[folder / f"author-{at:03d}" for at in range(authors)],
    )
    peers = [peer_of_here] if peer_of_here else []
    make_machines(
        open_town(folder / "authority", code=_CODE, name="見本町"),
        [
            Plan(folder=town.hub, name="ハブ", part=Part.HUB, plain=True),
            Plan(folder=town.here, name="こちらの公民館", part=Part.NODE, peers=peers),
            Plan(folder=town.there, name="あちらの公民館", part=Part.NODE),
            *(Plan(folder=author, name=author.name, part=Part.NODE) for author in town.authors),
        ],
    )
    return town


def write_posts(node: Node, *, count: int, seed: int, authors: Sequence[Path]) -> None:
    """Posts by the authors in turn, each signed by itself; on the disk all at once."""
    identities = [load_identity(author / KEY_FILE) for author in authors] or [node.identity]
    board = BOARDS["event"]
    with node.ledger.transaction():
        for identity, fields in zip(cycle(identities), islice(posts(seed), count), strict=False):
            node.write([Change(board=board, fields=fields)], identity=identity)
