"""What a keeper, or a program, wants to know of a machine: one value, as JSON or in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

from node.confirming import doubts
from node.membership import Membership
from node.membership import in_words as membership_in_words
from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.others import Machine, others
from node.post import PostState
from node.telling import Told, tell
from sync.entry import Quality
from sync.lacking import held_digest
from sync.letters import fingerprint
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.disk import Disk, read_disk
from sync.machine.disk import in_words as disk_in_words
from sync.machine.mishap import Mishap
from sync.machine.mishap import in_words as mishap_in_words
from sync.machine.settings import NOTEBOOK_FILE, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A machine at one moment."""

    machine: str
    part: str
    key: str  # hex
    fingerprint: str  # of the key, as people compare it
    membership: str  # "member", "in doubt", "stranger", "revoked"
    in_doubt: list[str]  # names of machines of which there are several
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
    others: list[Machine]
    clock: str  # how good this machine's is: "trusted", "carried", "hinted", "unknown"
    mishap: Mishap | None  # what happened to its ledger, until dismissed
    disk: Disk

    @property
    def erased(self) -> int:
        """Records that were ordered away: gone for good, where holes are only missing."""
        return self.not_shown.get(PostState.ERASED, 0)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def status(node: Node, moment: Moment | None = None) -> Status:
    """The machine now; `moment` is what its clock says."""
    moment = moment or clock.now()
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
        fingerprint=fingerprint(node.identity.public),
        membership=node.membership,
        in_doubt=[doubt.name for doubt in doubts(node)],
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
        others=others(node),
        clock=moment.quality.name.lower(),
        mishap=node.mishap(),
        disk=read_disk(node.settings.folder),
    )


class InWords(NamedTuple):
    """A machine as its keeper is told of it."""

    here: list[str]  # what is wrong with this machine, and what to do; nothing while all is well
    others: list[Told]
    sure: bool  # whether this machine's clock is any good

    @property
    def troubles(self) -> int:
        """With how many machines something is wrong."""
        return bool(self.here) + sum(told.state == "trouble" for told in self.others)


def for_a_keeper(status: Status, moment: Moment) -> InWords:
    """The same for the screen and for `kairan status`."""
    here = [
        *membership_in_words(Membership(status.membership), status.fingerprint),
        *(
            f"「{name}」と名のる機械が2台以上あります。どちらが本物かを確かめてください"
            "（kairan confirm）。"
            for name in status.in_doubt
            if status.part == Part.OFFICE
        ),
        *mishap_in_words(status.mishap),
        *disk_in_words(status.disk),
    ]
    if status.holes:
        here.append(f"まだ届いていない内容が{status.holes}件あります。自動で取り寄せます。")
    if status.waiting:
        here.append(f"前の便を待っている束が{status.waiting}件あります。届けば自動で載ります。")
    known = {machine.key for machine in status.others}
    here += [
        f"{peer.name or peer.address}とは、"
        f"{'' if peer.synced else 'まだ一度も同じになっていません。'}{peer.problem}"
        for peer in status.peers
        if peer.problem and peer.key not in known
    ]
    sure = moment.quality >= Quality.CARRIED
    return InWords(here, [tell(machine, moment.at, sure=sure) for machine in status.others], sure)


def in_words(status: Status, labels: Mapping[str, str], moment: Moment | None = None) -> str:
    """For a keeper at a terminal. `labels`: board name to what people call it."""
    words = for_a_keeper(status, moment or clock.now())
    lines = [
        f"{status.machine}（Kairan {status.version}）",
        "掲示板: " + "、".join(f"{labels[b]} {n}件" for b, n in status.records.items()),
        *([f"役場の決定や期限で内容が消えた投稿: {status.erased}件"] if status.erased else []),
        *words.here,
    ]
    for told in words.others:
        lines.append(f"{told.name}（{told.part}）: {told.heading}。")
        lines += [f"  ！{sentence}" for sentence in told.todo]
        lines += [f"  {about}: {sentence}" for about, sentence in told.rows]
    if not words.others:
        lines.append("ほかの機械とは、まだやりとりがありません。")
    return "\n".join(lines)
