"""What a machine keeps, once more, for a version that is only tried: nothing of it is ever sent.

It lies in the machine's own folder, as private as what it is a copy of, and goes when the trial is
over; what a power cut left of it goes before the next.
"""

import fcntl
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.updating.inbox import INBOX_FOLDER
from sync.machine.database import copy_ledger
from sync.machine.settings import LEDGER_FILE
from sync.machine.version_files import FOR_OTHERS

TRIAL_FOLDER = "trial"
"""In the machine's folder."""

_LOCK_FILE = "trial.lock"
"""Held by whoever has that folder: who tries something may have lost who asked for it."""

_LEFT_OUT = (TRIAL_FOLDER, _LOCK_FILE, INBOX_FOLDER, FOR_OTHERS)

_FILE_BYTES_MAX = 16 << 20
"""Keys, settings, statements, notes. What is larger is a ledger, or damaged and laid aside."""


class NoRoom(Exception):
    """There isn't room for a copy."""


@contextmanager
def copied(data: Path) -> Iterator[Path]:
    """A folder that is as the machine's is now, for one at a time; others wait.

    Raises NoRoom; OSError, sqlite3.Error.
    """
    scratch = data / TRIAL_FOLDER
    with (data / _LOCK_FILE).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            _check_room(data)
            scratch.mkdir(mode=0o700)
            for path in sorted(data.iterdir()):
                _copy(path, scratch)
            if (data / LEDGER_FILE).exists():
                copy_ledger(data / LEDGER_FILE, scratch / LEDGER_FILE)
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _check_room(data: Path) -> None:
    ledger = data / LEDGER_FILE
    needed = 2 * ledger.stat().st_size if ledger.exists() else 0  # a form may be made anew in it
    if shutil.disk_usage(data).free < needed + _FILE_BYTES_MAX:
        raise NoRoom(f"{data} に、ためすための空きがありません。")


def _copy(path: Path, scratch: Path) -> None:
    if path.name in _LEFT_OUT or path.name.startswith(LEDGER_FILE):
        return
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode):
        (scratch / path.name).mkdir(mode=0o700)
        for inside in sorted(path.iterdir()):
            _copy(inside, scratch / path.name)
    elif stat.S_ISREG(found.st_mode) and found.st_size <= _FILE_BYTES_MAX:
        shutil.copyfile(path, scratch / path.name)
