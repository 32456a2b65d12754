"""What a ledger in SQLite keeps beside its entries: what waits, and what it knows of others."""

from collections.abc import Callable, Sequence

from sync import cbor
from sync.bundle import Bundle, pack_bundle, unpack_bundle
from sync.frontier import read_summary, summary_as_array
from sync.lane import Lane
from sync.ledger import Known, SetAside
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.rows import Rows
from sync.machine.waiting_room import Load, has_room


class Acquaintances(Rows):
    """Bundles that wait for something, and what is remembered of other machines."""

    def set_aside(self, source: str, bundle: Bundle) -> bool:
        packed = pack_bundle(bundle)
        if self._first(
            "SELECT 1 FROM waiting WHERE author = ? AND first = ? AND bundle = ?",
            bundle.lane.author,
            bundle.first,
            packed,
        ):
            return True
        load = "SELECT count(*), coalesce(sum(length(bundle)), 0) FROM waiting"
        beside = Load(*self._one(f"{load} WHERE source = ?", source))
        if not has_room(len(packed), beside=beside, in_all=Load(*self._one(load))):
            return False
        self._execute(
            "INSERT INTO waiting (source, author, first, bundle) VALUES (?, ?, ?, ?)",
            source,
            bundle.lane.author,
            bundle.first,
            packed,
        )
        return True

    def waiting(self, author: bytes) -> Sequence[SetAside]:
        return [
            SetAside(key, unpack_bundle(packed))
            for key, packed in self._all(
                "SELECT key, bundle FROM waiting WHERE author = ? ORDER BY first", author
            )
        ]

    def waiting_count(self) -> int:
        (count,) = self._one("SELECT count(*) FROM waiting")
        return int(count)

    def let_go(self, waiting: SetAside) -> None:
        self._execute("DELETE FROM waiting WHERE key = ?", waiting.key)

    def _let_go_waiting(self, of: Callable[[Lane], bool]) -> None:
        """Those of such lanes."""
        for key, packed in self._all("SELECT key, bundle FROM waiting"):
            if of(unpack_bundle(packed).lane):
                self._execute("DELETE FROM waiting WHERE key = ?", key)

    def known(self, machine: bytes) -> Known:
        row = self._first("SELECT seen, sent, digest, agreed FROM known WHERE machine = ?", machine)
        if row is None:
            return Known()
        seen, sent, digest, agreed = row
        return Known(
            offers_seen=seen,
            offers_sent=sent,
            agreed_digest=digest,
            agreed=read_summary(cbor.decode(agreed, bytes_max=MESSAGE_BYTES_MAX))
            if agreed
            else None,
        )

    def remember(self, machine: bytes, known: Known) -> None:
        self._execute(
            "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)",
            machine,
            known.offers_seen,
            known.offers_sent,
            known.agreed_digest,
            cbor.encode(summary_as_array(known.agreed)) if known.agreed else None,
        )

    def _forget_agreements(self) -> None:
        """Nothing is agreed with anybody any more; the counters of offers stay."""
        self._execute("UPDATE known SET digest = x'', agreed = NULL")
