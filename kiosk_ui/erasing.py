"""`/erasures`, and `/records/<address>/erase`: what is erased, at the office's desk."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.second_person import second_person
from kiosk_ui.shown import UNTITLED
from kiosk_ui.signing_in import ask_to_sign_in, only_staff
from node.answered import Asked, answered, asked
from node.carrying.left import LeftOnSticks
from node.erasing import REASONS, Order, erase, may_erase, orders
from node.erasure_requests import DECLINED, WHOSE, WHY, Request, decline, grant, requests
from node.hiding import MANY, TakesTwo
from node.mail.looking import TO_ERASE, WISH_REASONS, NobodyKeepsIt, note_wishes
from node.node import NotAllowed, NotSignedIn
from node.post import Post
from node.telling import when_in_words
from node.words import say
from sync.entry import Quality
from sync.machine import clock
from sync.order import RETAIN

ORDERS_SHOWN_MAX = 100


def erasing_pages(screen: Screen) -> Blueprint:
    """For the office's staff, signed in."""
    pages = Blueprint("erasing", __name__)
    pages.before_request(lambda: only_staff(screen))

    @pages.get("/records/<address>/erase")
    def ask(address: str) -> Response:
        post = _post(screen, address)
        page = render_template(
            "erase.html",
            shown=screen.draw(post),
            reasons=REASONS,
            back=url_for("records.record", address=address),
        )
        return make_response(page)

    @pages.post("/records/<address>/erase")
    def do(address: str) -> Response:
        post = _post(screen, address)
        if request.form.get("reason", "") not in REASONS:
            abort(400)
        try:
            erase(screen.node, [post], request.form["reason"], by=screen.signed_in())
        except (NotAllowed, NotSignedIn):
            return ask_to_sign_in(screen)
        return forms.see_other(url_for("erasing.listed", done="erased"))

    @pages.get("/erasures")
    def listed() -> Response:
        return _list_page(screen)

    @pages.post("/erasures/open")
    def open_some() -> Response:
        picked = _picked(screen)
        if (why := WISH_REASONS.get(request.form.get("reason", ""))) is None:
            abort(400)
        if not picked:
            return _list_page(screen, trouble=say("開くものを、1つ以上えらんでください。"))
        return _noted(screen, picked, why) or _opened_page(screen, picked)

    @pages.post("/erasures/ask")
    def ask_again() -> Response:
        picked = _picked(screen)
        if not picked:
            trouble = say("消すものがえらばれていません。もう一度開いて、えらんでください。")
            return _list_page(screen, trouble=trouble)
        return _noted(screen, picked, TO_ERASE) or _confirm_page(screen, picked)

    @pages.post("/erasures/grant")
    def erase_all() -> Response:
        picked, second = _picked(screen), None
        if (count := _records(picked)) > MANY:
            answer = second_person(screen, count, [("request", each.address) for each in picked])
            if isinstance(answer, Response):
                return answer
            second = answer
        try:
            grant(screen.node, picked, by=screen.signed_in(), second=second)
        except NotSignedIn:
            return ask_to_sign_in(screen)
        except (NotAllowed, TakesTwo):
            return message_page("not_all", 409)
        return forms.see_other(url_for("erasing.listed", done="erased"))

    @pages.post("/erasures/decline")
    def leave() -> Response:
        picked = _picked(screen)
        if len(picked) != 1 or request.form.get("reason", "") not in DECLINED:
            abort(400)
        try:
            decline(screen.node, picked[0], request.form["reason"], by=screen.signed_in())
        except (NotAllowed, NotSignedIn):
            return ask_to_sign_in(screen)
        return forms.see_other(url_for("erasing.listed", done="unerased"))

    return pages


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or post.board not in screen.node.boards:
        abort(404)
    if not may_erase(screen.node, post, screen.signed_in()):
        abort(403)
    return screen.node.views.hidden(post.id) or post


def _picked(screen: Screen) -> list[Request]:
    """What was ticked, can be read and is still open, in the order of the list."""
    named = set(request.form.getlist("request"))
    return [
        each
        for each in requests(screen.node)
        if each.address in named and each.answer is None and each.wish is not None
    ]


def _noted(screen: Screen, picked: Sequence[Request], why: str) -> Response | None:
    """Before anything of them is shown: None once it is noted who opens them."""
    try:
        note_wishes(screen.node, [each.code for each in picked], why, by=screen.signed_in())
    except NobodyKeepsIt:
        return message_page("nobody_keeps_it", 403)
    except (NotAllowed, NotSignedIn):
        return message_page("not_a_member", 403)
    return None


def _opened_page(screen: Screen, picked: Sequence[Request]) -> Response:
    page = render_template(
        "erasures_opened.html",
        opened=[_told(screen, each) for each in picked],
        declined=DECLINED,
        back=url_for("erasing.listed"),
    )
    return make_response(page)


def _records(picked: Sequence[Request]) -> int:
    return len({each.post.id for each in picked if each.post})


def _confirm_page(screen: Screen, picked: Sequence[Request]) -> Response:
    page = render_template(
        "erase_confirm.html",
        picked=[_told(screen, each) for each in picked],
        two=_records(picked) > MANY,
        back=url_for("erasing.listed"),
    )
    return make_response(page)


def _list_page(screen: Screen, *, trouble: str = "") -> Response:
    node = screen.node
    found, machines = requests(node), asked(node)
    listed = orders(node)
    page = render_template(
        "erasures.html",
        open=[_outside(screen, each) for each in found if each.answer is None],
        closed=[_outside(screen, each) for each in found if each.answer],
        reasons=WISH_REASONS,
        orders=[_told_order(screen, each, machines) for each in listed[:ORDERS_SHOWN_MAX]],
        more=len(listed) - ORDERS_SHOWN_MAX,
        machines=[
            {
                "name": machine.name,
                "sticks": machine.sticks,
                "aside": machine.keeps_aside,
            }
            for machine in machines
            if machine.sticks or machine.keeps_aside
        ],
        here_sticks=LeftOnSticks(node.database).stale(),
        trouble=trouble,
        done=said(),
    )
    return make_response(page, 422 if trouble else 200)


def _outside(screen: Screen, each: Request) -> dict[str, object]:
    """What stands on a list: nothing of what was asked."""
    return {
        "address": each.address,
        "code": f"{each.code[:4]} {each.code[4:]}",
        "readable": each.wish is not None,
        "from": screen.node.ledger.trust().name(each.record.author),
        "when": dates.written_in_words(each.record.written, screen.now()),
        "answer": each.answer.reason if each.answer else "",
        "answered": dates.written_in_words(each.answer.written, screen.now())
        if each.answer
        else "",
    }


def _told(screen: Screen, each: Request) -> dict[str, object]:
    """All of it, for a page that was noted."""
    wish, post = each.wish, each.post
    board = screen.node.boards.get(post.board) if post else None
    gone = post is not None and not post.fields
    return {
        **_outside(screen, each),
        "title": (post.text(board.title) or UNTITLED) if post and board and not gone else "",
        "board": board.label if board else "",
        "page": url_for("records.record", address=post.address) if post else "",
        "held": post is not None,
        "whose": WHOSE.get(wish.whose, "") if wish else "",
        "why": WHY.get(wish.why, "") if wish else "",
        "words": wish.words if wish else "",
        "name": wish.name if wish else "",
        "contact": wish.contact if wish else "",
    }


def _told_order(screen: Screen, order: Order, machines: Sequence[Asked]) -> dict[str, object]:
    node = screen.node
    done = answered(node, order.id, machines)
    now = clock.now()
    sure = now.quality >= Quality.CARRIED
    return {
        "when": dates.written_in_words(order.written, screen.now()),
        "what": say("期限がすぎた分") if order.kind == RETAIN else say("消した投稿"),
        "reason": order.reason,
        "entries": order.entries,
        "by": node.ledger.trust().name(order.by),
        "here": order.obeyed,
        "all": len(machines) + 1,
        "done": sum(done) + order.obeyed,
        "missing": [
            (machine.name, when_in_words(machine.heard, screen.now(), sure=sure))
            if machine.heard
            else (machine.name, "")
            for machine, did in zip(machines, done, strict=True)
            if not did
        ],
    }
