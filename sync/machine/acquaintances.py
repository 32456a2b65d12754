"""What a ledger in SQLite keeps beside its entries: what waits, and what it knows of others."""

from collections.abc import Callable, Sequence
from functools import cached_property

from sync import cbor
from sync.bundle import Bundle, pack_bundle, unpack_bundle
from sync.frontier import Range, Summary, read_summary, summary_as_array
from sync.lane import Lane
from sync.ledger import Known, SetAside
from sync.machine.rows import Rows
from sync.machine.waiting_room import Load, has_room, stripped

_BASES_MAX = 8  # in memory


class Acquaintances(Rows):
    """Bundles that wait for something, and what is remembered of other machines."""

    def set_aside(self, source: str, bundle: Bundle) -> bool:
        ordered = self._all(
            "SELECT first, last FROM ordered WHERE lane = ? AND last >= ? AND first <= ?",
            bundle.lane.id,
            bundle.first,
            bundle.last,
        )
        packed = pack_bundle(stripped(bundle, [Range(*numbers) for numbers in ordered]))
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

    def _strip_waiting(self, lane: bytes, numbers: Range) -> None:
        """What is ordered away waits for nothing."""
        for key, packed in self._all("SELECT key, bundle FROM waiting"):
            bundle = unpack_bundle(packed)
            if bundle.lane.id == lane and (left := stripped(bundle, [numbers])) != bundle:
                self._execute("UPDATE waiting SET bundle = ? WHERE key = ?", pack_bundle(left), key)

    def _let_go_waiting(self, of: Callable[[Lane], bool]) -> None:
        """Those of such lanes."""
        for key, packed in self._all("SELECT key, bundle FROM waiting"):
            if of(unpack_bundle(packed).lane):
                self._execute("DELETE FROM waiting WHERE key = ?", key)

    def known(self, machine: bytes) -> Known:
        row = self._first(
            "SELECT seen, sent, digest, registers FROM known WHERE machine = ?", machine
        )
        if row is None:
            return Known()
        seen, sent, digest, registers = row
        agreed = self._base(digest) if digest else None
        return Known(
            offers_seen=seen,
            offers_sent=sent,
            agreed_digest=digest if agreed else b"",
            agreed=agreed,
            registers_agreed=registers,
        )

    def remember(self, machine: bytes, known: Known) -> None:
        before = self._first("SELECT digest FROM known WHERE machine = ?", machine)
        if known.agreed is not None:
            self._keep_base(known.agreed_digest, known.agreed)
        self._execute(
            "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)",
            machine,
            known.offers_seen,
            known.offers_sent,
            known.agreed_digest,
            known.registers_agreed,
        )
        if before is not None and before[0] != known.agreed_digest:
            self._execute(
                "DELETE FROM bases WHERE digest = ?1"
                " AND NOT EXISTS (SELECT 1 FROM known WHERE digest = ?1)",
                before[0],
            )

    def _base(self, digest: bytes) -> Summary | None:
        """One that was agreed on; machines that hold the same share it, in memory and on disk.

        None where others have agreed on another one a moment ago.
        """
        kept = self._bases.get(digest)
        if kept is None:
            row = self._first("SELECT summary FROM bases WHERE digest = ?", digest)
            if row is None:
                return None
            (encoded,) = row
            decoded = cbor.decode(encoded, bytes_max=len(encoded))
            kept = self._in_mind(digest, read_summary(decoded, lanes_max=None))
        return kept

    def _keep_base(self, digest: bytes, summary: Summary) -> None:
        if not self._first("SELECT 1 FROM bases WHERE digest = ?", digest):
            encoded = cbor.encode_plain(summary_as_array(summary))
            self._execute("INSERT INTO bases VALUES (?, ?)", digest, encoded)
        self._in_mind(digest, summary)

    def _in_mind(self, digest: bytes, summary: Summary) -> Summary:
        self._bases[digest] = summary
        while len(self._bases) > _BASES_MAX:
            self._bases.pop(next(iter(self._bases)), None)
        return summary

    @cached_property
    def _bases(self) -> dict[bytes, Summary]:
        """By their digests, which say all that is in them."""
        return {}

    def _forget_agreements(self) -> None:
        """Nothing is agreed with anybody any more; the counters of offers stay."""
        self._execute("UPDATE known SET digest = x'', registers = 0")
        self._execute("DELETE FROM bases")
