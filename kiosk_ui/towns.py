"""`/towns`: which towns this one reads, who it is for others, and, at the office, deciding so."""

from flask import Blueprint, Response, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.kept_pages import KeptPages
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in
from node.node import NotAllowed
from node.subscribing import (
    CARD_BYTES_MAX,
    NotACard,
    NumberDiffers,
    may_decide,
    own_card,
    read_card,
    subscribe,
    subscriptions,
    unsubscribe,
)
from node.words import say
from sync.account import Duty

DIFFERS = say(
    "番号が合わないので、読みはじめていません。もう一度、相手の役場に電話で読み上げてもらってください。"
    "それでも合わないときは、名札がその町のものではないおそれがあります。"
)


def towns_page(screen: Screen, kept: KeptPages) -> Blueprint:
    """`/towns`."""
    pages = Blueprint("towns", __name__)

    @pages.before_request
    def only_staff() -> Response | None:
        """What the town reads, its staff decides, once staff sign in there."""
        if request.method == "GET" or not screen.node.is_guarded:
            return None
        person = screen.signed_in()
        return None if person and person.duty is Duty.STAFF else ask_to_sign_in(screen)

    @pages.get("/towns")
    @kept.page
    def towns() -> str:
        return _page(screen)

    @pages.post("/towns")
    def begin() -> Response:
        node = screen.node
        try:
            card = read_card(request.form.get("card", "")[:CARD_BYTES_MAX], here=node.settings.town)
            subscribe(node, card, heard=request.form.get("number", ""))
        except NotACard as wrong:
            return make_response(_page(screen, trouble=wrong.args[0]), 422)
        except NumberDiffers:
            return make_response(_page(screen, trouble=DIFFERS), 422)
        except NotAllowed:
            return message_page("at_the_office", 403)
        return forms.see_other(url_for("towns.towns", done="reading"))

    @pages.post("/towns/leave")
    def leave() -> Response:
        try:
            unsubscribe(screen.node, request.form.get("town", ""))
        except NotAllowed:
            return message_page("at_the_office", 403)
        return forms.see_other(url_for("towns.towns", done="left"))

    return pages


def _page(screen: Screen, *, trouble: str = "") -> str:
    node = screen.node
    return render_template(
        "towns.html",
        card=own_card(node),
        taken=subscriptions(node),
        may_decide=may_decide(node),
        typed=request.form.get("card", ""),
        trouble=trouble,
        done=said(),
        back=url_for("connections.connections"),
    )
