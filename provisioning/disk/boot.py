"""What starts a machine: a FAT with the boot loader, the kernel, and what both are told.

The kernel is told by which identity it finds its root file system, and the disk it was started
from, so that nothing is taken from another that happens to be in the machine.
"""

from pathlib import Path
from uuid import UUID

from provisioning.disk.bios import CONFIGURATION, CONFIGURED, MODULE
from provisioning.disk.fat import copy_in, make_fat, make_folders, read_file
from provisioning.disk.layout import ESP, ESP_BYTES, NEXT_ROOT, ROOT, Table, identity

_ENTRY = "loader/entries/kairan-a.conf"
_FOLDERS = ("EFI", "EFI/BOOT", "EFI/systemd", "loader", "loader/entries", "kairan", "kairan/a")
_LOADER = "timeout 0\nconsole-mode keep\neditor no\n"


def make_boot(
    out: Path,
    *,
    loader: Path,
    module: bytes,
    kernel: Path,
    initial: Path,
    disk: UUID,
    version: str,
    made: int,
) -> None:
    """Write the partition. `initial`: what is there before the root file system.

    `loader`: what UEFI starts; `module`: what starts a kernel where firmware is older.
    """
    told = out.with_name("loader.conf")
    told.write_text(_LOADER)
    told_of_old = out.with_name("grub.cfg")
    told_of_old.write_text(CONFIGURED)
    module_of_old = out.with_name("linux.mod")
    module_of_old.write_bytes(module)
    make_fat(out, ESP_BYTES, bits=32, label="ESP", made=made)
    make_folders(out, _FOLDERS, made=made)
    files = {
        "EFI/BOOT/BOOTX64.EFI": loader,  # where firmware looks that knows nothing of this disk
        "EFI/systemd/systemd-bootx64.efi": loader,
        "kairan/a/vmlinuz": kernel,
        "kairan/a/initrd.img": initial,
        "loader/loader.conf": told,
        CONFIGURATION: told_of_old,
        MODULE: module_of_old,
    }
    copy_in(out, files, made=made)
    tell(out, disk=disk, version=version, made=made)


def tell(boot: Path, *, disk: UUID, version: str, made: int, root: str = ROOT) -> None:
    """On which disk the root file system is, and in which part, in place of what was told."""
    path = boot.with_name("entry.conf")
    path.write_text(_entry(disk, version, root))
    copy_in(boot, {_ENTRY: path}, made=made)


def told_root(disk: Path, table: Table) -> str | None:
    """In which part of that disk the root file system is; None where that isn't told."""
    told = read_file(disk, _ENTRY, at=table[ESP].start)
    for name in (ROOT, NEXT_ROOT):
        if told is not None and f"root=PARTUUID={identity(table.disk, name)} ".encode() in told:
            return name
    return None


def _entry(disk: UUID, version: str, root: str) -> str:
    options = (
        f"root=PARTUUID={identity(disk, root)}",
        "rootfstype=squashfs",
        "ro",
        f"kairan_disk={disk}",
        f"systemd.machine_id={identity(disk, 'machine').hex}",
        "fsck.repair=yes",  # nobody is there to be asked
        "panic=10",
        "console=ttyS0",
        "console=tty0",
        "quiet",
    )
    return (
        f"title Kairan\nversion {version}\nlinux /kairan/a/vmlinuz\n"
        f"initrd /kairan/a/initrd.img\noptions {' '.join(options)}\n"
    )
