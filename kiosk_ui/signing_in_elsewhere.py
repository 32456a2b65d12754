"""`/sign-in-elsewhere`: from an office's computer or a phone, over TLS alone, with a passphrase.

Names aren't offered for choice, and whether one is known isn't told. `/sessions` shows a person
where they are signed in so, and ends what isn't wanted.
"""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.elsewhere import elsewhere_page
from kiosk_ui.kiosk import over_tls
from kiosk_ui.looks import safe_path
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import BUSY, how_long, suspended_page
from node.namesakes import NAME_LETTERS_MAX, named, plain_name
from node.pins import Busy, Wait, Wrong, as_passphrase
from node.words import say
from sync.machine import clock

WRONG = say(
    "お名前か合言葉が違います。確かめて、もう一度書いてください。"
    "同じお名前の方がいるときは、お名前のあとに番号も書いてください。"
)


def signing_in_elsewhere_pages(screen: Screen) -> Blueprint:
    """`/sign-in-elsewhere`, `/sessions`."""
    pages = Blueprint("signing_in_elsewhere", __name__)

    @pages.before_request
    def only_over_tls() -> Response | None:
        return None if over_tls() else elsewhere_page(screen)

    @pages.get("/sign-in-elsewhere")
    def ask() -> Response:
        return _page()

    @pages.post("/sign-in-elsewhere")
    def try_() -> Response:
        typed = as_passphrase(request.form.get("passphrase", ""))
        name = plain_name(request.form.get("name", ""))
        address = _known(screen, name)
        proof = screen.passphrases.proof(address)  # if it is another meanwhile, that ends it
        try:
            if address:
                screen.passphrases.try_(address, typed)
            else:
                screen.passphrases.try_in_vain(name, typed)
        except Wrong:
            return _page(WRONG, 403)
        except Wait as long:
            return _page(_wait(long.seconds), 429)
        except Busy:
            return _page(BUSY, 503)
        if told := suspended_page(screen, address):
            return told
        screen.sessions.begin(
            address,
            proof=proof,
            source=request.remote_addr or "",
        )
        return screen.sessions.remember(forms.see_other(_next()))

    @pages.get("/sessions")
    def listed() -> Response:
        person = screen.signed_in()
        if person is None:
            return forms.see_other(url_for("signing_in_elsewhere.ask", next="/sessions"))
        mine, now = screen.sessions.of_this_request(), clock.running()
        return make_response(
            render_template(
                "sessions.html",
                sessions=[
                    {
                        "handle": each.handle,
                        "source": each.source,
                        "minutes": int((now - each.began) // 60),
                        "idle": int((now - each.seen) // 60),
                        "mine": each is mine,
                    }
                    for each in screen.sessions.of(person.address)
                ],
                done=said(),
            )
        )

    @pages.post("/sessions")
    def end() -> Response:
        person = screen.signed_in() or abort(403)
        screen.sessions.end_one(person.address, request.form.get("session", ""))
        return forms.see_other(url_for("signing_in_elsewhere.listed", done="session_ended"))

    return pages


def _wait(seconds: float) -> str:
    return say(
        "何度も違ったので、あと{told}は確かめられません。"
        "合言葉を忘れたときは、機械の画面に暗証番号で入り、決め直してください。すぐに、ここから入れます。",
        told=how_long(seconds),
    )


def _known(screen: Screen, name: str) -> str:
    """The account that is meant and has a passphrase here; "" where there is none, or two are."""
    kept = screen.passphrases.kept()
    accounts = [each for each in screen.node.accounts() if each.stands and each.address in kept]
    account = named(accounts, name)
    return account.address if account else ""


def _page(trouble: str = "", status: int = 200) -> Response:
    page = render_template(
        "sign_in_elsewhere.html",
        trouble=trouble,
        typed=request.form.get("name", "")[:NAME_LETTERS_MAX],
        next=_next(),
    )
    return make_response(page, status)


def _next() -> str:
    return safe_path(request.form.get("next", "") or request.args.get("next", ""))
