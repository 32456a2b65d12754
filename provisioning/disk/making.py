"""The image that a town's disks are written from: one file, the same for all its machines.

It is made of a whole cache and this checkout, with no mount, no loop device and no driver for FAT;
the same ones give the same bytes. Nothing in it is secret, and nothing of it is a machine's own.
"""

import os
import shutil
import tarfile
from collections.abc import Collection
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from uuid import UUID

from node.refused import Refused
from provisioning.disk.bios import Starter, make_starter, with_starter
from provisioning.disk.boot import make_boot
from provisioning.disk.description import Description, with_description
from provisioning.disk.layout import (
    ESP,
    HEAD_BYTES,
    ROOT,
    ROOT_BYTES,
    TAIL_BYTES,
    of_image,
    written,
)
from provisioning.disk.pieces import Piece, digest_of, put_into_new_file
from provisioning.package_cache import BOOT_DEBS, Lock
from provisioning.programs import check_programs, run
from provisioning.root_file_system import build

LOADER = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
_STARTING = ("./boot/vmlinuz-*", "./boot/initrd.img-*", f"./{LOADER}")
_CHUNK_BYTES = 1 << 20
_SQUASHED = ("-comp", "zstd", "-b", "256K", "-no-progress")
_ROOT_OF_ALL = ("-root-mode", "755", "-root-uid", "0", "-root-gid", "0")


def make_image(cache: Path, out: Path, *, screens: bool = False) -> None:
    """Write it, whole or not at all. Raises Refused."""
    check_programs("mcopy", "mkfs.vfat", "mmdebstrap", "sfdisk", "sqfstar")
    with TemporaryDirectory(dir=out.resolve().parent, prefix=f".{out.name}.") as folder:
        archive = Path(folder) / "root.tar"
        lock = build(cache, archive, starts_machines=True, screens=screens)
        image_of(archive, out, made=lock.made, starter=_starter(cache, lock, Path(folder)))


def _starter(cache: Path, lock: Lock, work: Path) -> Starter:
    debian = work / "debian"
    for deb in lock.debs(BOOT_DEBS):
        run(
            ["dpkg-deb", "--extract", str(cache / deb.path), str(debian)],
            f"{deb.path} を開けません。",
        )
    return make_starter(debian, work / "core")


def image_of(archive: Path, out: Path, *, made: int, starter: Starter) -> None:
    """Of a root file system that starts machines; `starter`: what old ones begin with."""
    with TemporaryDirectory(dir=out.resolve().parent, prefix=f".{out.name}.") as folder:
        work = Path(folder)
        files = ["tar", "--extract", f"--file={archive}", f"--directory={work}", "--wildcards"]
        run([*files, *_STARTING], "カーネルが見つかりません。")
        (kernel,), (initial,) = ((work / "boot").glob(name) for name in ("vm*", "initrd*"))
        root = work / "root"  # what is started first lies beside it, where firmware can read it
        rest = work / "rest.tar"
        # Not left to sqfstar, which reads what isn't written yet where it leaves something out; nor
        # to `tar --delete`, of which some archives come out broken.
        _leave_out(archive, {f"./boot/{path.name}" for path in (kernel, initial)}, rest)
        _squash(rest, root, made=made)
        rest.unlink()
        with root.open("rb") as file:
            disk = UUID(bytes=file_digest(file, "sha256").digest()[:16], version=4)
        if root.stat().st_size > ROOT_BYTES:
            raise Refused("中身が大きすぎて、ディスクの決まった場所に入りません。")
        boot = work / "boot.fat"
        make_boot(
            boot,
            loader=work / LOADER,
            module=starter.module,
            kernel=kernel,
            initial=initial,
            disk=disk,
            version=version("kairan"),
            made=made,
        )
        half = work / "image"
        _put_together(half, boot, root, disk=disk, made=made, starter=starter.head)
        half.replace(out)


def _leave_out(archive: Path, names: Collection[str], out: Path) -> None:
    """Copy it byte by byte, but for those files."""
    with tarfile.open(archive) as found:
        members = [member for member in found if member.name in names]
    with archive.open("rb") as source, out.open("wb") as rest:
        for member in members:
            _copy(source, rest, member.offset - source.tell())
            source.seek(
                member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
            )
        shutil.copyfileobj(source, rest)


def _copy(source: BinaryIO, to: BinaryIO, count: int) -> None:
    while count:
        count -= to.write(source.read(min(count, _CHUNK_BYTES)))


def _squash(archive: Path, out: Path, *, made: int) -> None:
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(made)}
    command = ["sqfstar", *_SQUASHED, *_ROOT_OF_ALL, "-root-time", str(made), str(out)]
    run(command, "ルートファイルシステムを圧縮できません。", env=env, reads=archive)


def _put_together(
    out: Path, boot: Path, root: Path, *, disk: UUID, made: int, starter: bytes
) -> None:
    table = of_image(disk, root.stat().st_size)
    size = table.end + TAIL_BYTES
    head, tail = written(table, size)
    with out.open("w+b") as file:
        file.truncate(size)
        for name, source in ((ESP, boot), (ROOT, root)):
            whole = Piece(source=source, at=table[name].start, size=source.stat().st_size)
            put_into_new_file(whole, file)
        file.flush()
        size_of_parts = table.end - HEAD_BYTES
        digest = digest_of(out, start=HEAD_BYTES, size=size_of_parts, after=starter)
        says = Description(version=version("kairan"), made=made, digest=digest)
        file.seek(0)
        file.write(with_description(with_starter(head, starter), says))
        file.seek(size - TAIL_BYTES)
        file.write(tail)
