"""The index by which posts are found: by their words as written, and by how they are read.

Each letter is a token and each word looked for a phrase, so any length is found, one letter too.
How a text is read stands behind it in kana of their own, so that a phrase asks for one or the
other, and every list of places is short. Titles have an index of their own beside that of all
texts: what is called so stands before what only says so, however old it is.
The index holds no text that can be read back; what is taken out of it is given anew, letter for
letter, so what is written here may hang on nothing but a post's row. Who may see what is decided
where posts are: whatever isn't shown isn't found, nor counted.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from node.boards.declaration import READING, Board, Field, FieldType
from node.language.kana import GAP, letters, one_width, sound
from node.language.spans import aloud, in_kana, is_kana
from node.post import Post, PostState
from node.readings import reading_of, reading_of_table
from node.short_code import records_of
from node.views.post_row import COLUMNS, Row, read_post
from sync import cbor
from sync.entry import EntryId
from sync.machine.database import Database

FOUND_MAX = 100
LETTERS_MAX = 20_000  # of one post
ADDED_AT_ONCE = 2_000  # posts whose texts are in memory meanwhile
DAYS_MAX = 62  # of a post that lasts longer, the first ones

INDEXES = ("letters", "titles")
"""Of all texts, and of titles alone."""

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


class Match(IntEnum):
    """How a post answers to what was typed; the closer, the smaller."""

    NAME = 0  # it is called just that
    TITLE = 1  # its title has all of the words
    TEXT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A post that was found, and how."""

    post: Post
    match: Match


class Search:
    """What is found on the boards of one machine."""

    def __init__(self, database: Database, boards: Mapping[str, Board]) -> None:
        """Over the tables in that database."""
        self._database = database
        self._boards = {name: (board, _searched(board)) for name, board in boards.items()}
        self._added: dict[EntryId, tuple[int, str, str]] = {}
        self._to_forget = False

    def clear(self) -> None:
        """Empty the index."""
        for index in INDEXES:
            self._database.connection.execute(
                f"INSERT INTO {index} ({index}) VALUES ('delete-all')"
            )
        self._database.connection.execute("DELETE FROM found")

    def add(self, id_: EntryId, board: str, fields: Mapping[str, object], written: int) -> None:
        """Index a post that is shown, or will be once nothing newer takes its place."""
        self._added[id_] = _place(id_, written), *self._indexed(board, fields, written)
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
        for index, letters_ in zip(INDEXES, self._indexed(board, said, written), strict=True):
            connection.execute(
                f"INSERT INTO {index} ({index}, rowid, said) VALUES ('delete', ?, ?)",
                (row[0], letters_),
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
        added = sorted(
            (place, *id_, text, title) for id_, (place, text, title) in self._added.items()
        )
        self._added = {}
        connection.execute("SAVEPOINT places")
        try:
            connection.executemany("INSERT INTO found VALUES (?, ?, ?)", [row[:3] for row in added])
        except sqlite3.IntegrityError:  # two posts of one second and by chance of one place: rare
            connection.execute("ROLLBACK TO places")
            added = [(self._place_free(*row[:3]), *row[1:]) for row in added]
        connection.execute("RELEASE places")
        for at, index in enumerate(INDEXES, start=3):
            connection.executemany(
                f"INSERT INTO {index} (rowid, said) VALUES (?, ?)",
                [(row[0], row[at]) for row in added],
            )

    def _place_free(self, place: int, lane: bytes, number: int) -> int:
        """The next one that is free, taken for that post."""
        insert = "INSERT INTO found VALUES (?, ?, ?) ON CONFLICT (place) DO NOTHING"
        while not self._database.connection.execute(insert, (place, lane, number)).rowcount:
            place += 1
        return place

    def rewrite(self) -> None:
        """Write the whole index anew: of what was deleted FTS5 keeps the letters until then."""
        for index in INDEXES:
            self._database.connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")

    def find(
        self, words: Sequence[str], *, board: str = "", days: Iterable[date] = ()
    ) -> Sequence[Hit]:
        """What is shown and has all these words, perhaps of a board, or days; FOUND_MAX at most.

        What is called so first, then what has them in its title; of each the newest first.
        """
        of = (words, board, [*days])
        asked = question(*of)
        # What is nowhere takes longest, and is asked for in one place only.
        if not self._rows("letters", asked, 1):
            return []
        titled = self._rows("titles", asked, FOUND_MAX)
        named = self._rows("titles", name_question(*of), FOUND_MAX) if titled else ()
        hits: dict[EntryId, Hit] = {}
        self._gather(hits, Match.NAME, named)
        self._gather(hits, Match.TITLE, titled)
        if len(hits) < FOUND_MAX:
            self._gather(hits, Match.TEXT, self._rows("letters", asked, FOUND_MAX + len(hits)))
        return [*hits.values()]

    @staticmethod
    def _gather(hits: dict[EntryId, Hit], match: Match, rows: Sequence[Row]) -> None:
        """Those that aren't there yet, as many as there is room for."""
        for row in rows:
            id_ = EntryId(*row[:2])
            if id_ not in hits and len(hits) < FOUND_MAX:
                hits[id_] = Hit(post=read_post(row), match=match)

    def _rows(self, index: str, asked: str, limit: int) -> Sequence[Row]:
        """The newest that are shown, so many."""
        if not asked:
            return ()
        sql = (
            f"SELECT {COLUMNS} FROM {index} CROSS JOIN found ON place = {index}.rowid"
            f" CROSS JOIN posts USING (lane, number) WHERE {index} MATCH ? AND state = ?"
            f" ORDER BY {index}.rowid DESC LIMIT ?"
        )
        args = (asked, PostState.SHOWN, limit)
        return self._database.connection.execute(sql, args).fetchall()

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

    def _indexed(self, name: str, fields: Mapping[str, object], written: int) -> tuple[str, str]:
        """What the indexes hold of one post: letters and sound of all its texts, and of its title;
        behind each its board and days.
        """
        board, searched = self._boards[name]
        texts = [*_texts(board, searched, fields)]
        marks = " ".join([_of_board(name), *map(_of_day, _days(board, fields, written))])
        titles = [(said, read) for of, said, read in texts if of in _named(board)]
        return (
            _both([said for _, said, _ in texts], [read for _, _, read in texts]) + marks,
            _both(["", *(said for said, _ in titles), ""], ["", *(read for _, read in titles), ""])
            + marks,
        )


def _named(board: Board) -> tuple[str, str]:
    return board.title, board.title_reading


def _both(said: Sequence[str], read: Sequence[str]) -> str:
    one_by_one = _letters(GAP.join(said))
    heard = one_by_one if read == said else _letters(GAP.join(read))
    return f"{_tokens(one_by_one, _WRITTEN_AS)}{GAP} {_tokens(heard, _HEARD_AS)}"


def question(words: Sequence[str], board: str = "", days: Iterable[date] = ()) -> str:
    """In the language of FTS5; all that comes from people in it is letters between quotes."""
    return _asked([phrase for word in words if (phrase := _phrase(word))], board, days)


def name_question(words: Sequence[str], board: str = "", days: Iterable[date] = ()) -> str:
    """Whose title, or how it is read, is these words and nothing else."""
    phrase = _phrase("".join(words), around=f"{GAP} ")
    return _asked([phrase] if phrase else [], board, days)


def _phrase(word: str, *, around: str = "") -> str:
    wide = one_width(word)
    said, heard = _tokens(wide, _WRITTEN_AS), _tokens(wide, _HEARD_AS)
    return f'("{around}{said}{around}" OR "{around}{heard}{around}")' if said else ""


def _asked(asked: list[str], board: str, days: Iterable[date]) -> str:
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
) -> Iterator[tuple[str, str, str]]:
    """Each text of a post: its field, the text, and how it is read."""
    for field in fields_searched:
        value = fields.get(field.name)
        if value is None:
            continue
        if field.name == board.title_reading and isinstance(value, str):
            yield field.name, "", value
        elif field.type is FieldType.CHOICE:
            for choice in field.choices:
                if choice.key == value:
                    yield field.name, choice.label, choice.label
        else:
            for said, read in _of_field(board, field, fields):
                yield field.name, said, read


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
