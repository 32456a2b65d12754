"""`/kept`: what is kept how long, what goes next, who asked for erasure and when: to be printed."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.screen import Screen
from kiosk_ui.shown import UNTITLED
from kiosk_ui.signing_in import ask_to_sign_in, only_staff
from node.erasing import orders
from node.erasure_requests import requests
from node.moderation.waiting import WAITS_DAYS
from node.node import NotAllowed, NotSignedIn
from node.post import Post
from node.retaining import COMING_DAYS, REASONS, coming, in_words, keep, kept, release
from node.witnesses import witnessed
from node.words import say
from sync.machine import clock
from sync.machine.clock import Moment
from sync.order import RETAIN

COMING_SHOWN_MAX = 200


def keeping_pages(screen: Screen) -> Blueprint:
    """For the office's staff, signed in."""
    pages = Blueprint("keeping", __name__)
    pages.before_request(lambda: only_staff(screen))

    @pages.get("/kept")
    def listed() -> Response:
        node = screen.node
        moment = Moment(screen.now(), clock.now().quality)
        going, done = coming(node, moment), orders(node)
        page = render_template(
            "kept.html",
            boards=[
                (board.label, in_words(board), board.retention_why)
                for board in node.boards.values()
            ],
            witnessed=witnessed(node, moment) is not None,
            days=COMING_DAYS,
            waits_days=WAITS_DAYS,
            going=[
                {
                    **_told(screen, each.post),
                    "day": dates.day_in_words(each.day, screen.now()),
                }
                for each in going[:COMING_SHOWN_MAX]
            ],
            more=len(going) - COMING_SHOWN_MAX,
            reasons=REASONS,
            held=[
                {**_told(screen, post), "reason": decision.reason} for decision, post in kept(node)
            ],
            asked=[
                {
                    "code": f"{each.code[:4]} {each.code[4:]}",
                    "from": node.ledger.trust().name(each.record.author),
                    "when": dates.written_in_words(each.record.written, screen.now()),
                    "answered": dates.written_in_words(each.answer.written, screen.now())
                    if each.answer
                    else "",
                    "answer": each.answer.reason if each.answer else "",
                }
                for each in requests(node)
            ],
            erased=[
                {
                    "when": dates.written_in_words(each.written, screen.now()),
                    "what": say("期限") if each.kind == RETAIN else say("消去"),
                    "reason": each.reason,
                    "entries": each.entries,
                }
                for each in done
            ],
            printed=dates.moment_in_words(screen.now(), screen.now()),
            done=said(),
        )
        return make_response(page)

    @pages.post("/records/<address>/keep")
    def hold(address: str) -> Response:
        if request.form.get("reason", "") not in REASONS:
            abort(400)
        return _decide(
            screen,
            address,
            lambda post: keep(screen.node, post, request.form["reason"], by=screen.signed_in()),
        )

    @pages.post("/records/<address>/release")
    def let_go(address: str) -> Response:
        return _decide(
            screen, address, lambda post: release(screen.node, post, by=screen.signed_in())
        )

    return pages


def _decide(screen: Screen, address: str, do: Callable[[Post], None]) -> Response:
    try:
        do(screen.node.post(address) or abort(404))
    except (NotAllowed, NotSignedIn):
        return ask_to_sign_in(screen)
    return forms.see_other(url_for("keeping.listed", done="kept"))


def _told(screen: Screen, post: Post) -> dict[str, object]:
    board = screen.node.boards[post.board]
    return {
        "address": post.address,
        "title": post.text(board.title) or UNTITLED,
        "board": board.label,
    }
