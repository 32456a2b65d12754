"""A form drawn and a form sent: what `posting` and `changing` have in common."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, make_response, redirect, render_template, request

from kiosk_ui import picture_slots
from kiosk_ui.allowances import seconds_to_wait, wait_in_words
from kiosk_ui.controls import Control, controls, to_parse
from kiosk_ui.easing import AID
from kiosk_ui.looks import pressed_look, remember_looks
from kiosk_ui.picking import PICK, picked
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from node.boards.declaration import Board, Field
from node.form import Problems, parse
from node.post import Post
from node.words import say

_log = logging.getLogger(__name__)

TOKEN = "token"  # noqa: S105
SEEN = "seen"
NOT_KEPT = say(
    "いまは、この機械の記憶装置に書けないので、まだのっていません。書かれたものは、このまま残してあります。"
    "少し待って、もう一度送ってください。それでもだめなときは、公民館の人にお知らせください。"
)
TOO_OFTEN = say(
    "続けて何度も送られたので、まだのっていません。書かれたものは、このまま残してあります。"
    "{wait}ほど待って、もう一度送ってください。お急ぎのときは、公民館の画面からどうぞ。"
)
TOO_LONG = say("全部あわせると長すぎて、のせられません。どれかの文を短くしてください。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What doesn't change from one rendering to the next."""

    board: Board
    heading: str
    send: str  # what the button says
    back: str
    seen: str = ""  # the edition this form is about to replace
    beside: tuple[Field, ...] = ()  # what is asked beside the board's own fields
    advice: str = ""  # what to know before writing
    told: tuple[str, ...] = ()  # what people should know before they write
    carried: tuple[tuple[str, str], ...] = ()  # what goes with it unseen
    pictures: bool = False  # some may be added
    for_few: bool = False  # to read: what is typed stays in no browser for long
    of: Post | None = None  # what it changes, with the pictures it has


def typed() -> dict[str, str]:
    """What was typed, letter by letter."""
    sent = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    return sent | picture_slots.changed()


def form_page(
    form: Form,
    values: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    present: Mapping[str, str] | None = None,
    trouble: str = "",
    status: int = 200,
) -> Response:
    """The form with these values in it, each problem at its field."""
    drawn: list[Control] = controls(form.board, values, problems=problems, present=present)
    for field in form.beside:
        drawn.append(Control(field=field, typed=values.get(field.name, field.default)))
    page = render_template(
        "form.html",
        form=form,
        controls=drawn,
        wrong=[control for control in drawn if control.problem],
        trouble=trouble,
        slots=picture_slots.slots(values, form.of) if form.pictures else (),
        back=form.back,
        token=values.get(TOKEN) or new_token(),
        looks_in_form=True,
    )
    return make_response(page, status)


def looked_at(screen: Screen, form: Form) -> Response | None:
    """If a button was pressed that sends nothing: the same form, with what that changes."""
    values = typed()
    if pressed := pressed_look():
        return remember_looks(form_page(form, values), pressed)
    if PICK in values:
        fields = form.board.form_fields()
        return form_page(form, picked(fields, values, screen.now()))
    return form_page(form, values) if AID in values else None


def sent(screen: Screen, form: Form, do: Callable[[dict[str, object]], Response]) -> Response:
    """Take a form once: `do` gets its fields, and what it leads to is remembered."""
    token = request.form.get(TOKEN, "")
    trouble = ""
    if form.pictures and not screen.sent_before.led_to(token) and not seconds_to_wait():
        # Before others must wait: it takes a while, and is held for the next try.
        try:
            trouble = picture_slots.take_in(screen.node, screen.tray, form.of)
        except OSError as wrong:
            return not_kept(screen, form, wrong)
    with screen.sent_before.one_at_a_time():
        if led_to := screen.sent_before.led_to(token):
            return see_other(led_to)
        if seconds := seconds_to_wait():
            trouble = say(TOO_OFTEN, wait=wait_in_words(seconds))
            return form_page(form, typed(), trouble=trouble, status=429)
        match parse(form.board, to_parse(form.board, request.form)):
            case Problems(by_field=problems):
                return form_page(form, typed(), problems=problems, trouble=trouble, status=422)
            case _ if trouble:
                return form_page(form, typed(), trouble=trouble, status=422)
            case fields:
                try:
                    response = do(fields | picture_slots.named())
                except (sqlite3.Error, OSError) as wrong:
                    return not_kept(screen, form, wrong)
        if response.status_code == 303:
            screen.sent_before.remember(token, response.headers["Location"])
            screen.tray.let_go()
        return response


def not_kept(screen: Screen, form: Form, wrong: Exception) -> Response:
    """The form again, with all that was typed: the disk took nothing of it."""
    _log.warning("a post could not be kept: %s", wrong)
    screen.give_up(wrong)
    return form_page(form, typed(), trouble=NOT_KEPT, status=503)


def see_other(address: str) -> Response:
    """Go and look there; reloading that page sends nothing again."""
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response
