"""`/receipt`: six words are chosen by touch or typed, and what they open is read and answered.

All of it is sent as forms: no word stands in an address, so none is in a log or a history. A QR's
letters come in the part of the address that browsers keep to themselves.
"""

import sqlite3
from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.looks import pressed_look, remember_looks
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.slips import SLIP, leaves
from node.form import readable
from node.mail.letter import MESSAGE_CHARACTERS_MAX, Conversation
from node.mail.letters import LettersOff, NobodyReads, are_off, by_receipt, post_of, write_on
from node.mail.receipt_key import Busy
from node.mail.six_words import (
    WORDS,
    as_letters,
    beginning_with,
    kana_rows,
    read_slip,
    read_word,
)
from node.node import NotAllowed
from node.words import say
from sync.errors import Malformed, TooLarge

_UNREADABLE = say(
    "6つのことばになっていないか、ない言葉があります。確かめて、もう一度入れてください。"
)
_NOTHING = say(
    "このことばの手紙は、この機械には届いていません。ことばを確かめてください。"
    "ほかの公民館で書いたときは、回線がつながるまで待つか、書いた公民館で開いてください。"
)
_BUSY = say("いま、こみ合っています。少し待って、もう一度押してください。")
_NO_MESSAGE = say("伝えたいことを書いてください。")
_GONE = say("この募集や行事は終わったので、もう送れません。")
_OFF = say(
    "この町では、こうした手紙を取りつがないことにしたので、つづきは送れません。"
    "お知らせのページに書いてある電話番号などに、直接お願いします。"
)
_SENT = say("送りました。")


def six_words_pages(screen: Screen) -> Blueprint:
    """Asking for the words, and what they open."""
    pages = Blueprint("six_words", __name__)

    @pages.get("/receipt")
    def ask() -> Response:
        return _words_page(())

    @pages.post("/receipt")
    def go() -> Response:
        pressed = pressed_look()
        if SLIP in request.form:
            return remember_looks(_open(screen, request.form[SLIP]), pressed)
        if "typed" in request.form:
            return _open(screen, request.form["typed"])
        return remember_looks(_choose(screen), pressed)

    return pages


def only_chooses() -> bool:
    """Whether somebody touches one more word or letter, and there aren't six yet to open."""
    return not {SLIP, "typed"} & set(request.form) and len(_chosen()) < WORDS


def _choose(screen: Screen) -> Response:
    """One more touch on the way to six words."""
    chosen = _chosen()
    if len(chosen) >= WORDS:
        return _open(screen, " ".join(chosen))
    return _words_page(chosen, kana=request.form.get("kana", "")[:1])


def _chosen() -> list[str]:
    """The words so far; none where one of them is none of ours."""
    try:
        chosen = [read_word(word) for word in request.form.get("words", "").split()][:WORDS]
        if word := request.form.get("word", ""):
            chosen.append(read_word(word))
    except Malformed:
        return []
    return (chosen[:-1] if "undo" in request.form else chosen)[:WORDS]


def _words_page(
    chosen: Sequence[str], *, kana: str = "", trouble: str = "", typed: str = "", status: int = 200
) -> Response:
    page = render_template(
        "six_words.html",
        so_far=chosen,
        empty=range(len(chosen) + 1, WORDS + 1),
        choices=beginning_with(kana) if kana else (),
        kana=kana,
        rows=kana_rows(),
        trouble=trouble,
        typed=typed,
        back=url_for("receipts.ask"),
        looks_in_form=bool(chosen),
    )
    return leaves(make_response(page, status))


def _open(screen: Screen, typed: str) -> Response:
    try:
        slip = read_slip(typed)
    except Malformed:
        return _words_page((), trouble=_UNREADABLE, typed=typed[:200], status=422)
    try:
        secret = screen.receipts.secret(slip, town=screen.node.settings.town)
    except Busy:
        return _words_page((), trouble=_BUSY, typed=typed[:200], status=503)
    told = by_receipt(screen.node, secret)
    if told is None:
        return _words_page((), trouble=_NOTHING, typed=typed[:200], status=404)
    said, trouble = "", ""
    if "message" in request.form and not pressed_look():
        said, trouble = _write_on(screen, told)
        told = by_receipt(screen.node, secret) or told
    return _conversation_page(screen, told, as_letters(slip), said=said, trouble=trouble)


def _write_on(screen: Screen, told: Conversation) -> tuple[str, str]:
    """What was done, or what was in the way."""
    message = readable(request.form["message"])
    if not message:
        return "", _NO_MESSAGE
    if len(message) > MESSAGE_CHARACTERS_MAX:
        return "", forms.TOO_LONG
    token = request.form.get(forms.TOKEN, "")
    with screen.sent_before.one_at_a_time():
        if screen.sent_before.led_to(token):
            return _SENT, ""
        try:
            write_on(screen.node, told, message)
        except LettersOff:
            return "", _OFF
        except (NobodyReads, NotAllowed):
            return "", _GONE
        except TooLarge:
            return "", forms.TOO_LONG
        except (sqlite3.Error, OSError) as wrong:
            screen.give_up(wrong)
            return "", forms.NOT_KEPT
        screen.sent_before.remember(token, "sent")
    return _SENT, ""


def _conversation_page(
    screen: Screen, told: Conversation, slip: str, *, said: str, trouble: str
) -> Response:
    post = post_of(screen.node, told.about)
    board = screen.node.boards.get(post.board) if post else None
    page = render_template(
        "conversation.html",
        title=post.text(board.title) if post and board else "",
        letters=[
            (each, not each.answers, dates.written_in_words(each.record.written, screen.now()))
            for each in told.letters
        ],
        slip=slip,
        off=_OFF if are_off(screen.node, post) else "",
        said=said,
        trouble=trouble,
        typed="" if said else request.form.get("message", ""),
        token=new_token(),
        looks_in_form=True,
        length_max=MESSAGE_CHARACTERS_MAX,
    )
    return leaves(make_response(page, 422 if trouble else 200))
