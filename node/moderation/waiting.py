"""Residents' posts that wait for a look: kept at this machine, outside the ledger.

What is here was acknowledged, so it is on the disk; it is bounded in number, bytes and time. A post
that was looked at leaves only its receipt, and so does one that whoever has the receipt took back,
or that nobody looked at for long; of those that were not let in, the newest keep their words for a
month, for whoever pressed the wrong button.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from node.moderation.sources import KIOSK, Share
from sync import cbor
from sync.entry import PAYLOAD_BYTES_MAX, Quality, Written, make_payload
from sync.errors import TooLarge
from sync.machine.database import Database

POSTS_MAX = 200
BYTES_MAX = 4 << 20
PICTURES_BYTES_MAX = 24 << 20
DECLINED_KEPT_MAX, DECLINED_DAYS = 20, 30
WAITS_DAYS = 90
"""More than an office is asked for (`node.retaining`), so that its answer has a month to come."""
RECEIPTS_MAX = 2_000
_ROOM_BYTES = 256  # for what letting it in adds

_COLUMNS = "id, code, board, fields, opened, since, since_quality, state, reason, post, mended"


class Full(Exception):
    """More than somebody could look at waits here, or more of one place than is its share."""


class State(StrEnum):
    """What came of it."""

    WAITING = "waiting"
    LET_IN = "let in"
    DECLINED = "declined"
    TAKEN_BACK = "taken back"  # by whoever has the receipt
    NOT_LOOKED_AT = "not looked at"  # its time was over


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPost:
    """One post, and what came of it."""

    id: int
    code: str  # of its receipt
    board: str
    fields: Mapping[str, object] | None  # None: gone
    opened: bool
    since: Written
    state: State
    reason: str
    post: str  # the address of what was let in
    mended: bool


class WaitingPosts:
    """The table of them."""

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def add(
        self,
        *,
        board: str,
        fields: Mapping[str, object],
        opened: bool,
        source: str,
        since: Written,
        code: Callable[[], str],
        pictures: Sequence[bytes] = (),
    ) -> WaitingPost:
        """Keep it; in a transaction. Raises Full, TooLarge."""
        size = len(make_payload(fields, salt=bytes(16))) + _ROOM_BYTES
        if size > PAYLOAD_BYTES_MAX:
            raise TooLarge(f"a post of {size} bytes")
        encoded = cbor.encode(dict(fields))
        if not self._share(source).leaves_room(POSTS_MAX, source):
            raise Full
        (held,) = self._one(
            "SELECT coalesce(sum(length(fields)), 0) FROM desk_posts WHERE fields IS NOT NULL"
        )
        (shown,) = self._one("SELECT coalesce(sum(length(jpeg)), 0) FROM desk_pictures")
        more = sum(map(len, pictures))
        if held + len(encoded) > BYTES_MAX or (more and shown + more > PICTURES_BYTES_MAX):
            raise Full
        (id_,) = self._one(
            "INSERT INTO desk_posts (code, board, fields, opened, source, since, since_quality,"
            " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            code(),
            board,
            encoded,
            opened,
            source,
            *since,
            State.WAITING,
        )
        self._database.connection.executemany(
            "INSERT INTO desk_pictures VALUES (?, ?, ?)",
            [(id_, place, jpeg) for place, jpeg in enumerate(pictures)],
        )
        found = self.get(id_)
        assert found is not None, "it was added just now"
        return found

    def _share(self, source: str) -> Share:
        where = "SELECT count(*) FROM desk_posts WHERE state = ?"
        (every,) = self._one(where, State.WAITING)
        (phones,) = self._one(f"{where} AND source <> ?", State.WAITING, KIOSK)
        (this,) = self._one(f"{where} AND source = ?", State.WAITING, source)
        return Share(all=every, phones=phones, this=this)

    def waiting(self) -> Sequence[WaitingPost]:
        """Those that nobody has looked at, the oldest first."""
        return self._select("state = ? ORDER BY id", State.WAITING)

    def were_let_in_as(self, post: str) -> bool:
        """Whether the post of that address waited here; where the table may be missing, too."""
        held = "SELECT 1 FROM sqlite_master WHERE name = 'desk_posts'"
        return bool(self._one(held) and self._select("post = ? LIMIT 1", post))

    def oldest(self) -> tuple[int, Written | None]:
        """How many wait, and since when the first does; where the table may be missing, too."""
        held = "SELECT 1 FROM sqlite_master WHERE name = 'desk_posts'"
        found = self.waiting() if self._one(held) else ()
        return len(found), found[0].since if found else None

    def declined(self) -> Sequence[WaitingPost]:
        """Those that were not let in and keep their words, the newest first."""
        return self._select("state = ? AND fields IS NOT NULL ORDER BY id DESC", State.DECLINED)

    def get(self, id_: int) -> WaitingPost | None:
        """The one of that number."""
        return next(iter(self._select("id = ?", id_)), None)

    def by_code(self, code: str) -> WaitingPost | None:
        """The one with that receipt."""
        return next(iter(self._select("code = ?", code)), None)

    def pictures(self, id_: int) -> Sequence[bytes]:
        """Those that wait with it."""
        sql = "SELECT jpeg FROM desk_pictures WHERE post = ? ORDER BY place"
        return [jpeg for (jpeg,) in self._database.connection.execute(sql, (id_,))]

    def let_in(self, id_: int, *, post: str, mended: bool) -> None:
        """It is in the ledger now, and here no more; in the transaction that wrote it there."""
        self._decide(id_, State.LET_IN, post=post, mended=mended)

    def decline(self, id_: int, reason: str) -> None:
        """It isn't let in; in a transaction."""
        self._decide(id_, State.DECLINED, reason=reason)

    def take_back(self, id_: int) -> None:
        """Its words are gone, and nobody is to look any more; in a transaction."""
        self._decide(id_, State.TAKEN_BACK)
        self._database.connection.execute("INSERT OR IGNORE INTO desk_waits VALUES (?, 0)", (id_,))

    def let_go(self, seconds: int) -> int:
        """Of the words that were declined a month before that time; of how many. In a transaction.

        What was declined by no clock that was set is kept from now on.
        """
        connection = self._database.connection
        self._note("desk_declined", State.DECLINED, seconds)
        over = "SELECT post FROM desk_declined WHERE since <= ?"
        before = seconds - DECLINED_DAYS * 86_400
        gone = connection.execute(
            f"UPDATE desk_posts SET fields = NULL WHERE id IN ({over})", (before,)
        ).rowcount
        connection.execute(f"DELETE FROM desk_pictures WHERE post IN ({over})", (before,))
        return gone

    def not_looked_at(self, seconds: int) -> Sequence[int]:
        """Let go of what waits for so long by that time: which; in a transaction.

        What is known to wait by no clock that was set waits from now on.
        """
        self._note("desk_waits", State.WAITING, seconds)
        rows = self._database.connection.execute(
            "SELECT post FROM desk_waits WHERE since <= ? ORDER BY post",
            (seconds - WAITS_DAYS * 86_400,),
        ).fetchall()
        for (id_,) in rows:
            self._decide(id_, State.NOT_LOOKED_AT)
            self._database.connection.execute("DELETE FROM desk_waits WHERE post = ?", (id_,))
        return [id_ for (id_,) in rows]

    def left_the_desk(self) -> int:
        """How many were waiting at the last look and are gone since; in a transaction."""
        return self._database.connection.execute(
            "DELETE FROM desk_waits WHERE post NOT IN (SELECT id FROM desk_posts WHERE state = ?)",
            (State.WAITING,),
        ).rowcount

    def _note(self, table: str, state: State, seconds: int) -> None:
        """Since when what is so, and has words, is known to be so."""
        kept = "SELECT id FROM desk_posts WHERE state = ? AND fields IS NOT NULL"
        execute = self._database.connection.execute
        execute(f"DELETE FROM {table} WHERE post NOT IN ({kept})", (state,))
        execute(f"INSERT OR IGNORE INTO {table} SELECT id, ? FROM ({kept})", (seconds, state))

    def _decide(
        self, id_: int, state: State, *, reason: str = "", post: str = "", mended: bool = False
    ) -> None:
        connection = self._database.connection
        connection.execute(
            "UPDATE desk_posts SET state = ?, reason = ?, post = ?, mended = ?,"
            " fields = CASE ? WHEN ? THEN fields END, source = '' WHERE id = ?",
            (state, reason, post, mended, state, State.DECLINED, id_),
        )
        connection.execute(
            "UPDATE desk_posts SET fields = NULL WHERE state = ? AND id NOT IN"
            " (SELECT id FROM desk_posts WHERE state = ? ORDER BY id DESC LIMIT ?)",
            (State.DECLINED, State.DECLINED, DECLINED_KEPT_MAX),
        )
        connection.execute(
            "DELETE FROM desk_posts WHERE state <> ? AND id NOT IN"
            " (SELECT id FROM desk_posts WHERE state <> ? ORDER BY id DESC LIMIT ?)",
            (State.WAITING, State.WAITING, RECEIPTS_MAX),
        )
        connection.execute(
            "DELETE FROM desk_pictures WHERE post NOT IN"
            " (SELECT id FROM desk_posts WHERE fields IS NOT NULL)"
        )

    def _one(self, sql: str, *values: object) -> Any:
        return self._database.connection.execute(sql, values).fetchone()

    def _select(self, which: str, *values: object) -> Sequence[WaitingPost]:
        rows = self._database.connection.execute(
            f"SELECT {_COLUMNS} FROM desk_posts WHERE {which}", values
        )
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> WaitingPost:
    id_, code, board, fields, opened, since, quality, state, reason, post, mended = row
    said: Any = None if fields is None else cbor.decode(fields, bytes_max=len(fields))
    return WaitingPost(
        id=id_,
        code=code,
        board=board,
        fields=said,
        opened=bool(opened),
        since=Written(since, Quality(quality)),
        state=State(state),
        reason=reason,
        post=post,
        mended=bool(mended),
    )
