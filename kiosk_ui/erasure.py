"""`/records/<address>/erasure` and `/erasure`: asking that a post be erased, and the answer."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from node.answered import answered, asked
from node.erasure_requests import (
    WHOSE,
    WHY,
    NobodyReads,
    Standing,
    TooMany,
    ask,
    by_code,
    may_ask,
    order_of,
)
from node.node import NotAllowed
from node.post import Post, PostState
from node.retaining import in_words
from node.words import say
from sync.erasure import CODE_DIGITS
from sync.errors import TooLarge

_TROUBLES = {
    NobodyReads: say(
        "役場で受け取る準備が、まだできていません。役場の窓口か電話でお話しください。"
    ),
    TooMany: say(
        "返事待ちの依頼が多すぎるので、ここからは送れません。役場の窓口でお話しください。"
    ),
    NotAllowed: say("この機械からは、いま送れません。役場の窓口か電話でお話しください。"),
    TooLarge: say("文が長すぎます。短くしてください。"),
}


def erasure_pages(screen: Screen) -> Blueprint:
    """For anybody."""
    pages = Blueprint("erasure", __name__)

    @pages.get("/records/<address>/erasure")
    def blank(address: str) -> Response:
        return _form(screen, _post(screen, address), {})

    @pages.post("/records/<address>/erasure")
    def send(address: str) -> Response:
        post, typed = _post(screen, address), forms.typed()
        if typed.get("whose", "") not in WHOSE or typed.get("why", "") not in WHY:
            trouble = say(
                "「だれのことですか」と「消してほしいわけ」を、一つずつえらんでください。"
            )
            return _form(screen, post, typed, trouble=trouble, status=422)
        token = typed.get(forms.TOKEN, "")
        with screen.sent_before.one_at_a_time():
            if led_to := screen.sent_before.led_to(token):
                return forms.see_other(led_to)
            try:
                code = ask(screen.node, post, typed)
            except (NobodyReads, TooMany, NotAllowed, TooLarge) as wrong:
                return _form(screen, post, typed, trouble=_TROUBLES[type(wrong)], status=503)
            led_to = url_for("erasure.receipt", code=code, done="asked")
            screen.sent_before.remember(token, led_to)
        return forms.see_other(led_to)

    @pages.get("/erasure")
    def about() -> Response:
        typed = "".join(c for c in request.args.get("code", "") if c.isascii() and c.isdigit())
        if len(typed) == CODE_DIGITS:
            return forms.see_other(url_for("erasure.receipt", code=typed))
        page = render_template(
            "erasure_about.html",
            digits=CODE_DIGITS,
            kept=[(board.label, in_words(board)) for board in screen.node.boards.values()],
            trouble=say("番号は8けたです。もう一度お確かめください。")
            if "code" in request.args
            else "",
            typed=request.args.get("code", "")[:20],
        )
        return make_response(page)

    @pages.get("/erasure/<code>")
    def receipt(code: str) -> Response:
        standing = by_code(screen.node, code)
        page = render_template(
            "erasure_receipt.html",
            code=f"{code[:4]} {code[4:8]}",
            standing=standing,
            when=dates.written_in_words(standing.record.written, screen.now()) if standing else "",
            answered=dates.written_in_words(standing.answer.written, screen.now())
            if standing and standing.answer
            else "",
            machines=_machines(screen, standing),
            address=screen.outside_address(url_for("erasure.receipt", code=code[:CODE_DIGITS])),
            done=said(),
        )
        return make_response(page, 200 if standing else 404)

    return pages


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or not may_ask(screen.node, post):
        abort(404)
    return post


def _form(
    screen: Screen,
    post: Post,
    typed: Mapping[str, str],
    *,
    trouble: str = "",
    status: int = 200,
) -> Response:
    seen = post.state in (PostState.SHOWN, PostState.SUPERSEDED, PostState.STANDBY)
    page = render_template(
        "erasure_ask.html",
        shown=screen.draw(post) if seen else None,
        whose=WHOSE,
        why=WHY,
        typed=typed,
        trouble=trouble,
        token=typed.get(forms.TOKEN) or new_token(),
        back=url_for("records.record", address=post.address),
    )
    return make_response(page, status)


def _machines(screen: Screen, standing: Standing | None) -> tuple[int, int] | None:
    """How many of how many said that it is gone there; this one counts."""
    answer = standing.answer if standing else None
    order = order_of(screen.node, answer) if answer else None
    if order is None:
        return None
    machines = asked(screen.node)
    done = answered(screen.node, order, machines)
    here = all(each.obeyed for each in screen.node.ledger.orders() if each.by == order)
    return sum(done) + here, len(machines) + 1
