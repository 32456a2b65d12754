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
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Event, Lock, Thread

from sync.bundle import Parcel, pack_bundle
from sync.ledger import Ledger
from sync.packs import PACK_WRAPPED_BYTES_MAX, Due, due, out_of_place, size_of
from sync.wrapping import wrap

QUIET_SECONDS = 5.0
"""So long nothing may have changed before anything is packed …"""

WAITS_MAX = 12
"""… but no more than so many times: where something changes always it is packed all the same."""

_log = logging.getLogger(__name__)


def thoroughly(parcel: Parcel) -> bytes:
    """Wrapped here and now."""
    return wrap(parcel, thorough=True)


def thoroughly_apart(parcel: Parcel) -> bytes:
    """The same, in a process of low priority. Raises OSError if that can't be."""
    command = [sys.executable, "-m", "sync.machine.packing_apart"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        # A broken pipe: it ended before it had all, and says with what.
        with suppress(BrokenPipeError), child.stdin as told:
            for bundle in parcel.bundles:  # one by one: together they would lie here twice
                told.write(pack_bundle(bundle))
        wrapped = child.stdout.read()
    if child.returncode:
        raise ChildProcessError(f"packing ended with {child.returncode}")
    return wrapped


def pack_next(ledger: Ledger, wrapped_by: Callable[[Parcel], bytes] = thoroughly) -> bool:
    """Pack what is due next; False if nothing is."""
    if lost := out_of_place(ledger):
        with ledger.transaction():
            for pack in lost:
                ledger.unpack(pack)
    version = ledger.version()
    found = due(ledger)
    if found is None:
        return False
    wrapped = wrapped_by(Parcel(bundles=found.bundles))
    while len(wrapped) > PACK_WRAPPED_BYTES_MAX and len(found.bundles) > 1:
        found = replace(found, bundles=found.bundles[: len(found.bundles) // 2])
        wrapped = wrapped_by(Parcel(bundles=found.bundles))
    with ledger.transaction():
        if ledger.version() != version and not _still_so(ledger, found):
            return True
        for pack in found.instead_of:
            ledger.unpack(pack)
        ledger.keep_packed(found.runs, wrapped, size=sum(map(size_of, found.bundles)))
    return True


def _still_so(ledger: Ledger, found: Due) -> bool:
    """Whether every bundle is there as it was read, in a lane that didn't fork."""
    unforked = {item.id for item in ledger.lanes() if item.id == item.lane.id == item.stretch}
    return all(
        bundle.lane.id in unforked
        and ledger.run(bundle.lane.id, bundle.first, bundle.last) == bundle
        for bundle in found.bundles
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
