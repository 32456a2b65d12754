"""`/receipts`: what came of a post that waited, or of a report; for whoever has the number.

The page says how it stands, and nothing of what was written. What still waits may be taken back.
"""

from dataclasses import replace

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.errors import WORDS
from kiosk_ui.screen import Screen
from kiosk_ui.slips import Receipt, kept_receipt, leaves, receipt_page, wanted
from node.erasure_requests import by_code as erasure_by_code
from node.hiding import why
from node.moderation.desk import CODE_DIGITS
from node.moderation.reports import Report
from node.moderation.reports import State as Answered
from node.moderation.waiting import WAITS_DAYS, State, WaitingPost
from node.pins import grouped
from node.post import Post, PostState
from node.taking_down import taken_down_in_words
from node.words import say, together

NO_SUCH = say(
    "その番号の記録は、この機械にはありません。番号を確かめるか、受け付けた公民館で調べてください。"
)
_GOOD = say(
    "この公民館の掲示板のページで、「控えで調べる」を押して、番号を入れると、"
    "どうなったかが分かります。お名前は要りません。"
)

_HOW_LONG = say(
    "{days}日のあいだ、だれも確かめられなかったときは、書かれたことは消えて、のりません。"
    "やめるときは、「取り下げる」を押してください。"
)
_NOT_LOOKED_AT = say(
    "{days}日のあいだ、だれも確かめられなかったので、書かれたことは消えました。申し訳ありません。"
    "まだのせたいときは、もう一度書いて、公民館か役場の人にお話しください。"
)


def receipts_pages(screen: Screen) -> Blueprint:
    """`/receipts`, `/receipts/<code>`, and taking back what waits there."""
    pages = Blueprint("receipts", __name__)

    @pages.get("/receipts")
    def ask() -> str:
        return render_template("receipts.html", trouble="", typed="")

    @pages.post("/receipts")
    def look() -> Response:
        typed = request.form.get("code", "")
        code = "".join(str(int(sign)) for sign in typed if sign.isdecimal())
        if len(code) == CODE_DIGITS and _find(screen, code) is not None:
            return forms.see_other(url_for("receipts.receipt", code=code))
        if erasure_by_code(screen.node, code) is not None:  # those are good at any machine
            return forms.see_other(url_for("erasure.receipt", code=code))
        page = render_template("receipts.html", trouble=NO_SUCH, typed=typed[:100])
        return make_response(page, 404)

    @pages.get("/receipts/<code>")
    def receipt(code: str) -> Response:
        return receipt_page(_receipt(screen, code))

    @pages.get("/receipts/<code>/save")
    def save(code: str) -> Response:
        return kept_receipt(screen, _receipt(screen, code), wanted=wanted())

    @pages.get("/receipts/<code>/take-back")
    def ask_back(code: str) -> Response:
        waiting = screen.desk.by_code(code) or abort(404)
        receipt = url_for("receipts.receipt", code=code)
        if waiting.state is not State.WAITING:
            return forms.see_other(receipt)
        board = screen.board(waiting.board)
        about = board.label if board else ""
        return leaves(make_response(render_template("take_back.html", about=about, back=receipt)))

    @pages.post("/receipts/<code>/take-back")
    def take_back(code: str) -> Response:
        screen.desk.take_back(code) or abort(404)
        return forms.see_other(url_for("receipts.receipt", code=code))

    return pages


def _receipt(screen: Screen, code: str) -> Receipt:
    match _find(screen, code):
        case WaitingPost() as waiting:
            told = _of_post(screen, waiting)
        case Report() as report:
            told = _of_report(screen, report)
        case None:
            abort(404)
    return replace(
        told,
        code=grouped(code),
        link=screen.outside_address(url_for("receipts.receipt", code=code)),
        good=_GOOD,
        kept_at=url_for("receipts.save", code=code),
        is_new=told.state == "waiting",
    )


def _find(screen: Screen, code: str) -> WaitingPost | Report | None:
    return screen.desk.by_code(code) or screen.desk.reporting.by_code(code)


def _of_post(screen: Screen, waiting: WaitingPost) -> Receipt:
    board = screen.board(waiting.board)
    about = board.label if board else ""
    match waiting.state:
        case State.WAITING:
            told: tuple[str, ...] = (
                _who_looks(screen, waiting),
                say(_HOW_LONG, days=WAITS_DAYS),
            )
            return Receipt(
                about=about,
                heading=say("確認を待っています"),
                told=told,
                state="waiting",
                take_back=url_for("receipts.ask_back", code=waiting.code),
            )
        case State.LET_IN:
            if became := _what_became_of(screen, screen.node.post(waiting.post)):
                heading, because = became
                return Receipt(about=about, heading=heading, told=(because,), state="declined")
            mended = (say("担当者が、言葉を少しなおしてのせました。"),)
            return Receipt(
                about=about,
                heading=say("のりました"),
                told=mended if waiting.mended else (),
                state="done",
                post=waiting.post,
            )
        case State.DECLINED:
            told = (
                say(
                    "{reason}、"
                    "のせませんでした。"
                    "わけを知りたいときは、"
                    "公民館の人にお話しください。",
                    reason=say(waiting.reason),
                ),
            )
            return Receipt(
                about=about, heading=say("のせませんでした"), told=told, state="declined"
            )
        case State.TAKEN_BACK:
            told = (say("この番号で取り下げたので、のりません。書かれたことは、もうありません。"),)
            return Receipt(about=about, heading=say("取り下げました"), told=told, state="done")
        case State.NOT_LOOKED_AT:
            told = (say(_NOT_LOOKED_AT, days=WAITS_DAYS),)
            return Receipt(
                about=about, heading=say("のりませんでした"), told=told, state="declined"
            )


def _who_looks(screen: Screen, waiting: WaitingPost) -> str:
    if screen.node.is_guarded:
        return say("この公民館の管理人が内容を確かめてから、掲示板にのります。")
    if screen.desk.asks_the_office(waiting):
        return say(
            "役場の人が内容を確かめてから、掲示板にのります。"
            "役場とつながるまで、日がかかることがあります。"
        )
    return say("確認する担当者が、この機械にはまだいません。公民館か役場の人にお話しください。")


def _what_became_of(screen: Screen, post: Post | None) -> tuple[str, str] | None:
    """Of a post that nobody sees any more: that, and why; None of one that is seen."""
    match post:
        case Post(state=PostState.HIDDEN):
            name = screen.node.ledger.trust().name
            because = sorted({(name(each.author), each.reason) for each in why(screen.node, post)})
            said = together(
                (
                    say("{reason}、「{by}」が隠しました。", reason=say(reason), by=by)
                    for by, reason in because
                ),
                between="",
            )
            return say("その投稿を隠しました"), said
        case Post(state=PostState.WITHDRAWN):
            taken_down = taken_down_in_words(screen.node, post)
            told = taken_down or say("のせた人が取り下げました。")
            return say("その投稿は、もうありません"), told
        case None | Post(state=PostState.ERASED):
            return WORDS["erased"]
    return None


def _of_report(screen: Screen, report: Report) -> Receipt:
    board = screen.board(report.board)
    about = say("{text}の投稿についての知らせ", text=board.label if board else "")

    def done(heading: str, told: str, post: str = "") -> Receipt:
        return Receipt(about=about, heading=heading, told=(told,), state="done", post=post)

    if became := _what_became_of(screen, screen.node.post(report.post)):
        return done(*became)
    if report.state is Answered.ANSWERED and report.answer:
        return done(say("確かめました"), report.answer, report.post)
    if report.state is Answered.ANSWERED:
        again = say("いちど隠しましたが、そのあと、また出すことになりました。")
        return done(say("その投稿は、また出ています"), again, report.post)
    told = (say("この公民館の管理人が、投稿の内容を確かめます。"),)
    return Receipt(about=about, heading=say("確認を待っています"), told=told, state="waiting")
