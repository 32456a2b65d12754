"""Sticks that are plugged in while nobody looks: read, written, and shown on the kiosk.

Somebody else mounts them below the folder that the settings name. What the kiosk shows is a small
file, so that screens know of it whatever process draws them.
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread

from node.carrying.stick import Visit, visit
from node.carrying.words import AGAIN, NOT_YET, REMOVABLE, WORKING, arrived_in_words, in_words
from node.node import Node
from sync.machine import clock
from sync.machine.files import read_bounded, write_whole

MOUNTS = Path("/proc/self/mountinfo")
FILE = "stick.json"
LOOK_SECONDS = 0.5
LEFT_SECONDS = 60.0
"""How long it is shown that a stick was pulled out too early."""

_FILE_BYTES_MAX = 4_096
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the kiosk says of the stick that is plugged in."""

    heading: str
    sentence: str
    state: str  # "working", "done", "trouble"


def mounted_below(folder: Path, mounts: str) -> Mapping[Path, str]:
    """What is mounted in it (or at it), by where; with what tells one stick from the next.

    What is of the same file system as the root is no stick: systemd mounts the folder itself once
    more, where a unit may write. `mounts`: as Linux lists them, proc(5).
    """
    listed = [parts for line in mounts.splitlines() if len(parts := line.split(" ")) > 4]
    own = {parts[2] for parts in listed if parts[4] == "/"}
    found: dict[Path, str] = {}
    for parts in listed:
        at = Path(_unescaped(parts[4]))
        if parts[2] not in own and (at == folder or folder in at.parents):
            found[at] = f"{parts[0]} {parts[2]}"
    return found


def _unescaped(text: str) -> str:
    for sign in " \t\n\\":
        text = text.replace(f"\\{ord(sign):03o}", sign)
    return text


def read_shown(folder: Path) -> Shown | None:
    """What the kiosk of the machine in that folder should say of a stick, if anything."""
    with suppress(OSError, ValueError, TypeError):
        content = read_bounded(folder / FILE, _FILE_BYTES_MAX)
        return Shown(**json.loads(content or b""))
    return None


def _show(folder: Path, shown: Shown | None) -> None:
    """Where the disk takes nothing the stick is read all the same."""
    with suppress(OSError):
        if shown is None:
            (folder / FILE).unlink(missing_ok=True)
        else:
            write_whole(folder / FILE, json.dumps(asdict(shown), ensure_ascii=False).encode())


class Sticks:
    """Looks for sticks until it is stopped; one is read after the other."""

    def __init__(self, node: Node, mounts: Callable[[], str] = MOUNTS.read_text) -> None:
        """Does nothing before `start`, and never where no folder is watched."""
        self._node, self._mounts = node, mounts
        self._known: dict[Path, str] = {}
        self._shown_until: float | None = None
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="sticks", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._node.settings.sticks is not None:
            _show(self._node.settings.folder, None)
            self._thread.start()

    def stop(self) -> None:
        """End after the stick that is being read, or leave it to whoever starts next."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> None:
        """Read what was plugged in since the last look."""
        assert self._node.settings.sticks is not None
        there = mounted_below(self._node.settings.sticks, self._mounts())
        gone = [at for at, which in self._known.items() if there.get(at) != which]
        for at in gone:
            del self._known[at]
        if gone and self._shown_until is None:
            _show(self._node.settings.folder, None)
        if self._shown_until is not None and clock.running() > self._shown_until:
            self._shown_until = None
            _show(self._node.settings.folder, None)
        for at, which in there.items():
            if at not in self._known:
                self._known[at] = which
                self._read(at)

    def _read(self, stick: Path) -> None:
        folder = self._node.settings.folder
        self._shown_until = None
        _show(folder, Shown(heading=NOT_YET, sentence=WORKING, state="working"))
        came = visit(self._node, stick)
        _log.info("a stick at %s: %s", stick, in_words(came))
        _show(folder, _shown(came))
        if not came.removable:
            self._shown_until = clock.running() + LEFT_SECONDS

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # whatever is wrong with one stick, the next one is read
                _log.exception("looking for sticks")
        self._node.database.close()


def _shown(came: Visit) -> Shown:
    sentence = in_words(came) + arrived_in_words(came)
    if came.removable:
        return Shown(heading=REMOVABLE, sentence=sentence, state="done")
    return Shown(heading=AGAIN, sentence=sentence, state="trouble")
