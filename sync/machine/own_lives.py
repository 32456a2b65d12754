"""Which life of an author a ledger writes: a larger one each time it may have been another's."""

from sync.machine.changing import Changing
from sync.machine.database import Database
from sync.machine.keys import incarnation_random
from sync.machine.mishap import Lives


class OwnLives(Changing):
    """The incarnations that were begun here; how many is noted beside the ledger too."""

    def __init__(self, database: Database) -> None:
        """Opens nothing yet."""
        super().__init__(database)
        self._lives = Lives(database.path)
        self._begun: dict[bytes, tuple[int, bytes]] = {}

    def own_incarnation(self, author: bytes) -> tuple[int, bytes]:
        with self.transaction():
            own = self._own_life(author)
            # A smaller one than was begun: the ledger was put back, and not what lies beside it.
            if own is None or own[0] < self._lives.largest(author):
                self.begin_incarnation(author)
                own = self._own_life(author)
            assert own is not None
            return own

    def is_own(self, author: bytes) -> bool:
        return self._first("SELECT 1 FROM own WHERE author = ?", author) is not None

    def _own_life(self, author: bytes) -> tuple[int, bytes] | None:
        row = self._first("SELECT ordinal, random FROM own WHERE author = ?", author)
        return (int(row[0]), bytes(row[1])) if row else None

    def begin_incarnation(self, author: bytes) -> None:
        (known,) = self._one(
            "SELECT max((SELECT coalesce(max(ordinal), 0) FROM stretches WHERE author = ?),"
            " (SELECT coalesce(max(ordinal), 0) FROM own WHERE author = ?))",
            author,
            author,
        )
        largest = max(known, self._lives.largest(author))
        life = self._begun.get(author)
        if life is None or life[0] != largest or known == largest:
            life = (largest + 1, incarnation_random())
            self._lives.begin(author, life[0])
            # A disk may be full for long: what was rolled back is begun again, not another one.
            self._begun[author] = life
        self._execute("INSERT OR REPLACE INTO own VALUES (?, ?, ?)", author, *life)
