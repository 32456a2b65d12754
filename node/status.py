"""What a keeper, or a program, wants to know of a machine: one value, as JSON or in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.post import PostState
from sync.lacking import held_digest
from sync.machine.disk import Disk, read_disk
from sync.machine.disk import in_words as disk_in_words
from sync.machine.mishap import Mishap
from sync.machine.mishap import in_words as mishap_in_words
from sync.machine.settings import NOTEBOOK_FILE

_JST = timezone(timedelta(hours=9), "JST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A machine at one moment."""

    machine: str
    part: str
    key: str  # hex
    town: str
    version: str  # of the software
    digests: Mapping[str, str]  # per town, over all that is held of it
    lanes: int
    entries: int
    records: Mapping[str, int]  # per board, what stands on it
    not_shown: Mapping[str, int]  # records that don't stand on a board, by why
    holes: int  # payloads that are missing
    waiting: int  # bundles set aside until something else arrives
    peers: list[Neighbour]
    mishap: Mishap | None  # what happened to its ledger, until dismissed
    disk: Disk

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def status(node: Node) -> Status:
    """The machine now."""
    lanes = node.ledger.lanes()
    counts = node.views.counts()
    not_shown: dict[str, int] = {}
    for states in counts.values():
        for state, count in states.items():
            if state != PostState.SHOWN:
                not_shown[state] = not_shown.get(state, 0) + count
    return Status(
        machine=node.settings.name,
        part=node.settings.part,
        key=node.identity.public.hex(),
        town=node.settings.town,
        version=SOFTWARE,
        digests={town: held_digest(node.ledger, [town]).hex() for town in node.settings.towns},
        lanes=len(lanes),
        entries=sum(lane.held.number for lane in lanes),
        records={board: counts[board].get(PostState.SHOWN, 0) for board in node.boards},
        not_shown=not_shown,
        holes=sum(hole.last - hole.first + 1 for lane in lanes for hole in lane.held.holes),
        waiting=node.ledger.waiting_count(),
        peers=Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours(),
        mishap=node.mishap(),
        disk=read_disk(node.settings.folder),
    )


def in_words(status: Status, labels: Mapping[str, str]) -> str:
    """For a keeper. `labels`: board name to what people call it."""
    lines = [
        f"{status.machine}（Kairan {status.version}）",
        "掲示板: " + "、".join(f"{labels[b]} {n}件" for b, n in status.records.items()),
    ]
    lines += [*mishap_in_words(status.mishap), *disk_in_words(status.disk)]
    if status.holes:
        lines.append(f"まだ届いていない内容が{status.holes}件あります。自動で取り寄せます。")
    if status.waiting:
        lines.append(f"前の便を待っている束が{status.waiting}件あります。")
    for peer in status.peers:
        name = peer.name or peer.address
        synced = f"{_local(peer.synced)}に同じ内容になりました" if peer.synced else "まだ一度も"
        lines.append(f"{name}: {synced if peer.synced else synced + '同じになっていません'}。")
        if peer.problem:
            lines.append(f"  {_local(peer.tried)} {peer.problem}")
    return "\n".join(lines)


def _local(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).astimezone(_JST).strftime("%Y年%m月%d日 %H:%M")
    except ValueError:  # the notebook may be mended by hand
        return moment
