"""Small local facts that an administrator may read and mend by hand: TinyDB, one whole file.

Never sent; losing it loses nothing that matters. `kairan-sync` alone writes it; others read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from tinydb import Query, TinyDB
from tinydb.storages import Storage

from sync.machine.files import write_whole


class WholeFileStorage(Storage):
    """TinyDB's content in a file that is always the old one or the new one, whole."""

    def __init__(self, path: Path) -> None:
        """A file that can't be read any more counts as none; the next write puts it aside."""
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """What is in the file; None where there is none."""
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return content if _is_notes(content) else None

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the file."""
        if self._path.exists() and self.read() is None:
            self._path.replace(self._path.with_suffix(".damaged"))
        content = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
        write_whole(self._path, content.encode())


def _is_notes(content: object) -> bool:
    """Tables of numbered rows, as TinyDB wants them; a hand may have mended it otherwise."""
    return isinstance(content, dict) and all(
        isinstance(table, dict)
        and all(key.isascii() and key.isdigit() for key in table)
        and all(isinstance(row, dict) for row in table.values())
        for table in content.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What is noted about a machine on a road; times are as RFC 3339, empty for never."""

    address: str
    road: str  # "hub", "peer" for a static address, or "lan"
    name: str = ""
    key: str = ""  # hex
    tried: str = ""
    reached: str = ""
    synced: str = ""  # by its signed answer, both held the same
    problem: str = ""  # in words a keeper understands; empty while all is well
    software: str = ""
    clock: str = ""  # how good ours was at `tried`: "trusted", "carried", …; empty for unknown
    synced_clock: str = ""  # the same at `synced`
    held: str = ""  # entries that it signed for at `synced`
    ours: str = ""  # of these, written here


class Notebook:
    """The notes of one machine."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet."""
        self._path = path
        self._lock = Lock()

    def neighbours(self) -> list[Neighbour]:
        """All that are noted, by address."""
        with TinyDB(self._path, storage=WholeFileStorage) as notes:
            rows = notes.table("neighbours").all()
        known = Neighbour.__dataclass_fields__
        return sorted(
            (
                Neighbour(**{name: str(row[name]) for name in known if name in row})
                for row in rows
                if "address" in row and "road" in row
            ),
            key=lambda neighbour: neighbour.address,
        )

    def note(self, neighbour: Neighbour) -> None:
        """Write down the newest about it, in the place of what was."""
        same = Query().address == neighbour.address
        if neighbour.road == "lan":  # where addresses come and go
            same = (Query().road == "lan") & (Query().key == neighbour.key)
        with self._lock, TinyDB(self._path, storage=WholeFileStorage) as notes:
            notes.table("neighbours").upsert(asdict(neighbour), same)
