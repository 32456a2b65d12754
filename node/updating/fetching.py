"""The file that this machine waits for, fetched by line: a piece at a time, from one at a time.

What came lies in the inbox as a half file, and fetching goes on behind it, from whoever has the
rest, also after a restart. Only the whole can be judged. If it isn't what was signed it is thrown
away; who gave all of it is asked no more for a while, and where several gave of it the next one is
taken from one alone. Whoever calls sees to it that a piece never goes before an exchange.

docs/spec/13-releases.md, "By line".
"""

import logging
from pathlib import Path
from threading import Lock

from node.node import Node
from node.road import HttpRoad
from node.updating.coming import awaited, half_of, has_room, put_down
from node.updating.inbox import INBOX_FOLDER, waiting_file
from sync.errors import Busy, Interrupted, Malformed, NotThere, Unreachable
from sync.limits import PIECE_BYTES_MAX
from sync.machine import clock
from sync.machine.files import sync_file, sync_folder
from sync.machine.pace import Pace
from sync.machine.version_files import digest_of
from sync.release import Release

NEAR_BYTES = PIECE_BYTES_MAX
FAR_BYTES = 64 << 10
PIECE_SECONDS = 2.0
"""So long may a piece take, and an exchange wait for it; on a slow line pieces become smaller."""

BUSY_SECONDS = 1.0
BROKE_SECONDS, BROKE_SECONDS_MAX = 5.0, 60.0  # twice as long each time
NEAR_AGAIN_SECONDS, FAR_AGAIN_SECONDS = 30.0, 300.0  # who hasn't got it may come to have it
HELD_SECONDS = 10.0  # so long whoever gave a piece last has the turn
NO_ROOM_SECONDS = 60.0
COSTS_SECONDS = 3_600.0
"""So long a hub isn't asked whose line costs by the byte."""

WRONG_SECONDS = 3_600.0
ALONE_SECONDS_MAX = 10_800.0
"""So long one alone may take for all of it, until it is begun anew with another."""

_EARLIER = ""  # who gave of a half that was there when we started

_log = logging.getLogger(__name__)


class Source:
    """Somebody who may have it, and how fast the line there is; for one thread at a time."""

    def __init__(self, name: str, road: HttpRoad, *, near: bool) -> None:
        """`name`: of the machine, wherever it is met. `near`: on the LAN."""
        self.name, self.road, self.near = name, road, near
        self._pace = Pace(NEAR_BYTES if near else FAR_BYTES, seconds=PIECE_SECONDS)
        self._broke = 0

    def piece(self, release: Release, first: int) -> bytes:
        """Bytes of its file, at least one. Raises NotThere, Malformed, Unreachable."""
        count = min(self._pace.budget_bytes, release.size - first)
        began = clock.running()
        try:
            content = self.road.piece(release.digest, first=first, count=count, size=release.size)
        except Unreachable as wrong:
            under_way = isinstance(wrong, Interrupted)
            self._pace.broke(clock.running() - began, under_way=under_way)
            self._broke += 1
            raise
        if len(content) < count:
            self._pace.broke(clock.running() - began, under_way=True)
            self._broke += 1
        else:
            self._pace.took(count, clock.running() - began)
            self._broke = 0
        return content

    @property
    def broke_seconds(self) -> float:
        """When to ask again, where the line broke the last time; 0 where it didn't."""
        return min(BROKE_SECONDS * 2 ** (self._broke - 1), BROKE_SECONDS_MAX) if self._broke else 0

    @property
    def again_seconds(self) -> float:
        """When to ask again who hadn't got it."""
        return NEAR_AGAIN_SECONDS if self.near else FAR_AGAIN_SECONDS


class Fetching:
    """Of one machine, for all its neighbours."""

    def __init__(self, node: Node) -> None:
        """Nothing is asked before `piece`."""
        self._node = node
        self._turn = Lock()
        self._givers: set[str] = {_EARLIER}
        self._last: Source | None = None  # who gave a piece
        self._last_at = self._begun_at = 0.0
        self._wrong: dict[str, float] = {}  # until when they aren't asked
        self._of_one_alone = False

    def is_wanted(self) -> bool:
        """Whether there is anything to fetch."""
        return awaited(self._node) is not None

    def piece(self, source: Source) -> float | None:
        """Take one from there, if it has the turn; the seconds until it may be asked again.

        None once there is nothing to fetch. Raises sqlite3.Error, OSError.
        """
        release = awaited(self._node)
        if release is None:
            return None
        if self._node.settings.metered and not source.near:
            return COSTS_SECONDS
        if not self._turn.acquire(blocking=False):
            return BUSY_SECONDS
        try:
            return self._wait_for(source) or self._fetch(release, source)
        finally:
            self._turn.release()

    def _wait_for(self, source: Source) -> float:
        now = clock.running()
        if (wrong_until := self._wrong.get(source.name, now)) > now:
            return wrong_until - now
        last = self._last
        if last is None or last.name == source.name or (source.near and not last.near):
            return 0.0
        return max(0.0, self._last_at + HELD_SECONDS - now)

    def _fetch(self, release: Release, source: Source) -> float:
        file = waiting_file(self._node.settings.folder / INBOX_FOLDER, release)
        half = half_of(file)
        at = self._begun(half, release, source)
        if at is None:
            return NEAR_AGAIN_SECONDS
        if not has_room(self._node, release, arrived=at):
            return NO_ROOM_SECONDS
        if at < release.size:
            wait = self._take(release, half, at, source)
            if wait or half.stat().st_size < release.size:
                return wait
        self._finish(release, half, file)
        return 0.0

    def _begun(self, half: Path, release: Release, source: Source) -> int | None:
        """How much of it is here; None where this one can't go on with it."""
        at = half.stat().st_size if half.exists() else 0
        others = self._givers - {source.name}
        if at and others and self._of_one_alone:
            if clock.running() < self._begun_at + ALONE_SECONDS_MAX:
                return None
            half.unlink()
            at = 0
        if at > release.size:
            half.unlink()
            at = 0
        if not at:
            self._givers, self._begun_at = set(), clock.running()
        return at

    def _take(self, release: Release, half: Path, at: int, source: Source) -> float:
        """One piece more; the seconds to wait, if it isn't all well there."""
        try:
            content = source.piece(release, at)
        except NotThere:
            return source.again_seconds
        except Malformed as wrong:
            self._blame(source.name, str(wrong))
            return WRONG_SECONDS
        except Busy:
            return BUSY_SECONDS
        except Unreachable:
            return source.broke_seconds
        half.parent.mkdir(exist_ok=True, mode=0o700)
        with half.open("ab") as written:
            written.write(content)
        half.chmod(0o600)
        self._givers.add(source.name)
        # Where the line broke others may try meanwhile.
        self._last, self._last_at = None if source.broke_seconds else source, clock.running()
        return source.broke_seconds

    def _finish(self, release: Release, half: Path, file: Path) -> None:
        if digest_of(half) == release.digest:
            sync_file(half)
            half.replace(file)
            sync_folder(file.parent)
            self._of_one_alone = False
            _log.info("the file of version %s has come by line", release.version)
            put_down(self._node)  # the word may be newer than when it was put down last
            return
        half.unlink()
        if len(self._givers) == 1 and _EARLIER not in self._givers:
            (giver,) = self._givers
            self._blame(giver, "not the file that was signed")
        else:
            self._of_one_alone = True
            _log.warning("what came of version %s is not the file that was signed", release.version)

    def _blame(self, name: str, why: str) -> None:
        self._wrong[name] = clock.running() + WRONG_SECONDS
        _log.warning("no file of a version is taken from %s for an hour: %s", name[:16], why)
        if self._last is not None and self._last.name == name:
            self._last = None
