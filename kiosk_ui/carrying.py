"""A phone that carries: it takes the village's news along, and hands over what it brought.

Anybody may, so what one address hands over is counted, and looked at one after the other.
"""

from collections import OrderedDict
from secrets import token_urlsafe

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from kiosk_ui.allowances import FILES_BROUGHT, FILES_TAKEN, Allowance, wait_in_words
from kiosk_ui.errors import message_page
from kiosk_ui.forms import TOKEN, see_other
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.screen import Screen
from kiosk_ui.sent_before import new_token
from kiosk_ui.shown import Shown
from node.carrying.phone import Busy, PhoneFile, Phones, Thanks
from node.carrying.thanks import thanks_in_words
from node.post import PostState
from node.words import say
from sync.limits import MESSAGE_BYTES_MAX

THANKS_MAX = 200
NEW_SHOWN_MAX = 8

_TOO_LARGE = say(
    "ファイルが大きすぎて受け取れなかったので、名前の終わりが「.kairan」のものか確かめてください。"
)
_NOT_CHOSEN = say("先に「運んできたファイル」のところで、ファイルをえらんでください。")
_BUSY = say("ほかの人のファイルを受け取っているので、少し待って、もう一度渡してください。")
_TOO_OFTEN = say("続けて何度も渡されたので、{wait}ほど待って、もう一度渡してください。")


def carrying_pages(screen: Screen) -> Blueprint:
    """`/carry`: what to take along, and where to hand it over."""
    pages = Blueprint("carrying", __name__)
    phones = Phones(screen.node)
    brought, taken = Allowance(FILES_BROUGHT), Allowance(FILES_TAKEN)
    thanked: OrderedDict[str, Thanks] = OrderedDict()

    @pages.get("/carry")
    def carry() -> str:
        return _page(screen, phones)

    @pages.get("/carry/<which>/<name>")
    def file(which: str, name: str) -> Response:
        if not at_the_kiosk() and (seconds := taken.take(request.remote_addr or "")):
            return message_page("429", 429, wait=wait_in_words(seconds))
        found = {"all": phones.everything, "new": phones.news}.get(which, lambda: None)()
        return _download(found or abort(404))

    @pages.post("/carry")
    def hand_over() -> Response:
        if seconds := brought.take(request.remote_addr or ""):
            trouble = say(_TOO_OFTEN, wait=wait_in_words(seconds))
            return _again(screen, phones, trouble, 429)
        request.max_content_length = MESSAGE_BYTES_MAX
        try:
            with phones.one_at_a_time():  # one body is parsed and kept in memory
                return take()
        except Busy:
            return _again(screen, phones, _BUSY, 503)
        except RequestEntityTooLarge:
            return _again(screen, phones, _TOO_LARGE, 413)

    def take() -> Response:
        chosen, token = request.files.get("file"), request.form.get(TOKEN, "")
        if led_to := screen.sent_before.led_to(token):
            return see_other(led_to)
        if chosen is None or not chosen.filename:
            return _again(screen, phones, _NOT_CHOSEN, 422)
        thanks = phones.take(chosen.read())
        if thanks.brought.broken_off:
            brought.use_up(request.remote_addr or "")
        if not thanks.brought.reading.frames:
            return _again(screen, phones, thanks_in_words(thanks.brought), 422)
        key = token_urlsafe(9)
        thanked[key] = thanks
        while len(thanked) > THANKS_MAX:
            thanked.popitem(last=False)
        led_to = url_for("carrying.thank", key=key)
        screen.sent_before.remember(token, led_to)
        return see_other(led_to)

    @pages.get("/carry/thanks/<key>")
    def thank(key: str) -> Response:
        thanks = thanked.get(key)
        return _thanks(screen, phones, thanks) if thanks else see_other(url_for("carrying.carry"))

    return pages


def _page(screen: Screen, phones: Phones, trouble: str = "") -> str:
    return render_template(
        "carry.html",
        everything=phones.everything(),
        news=phones.news(),
        size_of=_size,
        trouble=trouble,
        token=new_token(),
        address=screen.outside_address(url_for("carrying.carry")),
    )


def _again(screen: Screen, phones: Phones, trouble: str, status: int) -> Response:
    return make_response(_page(screen, phones, trouble), status)


def _thanks(screen: Screen, phones: Phones, thanks: Thanks) -> Response:
    new = _new(screen, thanks)
    page = render_template(
        "thanks.html",
        said=thanks_in_words(thanks.brought),
        well=thanks.brought.whole and not thanks.brought.receipt.refused,
        new=new[:NEW_SHOWN_MAX],
        more=len(new[NEW_SHOWN_MAX:]),
        told=thanks.told,
        address=screen.outside_address(url_for("carrying.carry")),
        everything=phones.everything(),
        size_of=_size,
        back=url_for("carrying.carry"),
    )
    return make_response(page)


def _new(screen: Screen, thanks: Thanks) -> list[Shown]:
    """What now stands on boards that this phone brought, in the order of the boards."""
    posts = map(screen.node.views.by_id, thanks.brought.records)
    shown = [screen.draw(post) for post in posts if post and post.state is PostState.SHOWN]
    boards = list(screen.node.boards)
    return sorted(shown, key=lambda item: boards.index(item.board.name))


def _download(file: PhoneFile) -> Response:
    response = Response(file.content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _size(file: PhoneFile) -> str:
    """1.2メガバイト."""
    size = len(file.content)
    if size < 1_000_000:
        return say("{max}キロバイト", max=max(1, round(size / 1_000)))
    return say("{size:.1f}メガバイト", size=size / 1_000_000)
