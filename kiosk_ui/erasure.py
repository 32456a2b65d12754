"""`/records/<address>/erasure` and `/erasure`: asking that a post be erased, and the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flask import Blueprint, Response, abort, make_response, render_template, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.slips import Receipt, kept_receipt, receipt_page, wanted
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


_NO_SUCH = Receipt(
    heading=say("この番号の依頼は、見つかりませんでした"),
    state="declined",
    told=(
        say(
            "番号が少しちがうか、まだこの機械に届いていません。"
            "依頼した公民館の画面でもお確かめください。"
        ),
    ),
)
_GOOD = say(
    "どの公民館でも、掲示板のページの「控えで調べる」を押して、番号を入れると、"
    "役場の返事が分かります。"
    "番号からは、どの投稿のことかは分かりません。"
)


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
    def about() -> str:
        kept = [(board.label, in_words(board)) for board in screen.node.boards.values()]
        return render_template("erasure_about.html", kept=kept)

    @pages.get("/erasure/<code>")
    def receipt(code: str) -> Response:
        standing = by_code(screen.node, code)
        if standing is None:
            return receipt_page(_NO_SUCH, 404)
        return receipt_page(_receipt(screen, standing, code[:CODE_DIGITS]))

    @pages.get("/erasure/<code>/save")
    def save(code: str) -> Response:
        standing = by_code(screen.node, code)
        if standing is None:
            return receipt_page(_NO_SUCH, 404)
        return kept_receipt(screen, _receipt(screen, standing, code[:CODE_DIGITS]), wanted=wanted())

    return pages


def _receipt(screen: Screen, standing: Standing, code: str) -> Receipt:
    return replace(
        _told(screen, standing),
        code=f"{code[:4]} {code[4:]}",
        link=screen.outside_address(url_for("erasure.receipt", code=code)),
        good=_GOOD,
        kept_at=url_for("erasure.save", code=code),
        is_new=bool(said()),
    )


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


def _told(screen: Screen, standing: Standing) -> Receipt:
    about = say("消してほしいという依頼")
    if standing.answer is None:
        when = dates.written_in_words(standing.record.written, screen.now())
        told: list[str] = [say("{when}に受け付けました。", when=when)]
        if said():
            saved = say("この機械に保存しました。役場には、回線がつながりしだい届きます。")
            told = [said(), saved, *told]
        heading, state = say("役場の返事を待っています"), "waiting"
        return Receipt(about=about, heading=heading, state=state, told=told)
    when = dates.written_in_words(standing.answer.written, screen.now())
    decided: str = say("{answered}に、役場が決めました。", answered=when)
    if not standing.answer.granted:
        told = [decided, say("わけ：{reason}。", reason=standing.answer.reason)]
        heading, state = say("消さないことになりました"), "declined"
        return Receipt(about=about, heading=heading, state=state, told=told)
    told = [
        decided,
        *_how_far(screen, standing),
        say("USBメモリーの中や、人が写したもの、印刷したものは消せません。"),
    ]
    return Receipt(about=about, heading=say("消すことになりました"), state="done", told=told)


def _how_far(screen: Screen, standing: Standing) -> Iterator[str]:
    """How many of how many machines said that it is gone there; this one counts."""
    order = order_of(screen.node, standing.answer) if standing.answer else None
    if order is None:
        return
    machines = asked(screen.node)
    here = all(each.obeyed for each in screen.node.ledger.orders() if each.by == order)
    done, of = sum(answered(screen.node, order, machines)) + here, len(machines) + 1
    yield say(
        "町の機械{of}台のうち、{done}台が「消した」と返事をしています。",
        of=of,
        done=done,
    )
    if done < of:
        yield say("電源の切れている機械などは、つながりしだい消します。")
