"""A town's machines in folders of their own, what people post at them, and roads between them."""

import atexit
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import Any

from node.boards import BOARDS
from node.boards.disaster import DISASTER
from node.boards.event import EVENT
from node.node import SOFTWARE, Change, Node, open_node
from node.post import Post
from node.status import Status, status
from provisioning.town import Plan, Town, make_machines, open_town
from sync.bundle import Bundle, Entry, Parcel
from sync.frontier import Summary
from sync.ingest import Receipt, take
from sync.machine.exchanging import Exchanged, converse
from sync.machine.keys import Identity
from sync.machine.opening import open_identity
from sync.machine.responding import respond
from sync.machine.settings import FEED_KEY_FILE, Part
from sync.record import OUTSIDE

TOWN, TOWN_NAME = "990019", "霧沢町"
OTHER_TOWN, OTHER_TOWN_NAME = "990027", "波音町"
NOTHING = Summary(statements=frozenset(), lanes={})

CHOIR = {"title": "合唱の会", "starts_on": "2026-12-05", "place": "上郷公民館"}
JOB_FIELDS = {
    "title": "りんごの収穫",
    "employer": "霧沢果樹園",
    "work": "りんごの収穫と箱づめ",
    "work_changes": "なし",
    "term": "fixed",
    "trial": "なし",
    "place": "霧沢町上郷",
    "place_changes": "なし",
    "hours": "8時から15時まで",
    "breaks": "1時間",
    "overtime": "なし",
    "holidays": "日曜日",
    "pay": "時給1,100円",
    "insurance": "労災のみ",
    "smoking": "屋内禁煙",
    "apply": "電話で",
    "as_of": "2026-11-01",
}


@dataclass
class Village:
    """One town, whose machines are made as they are asked for."""

    folder: Path
    code: str = TOWN
    name: str = TOWN_NAME
    town: Town = field(init=False)

    def __post_init__(self) -> None:
        authority = self.folder / "authority"
        copytree(_authority(self.code, self.name), authority, dirs_exist_ok=True)
        self.town = open_town(authority, code=self.code, name=self.name)

    def make(self, name: str, part: Part, **plan: Any) -> Path:
        """The folder of a machine."""
        folder = self.folder / name
        make_machines(self.town, [Plan(folder=folder, name=name, part=part, **plan)])
        return folder

    def node(self, name: str = "上郷", **plan: Any) -> Node:
        return open_node(self.make(name, Part.NODE, **plan))

    def office(self, name: str = "役場", **plan: Any) -> Node:
        return open_node(self.make(name, Part.OFFICE, **plan))


@cache
def _authority(code: str, name: str) -> Path:
    """Of a town, made once: each Village of that code and name has the same keys."""
    folder = Path(mkdtemp(prefix="kairan-authority-"))
    atexit.register(rmtree, folder)
    open_town(folder, code=code, name=name)
    return folder


def again(node: Node) -> Node:
    """The same machine after a restart."""
    return open_node(node.settings.folder)


# roads


def meet(one: Node, other: Node) -> Exchanged:
    """One offers to the other."""
    return converse(
        one.ledger,
        lambda offer: respond(other.ledger, offer, me=other.identity, software=SOFTWARE),
        me=one.identity,
        to=other.identity.public,
        software=SOFTWARE,
    )


def written_by(node: Node, act: Callable[[], object]) -> list[Bundle]:
    """The runs that hold just what `act` writes, also where nobody may write that."""
    before = {leaf.lane.id: leaf.number for leaf in node.ledger.leaves()}
    act()
    written: list[Bundle] = []
    for leaf in node.ledger.leaves():
        number = before.get(leaf.lane.id, 0)
        while number < leaf.number and (run := node.ledger.run(leaf.id, number + 1)):
            written.append(run)
            number = run.last
    return written


def certificates(*nodes: Node) -> Parcel:
    """All that was certified of these machines."""
    held = {s.encoded for node in nodes for s in node.ledger.trust().statements}
    return Parcel(statements=tuple(sorted(held)))


def bring(node: Node, parcels: Iterable[Parcel | Bundle]) -> Receipt:
    """Hand them over one by one, in that order."""
    receipt = Receipt()
    for parcel in parcels:
        if isinstance(parcel, Bundle):
            parcel = Parcel(bundles=(parcel,))
        receipt.merge(take(node.ledger, parcel, source="road"))
    return receipt


def emptied(bundle: Bundle) -> Bundle:
    """The same run with its payloads withheld."""
    return replace(bundle, entries=tuple(Entry(entry.header, None) for entry in bundle.entries))


# posts


def post_event(node: Node, **fields: object) -> Post:
    return node.add(EVENT, {**CHOIR, **fields})


def post_again(node: Node, post: Post) -> Post:
    """The post as it stands at another machine."""
    found = node.post(post.address)
    assert found is not None
    return found


def titles(node: Node, board: str = "event") -> list[str]:
    """What stands on a board."""
    return [post.text("title") for post in node.posts(BOARDS[board])]


def table(node: Node) -> list[tuple[object, ...]]:
    """All that the views hold."""
    return node.database.connection.execute("SELECT * FROM posts ORDER BY lane, number").fetchall()


def stands_as(node: Node) -> Status:
    """How a machine is; not how full its disk is, which others fill too, nor its log, which any
    reader keeps from being emptied.
    """
    return replace(status(node), free_bytes=0, log_bytes=0)


def feed_identity(office: Node) -> Identity:
    return open_identity(office.settings, FEED_KEY_FILE)


def outside(key: str = "jma/大雨/370000", **said: object) -> dict[str, object]:
    """What an issuer calls his own word."""
    return {
        "key": key,
        "serial": 0,
        "issued": "2026-07-01T01:00:00Z",
        "sent": "",
        "cancels": False,
        "digest": b"digest",
        **said,
    }


def warning(title: str, named: Mapping[str, object], **fields: object) -> Change:
    """A telegram as a feed writes it."""
    said = {"title": title, "issuer": "高松地方気象台", "operation": "live", "state": "issued"}
    issued = {"issued": "2026-07-01T10:00:00+09:00"}
    return Change(board=DISASTER, fields={**said, **issued, **fields, OUTSIDE: dict(named)})


def feed(office: Node, *changes: Change) -> None:
    """Write them with the feed's key, one after the other."""
    for change in changes:
        office.write([change], identity=feed_identity(office))
