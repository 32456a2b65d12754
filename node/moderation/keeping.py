"""What lies on the desk outside the ledger, taken along in a backup and laid there again.

A post that waited may have been let in since, and then erased: nobody could tell, for of what was
erased no words are left. So what comes back waits only as long as nothing of its board was erased
that the machine began after the backup; then it goes, with all that it might be.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from node.moderation.reports import OPEN_MAX
from node.moderation.reports import State as ReportState
from node.moderation.waiting import BYTES_MAX, POSTS_MAX, RECEIPTS_MAX, State
from node.post import PostState
from sync import cbor
from sync.errors import Malformed
from sync.machine.database import Database

MAY_BE_ERASED = (
    "機械を新しくしたときに、もう消すことになった投稿と見分けられなくなったため"
    "（お手数ですが、もう一度書いてください）"
)

_POST = "code, board, fields, opened, source, since, since_quality, state, reason, post, mended"
_REPORT = "post, board, count, since, since_quality, reasons, words, state, answer"
_POST_TYPES = (str, str, bytes | None, int, str, int, int, str, str, str, int)
_REPORT_TYPES = (str, str, int, int, int, bytes, bytes | None, str, str)
_REPORTS_MAX = 2 * OPEN_MAX
_HEARD_MAX = 20_000

_RESTORED = (
    "CREATE TABLE IF NOT EXISTS desk_restored"
    " (id INTEGER PRIMARY KEY, author BLOB NOT NULL, lanes BLOB NOT NULL)",
)

Frontier = Mapping[bytes, int]
"""Of one author: per lane, the number up to which a backup has it."""


def taken_along(database: Database) -> dict[str, object]:
    """All that waits, and what receipts say; words that were declined stay behind."""
    rows = database.connection.execute
    if not rows("SELECT 1 FROM sqlite_master WHERE name = 'desk_posts'").fetchone():
        return {}
    return {
        "posts": [
            list(row)
            for row in rows(
                f"SELECT {_POST} FROM desk_posts WHERE state = ? UNION ALL"
                " SELECT code, board, NULL, opened, source, since, since_quality, state, reason,"
                " post, mended FROM desk_posts WHERE state <> ?",
                (State.WAITING, State.WAITING),
            )
        ],
        "reports": [
            [list(row[1:]), [code for (code,) in receipts]]
            for row in rows(
                f"SELECT id, {_REPORT} FROM desk_reports WHERE state = ? OR id IN"
                " (SELECT report FROM desk_receipts) ORDER BY id DESC LIMIT ?",
                (ReportState.OPEN, _REPORTS_MAX),
            ).fetchall()
            for receipts in [
                rows("SELECT code FROM desk_receipts WHERE report = ?", (row[0],)).fetchall()
            ]
        ],
        "heard": [
            list(row) for row in rows("SELECT lane, number FROM desk_heard LIMIT ?", (_HEARD_MAX,))
        ],
    }


class Restored:
    """What came back from a backup, and waits here again."""

    def __init__(self, database: Database) -> None:
        """The desk's tables are there."""
        self._database = database
        database.make(_RESTORED)

    def lay_out(self, told: object, *, author: bytes, frontier: Frontier) -> int:
        """Beside what lies here; how many posts wait again. In a transaction. Raises Malformed."""
        match told:
            case {"posts": list(posts), "reports": list(reports), "heard": list(heard)}:
                pass
            case {}:
                return 0
            case _:
                raise Malformed("not a desk")
        if len(posts) > POSTS_MAX + RECEIPTS_MAX or len(reports) > _REPORTS_MAX:
            raise Malformed("more than lies on a desk")
        count = sum(self._lay_post(row, author, frontier) for row in posts)
        for report in reports:
            self._lay_report(report)
        self._database.connection.executemany(
            "INSERT OR IGNORE INTO desk_heard VALUES (?, ?)", list(_read_heard(heard))
        )
        return count

    def _lay_post(self, row: object, author: bytes, frontier: Frontier) -> bool:
        values = _checked(row, _POST_TYPES)
        execute = self._database.connection.execute
        state, fields = values[7], values[2]
        if state not in set(State) or (fields is not None and len(fields) > BYTES_MAX):
            raise Malformed("not a post that waits")
        laid = execute(
            f"INSERT OR IGNORE INTO desk_posts ({_POST})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            values,
        ).fetchone()
        if laid is None or state != State.WAITING:
            return False
        lanes = cbor.encode([list(item) for item in sorted(frontier.items())])
        execute("INSERT OR REPLACE INTO desk_restored VALUES (?, ?, ?)", (*laid, author, lanes))
        return True

    def _lay_report(self, report: object) -> None:
        match report:
            case [list(row), list(receipts)] if all(isinstance(code, str) for code in receipts):
                values = _checked(row, _REPORT_TYPES)
            case _:
                raise Malformed("not a report")
        if values[7] not in set(ReportState):
            raise Malformed("not a report")
        execute = self._database.connection.execute
        held = "SELECT 1 FROM desk_receipts WHERE code = ?"
        if any(execute(held, (code,)).fetchone() for code in receipts):
            return
        laid = execute(
            f"INSERT OR IGNORE INTO desk_reports ({_REPORT})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            values,
        ).fetchone()
        if laid is not None:
            for code in receipts:
                execute("INSERT OR IGNORE INTO desk_receipts VALUES (?, ?, '')", (code, *laid))

    def look(self) -> int:
        """Let go of what may have been erased meanwhile; how many. In no transaction."""
        rows = self._database.connection.execute
        if not rows("SELECT 1 FROM desk_restored LIMIT 1").fetchone():
            return 0
        with self._database.transaction() as connection:
            going = [
                id_
                for id_, board, author, lanes in connection.execute(
                    "SELECT id, board, author, lanes FROM desk_restored"
                    " JOIN desk_posts USING (id) WHERE state = ?",
                    (State.WAITING,),
                ).fetchall()
                if self._may_be_erased(board, author, lanes)
            ]
            for id_ in going:
                connection.execute(
                    "UPDATE desk_posts SET fields = NULL, state = ?, reason = ?, source = ''"
                    " WHERE id = ?",
                    (State.DECLINED, MAY_BE_ERASED, id_),
                )
            connection.execute(
                "DELETE FROM desk_restored WHERE id NOT IN"
                " (SELECT id FROM desk_posts WHERE state = ?)",
                (State.WAITING,),
            )
        return len(going)

    def is_clean(self) -> bool:
        """The same for whoever says then that nothing is left; False on a full disk."""
        try:
            self.look()
        except sqlite3.OperationalError:
            return False
        return True

    def _may_be_erased(self, board: str, author: bytes, lanes: bytes) -> bool:
        told: Any = cbor.decode(lanes, bytes_max=len(lanes))
        frontier: Frontier = dict(told)
        erased = self._database.connection.execute(
            "SELECT lane, number FROM posts WHERE board = ? AND author = ? AND state = ?",
            (board, author, PostState.ERASED),
        )
        return any(number > frontier.get(lane, 0) for lane, number in erased)


def _checked(row: object, types: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a row, of the types that its columns have. Raises Malformed."""
    if not isinstance(row, list) or len(row) != len(types):
        raise Malformed("not a row of the desk")
    if not all(isinstance(value, kind) for value, kind in zip(row, types, strict=True)):
        raise Malformed("not a row of the desk")
    return tuple(row)


def _read_heard(heard: Sequence[object]) -> Iterator[tuple[bytes, int]]:
    for item in heard[:_HEARD_MAX]:
        match item:
            case [bytes(lane), int(number)]:
                yield lane, number
            case _:
                raise Malformed("not what was heard")
