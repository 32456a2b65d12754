"""When the last backup was made, as this machine noted it: for whoever asks whether it is time."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sync.machine.clock import Moment
from sync.machine.files import read_bounded, write_whole

BACKUP_FILE = "backup.json"
_BYTES_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """The last one that was written and read again."""

    when: str  # RFC 3339
    clock: str  # how good the clock was that told it
    file: str  # its name on the stick
    entries: int

    @staticmethod
    def at(moment: Moment, *, file: str, entries: int) -> "BackedUp":
        """Made then."""
        return BackedUp(
            when=moment.at.isoformat(timespec="seconds"),
            clock=moment.quality.name.lower(),
            file=file,
            entries=entries,
        )


def note(folder: Path, made: BackedUp) -> None:
    """In the machine's folder. Raises OSError."""
    write_whole(folder / BACKUP_FILE, json.dumps(asdict(made), indent=1).encode())


def read_noted(folder: Path) -> BackedUp | None:
    """The last; None if there was none, or nobody can read of it any more."""
    with suppress(OSError, ValueError, RecursionError):
        match json.loads(read_bounded(folder / BACKUP_FILE, _BYTES_MAX) or b""):
            case {"when": str(when), "clock": str(clock), "file": str(file), "entries": int(n)}:
                return BackedUp(when=when, clock=clock, file=file, entries=n)
    return None
