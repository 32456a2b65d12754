"""What a keeper, or a program, wants to know of a hub: as of a node, but for boards."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from hub.hub import SOFTWARE, Hub
from sync.lacking import held_digest
from sync.machine.disk import Disk, read_disk
from sync.machine.disk import in_words as disk_in_words
from sync.machine.mishap import Mishap, read_mishap
from sync.machine.mishap import in_words as mishap_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A hub at one moment."""

    machine: str
    part: str
    key: str  # hex
    towns: tuple[str, ...]
    version: str  # of the software
    digests: Mapping[str, str]  # per town, over all that is held of it
    lanes: int
    entries: int
    holes: int  # payloads that are missing
    waiting: int  # bundles set aside until something else arrives
    mishap: Mishap | None  # what happened to its ledger, until dismissed
    disk: Disk

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def status(hub: Hub) -> Status:
    """The hub now."""
    lanes = hub.ledger.lanes()
    return Status(
        machine=hub.settings.name,
        part=hub.settings.part,
        key=hub.identity.public.hex(),
        towns=hub.settings.towns,
        version=SOFTWARE,
        digests={town: held_digest(hub.ledger, [town]).hex() for town in hub.settings.towns},
        lanes=len(lanes),
        entries=sum(lane.held.number for lane in lanes),
        holes=sum(hole.last - hole.first + 1 for lane in lanes for hole in lane.held.holes),
        waiting=hub.ledger.waiting_count(),
        mishap=read_mishap(hub.settings.folder),
        disk=read_disk(hub.settings.folder),
    )


def in_words(status: Status, town_names: Mapping[str, str]) -> str:
    """For a keeper."""
    towns = "、".join(town_names.get(town, town) for town in status.towns)
    lines = [
        f"{status.machine}（Kairan {status.version}、ハブ）",
        f"預かっている町: {towns}。記事や変更を{status.entries}件、預かっています。",
    ]
    lines += [*mishap_in_words(status.mishap), *disk_in_words(status.disk)]
    if status.holes:
        lines.append(f"まだ届いていない内容が{status.holes}件あります。")
    if status.waiting:
        lines.append(f"前の便を待っている束が{status.waiting}件あります。")
    return "\n".join(lines)
