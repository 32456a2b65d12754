"""A post as people meet it: its fields in words, drawn from the board's declaration.

What comes from other machines may hold anything, so a value that isn't of its field's type is
left out, and a link is only a link where it leads to the web.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import assert_never
from urllib.parse import urlsplit

from markupsafe import Markup

from kiosk_ui import dates
from kiosk_ui.furigana import read
from node.boards.declaration import EASY, READING, Board, Choice, Field, FieldType
from node.language.asking import Spans
from node.language.spans import unpack
from node.post import Post
from node.readings import reading_of, reading_of_table
from node.short_code import in_groups, short_code
from node.words import say

UNTITLED = say("（題名なし）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing a post says: its label, and its value in words."""

    name: str  # of its field
    label: str
    text: str = ""
    link: str = ""  # where the text leads
    lines: bool = False  # line breaks are its author's
    table: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A post, drawn as of now; its rows once they are asked for."""

    post: Post
    board: Board
    now: datetime
    title: str
    marks: tuple[Choice, ...]  # what sets it apart: 中止, 訓練, 解除
    usual: Choice | None  # how it stands, where that is the usual: 予定どおり
    day: date | None  # of a board in the order of days
    time: str  # that day's, in words
    age: str  # of a board in the order of moments: 3時間前
    nearness: str  # 今日, 明日, 開催中
    urgency: int  # 1 to 5; 0 where nothing is said
    town: str = ""  # that it is from, where that isn't ours

    @cached_property
    def cards(self) -> dict[object, Markup]:
        """As lists show it, once it was drawn (`kiosk_ui/cards.py`)."""
        return {}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All it says but its title and what is told by marks."""
        fields = [
            field
            for field in self.board.fields
            if field.shown
            and field.name != self.board.title
            and not _is_told_apart(field, self.board)
        ]
        return tuple(_rows(fields, self.post, self.now))

    @cached_property
    def list_rows(self) -> tuple[Row, ...]:
        """Those that lists show."""
        listed = {field.name for field in self.board.fields if field.in_list}
        return tuple(row for row in self.rows if row.name in listed)

    @property
    def easy(self) -> str:
        """All of it in やさしい日本語, where a keeper wrote that."""
        return _read(self.board, self.post, EASY) if self.board.field(EASY) else ""

    @property
    def code(self) -> str:
        """Its six digits, as people read them."""
        return in_groups(short_code(self.post.id))

    @property
    def phones(self) -> tuple[str, ...]:
        """The numbers to call."""
        fields = [field.name for field in self.board.fields if field.type is FieldType.PHONE]
        return tuple(text for name in fields if (text := self.post.text(name)))

    @property
    def loud(self) -> tuple[Choice, ...]:
        """The marks that nobody may overlook."""
        return tuple(mark for mark in self.marks if mark.loud)

    @property
    def quiet(self) -> tuple[Choice, ...]:
        """The other marks."""
        return tuple(mark for mark in self.marks if not mark.loud)

    @property
    def practice(self) -> bool:
        """Whether it is not the real thing."""
        return any(mark.practice for mark in self.marks)

    @property
    def over(self) -> bool:
        """Whether what it says no longer stands."""
        return any(mark.over for mark in self.marks)


def draw(board: Board, post: Post, now: datetime, *, town: str = "") -> Shown:
    """The post, in words. `town`: that it is from, where that isn't ours."""
    ordered_by = board.field(board.order.field)
    kind = ordered_by.type if ordered_by else None
    day = dates.read_date(post.text(board.order.field)) if kind is FieldType.DATE else None
    until = dates.read_date(post.text(board.order.until))
    moment = dates.read_moment(post.text(board.order.field)) if kind is FieldType.MOMENT else None
    return Shown(
        post=post,
        board=board,
        now=now,
        title=_read(board, post, board.title) or UNTITLED,
        marks=tuple(_marks(board, post)),
        usual=_usual(board, post),
        day=day,
        time=_time(board, ordered_by, post) if day and ordered_by else "",
        age=dates.ago(moment, now) if moment else "",
        nearness=dates.nearness(day, until, now) if day else "",
        urgency=_urgency(board, post),
        town=town,
    )


def _is_told_apart(field: Field, board: Board) -> bool:
    """Whether it is shown by a mark or a badge, not by a row."""
    return _is_marked(field, board) or field.name == board.urgency


def _is_marked(field: Field, board: Board) -> bool:
    return field.type is FieldType.CHOICE and (field.in_list or field.name == board.state)


def _marks(board: Board, post: Post) -> Iterator[Choice]:
    """What each CHOICE in the list says, unless it is the usual."""
    for field in board.fields:
        if _is_marked(field, board):
            chosen = _chosen(field, post.text(field.name))
            if chosen and chosen.key != field.default:
                yield chosen


def _usual(board: Board, post: Post) -> Choice | None:
    state = board.field(board.state)
    key = post.text(board.state)
    return _chosen(state, key) if state and key == state.default else None


def _chosen(field: Field, key: str) -> Choice | None:
    return next((choice for choice in field.choices if choice.key == key), None)


def _urgency(board: Board, post: Post) -> int:
    text = post.text(board.urgency)
    return int(text) if text in {"1", "2", "3", "4", "5"} else 0


def _rows(fields: Sequence[Field], post: Post, now: datetime) -> Iterator[Row]:
    """In the declared order; a time that follows the date of its group stands beside it."""
    beside: str | None = None
    for at, field in enumerate(fields):
        if field.name == beside:
            continue
        row = _row(field, post, now)
        if row is None:
            continue
        following = fields[at + 1] if at + 1 < len(fields) else None
        if following and _belongs_beside(field, following) and post.text(following.name):
            row = replace(
                row, text=dates.beside(row.text, dates.time_text(post.text(following.name)))
            )
            beside = following.name
        yield row


def _belongs_beside(field: Field, following: Field) -> bool:
    return (
        field.type is FieldType.DATE
        and following.type is FieldType.TIME
        and field.changes_with == following.changes_with
    )


def _time(board: Board, field: Field, post: Post) -> str:
    """The time that stands beside that date."""
    at = board.fields.index(field)
    following = next(iter(board.fields[at + 1 :]), None)
    beside = following is not None and _belongs_beside(field, following)
    return dates.time_text(post.text(following.name)) if following and beside else ""


def _row(field: Field, post: Post, now: datetime) -> Row | None:
    value = post.fields.get(field.name)
    if field.type is FieldType.TABLE:
        table = tuple(_table(value, reading_of_table(post.fields, field.name)))
        return Row(name=field.name, label=field.label, table=table) if table else None
    if field.type is FieldType.FLAG:
        return Row(name=field.name, label=field.label, text=say("はい")) if value is True else None
    if not isinstance(value, str) or not value:
        return None
    said = read(value, unpack(post.fields.get(READING + field.name), value))
    match field.type:
        case FieldType.DATE:
            return Row(name=field.name, label=field.label, text=dates.date_text(value, now))
        case FieldType.TIME:
            return Row(name=field.name, label=field.label, text=dates.time_text(value))
        case FieldType.MOMENT:
            return Row(name=field.name, label=field.label, text=dates.moment_text(value, now))
        case FieldType.CHOICE:
            chosen = _chosen(field, value)
            return Row(name=field.name, label=field.label, text=chosen.label) if chosen else None
        case FieldType.LONG_TEXT:
            return Row(name=field.name, label=field.label, text=said, lines=True)
        case FieldType.LINK:
            return Row(name=field.name, label=field.label, text=value, link=_web(value))
        case FieldType.PHONE:
            return Row(name=field.name, label=field.label, text=value, link=_call(value))
        case FieldType.TEXT | FieldType.NUMBER:
            return Row(name=field.name, label=field.label, text=said)
        case _:
            assert_never(field.type)


def _table(value: object, readings: Sequence[Sequence[Spans]] | None) -> Iterator[tuple[str, str]]:
    for at, row in enumerate(value if isinstance(value, list) else []):
        match row:
            case [str(label), str(text)]:
                spans = readings[at] if readings else ((), ())
                yield read(label, spans[0]), read(text, spans[1])


def _read(board: Board, post: Post, name: str) -> str:
    text = post.text(name)
    return read(text, reading_of(board, post.fields, name)) if text else ""


def _web(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def _call(number: str) -> str:
    digits = "".join(sign for sign in number if sign in "+0123456789")
    return f"tel:{digits}" if 3 <= len(digits) <= 20 else ""
