"""What visitors report of posts: kept at this machine for whoever keeps the place.

Several reports of one post are one row with a count. Nobody says who they are; what they say is
for the keeper alone, and goes once the keeper has answered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from node.moderation.sources import KIOSK, Share
from node.moderation.waiting import Full
from node.words import say
from sync import cbor
from sync.entry import Quality, Written
from sync.machine.database import Database
from sync.report import COUNT_MAX

WORDS_PER_POST_MAX = 20
OPEN_MAX = 200
ANSWERED_MAX = 1_000
RECEIPTS_OPEN_MAX = 400

REASONS: Mapping[str, str] = {
    "personal": say("個人のことが書かれている"),
    "false": say("事実とちがう"),
    "offensive": say("人を傷つける内容がある"),
    "advertising": say("宣伝や勧誘である"),
    "over": say("もう終わった、または変わった"),
    "other": say("そのほか"),
}
ANSWERS: Mapping[str, str] = {
    "fine": say("内容を確かめました。問題はありませんでした。"),
    "mended": say("のせた人に伝え、なおしてもらいました。"),
    "kept": say("決まりに合っているので、このままのせておきます。"),
}

_COLUMNS = "id, post, board, count, since, since_quality, reasons, words, state, answer"


class State(StrEnum):
    """Whether somebody has answered."""

    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was reported of one post since somebody answered last."""

    id: int
    post: str  # its address
    board: str
    count: int
    since: Written
    reasons: Mapping[str, int]
    words: Sequence[str]
    state: State
    answer: str


class Reports:
    """The table of them."""

    def __init__(self, database: Database) -> None:
        """Over the tables in that database."""
        self._database = database

    def add(
        self,
        *,
        post: str,
        board: str,
        reason: str,
        words: str,
        source: str,
        since: Written,
        code: Callable[[], str],
    ) -> str:
        """Keep it; the code of its receipt; in a transaction. Raises Full."""
        if not self._share(source).leaves_room(RECEIPTS_OPEN_MAX, source):
            raise Full
        known = self._note(post, board, reason, words, since, count=1)
        receipt = code()
        self._database.connection.execute(
            "INSERT INTO desk_receipts VALUES (?, ?, ?)", (receipt, known.id, source)
        )
        return receipt

    def add_from_elsewhere(
        self, *, post: str, board: str, reason: str, words: str, count: int, since: Written
    ) -> None:
        """What was reported at another machine: it has the receipts; in a transaction.

        Raises Full.
        """
        self._note(post, board, reason, words, since, count=count)

    def _note(
        self, post: str, board: str, reason: str, words: str, since: Written, *, count: int
    ) -> Report:
        """In the row of that post, made where there is none; as it was before. Raises Full."""
        known = self.about(post)
        if known is None:
            (open_,) = self._one("SELECT count(*) FROM desk_reports WHERE state = ?", State.OPEN)
            if open_ >= OPEN_MAX:
                raise Full
            (id_,) = self._one(
                "INSERT INTO desk_reports (post, board, count, since, since_quality, reasons,"
                " words, state) VALUES (?, ?, 0, ?, ?, ?, ?, ?) RETURNING id",
                post,
                board,
                *since,
                cbor.encode({}),
                cbor.encode([]),
                State.OPEN,
            )
            known = self.get(id_)
            assert known is not None, "it was added just now"
        said = [*known.words, words] if words else [*known.words]
        counted = {**known.reasons, reason: min(COUNT_MAX, known.reasons.get(reason, 0) + count)}
        self._database.connection.execute(
            "UPDATE desk_reports SET count = ?, reasons = ?, words = ? WHERE id = ?",
            (
                sum(counted.values()),
                cbor.encode(counted),
                cbor.encode(said[:WORDS_PER_POST_MAX]),
                known.id,
            ),
        )
        return known

    def heard(self) -> frozenset[tuple[bytes, int]]:
        """The records of other machines that were taken over, or say nothing to us."""
        rows = self._database.connection.execute("SELECT lane, number FROM desk_heard")
        return frozenset(rows)

    def hear(self, lane: bytes, number: int) -> None:
        """It was taken over."""
        self._database.connection.execute(
            "INSERT OR IGNORE INTO desk_heard VALUES (?, ?)", (lane, number)
        )

    def _share(self, source: str) -> Share:
        where = (
            "SELECT count(*) FROM desk_receipts JOIN desk_reports ON desk_reports.id = report"
            " WHERE state = ?"
        )
        (every,) = self._one(where, State.OPEN)
        (phones,) = self._one(f"{where} AND source <> ?", State.OPEN, KIOSK)
        (this,) = self._one(f"{where} AND source = ?", State.OPEN, source)
        return Share(all=every, phones=phones, this=this)

    def open(self) -> Sequence[Report]:
        """Those that nobody has answered: what was reported most first."""
        return self._select("state = ? ORDER BY count DESC, id", State.OPEN)

    def about(self, post: str) -> Report | None:
        """The one of that post that nobody has answered."""
        return next(iter(self._select("state = ? AND post = ?", State.OPEN, post)), None)

    def get(self, id_: int) -> Report | None:
        """The one of that number."""
        return next(iter(self._select("id = ?", id_)), None)

    def by_code(self, code: str) -> Report | None:
        """The one that somebody holds that receipt of."""
        which = "id = (SELECT report FROM desk_receipts WHERE code = ?)"
        return next(iter(self._select(which, code)), None)

    def answer(self, id_: int, answer: str) -> None:
        """What those who reported are told; in a transaction."""
        connection = self._database.connection
        connection.execute(
            "UPDATE desk_reports SET state = ?, answer = ?, words = NULL WHERE id = ?",
            (State.ANSWERED, answer, id_),
        )
        connection.execute("UPDATE desk_receipts SET source = '' WHERE report = ?", (id_,))
        connection.execute(
            "DELETE FROM desk_reports WHERE state = ? AND id NOT IN"
            " (SELECT id FROM desk_reports WHERE state = ? ORDER BY id DESC LIMIT ?)",
            (State.ANSWERED, State.ANSWERED, ANSWERED_MAX),
        )
        connection.execute(
            "DELETE FROM desk_receipts WHERE report NOT IN (SELECT id FROM desk_reports)"
        )

    def _one(self, sql: str, *values: object) -> Any:
        return self._database.connection.execute(sql, values).fetchone()

    def _select(self, which: str, *values: object) -> Sequence[Report]:
        rows = self._database.connection.execute(
            f"SELECT {_COLUMNS} FROM desk_reports WHERE {which}", values
        )
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Report:
    id_, post, board, count, since, quality, reasons, words, state, answer = row
    counted: Any = cbor.decode(reasons, bytes_max=len(reasons))
    said: Any = cbor.decode(words, bytes_max=len(words)) if words is not None else []
    return Report(
        id=id_,
        post=post,
        board=board,
        count=count,
        since=Written(since, Quality(quality)),
        reasons=counted,
        words=said,
        state=State(state),
        answer=answer,
    )
