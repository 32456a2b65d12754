"""A version of Kairan as one file: what a machine mounts in the place of the one in its image.

It is made of a whole cache and this checkout, as the image is; the same ones give the same bytes.
It says of itself which version it is, for which base, and which form it gives to a ledger.
"""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from node.refused import Refused
from node.updating.guardian import BASE
from provisioning.package_cache import whole
from provisioning.programs import check_programs, run
from provisioning.root_file_system import PROGRAM, install_kairan
from sync.limits import RELEASE_BYTES_MAX
from sync.machine.form import FORM

NOTE_FILE = "release.json"
"""In the file: what it says of itself."""

_NOTE_BYTES_MAX = 4_096
_SQUASHED = ("-comp", "zstd", "-b", "256K", "-all-root", "-noappend", "-no-progress", "-quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Of one file."""

    version: str
    base: str
    ledger: int


def make_release(cache: Path, out: Path) -> None:
    """Write it, whole or not at all. Raises Refused."""
    check_programs("mksquashfs")
    lock = whole(cache)
    with TemporaryDirectory(dir=out.resolve().parent, prefix=f".{out.name}.") as folder:
        work = Path(folder)
        tree = work / "tree"
        tree.mkdir()
        install_kairan(work, tree, cache, lock)
        squash(tree / PROGRAM, out, made=lock.made)


def squash(program: Path, out: Path, *, made: int, note: Note | None = None) -> None:
    """Of what stands in /opt/kairan. `made`: seconds since 1970, which all of it bears."""
    note = note or Note(version=version("kairan"), base=BASE, ledger=FORM)
    (program / NOTE_FILE).write_text(json.dumps(asdict(note)))
    half = out.with_name(f".{out.name}.half")
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    times = ("-mkfs-time", str(made), "-all-time", str(made))
    command = ["mksquashfs", str(program), str(half), *_SQUASHED, *times]
    try:
        run(command, "版を一つのファイルにまとめられません。", env=env)
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)


def read_note(file: Path) -> Note:
    """What such a file says of itself. Raises Refused."""
    check_programs("unsquashfs")
    wrong = f"{file} は、Kairan の版のファイルではありません。"
    done = subprocess.run(["unsquashfs", "-cat", file, NOTE_FILE], capture_output=True)
    if done.returncode or len(done.stdout) > _NOTE_BYTES_MAX:
        raise Refused(wrong)
    if file.stat().st_size > RELEASE_BYTES_MAX:
        raise Refused(f"{file} は大きすぎます。")
    try:
        told = json.loads(done.stdout)
        return Note(
            version=str(told["version"]), base=str(told["base"]), ledger=int(told["ledger"])
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Refused(wrong) from problem
