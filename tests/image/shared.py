"""What is dear to make and only read: made by the first worker that wants it, and gone with the
last.
"""

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shared(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """What `make` puts into that folder, which all processes name alike.

    A process that is killed leaves it behind.
    """
    users = folder.with_name(f"{folder.name}.users")
    with _alone(users):
        count = _count(users)
        if not count:
            _remove(folder)  # what somebody began
            folder.mkdir()
            make(folder)
        users.write_text(str(count + 1))
    try:
        yield folder
    finally:
        with _alone(users):
            count = _count(users) - 1
            users.write_text(str(count))
            if not count:
                _remove(folder)


def _remove(folder: Path) -> None:
    """With nothing that is mounted in it."""
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", folder], check=True)


def _count(users: Path) -> int:
    return int(users.read_text() or 0)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
