"""`/people`: who may sign in at this machine; for those who may let others in, and stop them."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import ask_to_sign_in
from node.node import NotAllowed, NotSignedIn
from node.people import DUTIES, NoName, Oneself, TooMany, duties, let_in, stop
from node.pins import grouped
from sync.account import Account, Duty

_TROUBLES = {
    NoName: "お名前を、100文字までで書いてください。",
    TooMany: "担当者が多すぎます。使っていない人を止めてください。",
    Oneself: "自分を止めることはできません。ほかの管理人に頼んでください。",
}


def people_pages(screen: Screen) -> Blueprint:
    """`/people`, and what is done there."""
    pages = Blueprint("people", __name__)

    @pages.before_request
    def only_those() -> Response | None:
        person = screen.signed_in()
        return None if person and person.tends_people else ask_to_sign_in(screen)

    @pages.get("/people")
    def people() -> Response:
        return _page(screen)

    @pages.post("/people")
    def add() -> Response:
        try:
            duty = Duty(request.form.get("duty", ""))
        except ValueError:
            abort(400)
        chosen = frozenset(request.form.getlist("board")) & screen.node.boards.keys()
        boards = None if duty in (Duty.KEEPER, Duty.STAFF) and not chosen else frozenset(chosen)
        try:
            account = let_in(
                screen.node, request.form.get("name", ""), duty, boards, by=_person(screen)
            )
        except (NoName, TooMany) as wrong:
            return _page(screen, trouble=_TROUBLES[type(wrong)], status=422)
        except NotAllowed:
            return message_page("not_a_member", 403)
        return _code_page(screen, account)

    @pages.post("/people/<address>/code")
    def code(address: str) -> Response:
        return _code_page(screen, screen.node.account(address) or abort(404))

    @pages.post("/people/<address>/stop")
    def end(address: str) -> Response:
        account = screen.node.account(address) or abort(404)
        try:
            stop(screen.node, account, by=_person(screen))
        except Oneself:
            return _page(screen, trouble=_TROUBLES[Oneself], status=409)
        except NotAllowed:
            return message_page("not_a_member", 403)
        screen.pins.forget(address)
        screen.sessions.end_all(address)
        return forms.see_other(url_for("people.people", done="stopped"))

    return pages


def _person(screen: Screen) -> Account:
    person = screen.signed_in()
    if person is None:
        raise NotSignedIn
    return person


def _page(screen: Screen, *, trouble: str = "", status: int = 200) -> Response:
    kept, coded, me = screen.pins.kept(), screen.pins.coded(), screen.signed_in()
    listed = [
        {
            "account": account,
            "duty": DUTIES[account.duty],
            "boards": "、".join(
                screen.node.boards[name].label
                for name in sorted(account.boards or ())
                if name in screen.node.boards
            ),
            "waits": account.address in coded,
            "opens": account.address in kept,
            "me": me is not None and account.address == me.address,
        }
        for account in screen.node.accounts()
        if account.stands
    ]
    page = render_template(
        "people.html",
        listed=listed,
        duties=[(str(duty), DUTIES[duty]) for duty in duties(screen.node)],
        trouble=trouble,
        typed=request.form.get("name", "") if trouble else "",
        done=said(),
    )
    return make_response(page, status)


def _code_page(screen: Screen, account: Account) -> Response:
    screen.sessions.end_all(account.address)
    code = screen.pins.make_code(account.address)
    return make_response(render_template("code.html", account=account, code=grouped(code)))
