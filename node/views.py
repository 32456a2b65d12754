"""What the boards show: tables derived from the ledger, brought up to date in its transactions.

A pure function of the entries held: thrown away and made again, they are the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from node.boards import BOARDS
from node.boards.declaration import Board, FieldType, Writer
from node.post import Post, PostState
from sync import account, cbor, hiding
from sync.account import ACCOUNT, Account, Duty, read_account
from sync.certificate import Role
from sync.entry import EntryId, Quality, RecordId, Written
from sync.hiding import HIDE, Hiding, hides, read_hiding
from sync.lane import Audience, Class
from sync.ledger import Changes, Ledger, Stored
from sync.machine.database import Database
from sync.record import OUTSIDE, Record, address, resolve
from sync.subscription import SUBSCRIPTION
from sync.trust import Trust

_SCHEMA = files("node").joinpath("views.sql")
_POST = (
    "lane, number, address, board, state, fields, versions, counter,"
    " written, written_quality, changed, changed_quality, author, town, opened"
)
_LAST_WORD = (
    "outside_serial DESC, outside_issued DESC, outside_sent DESC, outside_cancels DESC,"
    " outside_digest DESC, lane, number"
)
_CLASSES = {"alert": Class.ALERT, "board": Class.BOARD}


class Views:
    """The posts of one machine."""

    def __init__(
        self, database: Database, boards: Mapping[str, Board] = BOARDS, *, here: bytes = b""
    ) -> None:
        """Makes the tables where they are missing or of other software; fills nothing.

        `here`: this machine's key; what it decided to hide is hidden on its own screens.
        """
        self._database = database
        self._here = here
        self._boards = boards
        self._groups = {name: board.groups() for name, board in boards.items()}
        self._groups |= {n: dict(g) for n, g in (*account.GROUPS.items(), *hiding.GROUPS.items())}
        statements = _SCHEMA.read_text().split(";\n")
        made = database.connection.execute("SELECT sql FROM sqlite_master WHERE name = 'posts'")
        if any(sql.partition("(")[2] != statements[0].partition("(")[2] for (sql,) in made):
            statements = ["DROP TABLE IF EXISTS posts", "DELETE FROM views", *statements]
        database.make(statements)

    # from the ledger

    def project(self, ledger: Ledger, changes: Changes) -> None:
        """Follow what a transaction touched, inside it."""
        if changes.trust:
            self._fill(ledger)
        else:
            # In their order the tables grow at one end, and not all over.
            self._follow(ledger, sorted(changes.records))

    def rebuild(self, ledger: Ledger, software: str) -> None:
        """Throw all away and make it again."""
        with ledger.transaction():
            self._fill(ledger)
            self._database.connection.execute(
                "INSERT OR REPLACE INTO views VALUES (1, ?)", (software,)
            )

    def made_by(self) -> str:
        """The software that made them; another one may show more."""
        row = self._database.connection.execute("SELECT software FROM views").fetchone()
        return str(row[0]) if row else ""

    def _fill(self, ledger: Ledger) -> None:
        self._database.connection.execute("DELETE FROM posts")
        self._database.connection.execute("DELETE FROM accounts")
        self._database.connection.execute("DELETE FROM hidings")
        self._follow(ledger, ledger.records())

    def _follow(self, ledger: Ledger, records: Iterable[RecordId]) -> None:
        trust = ledger.trust()
        keys: set[tuple[str, str]] = set()
        for record in records:
            keys |= self._replace(ledger, record, trust)
        for town, key in keys:
            self._choose(town, key)
        if keys:
            for board in self._boards.values():
                self._leave_out(board)

    def _replace(self, ledger: Ledger, id_: RecordId, trust: Trust) -> set[tuple[str, str]]:
        """Write one record anew; the towns and outside keys that this touches."""
        connection = self._database.connection
        row = connection.execute(
            "DELETE FROM posts WHERE lane = ? AND number = ? RETURNING town, outside_key", id_
        ).fetchone()
        touched = {(row[0], row[1])} if row and row[1] else set()
        stored = ledger.record(id_)
        record = resolve(stored, trust=trust, groups=self._groups)
        if record is None or record.board == ACCOUNT:
            self._account(id_, record, trust)
        if record is None or record.board == HIDE:
            touched |= self._hiding(ledger, id_, record, trust)
        if record is None or record.board in (ACCOUNT, HIDE):
            return touched
        if record.board == SUBSCRIPTION:  # a decision, no post
            return touched
        board = self._boards.get(record.board)
        roles = trust.roles(record.lane.author, record.lane.town)
        outside = _outside(record, roles)
        connection.execute(
            "INSERT INTO posts VALUES"
            " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *id_,
                address(id_),
                record.board,
                self._hidden_or(_state(record, board, roles), record, stored, board, trust),
                _sort(record, board),
                _text(record, board.section) if board else "",
                cbor.encode(dict(record.fields)),
                cbor.encode([list(version) for version in record.versions]),
                record.counter,
                *record.written,
                *record.changed,
                record.lane.author,
                record.lane.town,
                record.lane.audience is Audience.OPEN,
                *outside,
            ),
        )
        return touched | {(record.lane.town, str(outside[0]))} if outside[0] else touched

    def _account(self, id_: RecordId, record: Record | None, trust: Trust) -> None:
        connection = self._database.connection
        connection.execute("DELETE FROM accounts WHERE lane = ? AND number = ?", id_)
        account = read_account(record, trust) if record else None
        if account is None:
            return
        connection.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *id_,
                account.address,
                account.town,
                account.name,
                account.duty,
                account.place,
                None if account.boards is None else cbor.encode(sorted(account.boards)),
                account.stands,
                cbor.encode([list(version) for version in account.versions]),
                account.counter,
            ),
        )

    def _hiding(
        self, ledger: Ledger, id_: RecordId, record: Record | None, trust: Trust
    ) -> set[tuple[str, str]]:
        """Write a decision anew, and the posts that it is or was about."""
        connection = self._database.connection
        before = connection.execute(
            "DELETE FROM hidings WHERE lane = ? AND number = ? RETURNING post_lane, post_number",
            id_,
        ).fetchone()
        about = {before} if before else set()
        decision = read_hiding(record, trust) if record else None
        if decision is not None:
            connection.execute(
                "INSERT INTO hidings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *id_,
                    decision.town,
                    decision.author,
                    decision.lane,
                    decision.number,
                    decision.check,
                    decision.reason,
                ),
            )
            about.add((decision.lane, decision.number))
        touched: set[tuple[str, str]] = set()
        for lane, number in about:
            for stretch in ledger.stretches(lane):
                if stretch.first <= number <= stretch.number:
                    post = EntryId(stretch.id, number)
                    if connection.execute(
                        "SELECT 1 FROM posts WHERE lane = ? AND number = ?", post
                    ).fetchone():
                        touched |= self._replace(ledger, post, trust)
        return touched

    def _hidden_or(
        self,
        state: PostState,
        record: Record,
        stored: Iterable[Stored],
        board: Board | None,
        trust: Trust,
    ) -> PostState:
        """Hidden, where what stands is hidden by somebody who may."""
        if state is not PostState.SHOWN or board is None:
            return state
        head = next((each.head for each in stored if each.id == record.id), b"")
        found = any(
            self._counts(decision, board, trust)
            and head.startswith(decision.check)
            and hides(
                decision,
                trust,
                author=record.lane.author,
                town=record.lane.town,
                here=self._here,
            )
            for decision in self._hidings(record.lane.id, record.id.number)
        )
        return PostState.HIDDEN if found else state

    def _counts(self, decision: Hiding, board: Board, trust: Trust) -> bool:
        """Official words are the office's to hide: no centre keeps a warning from its people."""
        return board.open_to_anyone or trust.is_office(decision.author, decision.town)

    def _hidings(self, lane: bytes, number: int) -> list[Hiding]:
        sql = "SELECT * FROM hidings WHERE post_lane = ? AND post_number = ?"
        return [_read_hiding(row) for row in self._database.connection.execute(sql, (lane, number))]

    def _choose(self, town: str, key: str) -> None:
        """Of a town's records with one outside key boards show the one its issuer said last.

        Where that one can't be shown, because it was taken down or isn't whole, none is: an older
        word in its place would be a false one.
        """
        connection = self._database.connection
        connection.execute(
            "UPDATE posts SET state = ? WHERE outside_key = ? AND town = ? AND state IN (?, ?)",
            (PostState.SUPERSEDED, key, town, PostState.SHOWN, PostState.STANDBY),
        )
        connection.execute(
            "UPDATE posts SET state = ? WHERE state = ? AND (lane, number) = ("
            "SELECT lane, number FROM posts"
            " WHERE outside_key = ? AND town = ? AND state NOT IN (?, ?)"
            f" ORDER BY {_LAST_WORD} LIMIT 1)",
            (
                PostState.SHOWN,
                PostState.SUPERSEDED,
                key,
                town,
                PostState.NOT_ALLOWED,
                PostState.NO_BOARD,
            ),
        )

    def _leave_out(self, board: Board) -> None:
        """Of what stands, leave out what only stands in for something newer that is held too."""
        if board.left_out is None:
            return
        connection = self._database.connection
        # What was taken down or isn't whole counts as held: nothing takes its place either.
        held = dict(
            connection.execute(
                "SELECT outside_key, max(outside_issued) FROM posts WHERE board = ?"
                " AND outside_key IS NOT NULL AND state NOT IN (?, ?) GROUP BY outside_key",
                (board.name, PostState.SUPERSEDED, PostState.NOT_ALLOWED),
            )
        )
        left_out = board.left_out(held)
        for state, before, keys in (
            (PostState.STANDBY, PostState.SHOWN, left_out),
            (PostState.SHOWN, PostState.STANDBY, held.keys() - left_out),
        ):
            connection.executemany(
                "UPDATE posts SET state = ? WHERE outside_key = ? AND board = ? AND state = ?",
                ((state, key, board.name, before) for key in keys),
            )

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
            f"SELECT {_POST} FROM posts WHERE board = ? AND state = ? AND sort >= ?{only}"
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
        found = self._posts(f"SELECT {_POST} FROM posts WHERE address = ? LIMIT 1", address_)
        return _for_anybody(found[0]) if found else None

    def by_id(self, record: RecordId) -> Post | None:
        """The post that a record is."""
        found = self._posts(f"SELECT {_POST} FROM posts WHERE lane = ? AND number = ?", *record)
        return _for_anybody(found[0]) if found else None

    def by_outside_key(self, town: str, key: str) -> Sequence[Post]:
        """Every record in a town of the thing that its issuer calls so, what stands first."""
        return self._posts(
            f"SELECT {_POST} FROM posts WHERE outside_key = ? AND town = ?"
            f" ORDER BY state = ? DESC, {_LAST_WORD}",
            key,
            town,
            PostState.SHOWN,
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Per board, how many records stand how."""
        counts: dict[str, dict[str, int]] = {name: {} for name in self._boards}
        for board, state, count in self._database.connection.execute(
            "SELECT board, state, count(*) FROM posts GROUP BY board, state"
        ):
            counts.setdefault(board, {})[state] = count
        return counts

    def hidings(self) -> Sequence[Hiding]:
        """The decisions that stand, of anybody's."""
        rows = self._database.connection.execute("SELECT * FROM hidings")
        return [_read_hiding(row) for row in rows]

    def hidden(self, record: RecordId) -> Post | None:
        """What is hidden, with all it says: for who decides about it."""
        found = self._posts(
            f"SELECT {_POST} FROM posts WHERE lane = ? AND number = ? AND state = ?",
            *record,
            PostState.HIDDEN,
        )
        return found[0] if found else None

    def places(self, town: str) -> Sequence[bytes]:
        """The machines in a town for which there are accounts."""
        sql = "SELECT DISTINCT place FROM accounts WHERE town = ?"
        return [place for (place,) in self._database.connection.execute(sql, (town,))]

    def accounts(self, town: str, place: bytes) -> Sequence[Account]:
        """Everybody who may sign in at that machine, or might once."""
        return [
            _read_account(row)
            for row in self._database.connection.execute(
                "SELECT lane, number, town, name, duty, place, boards, stands, versions, counter"
                " FROM accounts WHERE town = ? AND place = ? ORDER BY name, lane, number",
                (town, place),
            )
        ]

    def _posts(self, sql: str, *values: object) -> list[Post]:
        return [_post(row) for row in self._database.connection.execute(sql, values)]


def _post(row: tuple[Any, ...]) -> Post:
    (
        lane,
        number,
        address_,
        board,
        state,
        fields,
        versions,
        counter,
        *times,
        author,
        town,
        opened,
    ) = row
    # What we wrote ourselves; a record is the sum of many entries and has no limit of its own.
    decoded: Any = cbor.decode(fields, bytes_max=len(fields))
    parents: Any = cbor.decode(versions, bytes_max=len(versions))
    return Post(
        id=EntryId(lane, number),
        address=address_,
        board=board,
        state=PostState(state),
        fields=decoded,
        versions=tuple(EntryId(*parent) for parent in parents),
        counter=counter,
        written=Written(times[0], Quality(times[1])),
        changed=Written(times[2], Quality(times[3])),
        author=author,
        town=town,
        opened=bool(opened),
    )


def _for_anybody(post: Post) -> Post:
    """Of what is hidden, that it is."""
    return replace(post, fields={}) if post.state is PostState.HIDDEN else post


def _read_hiding(row: tuple[Any, ...]) -> Hiding:
    lane, number, town, author, post_lane, post_number, check, reason = row
    return Hiding(
        id=EntryId(lane, number),
        town=town,
        author=author,
        lane=post_lane,
        number=post_number,
        check=check,
        reason=reason,
    )


def _read_account(row: tuple[Any, ...]) -> Account:
    lane, number, town, name, duty, place, boards, stands, versions, counter = row
    parents: Any = cbor.decode(versions, bytes_max=len(versions))
    named: Any = None if boards is None else cbor.decode(boards, bytes_max=len(boards))
    return Account(
        id=EntryId(lane, number),
        town=town,
        name=name,
        duty=Duty(duty),
        place=place,
        boards=None if named is None else frozenset(named),
        stands=bool(stands),
        versions=tuple(EntryId(*parent) for parent in parents),
        counter=counter,
    )


def _state(record: Record, board: Board | None, roles: Collection[Role]) -> PostState:
    if board is None:
        return PostState.NO_BOARD
    if _CLASSES[board.lane_class] is not record.lane.class_ or not _may_write(board, roles):
        return PostState.NOT_ALLOWED
    if record.lane.audience is Audience.OPEN and not board.may_be_opened:
        return PostState.NOT_ALLOWED
    if record.erased:
        return PostState.ERASED
    if not record.understood:
        return PostState.NOT_UNDERSTOOD
    if not record.complete:
        return PostState.INCOMPLETE
    return PostState.WITHDRAWN if record.withdrawn else PostState.SHOWN


def _sort(record: Record, board: Board | None) -> str:
    if board is None or not board.order.field:
        return f"{record.written.seconds:020d}"
    text = _text(record, board.order.field)
    field = board.field(board.order.field)
    if field is not None and field.type is FieldType.MOMENT:
        text = _in_utc(text)
    return text or ("" if board.order.newest_first else "9999")  # what has no date comes last


def _in_utc(text: str) -> str:
    """A moment so that it sorts, whatever offset its issuer wrote it with."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).isoformat(timespec="seconds") if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def _text(record: Record, name: str) -> str:
    value = record.fields.get(name)
    return value if isinstance(value, str) else ""


def _may_write(board: Board, roles: Collection[Role]) -> bool:
    return (
        board.open_to_anyone
        or (Writer.OFFICE in board.writers and Role.OFFICE in roles)
        or (Writer.FEED in board.writers and Role.FEED in roles)
    )


def _outside(record: Record, roles: Collection[Role]) -> tuple[object, ...]:
    """Key, serial, issued, sent, cancels, digest; six times None for a thing of our own."""
    if Role.OFFICE not in roles and Role.FEED not in roles:
        return (None,) * 6
    match record.fields.get(OUTSIDE):
        case {
            "key": str(key),
            "serial": int(serial),
            "issued": str(issued),
            "sent": str(sent),
            "cancels": bool(cancels),
            "digest": bytes(digest),
        } if abs(serial) < 1 << 62:
            return key, serial, issued, sent, cancels, digest
        case _:
            return (None,) * 6
