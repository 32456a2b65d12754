"""Which disks may be written to, by what the system says of them."""

import json
from pathlib import Path

import pytest

from node.refused import Refused
from provisioning.disk.devices import Disk, disks, find, why_not
from provisioning.disk.layout import DISK_BYTES_MIN

Told = dict[str, object]


def told(name: str, **more: object) -> Told:
    """A device, as lsblk tells of it."""
    usual: Told = {
        "name": name,
        "path": f"/dev/{name}",
        "type": "disk",
        "size": 32_000_000_000,
        "rm": False,
        "hotplug": False,
        "tran": "sata",
        "ro": False,
        "log-sec": 512,
        "vendor": "ATA     ",
        "model": "Some Disk",
        "mountpoints": [None],
    }
    return {**usual, **more}


def part(name: str, *mounted: str, **more: object) -> Told:
    return told(name, type="part", mountpoints=list(mounted) or [None], **more)


STICK = told("sdb", rm=True, hotplug=True, tran="usb", vendor="Maker", model="Stick")


def one(device: Told) -> Disk:
    (disk,) = disks(json.dumps({"blockdevices": [device]}))
    return disk


def test_a_stick_that_nobody_uses_may_be_written_to() -> None:
    disk = one({**STICK, "children": [part("sdb1"), part("sdb2")]})
    assert why_not(disk) == ""
    assert (disk.path, disk.called) == (Path("/dev/sdb"), "Maker Stick")


def test_a_disk_in_a_case_that_is_plugged_in_may_be_written_to() -> None:
    assert why_not(one(told("sdc", tran="usb"))) == ""


@pytest.mark.parametrize("at", ["/", "/boot/efi", "[SWAP]", "/home", "/var/lib/docker"])
def test_the_disk_that_this_computer_runs_from_never_is(at: str) -> None:
    disk = one({**STICK, "children": [part("sdb1"), part("sdb2", at)]})
    assert disk.of_the_system
    assert "動いているディスク" in why_not(disk)


def test_nor_is_it_where_it_lies_under_other_layers() -> None:
    volume = told("vg-root", type="lvm", mountpoints=["/"])
    crypt = told("crypt", type="crypt", children=[volume])
    assert one({**STICK, "children": [part("sdb1", children=[crypt])]}).of_the_system


def test_what_is_mounted_is_not_written_to_and_it_is_said_where() -> None:
    reason = why_not(one({**STICK, "children": [part("sdb1", "/media/me/photos")]}))
    assert "/media/me/photos" in reason


def test_a_part_of_something_else_is_not_written_to() -> None:
    raid = told("md0", type="raid1")
    assert "使われています" in why_not(one({**STICK, "children": [part("sdb1", children=[raid])]}))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"rm": False, "hotplug": False, "tran": "nvme"}, "取り外せるディスクではありません"),
        ({"ro": True}, "書きこめません"),
        ({"log-sec": 4096}, "4096バイト"),
        ({"size": DISK_BYTES_MIN - 1}, "小さすぎます"),
        ({"size": 4_000_000_000_000}, "大きすぎます"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(more: Told, why: str) -> None:
    assert why in why_not(one({**STICK, **more}))


def test_what_plays_music_is_no_disk() -> None:
    listed = [told("sr0", type="rom", rm=True), STICK]
    assert [disk.path.name for disk in disks(json.dumps({"blockdevices": listed}))] == ["sdb"]


def test_a_file_may_stand_for_a_disk_and_nothing_else_may(tmp_path: Path) -> None:
    file = tmp_path / "disk"
    with file.open("wb") as made:
        made.truncate(DISK_BYTES_MIN)
    assert why_not(find(file)) == ""
    for other in (tmp_path / "none", tmp_path, Path("/dev/null")):
        with pytest.raises(Refused):
            find(other)
