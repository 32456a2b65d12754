"""`/boards/<name>/steps`: a post written at the kiosk, a few questions to a screen, then read over.

Every screen carries all that was typed so far, and whoever leaves in the middle finds it again
until the visit is over. What is sent at the end is judged as a form is.
"""

from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.controls import Control, controls, defaults, to_parse
from kiosk_ui.easing import AID
from kiosk_ui.looks import pressed_look, remember_looks
from kiosk_ui.picking import PICK, picked
from kiosk_ui.posting import asked_of, form_of, refused, take
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from node.boards.declaration import Board, Field, FieldType
from node.form import Problems, parse
from node.words import say, together

ROOM = 6
"""What a screen has room for, where a line takes 2, a mark 1, a text 3, and a day or time all."""

_ROOMS = {"check": 1, "area": 3, "date": ROOM, "time": ROOM, "datetime-local": ROOM}

GO = "go"
STEP = "step"


def steps_pages(screen: Screen) -> Blueprint:
    """One address; which screen it is, the form says."""
    pages = Blueprint("steps", __name__)

    @pages.get("/boards/<name>/steps")
    def begin(name: str) -> Response:
        board = screen.board(name) or abort(404)
        if no := refused(screen, board):
            return no
        draft = screen.drafts.of(name)
        at = _number(draft.get(STEP, ""), _cut(screen, board))
        return _page(screen, board, draft or defaults(board), at, begun=bool(draft))

    @pages.post("/boards/<name>/steps")
    def go(name: str) -> Response:
        board = screen.board(name) or abort(404)
        if no := refused(screen, board):
            return no
        return _go(screen, board, forms.typed())

    return pages


def steps(fields: Sequence[Field]) -> list[list[Field]]:
    """The fields, cut into screens: in order, what changes together side by side where it fits."""
    cut: list[list[Field]] = []
    for field in fields:
        last = cut[-1] if cut else []
        together = not last or last[-1].group == field.group
        if last and together and _room(last) + _room([field]) <= ROOM:
            last.append(field)
        else:
            cut.append([field])
    return cut


def _room(fields: Sequence[Field]) -> int:
    shapes = (Control(field=field, typed="").shape for field in fields)
    return sum(_ROOMS.get(shape, 2) for shape in shapes)


def _cut(screen: Screen, board: Board) -> list[list[Field]]:
    keeper = screen.signed_in() is not None
    fields = [field for field in board.form_fields() if keeper or not field.by_keepers]
    return [*steps(fields), *([field] for field in asked_of(screen, board))]


def _go(screen: Screen, board: Board, values: Mapping[str, str]) -> Response:
    """To where a button of this screen leads."""
    cut = _cut(screen, board)
    at, to = _number(values.get(STEP, ""), cut), values.get(GO, "send")
    if pressed := pressed_look():
        return remember_looks(_page(screen, board, values, at), pressed)
    if PICK in values:
        fields = board.form_fields()
        return _page(screen, board, picked(fields, values, screen.now()), at)
    if AID in values:
        return _page(screen, board, values, at)
    match to:
        case "anew":
            screen.drafts.drop(board.name)
            return forms.see_other(url_for("steps.begin", name=board.name))
        case "home":
            return _keep(screen, board, values, at, forms.see_other("/"))
        case "back" if at == 0:
            away = forms.see_other(url_for("lists.board", name=board.name))
            return _keep(screen, board, values, at, away)
        case "back":
            return _page(screen, board, values, at - 1)
        case "next" | "enough":
            problems = _problems(board, values, cut[at]) if at < len(cut) else {}
            if problems:
                return _page(screen, board, values, at, problems=problems)
            read_over = to == "enough" or values.get("again")
            return _page(screen, board, values, len(cut) if read_over else at + 1)
        case "send":
            return _send(screen, board)
    return _page(screen, board, values, _number(to, cut), again=True)


def _number(text: str, cut: Sequence[object]) -> int:
    """Which screen: of the questions, or the one after them, where all is read over."""
    return min(int(text), len(cut)) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _is_enough(values: Mapping[str, str], to_come: Sequence[Sequence[Field]]) -> bool:
    """Whether all that is still asked may be left out, and there is more of it than one screen."""
    left = [field for asked in to_come for field in asked if field.required]
    return len(to_come) > 1 and all(values.get(field.name) or field.default for field in left)


def _problems(board: Board, values: Mapping[str, str], asked: Sequence[Field]) -> dict[str, str]:
    """Those of the fields on this screen."""
    match parse(board, to_parse(board, values)):
        case Problems(by_field=problems):
            return {f.name: problems[f.name] for f in asked if f.name in problems}
    return {}


def _send(screen: Screen, board: Board) -> Response:
    form = form_of(screen, board)
    response = forms.sent(screen, form, lambda fields: take(screen, form, fields))
    if response.status_code == 303:
        screen.drafts.drop(board.name)
    return response


def _page(
    screen: Screen,
    board: Board,
    values: Mapping[str, str],
    at: int,
    *,
    problems: Mapping[str, str] | None = None,
    again: bool = False,
    begun: bool = False,
) -> Response:
    cut = _cut(screen, board)
    at = min(at, len(cut))
    asked = [] if at == len(cut) else cut[at]
    drawn = {
        control.field.name: control
        for control in [
            *controls(board, values, problems=problems),
            *(
                Control(field=field, typed=values.get(field.name, field.default))
                for field in asked_of(screen, board)
            ),
        ]
    }
    page = render_template(
        "step.html",
        form=form_of(screen, board),
        controls=[drawn[field.name] for field in asked],
        carried=[control for name, control in drawn.items() if name not in {f.name for f in asked}],
        wrong=[drawn[name] for name in problems or ()],
        read_over=list(_read_over(screen, cut, drawn)) if not asked else [],
        left_out=list(_left_out(screen, cut, drawn)) if not asked else [],
        at=at,
        last=len(cut),
        again=again or bool(values.get("again") and asked),
        enough=_is_enough(values, cut[at + 1 :]),
        begun=begun,
        token=values.get(forms.TOKEN) or new_token(),
        looks_in_form=True,
    )
    response = make_response(page, 422 if problems else 200)
    if request.method == "POST":
        return _keep(screen, board, values, at, response)
    return response


def _keep(
    screen: Screen, board: Board, values: Mapping[str, str], at: int, response: Response
) -> Response:
    """What was typed, and on which screen; no button, and nobody's session."""
    names = {field.name for asked in _cut(screen, board) for field in asked}
    typed = {name: value for name, value in values.items() if name in names}
    return screen.drafts.keep(board.name, {**typed, STEP: str(at)}, response)


def _read_over(
    screen: Screen, cut: Sequence[Sequence[Field]], drawn: Mapping[str, Control]
) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Each screen's number, with what was said there in words."""
    for at, asked in enumerate(cut):
        said = [(field.label, _in_words(screen, drawn[field.name])) for field in asked]
        if told := [(label, text) for label, text in said if text]:
            yield at, told


def _left_out(
    screen: Screen, cut: Sequence[Sequence[Field]], drawn: Mapping[str, Control]
) -> Iterator[tuple[int, str]]:
    """Each screen's number on which nothing was said, with what was asked there."""
    for at, asked in enumerate(cut):
        if not any(_in_words(screen, drawn[field.name]) for field in asked):
            yield at, together(field.label for field in asked)


def _in_words(screen: Screen, control: Control) -> str:
    match control.field.type:
        case FieldType.CHOICE:
            labels = {choice.key: choice.label for choice in control.field.choices}
            return labels.get(control.typed, "")
        case FieldType.FLAG:
            return say("はい") if control.typed else ""
        case FieldType.DATE:
            return dates.date_text(control.typed, screen.now())
        case FieldType.TIME:
            return dates.time_text(control.typed)
    return control.typed.replace("T", " ") if control.shape == "datetime-local" else control.typed
