"""The disks of this computer, by what the system says of them; and which of them may be written to.

A disk is written to if it can be taken out, and nobody uses it. The one that this computer runs
from never is.
"""

import json
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from node.refused import Refused
from provisioning.disk.layout import DISK_BYTES_MAX, DISK_BYTES_MIN, SECTOR

_ASKED = "NAME,PATH,TYPE,SIZE,RM,HOTPLUG,TRAN,RO,LOG-SEC,VENDOR,MODEL,MOUNTPOINTS"
_OF_THE_SYSTEM = ("/", "/boot", "/efi", "/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var")
_NOT_MOUNTED = "（ほかのものの一部）"
_OUTSIDE = frozenset({"usb", "mmc", "ieee1394"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One, or a plain file in the place of one."""

    path: Path
    size: int
    sector: int = SECTOR
    called: str = ""  # by its maker
    removable: bool = True
    read_only: bool = False
    used_at: Sequence[str] = ()  # where it is mounted, or what else uses it

    @property
    def of_the_system(self) -> bool:
        """Whether this computer runs from it."""
        return any(_of_the_system(at) for at in self.used_at)


def disks(listed: str) -> list[Disk]:
    """Those that lsblk lists, with files that are shown as disks."""
    found = json.loads(listed)["blockdevices"]
    return [_disk(told) for told in found if told["type"] in ("disk", "loop")]


def disks_here() -> list[Disk]:
    """Those of this computer."""
    command = ["lsblk", "--json", "--bytes", "--output", _ASKED]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"ディスクの一覧を見られません。\n{done.stderr.strip()}")
    return disks(done.stdout)


def find(wanted: Path) -> Disk:
    """The disk of that path, or the file. Raises Refused."""
    path = wanted.resolve()
    try:
        what = path.stat()
    except OSError as wrong:
        raise Refused(f"{wanted} はありません。") from wrong
    if stat.S_ISREG(what.st_mode):
        return Disk(path=path, size=what.st_size, called="ファイル", read_only=not _may_write(path))
    if not stat.S_ISBLK(what.st_mode):
        raise Refused(f"{wanted} は、ディスクでもファイルでもありません。")
    for disk in disks_here():
        if disk.path == path:
            return disk
    raise Refused(
        f"{wanted} は、ディスク全体ではありません。{path} の区切りのない名前で教えてください。"
    )


def why_not(disk: Disk) -> str:
    """Why it may not be written to; empty if it may."""
    if disk.of_the_system:
        return "このパソコンが動いているディスクです。書きません。"
    if disk.used_at:
        where = "、".join(disk.used_at)
        return f"使われています（{where}）。取り外す操作をしてから、もう一度お試しください。"
    if not disk.removable:
        return "取り外せるディスクではありません。USBにつないだディスクを教えてください。"
    if disk.read_only:
        return "書きこめません（書きこみ禁止のつまみや、権限を確かめてください）。"
    if disk.sector != SECTOR:
        return f"ひと区切りが{disk.sector}バイトのディスクには、書けません。"
    if disk.size < DISK_BYTES_MIN:
        return f"小さすぎます。{in_gigabytes(DISK_BYTES_MIN)}より大きいものがいります。"
    if disk.size > DISK_BYTES_MAX:
        return f"大きすぎます。{in_gigabytes(DISK_BYTES_MAX)}までのものに書けます。"
    return ""


def in_words(disk: Disk) -> str:
    """For whoever chooses one."""
    return f"{disk.path}  {in_gigabytes(disk.size)}  {disk.called or '名前なし'}"


def in_gigabytes(size: int) -> str:
    """As it stands on the disk's label."""
    return f"{size / 1e9:,.1f} GB"


def _disk(told: Mapping[str, object]) -> Disk:
    names = (str(told[key] or "").strip() for key in ("vendor", "model"))
    outside = bool(told["rm"]) or bool(told["hotplug"]) or told["tran"] in _OUTSIDE
    return Disk(
        path=Path(str(told["path"])),
        size=int(str(told["size"])),
        sector=int(str(told["log-sec"])),
        called=" ".join(filter(None, names)),
        removable=outside,
        read_only=bool(told["ro"]),
        used_at=tuple(dict.fromkeys(_used_at(told))),
    )


def _used_at(told: Mapping[str, object]) -> Iterator[str]:
    """Of it and of all that lies on it: parts, and what is put together of them."""
    mounted = [str(at) for at in _listed(told, "mountpoints") if at]
    yield from mounted
    children = _listed(told, "children")
    for child in children:
        assert isinstance(child, dict)
        found = list(_used_at(child))
        yield from found
        if child["type"] != "part" and not found:
            yield _NOT_MOUNTED  # of a RAID or LVM, say


def _listed(told: Mapping[str, object], key: str) -> Sequence[object]:
    found = told.get(key) or ()
    assert isinstance(found, Sequence)
    return found


def _of_the_system(at: str) -> bool:
    return at == "[SWAP]" or any(
        at == root or (root != "/" and at.startswith(f"{root}/")) for root in _OF_THE_SYSTEM
    )


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK)
