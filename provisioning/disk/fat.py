"""FAT, which every firmware and every PC reads: made, filled and read with no mount and no driver,
and the same to the last byte each time.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from provisioning.programs import run

_WHY_NOT = "FATの区画を作れません。"


def make_fat(out: Path, size: int, *, bits: int, label: str, made: int) -> None:
    """An empty one. `made`: the date of all that is in it, in seconds since 1970."""
    with out.open("wb") as file:
        file.truncate(size)
    command = ["mkfs.vfat", "--invariant", "-F", str(bits), "-n", label, str(out)]
    run(command, _WHY_NOT, env=_at(made))


def make_folders(fat: Path, names: Iterable[str], *, made: int) -> None:
    """Those above first."""
    run(["mmd", "-i", str(fat), *(f"::/{name}" for name in names)], _WHY_NOT, env=_at(made))


def copy_in(fat: Path, files: Mapping[str, Path], *, made: int) -> None:
    """Files, by what they are called there; in place of those of that name."""
    for name, path in files.items():
        run(["mcopy", "-o", "-i", str(fat), str(path), f"::/{name}"], _WHY_NOT, env=_at(made))


def copy_out(fat: Path, folder: Path) -> bool:
    """All files at its top, into a folder; False where it is no FAT, or can't be read."""
    command = ["mcopy", "-n", "-i", str(fat), "::/*", str(folder)]
    return subprocess.run(command, capture_output=True, env=_at(0)).returncode == 0


def read_file(disk: Path, name: str, *, at: int) -> bytes | None:
    """One of the FAT that begins there on a disk; None where it is none, or has no such file."""
    command = ["mtype", "-i", f"{disk}@@{at}", f"::/{name}"]
    done = subprocess.run(command, capture_output=True, env=_at(0))
    return None if done.returncode else done.stdout


def _at(made: int) -> dict[str, str]:
    return {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(made),
        "TZ": "UTC",  # a FAT's times are those of the place
        "MTOOLSRC": os.devnull,
        "LC_ALL": "C.UTF-8",
    }
