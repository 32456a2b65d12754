"""What the boards show: tables derived from the ledger, brought up to date in its transactions.

A pure function of the entries held: thrown away and made again, they are the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files

from node.boards import BOARDS
from node.boards.declaration import Board
from node.post import Post, PostState
from node.views.accounts import Accounts
from node.views.admissions import Admissions
from node.views.decisions import Decisions
from node.views.last_word import LAST_WORD, choose, leave_out
from node.views.post_row import (
    COLUMNS,
    STATE,
    Row,
    for_anybody,
    insert,
    make_row,
    outside_name,
    read_post,
)
from node.views.reading_keys import ReadingKeys
from node.views.runs import runs
from node.views.sealed_records import SealedRecords
from node.views.search import Search
from node.views.standing import outside, state, without_words
from node.views.switches import Switches
from node.views.words import Words
from sync.decision import Decision
from sync.entry import EntryId, RecordId
from sync.erasure import DECLINE, GRANT, read_decline, read_grant
from sync.erasure import GROUPS as ERASURE_GROUPS
from sync.hiding import GROUPS as HIDING_GROUPS
from sync.hiding import HIDE, hides, read_hiding
from sync.keeping import GROUPS as KEEPING_GROUPS
from sync.keeping import KEEP, read_keeping
from sync.ledger import Changes, Ledger, Stored
from sync.machine.database import Database
from sync.record import Record, read_address, resolve
from sync.sealed_record import SEALED_KINDS
from sync.subscription import SUBSCRIPTION
from sync.suspension import GROUPS as SUSPENSION_GROUPS
from sync.suspension import SUSPEND, read_suspension
from sync.trust import Trust
from sync.waiting_post import DECLINE as NOT_LET_IN
from sync.waiting_post import GROUPS as WAITING_GROUPS
from sync.waiting_post import LET_IN, read_let_in
from sync.waiting_post import read_decline as read_not_let_in

_SCHEMA = files("node.views").joinpath("views.sql")
_TABLE = re.compile(r"TABLE IF NOT EXISTS (\w+)(.*)", re.DOTALL)


class Views:
    """The posts of one machine."""

    def __init__(
        self, database: Database, boards: Mapping[str, Board] = BOARDS, *, here: bytes = b""
    ) -> None:
        """Makes the tables where they are missing; fills nothing.

        Those of other software stay as they are, for who reads them, until `rebuild`.

        `here`: this machine's key; what it decided to hide is hidden on its own screens.
        """
        self._database = database
        self._here = here
        self._boards = boards
        self._groups = {name: board.groups() for name, board in boards.items()}
        self.accounts, self.admissions = Accounts(database), Admissions(database)
        self.hidings = Words(database, HIDE, HIDING_GROUPS[HIDE], read_hiding)
        self.suspensions = Words(database, SUSPEND, SUSPENSION_GROUPS[SUSPEND], read_suspension)
        self.keeps = Words(database, KEEP, KEEPING_GROUPS[KEEP], read_keeping)
        self.grants = Words(database, GRANT, ERASURE_GROUPS[GRANT], read_grant)
        self.declines = Words(database, DECLINE, ERASURE_GROUPS[DECLINE], read_decline)
        self.let_in = Words(database, LET_IN, WAITING_GROUPS[LET_IN], read_let_in)
        self.not_let_in = Words(database, NOT_LET_IN, WAITING_GROUPS[NOT_LET_IN], read_not_let_in)
        self.switches = Switches(database)
        self.search = Search(database, boards)
        self.reading_keys = ReadingKeys(database)
        self.sealed = {board: SealedRecords(database, board) for board in SEALED_KINDS}
        self._decisions: tuple[Decisions, ...] = (
            self.accounts,
            self.admissions,
            self.hidings,
            self.suspensions,
            self.keeps,
            self.grants,
            self.declines,
            self.let_in,
            self.not_let_in,
            self.switches,
            self.reading_keys,
            *self.sealed.values(),
        )
        self._groups |= {kind.board: dict(kind.groups) for kind in self._decisions}
        self._no_posts = {SUBSCRIPTION, *(kind.board for kind in self._decisions)}
        statements = _SCHEMA.read_text().strip().split(";\n")
        tables = {named[1]: named[2] for each in statements if (named := _TABLE.search(each))}
        held: dict[str, str | None] = dict(
            database.connection.execute("SELECT name, sql FROM sqlite_master")
        )
        self._anew: Sequence[str] = ()  # what makes the tables, where others are there
        if not tables.keys() & held.keys():
            database.make(statements)
        elif any((held.get(name) or "").partition(name)[2] != tables[name] for name in tables):
            self._anew = [*(f"DROP TABLE IF EXISTS {name}" for name in tables), *statements]

    # from the ledger

    def project(self, ledger: Ledger, changes: Changes) -> None:
        """Follow what a transaction touched, inside it."""
        if changes.trust:
            self._fill(ledger)
        else:
            # In their order the tables grow at one end, and not all over.
            self._follow(ledger, sorted(changes.records))

    def rebuild(self, ledger: Ledger, software: str) -> None:
        """Throw all away and make it again; who reads meanwhile reads what was there."""
        with ledger.transaction():
            for statement in self._anew:
                self._database.connection.execute(statement)
            self._fill(ledger)
            self._database.connection.execute(
                "INSERT OR REPLACE INTO views VALUES (1, ?)", (software,)
            )
        self._anew = ()

    def made_by(self) -> str:
        """The software that made them, if it made such tables; another one may show more."""
        if self._anew:
            return ""
        row = self._database.connection.execute("SELECT software FROM views").fetchone()
        return str(row[0]) if row else ""

    def _fill(self, ledger: Ledger) -> None:
        for table in ("posts", "late"):
            self._database.connection.execute(f"DELETE FROM {table}")
        self.search.clear()
        for kind in self._decisions:
            kind.clear()
        self._follow(ledger, ledger.records())

    def _follow(self, ledger: Ledger, records: Iterable[RecordId]) -> None:
        trust = ledger.trust()
        keys: set[tuple[str, str]] = set()
        with self.search.changing():
            for run in runs(records):
                keys |= self._replace(ledger, run, trust)
        for town, key in keys:
            choose(self._database, town, key)
        if keys:
            for board in self._boards.values():
                leave_out(self._database, board)

    def _replace(
        self, ledger: Ledger, run: Sequence[RecordId], trust: Trust
    ) -> set[tuple[str, str]]:
        """Write consecutive records anew; the towns and outside keys that this touches."""
        connection = self._database.connection
        lane, first, last = run[0].lane, run[0].number, run[-1].number
        gone = connection.execute(
            "DELETE FROM posts WHERE lane = ? AND number BETWEEN ? AND ?"
            " RETURNING town, outside_key, number, board, fields, written",
            (lane, first, last),
        ).fetchall()
        touched = {(town, key) for town, key, *_ in gone if key}
        connection.execute(
            "DELETE FROM late WHERE lane = ? AND number BETWEEN ? AND ?", (lane, first, last)
        )
        held = ledger.records_between(lane, first, last)
        for _, _, number, *post in gone:
            id_ = EntryId(lane, number)
            self.search.take_out(id_, *post, for_good=_is_gone(held.get(id_, ())))
        rows: list[Row] = []
        hidden: Mapping[int, Sequence[Decision]] | None = None
        for id_ in run:
            stored = held.get(id_, ())
            record = resolve(stored, trust=trust, groups=self._groups)
            if record is not None and record.erased:
                record = without_words(record)
                if any(each.payload is not None for each in stored):
                    connection.execute("INSERT INTO late VALUES (?, ?)", id_)
            if record is not None and record.board not in self._no_posts:
                if hidden is None:
                    hidden = self.hidings.about_those(record.lane.id, first, last)
                rows.append(self._row(record, stored, hidden.get(id_.number, ()), trust))
                touched |= outside_name(rows[-1])
                if rows[-1][STATE] == PostState.SHOWN:
                    self.search.add(id_, record.board, record.fields, record.written.seconds)
                continue
            # What is decided of posts finds all that came before it in the table.
            self._insert(rows)
            for kind in self._decisions:
                if record is None or record.board == kind.board:
                    touched |= self._again(ledger, kind.follow(id_, record, trust), trust)
                    hidden = None
        self._insert(rows)
        return touched

    def _again(
        self, ledger: Ledger, posts: Iterable[tuple[bytes, int]], trust: Trust
    ) -> set[tuple[str, str]]:
        """Write those posts anew that are there; their towns and outside keys."""
        touched: set[tuple[str, str]] = set()
        for lane, number in posts:
            for stretch in ledger.stretches(lane):
                if stretch.first <= number <= stretch.number:
                    post = EntryId(stretch.id, number)
                    if self._database.connection.execute(
                        "SELECT 1 FROM posts WHERE lane = ? AND number = ?", post
                    ).fetchone():
                        touched |= self._replace(ledger, [post], trust)
        return touched

    def _row(
        self, record: Record, stored: Iterable[Stored], hidings: Iterable[Decision], trust: Trust
    ) -> Row:
        board = self._boards.get(record.board)
        roles = trust.roles(record.lane.author, record.lane.town)
        stands = state(record, board, roles)
        # What is hidden comes without its words where a file brought it: still it is hidden.
        if stands in (PostState.SHOWN, PostState.INCOMPLETE) and any(
            self._hides(decision, record, stored, board, trust) for decision in hidings
        ):
            stands = PostState.HIDDEN
        return make_row(record, board, stands, outside(record, roles))

    def _insert(self, rows: list[Row]) -> None:
        """All of them at once; none is left."""
        insert(self._database, rows)
        rows.clear()

    def _hides(
        self,
        decision: Decision,
        record: Record,
        stored: Iterable[Stored],
        board: Board | None,
        trust: Trust,
    ) -> bool:
        """Whether it means just that post, and is by somebody who may."""
        head = next((each.head for each in stored if each.id == record.id), b"")
        return (
            board is not None
            and self._counts(decision, board, trust)
            and head.startswith(decision.about.check)
            and hides(
                decision,
                trust,
                author=record.lane.author,
                town=record.lane.town,
                here=self._here,
            )
        )

    def _counts(self, decision: Decision, board: Board, trust: Trust) -> bool:
        """Official words are the office's to hide: no centre keeps a warning from its people."""
        return board.open_to_anyone or trust.is_office(decision.author, decision.town)

    # for people

    def board(
        self,
        board: Board,
        *,
        limit: int = 1_000,
        offset: int = 0,
        section: str | None = None,
        since: str = "",
    ) -> Sequence[Post]:
        """What stands on a board, in its order.

        `section`: only that one; `since`: only where the field it is ordered by is not less.
        """
        order = "DESC" if board.order.newest_first else "ASC"
        only = "" if section is None else " AND section = ?"
        return self._posts(
            f"SELECT {COLUMNS} FROM posts WHERE board = ? AND state = ? AND sort >= ?{only}"
            f" ORDER BY sort {order}, lane, number LIMIT ? OFFSET ?",
            board.name,
            PostState.SHOWN,
            since,
            *(() if section is None else (section,)),
            limit,
            offset,
        )

    def sections(self, board: Board) -> dict[str, int]:
        """How many posts stand in each section; all in "" where the board has none."""
        return dict(
            self._database.connection.execute(
                "SELECT section, count(*) FROM posts WHERE board = ? AND state = ?"
                " GROUP BY section ORDER BY section",
                (board.name, PostState.SHOWN),
            )
        )

    def post(self, address_: str) -> Post | None:
        """The post of that address, however it stands."""
        named = read_address(address_)
        if named is None:
            return None
        beginning, number = named
        for lane in self._lanes(beginning):
            if found := self.by_id(EntryId(lane, number)):
                return found
        return None

    def _lanes(self, beginning: bytes) -> Iterator[bytes]:
        """Those of posts that begin so: one, as good as always."""
        after = beginning
        while row := self._database.connection.execute(
            "SELECT lane FROM posts WHERE lane > ? ORDER BY lane LIMIT 1", (after,)
        ).fetchone():
            (after,) = row
            if not after.startswith(beginning):
                return
            yield after

    def by_id(self, record: RecordId) -> Post | None:
        """The post that a record is."""
        found = self._posts(f"SELECT {COLUMNS} FROM posts WHERE lane = ? AND number = ?", *record)
        return for_anybody(found[0]) if found else None

    def by_outside_key(self, town: str, key: str) -> Sequence[Post]:
        """Every record in a town of the thing that its issuer calls so, what stands first."""
        return self._posts(
            f"SELECT {COLUMNS} FROM posts WHERE outside_key = ? AND town = ?"
            f" ORDER BY state = ? DESC, {LAST_WORD}",
            key,
            town,
            PostState.SHOWN,
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Per board, how many records stand how."""
        counts: dict[str, dict[str, int]] = {name: {} for name in self._boards}
        for board, how, count in self._database.connection.execute(
            "SELECT board, state, count(*) FROM posts GROUP BY board, state"
        ):
            counts.setdefault(board, {})[how] = count
        return counts

    def hidden(self, record: RecordId) -> Post | None:
        """What is hidden, with all it says: for who decides about it."""
        found = self._posts(
            f"SELECT {COLUMNS} FROM posts WHERE lane = ? AND number = ? AND state = ?",
            *record,
            PostState.HIDDEN,
        )
        return found[0] if found else None

    def of_town(self, town: str) -> Sequence[Post]:
        """Every post of a town with all it says, however it stands, but for what was erased."""
        return self._posts(
            f"SELECT {COLUMNS} FROM posts WHERE town = ? AND state != ? ORDER BY lane, number",
            town,
            PostState.ERASED,
        )

    def taken_down(self, town: str) -> Sequence[Post]:
        """Every post of a town that was, with all it said."""
        return self._posts(
            f"SELECT {COLUMNS} FROM posts WHERE town = ? AND state = ? ORDER BY lane, number",
            town,
            PostState.WITHDRAWN,
        )

    def late(self) -> Sequence[RecordId]:
        """What was erased, and of which something came that no order names yet."""
        rows = self._database.connection.execute("SELECT lane, number FROM late")
        return [EntryId(*row) for row in rows]

    def _posts(self, sql: str, *values: object) -> list[Post]:
        return [read_post(row) for row in self._database.connection.execute(sql, values)]


def _is_gone(stored: Iterable[Stored]) -> bool:
    """Whether nothing is held of a record any more, or something of it was ordered away."""
    entries = list(stored)
    return not entries or any(each.ordered_away for each in entries)
