"""`/sign-in`: who somebody is and the PIN, on keys to touch; at the machine itself alone.

Each key is a button that sends the page, so it works without scripts; it stays on this machine.
"""

import sqlite3
from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.elsewhere import elsewhere_page
from kiosk_ui.errors import message_page
from kiosk_ui.kiosk import at_this_machine, over_tls
from kiosk_ui.looks import safe_path
from kiosk_ui.screen import Screen
from kiosk_ui.sessions import Session
from node.namesakes import called
from node.node import NotAllowed
from node.people import DUTIES, NoName, TooMany, begin, readable_name
from node.pins import FIRST, PIN_DIGITS_MAX, Busy, Wait, Wrong, is_weak
from node.reading import begin_reading
from node.telephoning import is_by_telephone
from node.words import say
from sync.letters import fingerprint

DIGITS_MAX = PIN_DIGITS_MAX
WRONG = say("番号が違います。確かめて、もう一度押してください。")
BUSY = say("いま、こみ合っています。少し待って、もう一度お試しください。")
_WEAK = say(
    "6けたから12けたの、人に当てられにくい番号にしてください（111111や123456は使えません）。"
)
_OTHER = say("2回の番号が違いました。はじめから、もう一度決めてください。")


def signing_in_pages(screen: Screen) -> Blueprint:
    """`/sign-in`, `/sign-in/<who>`, `/sign-in-telephone`, `/sign-in-name`, and so on."""
    pages = Blueprint("signing_in", __name__)

    @pages.before_request
    def only_here() -> Response | None:
        if at_this_machine() or (over_tls() and request.endpoint == "signing_in.end"):
            return None
        if over_tls():
            return forms.see_other(url_for("signing_in_elsewhere.ask", next=_next()))
        return elsewhere_page(screen)

    @pages.get("/sign-in")
    def who() -> str:
        known = screen.pins.kept() | screen.pins.coded()
        return render_template(
            "sign_in.html",
            accounts=[
                (account, called(screen.node, account), DUTIES[account.duty])
                for account in screen.node.accounts()
                if account.stands and account.address in known
            ],
            first=FIRST if FIRST in known else "",
            next=_next(),
        )

    @pages.get("/sign-in-telephone")
    def telephone() -> str:
        return render_template(
            "sign_in_telephone.html",
            asked=[
                (each, f"{each.number[:4]} {each.number[4:]}")
                for each in screen.telephone.ask(screen.node, screen.pins)
            ],
            fingerprint=fingerprint(screen.node.identity.public),
            next=_next(),
        )

    @pages.get("/sign-in/<address>")
    def ask(address: str) -> Response:
        return _keypad_for(screen, address)

    @pages.post("/sign-in/<address>")
    def try_(address: str) -> Response:
        typed = typed_digits()
        if "press" in request.form:
            return _keypad_for(screen, address, typed=typed)
        _known(screen, address)
        try:
            by_pin = screen.pins.try_(address, typed)
        except Wrong:
            return _keypad_for(screen, address, trouble=WRONG, status=403)
        except Wait as long:
            return _keypad_for(screen, address, trouble=wait(long.seconds), status=429)
        except Busy:
            return _keypad_for(screen, address, trouble=BUSY, status=503)
        if told := suspended_page(screen, address):
            return told
        account = FIRST if is_by_telephone(address) else address
        screen.sessions.begin(account, choosing=not by_pin, code=address)
        if by_pin:
            _begin_reading(screen)
            to = _next()
        else:
            page = "signing_in.name" if account == FIRST else "signing_in.pin"
            to = url_for(page, next=_next())
        return screen.sessions.remember(forms.see_other(to))

    @pages.get("/sign-in-name")
    def name() -> Response:
        _choosing(screen, first=True)
        return _name_page()

    @pages.post("/sign-in-name")
    def named() -> Response:
        session = _choosing(screen, first=True)
        try:
            session.name = readable_name(request.form.get("name", ""))
        except NoName:
            return _name_page(say("お名前を、100文字までで書いてください。"), 422)
        return forms.see_other(url_for("signing_in.pin", next=_next()))

    @pages.get("/sign-in-pin")
    def pin() -> Response:
        return _choose_page(_choosing(screen))

    @pages.post("/sign-in-pin")
    def chosen() -> Response:
        session, typed = _choosing(screen), typed_digits()
        if "press" in request.form:
            return _choose_page(session, typed=typed)
        if not session.pin:
            if is_weak(typed):
                return _choose_page(session, trouble=_WEAK, status=422)
            session.pin = typed
            return _choose_page(session)
        first, session.pin = session.pin, ""
        if first != typed:
            return _choose_page(session, trouble=_OTHER, status=422)
        # Somebody else may have used the code meanwhile, and it may have been made void.
        if session.code not in screen.pins.coded():
            abort(403)
        try:
            account = _begun(screen, session)
        except (NotAllowed, TooMany):
            return message_page("not_a_member", 403)
        screen.pins.choose(account, typed)
        _begin_reading(screen)
        screen.sessions.end_all(session.account)
        screen.sessions.begin(account)
        return screen.sessions.remember(forms.see_other(_next()))

    @pages.post("/sign-out")
    def end() -> Response:
        screen.sessions.end()
        return screen.sessions.remember(forms.see_other("/"))

    return pages


def ask_to_sign_in(screen: Screen, board: str = "") -> Response:
    """Where somebody is sent who would have to be signed in for that, and isn't, or may not."""
    if screen.signed_in() is not None:
        return message_page("not_yours", 403)
    if not at_this_machine() and not over_tls():
        return elsewhere_page(screen)
    here = request.path
    page = "signing_in_elsewhere.ask" if over_tls() else "signing_in.who"
    return forms.see_other(f"{url_for(page)}?{urlencode({'next': here})}")


def _begin_reading(screen: Screen) -> None:
    """From now on there is somebody to write to; a full disk keeps nobody outside."""
    try:
        begin_reading(screen.node)
    except NotAllowed:
        return  # it is no member of its town yet
    except (sqlite3.Error, OSError) as wrong:
        screen.give_up(wrong)


def only_keepers(screen: Screen) -> Response | None:
    """Before pages of those who keep the place: None for who does and is signed in."""
    person = screen.signed_in()
    return None if person and person.tends_people else ask_to_sign_in(screen)


def only_staff(screen: Screen) -> Response | None:
    """Before pages of the office's staff: None for who is of them and signed in there."""
    return None if screen.tends_office() else ask_to_sign_in(screen)


def _known(screen: Screen, address: str) -> str:
    """The name of who that is."""
    if address == FIRST:
        return say("はじめての方")
    if is_by_telephone(address):
        return say("役場に電話した方")
    return called(screen.node, screen.node.known(address) or abort(404))


def suspended_page(screen: Screen, address: str) -> Response | None:
    """Why somebody may not act now: told to whoever has the PIN, and to nobody else."""
    account = screen.node.known(address)
    decisions = screen.node.suspended(account) if account else ()
    if not decisions:
        return None
    name = screen.node.ledger.trust().name
    told = sorted({(name(each.author), each.reason) for each in decisions})
    return make_response(render_template("suspended.html", told=told), 403)


def _choosing(screen: Screen, *, first: bool = False) -> Session:
    session = screen.sessions.of_this_request()
    if session is None or not session.choosing:
        abort(403)
    is_first = session.account == FIRST
    if (first and not is_first) or (not first and is_first and not session.name):
        abort(403)
    return session


def _begun(screen: Screen, session: Session) -> str:
    """The account that gets the PIN; the first one is made now, and its code used up."""
    if session.account != FIRST:
        return (screen.node.account(session.account) or abort(403)).address
    account = begin(screen.node, session.name)
    screen.pins.forget(session.code)
    return account.address


def typed_digits() -> str:
    """The digits so far, with what was pressed last."""
    typed = "".join(c for c in request.form.get("typed", "") if c.isascii() and c.isdigit())
    match request.form.get("press", ""):
        case "back":
            typed = typed[:-1]
        case digit if len(digit) == 1 and digit.isascii() and digit.isdigit():
            typed += digit
    return typed[:DIGITS_MAX]


def _keypad_for(
    screen: Screen, address: str, *, typed: str = "", trouble: str = "", status: int = 200
) -> Response:
    name = _known(screen, address)
    code = address in screen.pins.coded()
    if is_by_telephone(address):
        advice = say("役場の人が読みあげた、10けたの番号を押してください。1回だけ使えます。")
    elif code:
        advice = say("渡された10けたの登録コードを押してください。1回だけ使えます。")
    else:
        advice = say("暗証番号を押してください。")
    return keypad(
        heading=say("登録コード") if code else say("{name}さんの暗証番号", name=name),
        advice=advice,
        typed=typed,
        trouble=trouble,
        status=status,
        back=url_for("signing_in.who", next=_next()),
    )


def _choose_page(
    session: Session, *, typed: str = "", trouble: str = "", status: int = 200
) -> Response:
    return keypad(
        heading=say("新しい暗証番号をもう一度") if session.pin else say("新しい暗証番号"),
        advice=(
            say("確かめるために、同じ番号をもう一度押してください。")
            if session.pin
            else say(
                "これから使う番号を決めます。6けたから12けたです。ほかの人に教えないでください。"
            )
        ),
        typed=typed,
        trouble=trouble,
        status=status,
        back="/",
    )


def keypad(
    *,
    heading: str,
    advice: str,
    typed: str,
    trouble: str,
    status: int,
    back: str,
    carried: Sequence[tuple[str, str]] = (),
) -> Response:
    """Keys to press; `carried`: what the page sends along with them."""
    page = render_template(
        "keypad.html",
        heading=heading,
        advice=advice,
        typed=typed,
        trouble=trouble,
        next=_next(),
        carried=carried,
        back=back,
        digits_max=DIGITS_MAX,
    )
    return make_response(page, status)


def _name_page(trouble: str = "", status: int = 200) -> Response:
    page = render_template(
        "sign_in_name.html", trouble=trouble, next=_next(), typed=request.form.get("name", "")
    )
    return make_response(page, status)


def _next() -> str:
    return safe_path(request.form.get("next", "") or request.args.get("next", ""))


def how_long(seconds: float) -> str:
    """That, in words."""
    minutes, left = divmod(int(seconds) + 1, 60)
    if not minutes:
        return say("{left}秒", left=left)
    return say("{minutes}分{left}秒", minutes=minutes, left=left)


def wait(seconds: float) -> str:
    """How long, in words, and what to do if it is forgotten."""
    return say(
        "何度も違ったので、"
        "あと{told}は確かめられません。"
        "待っているあいだに押しても、"
        "長くはなりません。"
        "番号を忘れたときは、"
        "ほかの管理人に新しい登録コードを出してもらってください。",
        told=how_long(seconds),
    )
