"""Clocks that stories set: what a machine's says, and whether anybody vouches for it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WITNESSED = Path(__file__).parent / "witnessed"  # Python reads its sitecustomize.py at every start


class Clock:
    """What a machine's clock says; it is set by writing a file (libfaketime)."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, moment: str) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(f"@{moment}\n")
        new.replace(self.file)

    @contextmanager
    def worn(self, **also: str) -> Iterator[None]:
        """What is started meanwhile has this clock."""
        lent = {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            # A jump is of the clock on the wall; what only ever grows goes on growing.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # It moves the times of files too, and compiled code says when its source was written.
            "PYTHONDONTWRITEBYTECODE": "1",
            **also,
        }
        before = {name: os.environ.get(name) for name in lent}
        os.environ.update(lent)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value


def trusted(file: Path) -> dict[str, str]:
    """For `worn`: whoever is started so trusts its clock while that file is there."""
    path = os.pathsep.join([str(WITNESSED), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "KAIRAN_STORY_SYNCHRONISED": str(file)}


def _library() -> str:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found or not shutil.which("faketime"):
        pytest.skip("Debian's faketime is not here")
    return str(found[0])
