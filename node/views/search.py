"""The index by which posts are found: by their words as written, and by how they are read.

Each letter is a token and each word looked for a phrase, so any length is found, one letter too.
How a text is read stands behind it in kana of their own, so that a phrase asks for one or the
other, and every list of places is short.
The index holds no text that can be read back; what is taken out of it is given anew, letter for
letter, so what is written here may hang on nothing but a post's row. Who may see what is decided
where posts are: whatever isn't shown isn't found, nor counted.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from typing import Any

from node.boards.declaration import READING, Board, Field, FieldType
from node.language.kana import GAP, letters, one_width, sound
from node.language.spans import aloud, in_kana, is_kana
from node.post import Post, PostState
from node.readings import reading_of, reading_of_table
from node.short_code import records_of
from node.views.post_row import COLUMNS, read_post
from sync import cbor
from sync.entry import EntryId
from sync.machine.database import Database

COUNTED_MAX = 200
LETTERS_MAX = 20_000  # of one post
ADDED_AT_ONCE = 2_000  # posts whose texts are in memory meanwhile
DAYS_MAX = 62  # of a post that lasts longer, the first ones

_LANES = """
    WITH RECURSIVE lanes (lane) AS (
        SELECT min(lane) FROM posts
        UNION ALL
        SELECT (SELECT min(lane) FROM posts WHERE lane > lanes.lane) FROM lanes
        WHERE lane IS NOT NULL
    )
    SELECT lane FROM lanes WHERE lane IS NOT NULL
"""
"""Each once, with one step in the index for each, and not one for each post."""

_JST = timezone(timedelta(hours=9))
_SECONDS_MAX = (1 << 33) - 1
_WRITTEN = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.PHONE, FieldType.TABLE})


class _Tokens(dict[str, str]):
    """Per letter its tokens, each with a gap behind it; learns a letter when it meets it."""

    def __init__(self, make: Callable[[str], str]) -> None:
        """`make`: of one letter."""
        super().__init__()
        self._make = make

    def __missing__(self, letter: str) -> str:
        self[letter] = made = "".join(f"{each} " for each in self._make(letter))
        return made


def _heard(letter: str) -> str:
    """How it sounds; kana in a place of their own (from U+E100, private use)."""
    return "".join(chr(ord(kana) + 0xB0C0) if is_kana(kana) else kana for kana in sound(letter))


_WRITTEN_AS, _HEARD_AS = _Tokens(letters), _Tokens(_heard)

JOINING = re.compile(
    "[^\n\r -~\u2010-\u2016\u2018-\u2027\u2030-\u203d\u2190-\u22ff\u2460-\u24ff\u2500-\u26ff"
    f"\u3000-\u3029\u3030-\u303f\u3041-\u3096\u309d-\u30ff\u31f0-\u9fff{GAP}\uff01-\uff9d]"
)
"""Letters that may become one with the letter before them; all of the others have one form each."""


class Search:
    """What is found on the boards of one machine."""

    def __init__(self, database: Database, boards: Mapping[str, Board]) -> None:
        """Over the tables in that database."""
        self._database = database
        self._boards = {name: (board, _searched(board)) for name, board in boards.items()}
        self._added: dict[EntryId, tuple[int, str]] = {}
        self._to_forget = False

    def clear(self) -> None:
        """Empty the index."""
        self._database.connection.execute("INSERT INTO letters (letters) VALUES ('delete-all')")
        self._database.connection.execute("DELETE FROM found")

    def add(self, id_: EntryId, board: str, fields: Mapping[str, object], written: int) -> None:
        """Index a post that is shown, or will be once nothing newer takes its place."""
        self._added[id_] = _place(id_, written), self._indexed(board, fields, written)
        if len(self._added) == ADDED_AT_ONCE:
            self._write()

    def take_out(
        self, id_: EntryId, board: str, fields: bytes, written: int, *, for_good: bool
    ) -> None:
        """Take it out, given its row as it was when it was indexed.

        `for_good`: it, or what it said once, was ordered away, so no letter of it may stay.
        """
        self._to_forget |= for_good
        if self._added.pop(id_, None):
            return
        connection = self._database.connection
        row = connection.execute(
            "DELETE FROM found WHERE lane = ? AND number = ? RETURNING place", id_
        ).fetchone()
        if row is None:
            return
        said: Any = cbor.decode(fields, bytes_max=len(fields))
        connection.execute(
            "INSERT INTO letters (letters, rowid, said) VALUES ('delete', ?, ?)",
            (row[0], self._indexed(board, said, written)),
        )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A stretch of work on posts, inside a transaction; the index follows at its end."""
        self._added, self._to_forget = {}, False
        try:
            yield
            self._write()
            if self._to_forget:
                self.rewrite()
        finally:
            self._added, self._to_forget = {}, False

    def _write(self) -> None:
        connection = self._database.connection
        # In their order: FTS5 writes out all it has gathered whenever it is given a smaller number.
        added = sorted((place, *id_, said) for id_, (place, said) in self._added.items())
        self._added = {}
        connection.execute("SAVEPOINT places")
        try:
            connection.executemany("INSERT INTO found VALUES (?, ?, ?)", [row[:3] for row in added])
        except sqlite3.IntegrityError:  # two posts of one second and by chance of one place: rare
            connection.execute("ROLLBACK TO places")
            added = [(self._place_free(*row[:3]), *row[1:]) for row in added]
        connection.execute("RELEASE places")
        connection.executemany(
            "INSERT INTO letters (rowid, said) VALUES (?, ?)",
            [(place, said) for place, _, _, said in added],
        )

    def _place_free(self, place: int, lane: bytes, number: int) -> int:
        """The next one that is free, taken for that post."""
        insert = "INSERT INTO found VALUES (?, ?, ?) ON CONFLICT (place) DO NOTHING"
        while not self._database.connection.execute(insert, (place, lane, number)).rowcount:
            place += 1
        return place

    def rewrite(self) -> None:
        """Write the whole index anew: of what was deleted FTS5 keeps the letters until then."""
        self._database.connection.execute("INSERT INTO letters (letters) VALUES ('optimize')")

    def find(
        self,
        words: Sequence[str],
        *,
        board: str = "",
        days: Iterable[date] = (),
        limit: int = 20,
        offset: int = 0,
    ) -> Sequence[Post]:
        """What is shown and has all these words, the newest first; perhaps of a board, or days."""
        sql = (
            f"SELECT {COLUMNS} FROM letters CROSS JOIN found ON place = letters.rowid"
            " CROSS JOIN posts USING (lane, number) WHERE letters MATCH ? AND state = ?"
            " ORDER BY letters.rowid DESC LIMIT ? OFFSET ?"
        )
        asked = question(words, board, days)
        if not asked:
            return []
        rows = self._database.connection.execute(sql, (asked, PostState.SHOWN, limit, offset))
        return [read_post(row) for row in rows]

    def count(self, words: Sequence[str], *, board: str = "", days: Iterable[date] = ()) -> int:
        """How many there are, counted to COUNTED_MAX."""
        asked = question(words, board, days)
        if not asked:
            return 0
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM letters CROSS JOIN found ON place = letters.rowid"
            " CROSS JOIN posts USING (lane, number) WHERE letters MATCH ? AND state = ? LIMIT ?)"
        )
        row = self._database.connection.execute(sql, (asked, PostState.SHOWN, COUNTED_MAX))
        return int(row.fetchone()[0])

    def by_code(self, code: str) -> Sequence[Post]:
        """What is shown and has these six digits: looked up in each lane, for no table has them."""
        connection = self._database.connection
        sql = f"SELECT {COLUMNS} FROM posts WHERE lane = ? AND number = ? AND state = ?"
        lanes = [lane for (lane,) in connection.execute(_LANES)]
        return [
            read_post(row)
            for record in records_of(code, lanes)
            for row in connection.execute(sql, (*record, PostState.SHOWN))
        ]

    def _indexed(self, name: str, fields: Mapping[str, object], written: int) -> str:
        """What the index holds of one post: its letters, its sound, its board and days."""
        board, searched = self._boards[name]
        said: list[str] = []
        read: list[str] = []
        for text, kana in _texts(board, searched, fields):
            said.append(text)
            read.append(kana)
        marks = [_of_board(name), *map(_of_day, _days(board, fields, written))]
        one_by_one = _letters(GAP.join(said))
        heard = one_by_one if read == said else _letters(GAP.join(read))
        return (
            f"{_tokens(one_by_one, _WRITTEN_AS)}{GAP} {_tokens(heard, _HEARD_AS)}{' '.join(marks)}"
        )


def question(words: Sequence[str], board: str = "", days: Iterable[date] = ()) -> str:
    """In the language of FTS5; all that comes from people in it is letters between quotes."""
    asked = []
    for word in words:
        wide = one_width(word)
        if said := _tokens(wide, _WRITTEN_AS):
            asked.append(f'("{said}" OR "{_tokens(wide, _HEARD_AS)}")')
    if asked and board:
        asked.append(_of_board(board))
    if asked and (marks := " OR ".join(map(_of_day, days))):
        asked.append(f"({marks})")
    return " AND ".join(asked)


def _letters(text: str) -> Sequence[str]:
    """One by one; in one form first where one of them may depend on the one before it."""
    return [*(one_width(text) if JOINING.search(text) else text)]


def _tokens(of: Sequence[str], table: _Tokens) -> str:
    """All in one go, for every post passes here; `str.translate` takes about as long."""
    return "".join(map(table.__getitem__, of))[: 2 * LETTERS_MAX]


def _of_board(name: str) -> str:
    return "b" + name.encode().hex()


def _of_day(day: date) -> str:
    return "d" + day.isoformat().replace("-", "")


def _place(id_: EntryId, written: int) -> int:
    """Newer is larger; the same on every machine but for posts of one second, by chance."""
    seconds = min(max(written, 0), _SECONDS_MAX)
    number = id_.number.to_bytes(8)
    return seconds << 30 | int.from_bytes(sha256(id_.lane + number).digest()[:4]) >> 2


def _texts(
    board: Board, fields_searched: Sequence[Field], fields: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Each text of a post, and how it is read."""
    for field in fields_searched:
        value = fields.get(field.name)
        if value is None:
            continue
        if field.name == board.title_reading and isinstance(value, str):
            yield "", value
        elif field.type is FieldType.CHOICE:
            for choice in field.choices:
                if choice.key == value:
                    yield choice.label, choice.label
        else:
            yield from _of_field(board, field, fields)


def _searched(board: Board) -> tuple[Field, ...]:
    return tuple(
        field
        for field in board.fields
        if field.name in (board.title, board.title_reading)
        or (field.shown and (field.type in _WRITTEN or field.type is FieldType.CHOICE))
    )


def _of_field(
    board: Board, field: Field, fields: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    value = fields.get(field.name)
    is_read = READING + field.name in fields or board.title_reading in fields
    if isinstance(value, str) and not is_read:
        yield value, value
    elif isinstance(value, str) and field.name == board.title:
        yield value, in_kana(value, reading_of(board, fields, field.name))
    elif isinstance(value, str):
        yield value, aloud(value, fields.get(READING + field.name))
    elif isinstance(value, list):
        cells = [str(cell) for row in value if isinstance(row, list) for cell in row]
        rows = reading_of_table(fields, field.name)
        read = [spans for row in rows for spans in row] if rows else [()] * len(cells)
        for cell, spans in zip(cells, read, strict=True):
            yield cell, in_kana(cell, spans)


def _days(board: Board, fields: Mapping[str, object], written: int) -> Sequence[date]:
    """The days that it is about; else the one it was written on."""
    field = board.field(board.order.field)
    said = fields.get(board.order.field)
    try:
        if field is not None and field.type is FieldType.DATE and isinstance(said, str):
            until = fields.get(board.order.until)
            return _from_to(said, until if isinstance(until, str) else said)
        if field is not None and field.type is FieldType.MOMENT and isinstance(said, str):
            return [datetime.fromisoformat(said).astimezone(_JST).date()]
        return [datetime.fromtimestamp(written, UTC).astimezone(_JST).date()]
    except (ValueError, OverflowError, OSError):
        return []


@lru_cache(maxsize=1_024)
def _from_to(said: str, until: str) -> Sequence[date]:
    first, last = date.fromisoformat(said), date.fromisoformat(until)
    length = min(max((last - first).days, 0) + 1, DAYS_MAX, (date.max - first).days + 1)
    return [first + timedelta(days=day) for day in range(length)]
