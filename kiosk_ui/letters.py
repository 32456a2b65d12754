"""`/letters`: what came to whoever is signed in, a posting at a time; `/looked`: who opened what.

A list says how many and when. Opening one is noted first, with the reason that was chosen.
"""

import sqlite3

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.signing_in import ask_to_sign_in
from node.form import readable
from node.mail.ending import LETTERS_DAYS, end_letters, has_ended
from node.mail.letter import MESSAGE_CHARACTERS_MAX, Conversation
from node.mail.letters import answer, post_of, received_here
from node.mail.looking import LETTER_REASONS, NobodyKeepsIt, looked, note_letters
from node.node import NotAllowed, NotSignedIn
from node.post import Post
from node.words import say
from sync.errors import TooLarge

NO_POST = "-"
"""In the place of a post's address: letters about what isn't held here."""


def letters_pages(screen: Screen) -> Blueprint:
    """For whoever is signed in, each his own."""
    pages = Blueprint("letters", __name__)

    @pages.before_request
    def only_those() -> Response | None:
        return None if screen.signed_in() else ask_to_sign_in(screen)

    @pages.get("/letters")
    def posts() -> Response:
        person = screen.signed_in()
        page = render_template(
            "letters.html",
            listed=_by_post(screen),
            looks_after=person is not None and person.tends_people,
            done=said(),
        )
        return make_response(page)

    @pages.get("/letters/<address>")
    def of_post(address: str) -> Response:
        found = next((each for each in _by_post(screen) if each["address"] == address), None)
        if found is None:
            abort(404)
        page = render_template(
            "letters_of_post.html", **found, reasons=LETTER_REASONS, days=LETTERS_DAYS, done=said()
        )
        return make_response(page)

    @pages.post("/letters/<address>/<name>")
    def open_one(address: str, name: str) -> Response:
        told = _conversation(screen, name)
        if (why := LETTER_REASONS.get(request.form.get("reason", ""))) is None:
            abort(400)
        try:
            note_letters(screen.node, told, why, by=screen.signed_in())
        except NobodyKeepsIt:
            return message_page("nobody_keeps_it", 403)
        except (NotAllowed, NotSignedIn):
            return message_page("not_a_member", 403)
        return _letter_page(screen, address, told)

    @pages.post("/letters/<address>/<name>/answer")
    def write_back(address: str, name: str) -> Response:
        token, message = request.form.get(forms.TOKEN, ""), request.form.get("message", "")
        with screen.sent_before.one_at_a_time():
            if led_to := screen.sent_before.led_to(token):
                return forms.see_other(led_to)
            told, plain = _conversation(screen, name), readable(message)
            if not 0 < len(plain) <= MESSAGE_CHARACTERS_MAX:
                trouble = forms.TOO_LONG if plain else say("返事を書いてください。")
                return _letter_page(screen, address, told, trouble=trouble)
            try:
                answer(screen.node, name, plain, by=screen.signed_in())
            except TooLarge:
                return _letter_page(screen, address, told, trouble=forms.TOO_LONG)
            except (sqlite3.Error, OSError) as wrong:
                screen.give_up(wrong)
                return _letter_page(screen, address, told, trouble=forms.NOT_KEPT)
            except (NotAllowed, NotSignedIn):
                return message_page("not_a_member", 403)
            to = url_for("letters.of_post", address=address, done="written_back")
            screen.sent_before.remember(token, to)
        return forms.see_other(to)

    @pages.post("/letters/<address>/end")
    def end(address: str) -> Response:
        post = screen.node.post(address) or abort(404)
        try:
            end_letters(screen.node, post, by=screen.signed_in())
        except (NotAllowed, NotSignedIn):
            return message_page("not_yours", 403)
        return forms.see_other(url_for("letters.posts", done="let_go"))

    @pages.get("/looked")
    def looked_at() -> Response:
        person = screen.signed_in()
        if person is None or not person.tends_people:
            return message_page("not_yours", 403)
        name = screen.node.ledger.trust().name
        rows = [
            (each, name(each.place), dates.written_in_words(each.written, screen.now()))
            for each in looked(screen.node)
        ]
        return make_response(
            render_template("looked.html", rows=rows, back=url_for("letters.posts"))
        )

    return pages


def _by_post(screen: Screen) -> list[dict[str, object]]:
    """Each posting about which something came, what waits first."""
    found: dict[str, tuple[Post | None, list[Conversation]]] = {}
    for told in received_here(screen.node, screen.signed_in()):
        post = post_of(screen.node, told.about)
        address = post.address if post else NO_POST
        found.setdefault(address, (post, []))[1].append(told)
    listed = [_of_post(screen, address, post, all_) for address, (post, all_) in found.items()]
    return sorted(listed, key=lambda each: (not each["waiting"], str(each["title"])))


def _of_post(
    screen: Screen, address: str, post: Post | None, conversations: list[Conversation]
) -> dict[str, object]:
    board = screen.node.boards.get(post.board) if post else None
    ended = post is not None and has_ended(screen.node, post)
    return {
        "address": address,
        "title": (post.text(board.title) if post and board else "") or say("（なくなった投稿）"),
        "board": board.label if board else "",
        "ended": ended,
        "may_end": ended and board is not None and board.letters_apart,
        "waiting": sum(told.waits for told in conversations),
        "conversations": [
            (told, len(told.letters), *_when(screen, told))
            for told in sorted(conversations, key=lambda told: (not told.waits, told.name))
        ],
    }


def _when(screen: Screen, told: Conversation) -> tuple[str, str]:
    last = told.letters[-1].record
    name = screen.node.ledger.trust().name(told.letters[0].record.author)
    return dates.written_in_words(last.written, screen.now()), name


def _conversation(screen: Screen, name: str) -> Conversation:
    found = received_here(screen.node, screen.signed_in())
    return next((told for told in found if told.name == name), None) or abort(404)


def _letter_page(
    screen: Screen, address: str, told: Conversation, *, trouble: str = ""
) -> Response:
    """All of a conversation; where an answer was in vain, only what was typed: opening is noted."""
    page = render_template(
        "letter.html",
        letters=[
            (each, each.answers, dates.written_in_words(each.record.written, screen.now()))
            for each in (() if trouble else told.letters)
        ],
        answer_at=url_for("letters.write_back", address=address, name=told.name),
        trouble=trouble,
        typed=request.form.get("message", "") if trouble else "",
        token=new_token(),
        length_max=MESSAGE_CHARACTERS_MAX,
        back=url_for("letters.of_post", address=address),
    )
    return make_response(page, 422 if trouble else 200)
