"""`/records/<address>/write`: a letter to whoever is behind a post, and the receipt for it.

The receipt is drawn before anybody writes and goes along in the form, so that a second tap makes
neither a second letter nor another receipt.
"""

import sqlite3

from flask import Blueprint, Response, abort, request, url_for

from kiosk_ui import forms
from kiosk_ui.controls import defaults, to_parse
from kiosk_ui.errors import message_page
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.screen import Screen
from kiosk_ui.slips import SLIP, Receipt, kept_receipt, leaves, receipt_page, wanted
from node.boards.declaration import Board, Field, FieldType, Order
from node.form import Problems, parse
from node.mail.ending import LETTERS_DAYS
from node.mail.letter import CONTACT_CHARACTERS_MAX, MESSAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from node.mail.letters import (
    LettersOff,
    NobodyReads,
    are_off,
    may_write,
    readers,
    who_reads,
    write_letter,
)
from node.mail.receipt_key import Busy
from node.mail.six_words import as_letters, as_words, new_slip, read_slip
from node.node import NotAllowed
from node.post import Post
from node.switching import why_letters_are_off
from node.words import Said, say, together
from sync import sealing
from sync.errors import Malformed, TooLarge

BUSY = say(
    "いま、こみ合っています。書かれたものは、このまま残してあります。"
    "少し待って、もう一度送ってください。"
)

NOBODY = say(
    "募集や行事が終わったか、受け取る担当者がいないので、送れませんでした。"
    "お急ぎのときは、のせた人か公民館の人に、直接お話しください。"
)

OFF = say(
    "この町では、こうした手紙を取りつがないことにしたので、送れませんでした。"
    "お知らせのページに書いてある電話番号などに、直接お願いします。わけ：{why}",
)

_GOOD = say(
    "どの公民館でも、掲示板のページの「控えで調べる」を押して、6つのことばを順に入れると、"
    "返事が読めます。"
)

LETTER_FORM = Board(
    name="letter",
    label=say("手紙"),
    reading=say("てがみ"),
    purpose="",
    lane_class="message",
    audience="town",
    writers=frozenset(),
    order=Order(field=""),
    fields=(
        Field(
            name="message",
            label=say("伝えたいこと"),
            type=FieldType.LONG_TEXT,
            required=True,
            length_max=MESSAGE_CHARACTERS_MAX,
        ),
        Field(
            name="name",
            label=say("お名前"),
            hint=say("書かなくても送れます。"),
            length_max=NAME_CHARACTERS_MAX,
        ),
        Field(
            name="contact",
            label=say("ご連絡先"),
            hint=say("電話など。書かなくても、次の画面の「受付のことば」で返事が読めます。"),
            length_max=CONTACT_CHARACTERS_MAX,
        ),
    ),
)
"""No board: what a letter says is sealed, and stands nowhere."""


def writing_pages(screen: Screen) -> Blueprint:
    """A blank letter, and a letter."""
    pages = Blueprint("writing", __name__)

    @pages.get("/records/<address>/write")
    def blank(address: str) -> Response:
        post = _post(screen, address)
        if told := _elsewhere(screen, post):
            return told
        if are_off(screen.node, post):
            return message_page("letters_off", 403, why=_why_off(screen, post))
        if not may_write(screen.node, post):
            return message_page("nobody_reads", 403)
        form = _form(screen, post, as_letters(new_slip()))
        return leaves(forms.form_page(form, defaults(LETTER_FORM)))

    @pages.post("/records/<address>/write")
    def send(address: str) -> Response:
        post = _post(screen, address)
        if told := _elsewhere(screen, post):
            return told
        try:
            slip = read_slip(request.form.get(SLIP, ""))
        except Malformed:
            if are_off(screen.node, post):
                return message_page("letters_off", 403, why=_why_off(screen, post))
            abort(400)
        form = _form(screen, post, as_letters(slip))
        return leaves(forms.looked_at(screen, form) or _send(screen, form, post, slip))

    @pages.post("/records/<address>/write/save")
    def save(address: str) -> Response:
        """No word stands in an address here either."""
        return kept_receipt(
            screen, _receipt(screen, _post(screen, address), _slip()), wanted=wanted()
        )

    return pages


def _slip() -> bytes:
    try:
        return read_slip(request.form.get(SLIP, ""))
    except Malformed:
        abort(400)


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or post.board not in screen.node.boards:
        abort(404)
    return post


def _elsewhere(screen: Screen, post: Post) -> Response | None:
    """Of another town's post: how to reach who posted it, since no message crosses towns."""
    if post.town == screen.node.settings.town:
        return None
    return message_page("other_town", 403, town=screen.node.name_of(post.town))


def _why_off(screen: Screen, post: Post) -> Said:
    return why_letters_are_off(screen.node, screen.node.boards[post.board])


def _form(screen: Screen, post: Post, slip: str) -> forms.Form:
    board = screen.node.boards[post.board]
    names = together(who_reads(screen.node, readers(screen.node, post)))
    told = [say("「{text}」について書きます。", text=post.text(board.title))]
    if names:
        told.append(
            say("読めるのは、{names}だけです。ほかの人や、ほかの機械には読めません。", names=names)
        )
    told.append(
        say(
            "終わってから{LETTERS_DAYS}日たつと、書かれたことは消えます。",
            LETTERS_DAYS=LETTERS_DAYS,
        )
    )
    if not at_the_kiosk():
        told.append(
            say(
                "この画面から公民館の機械までの間は、同じWi-Fiにいる詳しい人に見られるおそれがあります。"
                "気になる方は、公民館の画面で書いてください。"
            )
        )
    return forms.Form(
        board=LETTER_FORM,
        heading=board.letters,
        send=say("送る"),
        back=url_for("records.record", address=post.address),
        told=tuple(told),
        carried=((SLIP, slip),),
        for_few=True,
    )


def _send(screen: Screen, form: forms.Form, post: Post, slip: bytes) -> Response:
    match parse(LETTER_FORM, to_parse(LETTER_FORM, request.form)):
        case Problems(by_field=problems):
            return forms.form_page(form, forms.typed(), problems=problems, status=422)
        case fields:
            said = {name: str(fields.get(name, "")) for name in ("message", "name", "contact")}
    try:
        secret = screen.receipts.secret(slip, town=screen.node.settings.town)
    except Busy:
        return forms.form_page(form, forms.typed(), trouble=BUSY, status=503)
    token = request.form.get(forms.TOKEN, "")
    with screen.sent_before.one_at_a_time():
        if not screen.sent_before.led_to(token):
            try:
                write_letter(screen.node, post, receipt=sealing.public(secret), **said)
            except LettersOff:
                off = say(OFF, why=_why_off(screen, post))
                return forms.form_page(form, forms.typed(), trouble=off, status=403)
            except (NobodyReads, NotAllowed):
                return forms.form_page(form, forms.typed(), trouble=NOBODY, status=403)
            except TooLarge:
                return forms.form_page(form, forms.typed(), trouble=forms.TOO_LONG, status=422)
            except (sqlite3.Error, OSError) as wrong:
                return forms.not_kept(screen, form, wrong)
            screen.sent_before.remember(token, post.address)
    return receipt_page(_receipt(screen, post, slip))


def _receipt(screen: Screen, post: Post, slip: bytes) -> Receipt:
    who = together(who_reads(screen.node, readers(screen.node, post)))
    return Receipt(
        about=post.text(screen.node.boards[post.board].title),
        heading=say("送りました"),
        state="done",
        told=(
            say("読めるのは、{who}だけです。", who=who),
            say("この機械に保存しました。回線がつながりしだい届きます。"),
        ),
        words=as_words(slip),
        link=f"{screen.outside_address(url_for('six_words.ask'))}#{as_letters(slip)}",
        good=_GOOD,
        kept_at=url_for("writing.save", address=post.address),
        slip=as_letters(slip),
        back=url_for("records.record", address=post.address),
        is_new=True,
    )
