"""`/design`: every piece that pages are put together from, in every state. For development alone.

What is shown is drawn by the templates and the engine that people see, from posts that nobody made.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from flask import Blueprint, render_template

from kiosk_ui import dates
from kiosk_ui.controls import Control, controls
from kiosk_ui.screen import Screen
from kiosk_ui.shown import Shown, draw
from node.boards.declaration import Board, FieldType
from node.post import Post, PostState
from sync.entry import Quality, RecordId, Written

STICKS = (
    ("working", "USBメモリーを読んでいます", "抜かないで、お待ちください。"),
    ("done", "取り外してよいです", "新しいお知らせを3件、受け取りました。"),
    ("trouble", "読めませんでした", "もう一度、差しなおしてください。"),
)


def design_page(screen: Screen) -> Blueprint:
    """`/design`."""
    pages = Blueprint("design", __name__)

    @pages.get("/design")
    def design() -> str:
        return render_template(
            "design.html",
            shown=[
                item for board in screen.node.boards.values() for item in _states(screen, board)
            ],
            controls=list(_controls(screen.node.boards.values())),
            picked=list(_picked(screen)),
            sticks=[{"state": s, "heading": h, "sentence": t} for s, h, t in STICKS],
            address=screen.outside_address("/design"),
        )

    return pages


def _states(screen: Screen, board: Board) -> Iterator[Shown]:
    """One post of that board for each value of each of its choices, and of its urgency."""
    yield _post(screen, board, {}, day=0)
    for field in board.form_fields():
        if field.type is FieldType.CHOICE and field.in_list:
            for day, choice in enumerate(field.choices, start=1):
                yield _post(screen, board, {field.name: choice.key}, day=day)
    if board.urgency:
        for level in "12345":
            yield _post(screen, board, {board.urgency: level}, day=-1)
    yield _post(screen, board, {}, day=9, town="となりの町")


def _post(
    screen: Screen, board: Board, fields: dict[str, object], *, day: int, town: str = ""
) -> Shown:
    on = (dates.today(screen.now()) + timedelta(days=day)).isoformat()
    filled: dict[str, object] = {
        field.name: _filled(field.type, on, field.label) for field in board.fields if field.in_list
    }
    fields = filled | {board.title: f"{board.label}の題名は、長いこともあります"} | fields
    written = Written(seconds=0, quality=Quality.UNKNOWN)
    post = Post(
        id=RecordId(b"", 1),
        address="design",
        board=board.name,
        state=PostState.SHOWN,
        fields=fields,
        versions=(),
        counter=1,
        written=written,
        changed=written,
        author=b"",
        town="",
        opened=False,
    )
    return draw(board, post, screen.now(), town=town)


def _filled(type_: FieldType, on: str, label: str) -> str:
    match type_:
        case FieldType.DATE:
            return on
        case FieldType.TIME:
            return "13:30"
        case FieldType.MOMENT:
            return f"{on}T07:00:00+09:00"
        case FieldType.CHOICE | FieldType.NUMBER:
            return ""
        case _:
            return label


def _picked(screen: Screen) -> Iterator[Control]:
    """The first day and the first time of any board, with something chosen: its keys lie open."""
    today = dates.today(screen.now()).isoformat()
    seen: set[FieldType] = set()
    for board in screen.node.boards.values():
        for field in board.form_fields():
            if field.type in (FieldType.DATE, FieldType.TIME) and field.type not in seen:
                seen.add(field.type)
                yield Control(field=field, typed=_filled(field.type, today, ""))


def _controls(boards: Iterable[Board]) -> Iterator[Control]:
    """The first field of each shape: blank, and wrong as well as changed by somebody meanwhile."""
    seen: set[str] = set()
    for board in boards:
        blank = controls(board, {})
        every = dict.fromkeys((control.field.name for control in blank), "ここを書いてください。")
        wrong = controls(board, {}, problems=every, present=every)
        for at, control in enumerate(blank):
            if control.shape not in seen:
                seen.add(control.shape)
                yield control
                yield wrong[at]
