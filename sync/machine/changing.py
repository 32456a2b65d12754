"""Transactions of a ledger in SQLite: what one changed is seen by others when it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sync.ledger import Changes, Projection
from sync.machine.rows import Rows
from sync.trust import Trust


@dataclass(slots=True)
class _Transaction:
    """What this thread has changed and not committed."""

    changes: Changes
    trust: Trust | None = None  # as it is now, with statements that others must not see yet


class Changing(Rows):
    """Counts its changes, and tells them to a projection inside the transaction."""

    _project: Projection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._database.in_transaction:
            assert self._transaction is not None, "in a transaction that isn't the ledger's"
            yield
            return
        with self._database.transaction() as connection:
            changes = Changes()
            self._database.local.ledger = _Transaction(changes)
            try:
                yield
                if changes.any:
                    connection.execute("UPDATE counts SET version = version + 1")
                    self._project(changes)
            finally:
                self._database.local.ledger = None

    @property
    def _transaction(self) -> _Transaction | None:
        transaction: _Transaction | None = getattr(self._database.local, "ledger", None)
        return transaction

    @property
    def _changes(self) -> Changes:
        assert self._transaction is not None, "outside a transaction"
        return self._transaction.changes

    def version(self) -> int:
        (version,) = self._one("SELECT version FROM counts")
        return int(version)

    def _settled(self) -> object | None:
        transaction = self._transaction
        return None if transaction and transaction.changes.any else self.version()
