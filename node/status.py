"""What a keeper, or a program, wants to know of a machine: one value, as JSON or in words."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

from node.backup.noted import read_noted
from node.carrying.withheld import withheld
from node.confirming import doubts
from node.doctor.known import known
from node.moderation.waiting import WaitingPosts
from node.node import SOFTWARE, Node
from node.notebook import Neighbour, Notebook
from node.others import Machine, Time, noted_time, others, time_of
from node.post import PostState
from node.telling import Told, tell
from node.updating.telling import Update, update
from sync.entry import EntryId, Quality
from sync.frontier import LaneHeld
from sync.lacking import held_digest
from sync.letters import fingerprint
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.disk import Disk, free_bytes, read_disk
from sync.machine.mishap import Mishap
from sync.machine.settings import NOTEBOOK_FILE


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
    free_bytes: int
    log_bytes: int  # of what SQLite writes before the ledger's file
    posts_waiting: int  # that somebody should look at
    posts_wait_since: Time | None
    backup: Time | None  # when the last was written; None: never
    update: Update | None = None  # None where no versions are tried

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
    posts_waiting, since = WaitingPosts(node.database).oldest()
    backup = read_noted(node.settings.folder)
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
        holes=_holes(node, lanes),
        waiting=node.ledger.waiting_count(),
        peers=Notebook(node.settings.folder / NOTEBOOK_FILE).neighbours(),
        others=others(node),
        clock=moment.quality.name.lower(),
        mishap=node.mishap(),
        disk=read_disk(node.settings.folder),
        free_bytes=free_bytes(node.settings.folder),
        log_bytes=_log_bytes(node),
        posts_waiting=posts_waiting,
        posts_wait_since=time_of(*since) if since else None,
        backup=noted_time(backup.when, backup.clock) if backup else None,
        update=update(node),
    )


def _holes(node: Node, lanes: Iterable[LaneHeld]) -> int:
    """How many payloads are missing that something should bring: not those of what is hidden."""
    left_out = withheld(node).entries
    return sum(
        EntryId(lane.stretch, number) not in left_out
        for lane in lanes
        for hole in lane.held.holes
        for number in range(hole.first, hole.last + 1)
    )


def _log_bytes(node: Node) -> int:
    path = node.database.path
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


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
    here = [line for found in known(status, moment) if found.for_keeper for line in found.lines]
    sure = moment.quality >= Quality.CARRIED
    return InWords(here, [tell(machine, moment.at, sure=sure) for machine in status.others], sure)


def in_words(status: Status, labels: Mapping[str, str], moment: Moment | None = None) -> str:
    """For a keeper at a terminal. `labels`: board name to what people call it."""
    words = for_a_keeper(status, moment or clock.now())
    lines = [
        f"{status.machine}（Kairan {status.version}）",
        *(
            [f"更新で入れた版: {status.update.version}（{status.update.number}番）"]
            if status.update and status.update.number
            else []
        ),
        "掲示板: " + "、".join(f"{labels[b]} {n}件" for b, n in status.records.items()),
        *([f"役場の決定や期限で内容が消えた投稿: {status.erased}件"] if status.erased else []),
        f"この機械の指紋: {status.fingerprint}",
        *words.here,
    ]
    for told in words.others:
        lines.append(f"{told.name}（{told.part}）: {told.heading}。")
        lines += [f"  ！{sentence}" for sentence in told.todo]
        lines += [f"  {about}: {sentence}" for about, sentence in told.rows]
    if not words.others:
        lines.append("ほかの機械とは、まだやりとりがありません。")
    return "\n".join(lines)
