"""Who is who, in SQLite: statements, and which other towns are taken in."""

from collections.abc import Mapping
from dataclasses import replace

from sync.entry import EntryId
from sync.machine.acquaintances import Acquaintances
from sync.machine.database import Database
from sync.machine.letting_go import is_gone, still_taken
from sync.machine.stretch_rows import LANE_COLUMNS, StretchRows, read_lane
from sync.statement import Statement, read_statement
from sync.subscription import Subscription
from sync.trust import Trust


class StatementRows(StretchRows, Acquaintances):
    """What follows from a word of an authority, or of an office, for what is held."""

    def __init__(self, database: Database, authorities: Mapping[str, tuple[bytes, ...]]) -> None:
        """`authorities`: per town, the keys whose word holds there, by place."""
        super().__init__(database)
        self._authorities = authorities
        self._trust: tuple[int, Trust] = (-1, Trust(authorities))

    def trust(self) -> Trust:
        if self._transaction is not None and self._transaction.trust is not None:
            return self._transaction.trust
        (count,) = self._one("SELECT trust FROM counts")
        kept = self._trust  # another thread may put its own there meanwhile
        if count != kept[0]:
            rows = self._database.connection.execute("SELECT statement FROM statements")
            held = Trust(self._authorities).with_statements(read_statement(row[0]) for row in rows)
            said = self._all("SELECT taker, town, keys, name FROM subscriptions")
            held = replace(held, subscriptions=frozenset(_read_subscription(*row) for row in said))
            kept = self._trust = (count, held)
        trust = kept[1]
        if self._transaction is not None:  # meanwhile nobody else writes
            self._transaction.trust = trust
        return trust

    def state(self, statement: Statement, *, instead_of: Statement | None = None) -> None:
        held = self.trust().with_statements([statement], instead_of=instead_of)
        self._changes.trust = True
        assert self._transaction is not None
        self._transaction.trust = held
        if instead_of is not None:
            self._execute("DELETE FROM statements WHERE digest = ?", instead_of.digest)
        self._execute(
            "INSERT INTO statements (digest, statement) VALUES (?, ?)",
            statement.digest,
            statement.encoded,
        )
        self._execute("UPDATE counts SET trust = trust + 1")
        self._mind(statement)

    def subscribe(self, subscriptions: frozenset[Subscription]) -> None:
        before = self.trust()
        trust = replace(before, subscriptions=subscriptions)
        kept = still_taken(trust, before)
        self._changes.trust = True
        assert self._transaction is not None
        self._transaction.trust = replace(trust, statements=kept)
        self._database.connection.executemany(
            "DELETE FROM statements WHERE digest = ?",
            [(statement.digest,) for statement in before.statements - kept],
        )
        self._execute("DELETE FROM subscriptions")
        self._database.connection.executemany(
            "INSERT INTO subscriptions VALUES (?, ?, ?, ?)",
            [(each.by, each.town, b"".join(each.keys), each.name) for each in subscriptions],
        )
        self._execute("UPDATE counts SET trust = trust + 1")
        self._forget_agreements()
        self._let_go_waiting(lambda lane: is_gone(trust, lane))
        for row in self._all(f"SELECT stretch, {LANE_COLUMNS} FROM stretches WHERE number > 0"):
            if is_gone(trust, read_lane(*row[1:])):
                self._drop(row[0])

    def _drop(self, stretch: int) -> None:
        """All that is held in it; as if it were only named, for it may be, from elsewhere."""
        self._changes.records.update(
            EntryId(*row)
            for row in self._all(
                "SELECT DISTINCT id, record_number FROM entries"
                " JOIN stretches ON stretches.stretch = record_stretch WHERE entries.stretch = ?",
                stretch,
            )
        )
        for table in ("entries", "signatures", "ordered"):
            self._execute(f"DELETE FROM {table} WHERE stretch = ?", stretch)
        self._execute(
            f"UPDATE stretches SET (parent, first, number, head, {LANE_COLUMNS})"
            " = (NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE stretch = ?",
            stretch,
        )


def _read_subscription(by: str, town: str, keys: bytes, name: str) -> Subscription:
    each = tuple(keys[at : at + 32] for at in range(0, len(keys), 32))
    return Subscription(by, town, each, name)
