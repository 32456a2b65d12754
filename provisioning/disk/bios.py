"""What old firmware starts, which knows no partitions: GRUB, in the gaps around the table.

It reads the entries that UEFI's boot loader reads, so there is one word on what is started. Its
first part is where the firmware looks, the second between the table and the first partition.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from node.refused import Refused
from provisioning.disk.layout import SECTOR
from provisioning.programs import run

PROGRAMS = "usr/lib/grub/i386-pc"
MAKER = "usr/bin/grub-mkimage"
CONFIGURATION, MODULE = "kairan/grub.cfg", "kairan/linux.mod"

# Of the disk's first sector: what comes later says which disk it is, and tells old software that
# there is a table of another kind.
_FIRST_BYTES = 440
_SECOND_AT, _SECOND_END = 64 * SECTOR, 512 << 10
STARTER_BYTES = _FIRST_BYTES + _SECOND_END - _SECOND_AT
_MODULES = (
    *("biosdisk", "part_gpt", "fat", "normal", "configfile", "regexp", "true", "minicmd"),
    *("boot", "mmap", "relocator", "vbe", "echo", "reboot", "sleep"),
)
_KERNEL_MODULE = "linux.mod"

# boot.img and diskboot.img of GRUB 2 (grub-core/boot/i386/pc, include/grub/offsets.h).
_SECOND_IS_AT = 0x5C
_DRIVE_CHECK_AT, _NO_CHECK = 0x66, b"\x90\x90"
_REST_IS_AT = SECTOR - 12

CONFIGURED = """\
# The entries of UEFI's boot loader, each line of which is a command here.
function title { true; }
function version { true; }
function options { set options="$*"; }
function linux { set kernel="$1"; }
function initrd { set initial="$1"; }
for entry in /loader/entries/kairan-*.conf; do
    source "$entry"
done
# From here on linux and initrd are those of GRUB.
insmod /kairan/linux.mod
linux "$kernel" $options
initrd "$initial"
boot
echo "Kairan: this disk can't be started. Trying again."
sleep 10
reboot
"""


@dataclass(frozen=True, slots=True)
class Starter:
    """What there is on a disk for old firmware alone."""

    head: bytes  # beside its table
    module: bytes  # a file on the partition from which it is started


def make_starter(debian: Path, core: Path) -> Starter:
    """`debian`: where GRUB's packages lie, unpacked; `core`: where a file may be made.

    Raises Refused.
    """
    programs = debian / PROGRAMS
    command = [str(debian / MAKER), "--directory", str(programs), "--format", "i386-pc"]
    command += ["--prefix", "(,gpt1)/kairan", "--output", str(core), *_MODULES]
    run(command, "古い機械のための、起動のプログラムを作れません。")
    first, second = bytearray((programs / "boot.img").read_bytes()), bytearray(core.read_bytes())
    struct.pack_into("<Q", first, _SECOND_IS_AT, _SECOND_AT // SECTOR)
    first[_DRIVE_CHECK_AT : _DRIVE_CHECK_AT + 2] = _NO_CHECK  # for disks, as GRUB's own set-up does
    struct.pack_into("<Q", second, _REST_IS_AT, _SECOND_AT // SECTOR + 1)
    if len(second) > (room := _SECOND_END - _SECOND_AT):
        raise Refused("古い機械のための、起動のプログラムが大きすぎます。")
    head = bytes(first[:_FIRST_BYTES]) + bytes(second).ljust(room, b"\0")
    return Starter(head, (programs / _KERNEL_MODULE).read_bytes())


def starter_of(head: bytes) -> bytes:
    """What stands beside the table of a disk or an image that begins so."""
    return head[:_FIRST_BYTES] + head[_SECOND_AT:_SECOND_END]


def with_starter(head: bytes, starter: bytes) -> bytes:
    """The beginning of a disk, with that in it."""
    first, second = starter[:_FIRST_BYTES], starter[_FIRST_BYTES:]
    return first + head[_FIRST_BYTES:_SECOND_AT] + second + head[_SECOND_END:]
