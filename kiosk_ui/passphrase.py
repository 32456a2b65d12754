"""`/passphrase`: what opens one's account from elsewhere, chosen at the machine's own screen."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.elsewhere import elsewhere_page
from kiosk_ui.kiosk import at_this_machine
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in
from node.namesakes import called
from node.pins import PASSPHRASE_LETTERS_MIN, Weak, as_passphrase
from node.words import say

_WEAK = say(
    "半角の英字か数字で、{letters}文字以上の、同じ文字のくり返しでない合言葉にしてください。"
    "かなや漢字は、パソコンで書けないので使えません。",
    letters=PASSPHRASE_LETTERS_MIN,
)
_OTHER = say("2回の合言葉が違いました。もう一度、2回書いてください。")


def passphrase_pages(screen: Screen) -> Blueprint:
    """`/passphrase`, and taking it back."""
    pages = Blueprint("passphrase", __name__)

    @pages.before_request
    def only_here() -> Response | None:
        if not at_this_machine():
            return elsewhere_page(screen)
        if screen.closed_pages is None:
            abort(404)
        return None if screen.signed_in() else ask_to_sign_in(screen)

    @pages.get("/passphrase")
    def ask() -> Response:
        return _page(screen)

    @pages.post("/passphrase")
    def choose() -> Response:
        person = screen.signed_in() or abort(403)
        typed = as_passphrase(request.form.get("passphrase", ""))
        if typed != as_passphrase(request.form.get("again", "")):
            return _page(screen, _OTHER, 422)
        try:
            screen.passphrases.choose(person.address, typed)
        except Weak:
            return _page(screen, _WEAK, 422)
        return forms.see_other(url_for("passphrase.ask", done="passphrase_chosen"))

    @pages.post("/passphrase/forget")
    def forget() -> Response:
        person = screen.signed_in() or abort(403)
        screen.passphrases.forget(person.address)
        return forms.see_other(url_for("passphrase.ask", done="passphrase_forgotten"))

    return pages


def _page(screen: Screen, trouble: str = "", status: int = 200) -> Response:
    person = screen.signed_in() or abort(403)
    closed = screen.closed_pages or abort(404)
    page = render_template(
        "passphrase.html",
        name=called(screen.node, person),
        has_one=person.address in screen.passphrases.kept(),
        addresses=closed.addresses(),
        letters=PASSPHRASE_LETTERS_MIN,
        trouble=trouble,
        done=said(),
    )
    return make_response(page, status)
