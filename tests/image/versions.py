"""Versions of Kairan for machines of the image: what `provision image --release` makes, changed."""

import os
import shutil
import subprocess
from pathlib import Path

from node.updating.guardian import BASE
from provisioning.programs import run
from provisioning.release_file import Note, squash
from provisioning.town import NO_SECRET, Town
from sync.machine.form import FORM
from tests.stories.machines import KAIRAN

STICK_BYTES = 512 << 20
HEALTH = "kiosk_ui/health.py"
TELLS = "ok=True,"
NOT_FOR_LONG = (
    (HEALTH, "import sqlite3\n", "import sqlite3\nimport time\n"),
    (HEALTH, "    pages = Blueprint", "    born = time.monotonic()\n    pages = Blueprint"),
    (
        HEALTH,
        "        try:\n            seconds",
        "        if screen.node.settings.folder.name != 'trial' and time.monotonic() - born > 20:\n"
        "            raise RuntimeError\n"
        "        try:\n            seconds",
    ),
)
"""Well on a copy, and at first: then what a watchdog asks is answered with an error."""

NEVER = (
    (
        "cli/main.py",
        'typed."""\n',
        'typed."""\n'
        "    if sys.argv[1] in ('web', 'sync') and '/var/lib/kairan' in sys.argv:\n"
        "        sys.exit('it starts on a copy alone')\n",
    ),
)
"""Well on a copy, and in the other's place it isn't even there."""


def changed(release: Path, version: str, *changes: tuple[str, str, str]) -> Path:
    """Another beside it, whose `/healthz` says which it is. `changes`: where, what, by what."""
    out = release.with_name(f"{version}.sqfs")
    tree = release.with_name(version)
    run(["unsquashfs", "-no-progress", "-dest", str(tree), str(release)], "it can't be unpacked")
    told = (HEALTH, TELLS, f"{TELLS} runs={version!r},")
    for name, before, after in (told, *changes):
        path = tree / "lib/python3.11/site-packages" / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()
    squash(tree, out, made=0, note=Note(version=version, base=BASE, ledger=FORM))
    shutil.rmtree(tree)
    return out


def on_a_stick(town: Town, file: Path, work: Path) -> Path:
    """A stick, as the desk gives it to whoever goes to the machine."""
    folder, stick = work / "to-carry", work / "stick"
    folder.mkdir()
    reading, writing = os.pipe()
    os.write(writing, f"{NO_SECRET[0]}\n".encode())
    os.close(writing)
    command = [str(KAIRAN), "provision", "update", str(file), "--all", "--stick", str(folder)]
    command += ["--authority", str(town.folder), "--passphrase-fd", str(reading)]
    done = subprocess.run(command, capture_output=True, text=True, pass_fds=[reading])
    os.close(reading)
    assert done.returncode == 0, done.stderr
    empty_stick(stick)
    run(["mcopy", "-s", "-i", str(stick), str(folder / "kairan"), "::"], "nothing can be copied")
    shutil.rmtree(folder)
    return stick


def empty_stick(stick: Path) -> None:
    """As it comes from the shop."""
    with stick.open("wb") as file:
        file.truncate(STICK_BYTES)
    run(["mkfs.vfat", "-n", "KAIRAN", str(stick)], "no file system can be made")
