"""Packs old runs while nothing else happens, so that whoever comes with nothing is served at once.

What is packed is read and wrapped outside a transaction; in the one that keeps it is seen that the
ledger still says so, for what was erased meanwhile must not stay in a pack.

Wrapping is for whoever has nothing else to do, so it is done in a process of low priority, which
holds no lock: neither the ledger's nor Python's own. What waits for a lock waits for its holder.
"""

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from threading import Event, Lock, Thread
from typing import NamedTuple

from sync.bundle import Bundle, Parcel
from sync.errors import TooLarge
from sync.ledger import Ledger, PackedRun
from sync.machine import packing_apart
from sync.packs import PACK_WRAPPED_BYTES_MAX, due, out_of_place, size_of
from sync.wrapping import Method, wrap, wrap_thoroughly

QUIET_SECONDS = 5.0
"""So long nothing may have changed before anything is packed …"""

WAITS_MAX = 12
"""… but no more than so many times: where something changes always it is packed all the same."""

_log = logging.getLogger(__name__)


Wrap = Callable[[Iterable[Bundle]], bytes]
"""Raises TooLarge if there is more than a table holds."""


def thoroughly_apart(bundles: Iterable[Bundle]) -> bytes:
    """`wrap_thoroughly` in a process of low priority, to which they are handed one by one.

    Raises TooLarge as that does, OSError if it can't be.
    """
    command = [sys.executable, "-m", packing_apart.__name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        # A broken pipe: it ended before it had all, and says with what.
        with suppress(BrokenPipeError), child.stdin as told:
            for bundle in bundles:
                packing_apart.tell(told, bundle)
        wrapped = child.stdout.read()
    if child.returncode == packing_apart.TOO_LARGE:
        raise TooLarge("more than a table holds")
    if child.returncode:
        raise ChildProcessError(f"packing ended with {child.returncode}")
    return wrapped


class _Seen(NamedTuple):
    """A bundle as it was read, in a few bytes."""

    lane: bytes
    first: int
    last: int
    size: int
    digest: bytes


def _see(bundle: Bundle) -> _Seen:
    digest = sha256(bundle.before + bundle.signature)
    for entry in bundle.entries:  # how long its payload is, a header says
        digest.update(entry.header)
        digest.update(b"\0" if entry.payload is None else b"\1" + entry.payload)
    return _Seen(bundle.lane.id, bundle.first, bundle.last, size_of(bundle), digest.digest())


def pack_next(ledger: Ledger, wrapped_by: Wrap = wrap_thoroughly) -> bool:
    """Pack what is due next; False if nothing is."""
    if lost := out_of_place(ledger):
        with ledger.transaction():
            for pack in lost:
                ledger.unpack(pack)
    version = ledger.version()
    found = due(ledger)
    if found is None:
        return False
    seen, wrapped = _wrapped(lambda: found.bundles(ledger), wrapped_by)
    if not seen:  # all of it was let go of a moment ago
        return True
    with ledger.transaction():
        if ledger.version() != version and not _still_so(ledger, seen):
            return True
        for pack in found.instead_of:
            ledger.unpack(pack)
        ledger.keep_packed(_runs(seen), wrapped, size=sum(each.size for each in seen))
    return True


def _wrapped(
    read: Callable[[], Iterator[Bundle]], wrapped_by: Wrap
) -> tuple[Sequence[_Seen], bytes]:
    """As many of them as fit, and what came of these."""
    count: int | None = None
    while True:
        seen: list[_Seen] = []
        try:
            wrapped = wrapped_by(_noted(islice(read(), count), seen))
        except TooLarge:  # in rows, then
            seen.clear()
            parcel = Parcel(bundles=(*_noted(islice(read(), count), seen),))
            wrapped = wrap(parcel, Method.ZSTD)
        if len(wrapped) <= PACK_WRAPPED_BYTES_MAX or len(seen) <= 1:
            return seen, wrapped
        count = len(seen) // 2


def _noted(bundles: Iterable[Bundle], seen: list[_Seen]) -> Iterator[Bundle]:
    for bundle in bundles:
        seen.append(_see(bundle))
        yield bundle


def _runs(seen: Iterable[_Seen]) -> list[PackedRun]:
    """Of each lane, one."""
    runs: dict[bytes, PackedRun] = {}
    for each in seen:
        first = runs[each.lane].first if each.lane in runs else each.first
        runs[each.lane] = PackedRun(each.lane, first, each.last)
    return [*runs.values()]


def _still_so(ledger: Ledger, seen: Iterable[_Seen]) -> bool:
    """Whether every bundle is there as it was read, in a lane that didn't fork."""
    unforked = {item.id for item in ledger.lanes() if item.id == item.lane.id == item.stretch}
    return all(
        each.lane in unforked
        and (bundle := ledger.run(each.lane, each.first, each.last)) is not None
        and _see(bundle) == each
        for each in seen
    )


class Packing:
    """A thread that has packs made, begun where something changed and ended when done."""

    def __init__(
        self, ledger: Ledger, *, close: Callable[[], None], quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        """`close`: called at the end of the thread, for what it opened of the ledger."""
        self._ledger = ledger
        self._close = close
        self._quiet_seconds = quiet_seconds
        self._seen = -1
        self._looking = Lock()
        self._stopped = Event()
        self._thread: Thread | None = None

    def look(self) -> None:
        """Something may have changed."""
        with self._looking:
            if self._thread is not None and self._thread.is_alive():
                return
            version = self._ledger.version()
            if version != self._seen:
                self._seen = version
                self._thread = Thread(target=self._run, name="packing", daemon=True)
                self._thread.start()

    def join(self) -> None:
        """Wait until nothing is due any more."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """End soon; what is half packed is packed another time."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            while self._is_quiet() and pack_next(self._ledger, thoroughly_apart):
                pass
        except (OSError, sqlite3.Error) as wrong:  # a full disk, as a rule; who writes next says so
            _log.info("not packed: %s", wrong)
        finally:
            self._close()

    def _is_quiet(self) -> bool:
        """Waits until nothing changes any more; False once stopped."""
        for _ in range(WAITS_MAX):
            if self._stopped.wait(self._quiet_seconds):
                return False
            before, self._seen = self._seen, self._ledger.version()
            if self._seen == before:
                break
        return True
