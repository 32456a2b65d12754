"""`/records/<address>/report`, for anybody; and `/reports`, for those who keep the place."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.signing_in import ask_to_sign_in, only_keepers
from node.form import readable
from node.hiding import REASONS as HIDING
from node.moderation.reports import ANSWERS, REASONS
from node.moderation.waiting import Full
from node.node import NotAllowed, NotSignedIn
from node.post import Post, PostState
from node.words import say
from sync.errors import TooLarge
from sync.machine import clock
from sync.report import WORDS_CHARACTERS_MAX

_FULL = say(
    "いまは、知らせが多くて受け取れません。お急ぎのときは、公民館か役場の人にお話しください。"
)
_TOO_LONG = say(
    "くわしいことは、{WORDS_CHARACTERS_MAX}文字までで書いてください。",
    WORDS_CHARACTERS_MAX=WORDS_CHARACTERS_MAX,
)
_NO_REASON = say("どれにあたるか、1つえらんでください。")


def reporting_pages(screen: Screen) -> Blueprint:
    """`/records/<address>/report`."""
    pages = Blueprint("reporting", __name__)

    @pages.get("/records/<address>/report")
    def ask(address: str) -> Response:
        return _ask(screen, _post(screen, address))

    @pages.post("/records/<address>/report")
    def report(address: str) -> Response:
        token = request.form.get(forms.TOKEN, "")
        with screen.sent_before.one_at_a_time():
            if led_to := screen.sent_before.led_to(token):
                return forms.see_other(led_to)
            response = _report(screen, _post(screen, address))
            if response.status_code == 303:
                screen.sent_before.remember(token, response.headers["Location"])
            return response

    return pages


def _report(screen: Screen, post: Post) -> Response:
    reason = request.form.get("reason", "")
    if reason not in REASONS:
        return _ask(screen, post, trouble=_NO_REASON, status=422)
    words = readable(request.form.get("words", "").replace("\r\n", "\n")).strip()
    try:
        code = screen.desk.reporting.take_in(
            post, reason, words, source=screen.source(), since=clock.now().written
        )
    except TooLarge:
        return _ask(screen, post, trouble=_TOO_LONG, status=422)
    except Full:
        return _ask(screen, post, trouble=_FULL, status=503)
    except NotAllowed:
        return forms.see_other(url_for("records.record", address=post.address))
    return forms.see_other(url_for("receipts.receipt", code=code))


def _ask(screen: Screen, post: Post, *, trouble: str = "", status: int = 200) -> Response:
    page = render_template(
        "report.html",
        shown=screen.draw(post),
        reasons=REASONS,
        said_reason=request.form.get("reason", ""),
        words=request.form.get("words", ""),
        words_max=WORDS_CHARACTERS_MAX,
        trouble=trouble,
        token=request.form.get(forms.TOKEN, "") or new_token(),
        back=url_for("records.record", address=post.address),
    )
    return make_response(page, status)


def _post(screen: Screen, address: str) -> Post:
    post = screen.node.post(address)
    if post is None or post.board not in screen.node.boards or post.state is not PostState.SHOWN:
        abort(404)
    return post


def reports_pages(screen: Screen) -> Blueprint:
    """`/reports`."""
    pages = Blueprint("reports", __name__)
    pages.before_request(lambda: only_keepers(screen))
    reporting = screen.desk.reporting

    @pages.get("/reports")
    def listed() -> Response:
        person = screen.keeper()
        page = render_template(
            "reports.html",
            listed=[
                {
                    "report": each,
                    "shown": screen.draw(post),
                    "since": dates.written_in_words(each.since, screen.now()),
                    "reasons": [
                        (REASONS.get(key, ""), count) for key, count in each.reasons.items()
                    ],
                    "may_hide": reporting.may_hide(post, person),
                }
                for each, post in reporting.open(person)
            ],
            answers=ANSWERS,
            hiding=HIDING,
            done=said(),
        )
        return make_response(page)

    @pages.post("/reports/<int:id_>/answer")
    def answer(id_: int) -> Response:
        if request.form.get("answer", "") not in ANSWERS:
            abort(400)
        try:
            reporting.answer(id_, request.form["answer"], by=screen.signed_in())
        except NotSignedIn:
            return ask_to_sign_in(screen)
        except NotAllowed:
            return message_page("not_yours", 403)
        return forms.see_other(url_for("reports.listed", done="answered"))

    @pages.post("/reports/<int:id_>/hide")
    def hide(id_: int) -> Response:
        if request.form.get("reason", "") not in HIDING:
            abort(400)
        try:
            reporting.hide(id_, request.form["reason"], by=screen.signed_in())
        except NotSignedIn:
            return ask_to_sign_in(screen)
        except NotAllowed:
            return message_page("not_yours", 403)
        return forms.see_other(url_for("reports.listed", done="hidden"))

    return pages
