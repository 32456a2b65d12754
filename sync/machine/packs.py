"""What a ledger in SQLite has packed once: see `packs` in ledger.sql for what undoes it."""

from collections.abc import Sequence

from sync.ledger import Pack, PackedRun
from sync.machine.rows import Rows


class Packs(Rows):
    """Runs wrapped once, to be handed on as they are."""

    def packs(self) -> Sequence[Pack]:
        runs: dict[tuple[int, int, int], list[PackedRun]] = {}
        for *pack, id_, first, last in self._all(  # all at one moment
            "SELECT pack, size, length(wrapped), id, packed.first, last"
            " FROM packs JOIN packed USING (pack) JOIN stretches USING (stretch)"
            " ORDER BY pack, id, last"
        ):
            key, size, wrapped_size = pack
            runs.setdefault((key, size, wrapped_size), []).append(PackedRun(id_, first, last))
        return [
            Pack(key=key, runs=tuple(some), size=size, wrapped_size=wrapped_size)
            for (key, size, wrapped_size), some in runs.items()
        ]

    def packed(self, pack: Pack) -> bytes | None:
        row = self._first("SELECT wrapped FROM packs WHERE pack = ?", pack.key)
        return None if row is None else bytes(row[0])

    def keep_packed(self, runs: Sequence[PackedRun], wrapped: bytes, *, size: int) -> None:
        (key,) = self._one(
            "INSERT INTO packs (size, wrapped) VALUES (?, ?) RETURNING pack", size, wrapped
        )
        for run in runs:
            self._execute(
                "INSERT INTO packed (stretch, first, last, pack)"
                " VALUES ((SELECT stretch FROM stretches WHERE id = ?), ?, ?, ?)",
                *run,
                key,
            )

    def unpack(self, pack: Pack) -> None:
        self._execute("DELETE FROM packs WHERE pack = ?", pack.key)
