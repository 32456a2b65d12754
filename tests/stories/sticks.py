"""Sticks with real file systems, in images of the test's own: FAT32, exFAT, and plain memory.

The kernel here may have no FAT of its own; then FUSE has one, over the same bytes.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
import pytest

from tests.patience import until

Kind = Literal["fat32", "exfat", "memory"]
KINDS: tuple[Kind, ...] = ("fat32", "exfat", "memory")
_MIB = 1 << 20
_SIZES: dict[Kind, int] = {"fat32": 34 * _MIB, "exfat": 8 * _MIB, "memory": 2 * _MIB}


@dataclass(frozen=True, slots=True)
class Stick:
    """A stick that may be plugged in somewhere."""

    kind: Kind
    image: Path

    @contextmanager
    def plugged_in(self, at: Path, *, read_only: bool = False) -> Iterator[Path]:
        """Mounted there while this lasts; pulled out afterwards, whoever still reads."""
        at.mkdir(parents=True, exist_ok=True)
        how = "ro" if read_only else "rw"
        match self.kind:
            case "fat32":
                _run("fusefat", "-o", "ro" if read_only else "rw+", self.image, at)
            case "exfat":
                loop = _run("losetup", "--find", "--show", self.image).strip()
                _run("mount.exfat-fuse", "-o", how, loop, at)
                _run("losetup", "--detach", loop)  # once nobody has it open
            case "memory":
                _run("mount", "--bind", self.image, at)
                if read_only:
                    _run("mount", "-o", "remount,bind,ro", at)
        try:
            yield at
        finally:
            self.pull_out(at)
            self._wait_until_written()

    def pull_out(self, at: Path) -> None:
        """Whether or not somebody reads; once more does nothing."""
        subprocess.run(["umount", "--lazy", at], check=False, capture_output=True)

    def _wait_until_written(self) -> None:
        """By the process that FUSE has for it, which ends then."""
        if self.kind != "memory":
            until(lambda: not self._is_open(), otherwise=lambda: f"{self.image} is still open")

    def _is_open(self) -> bool:
        loops = _run("losetup", "--noheadings", "--output", "NAME", "--associated", self.image)
        if self.kind == "exfat":
            return bool(loops.strip())
        return any(
            str(self.image) in process.info["cmdline"]
            for process in psutil.process_iter(["cmdline"])
            if process.info["cmdline"]
        )

    def copy(self, to: Path) -> "Stick":
        """What it would hold if it were pulled out now."""
        shutil.copy(self.image, to)
        return Stick(self.kind, to)


@contextmanager
def formatted(kind: Kind, image: Path) -> Iterator[Stick]:
    """An empty stick. Skipped where nobody may mount."""
    if os.getuid():
        pytest.skip("only root may mount a stick")
    if kind == "memory":
        image.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={_SIZES[kind]}", "tmpfs", image)
    else:
        with image.open("wb") as file:
            file.truncate(_SIZES[kind])
        _run(*(["mkfs.vfat", "-F", "32"] if kind == "fat32" else ["mkfs.exfat"]), image)
    try:
        yield Stick(kind, image)
    finally:
        if kind == "memory":
            subprocess.run(["umount", "--lazy", image], check=False)


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "family.mov").open("ab", buffering=0) as film:
        for size in (_MIB, 1 << 16, 4096, 512):
            try:
                while film.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
