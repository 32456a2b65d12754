"""`/records/<address>/hide`, and `/hidden`: what isn't to be seen, for those who keep the place."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in, only_keepers
from node.deciding import may_lift
from node.hiding import REASONS, hidden, hide, lift, may_hide
from node.node import NotAllowed, NotSignedIn
from node.post import Post, PostState
from node.words import say


def hiding_pages(screen: Screen) -> Blueprint:
    """For whoever keeps the place and is signed in."""
    pages = Blueprint("hiding", __name__)

    pages.before_request(lambda: only_keepers(screen))

    @pages.get("/records/<address>/hide")
    def ask(address: str) -> Response:
        post = _post(screen, address)
        page = render_template(
            "hide.html",
            shown=screen.draw(post),
            reasons=REASONS,
            at_the_office=screen.node.is_office,
            back=url_for("records.record", address=address),
        )
        return make_response(page)

    @pages.post("/records/<address>/hide")
    def do(address: str) -> Response:
        post = _post(screen, address)
        if request.form.get("reason", "") not in REASONS:
            abort(400)
        try:
            hide(screen.node, post, request.form["reason"], by=screen.signed_in())
        except (NotAllowed, NotSignedIn):
            return ask_to_sign_in(screen)
        return forms.see_other(url_for("hiding.listed", done="hidden"))

    @pages.get("/hidden")
    def listed() -> Response:
        node = screen.node
        found: dict[str, dict[str, object]] = {}
        for decision, post in hidden(node):
            board = node.boards[post.board]
            each = found.setdefault(
                post.address,
                {
                    "address": post.address,
                    "title": post.text(board.title),
                    "board": board.label,
                    "why": [],
                    "may_lift": False,
                },
            )
            reasons = each["why"]
            assert isinstance(reasons, list)
            reasons.append((node.ledger.trust().name(decision.author), say(decision.reason)))
            each["may_lift"] = each["may_lift"] or may_lift(node, decision)
        return make_response(render_template("hidden.html", listed=[*found.values()], done=said()))

    @pages.post("/records/<address>/lift")
    def end(address: str) -> Response:
        try:
            lift(screen.node, address, by=screen.signed_in())
        except (NotAllowed, NotSignedIn):
            return ask_to_sign_in(screen)
        return forms.see_other(url_for("hiding.listed", done="lifted"))

    return pages


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or post.board not in screen.node.boards:
        abort(404)
    if post.state is not PostState.SHOWN or not may_hide(screen.node, post, screen.signed_in()):
        abort(403)
    return post
