"""`/people`: who may sign in at this machine; for those who may let others in, and stop them."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import only_keepers, only_staff
from node.calling import (
    TELEPHONE_CHARACTERS_MAX,
    WHO_CHARACTERS_MAX,
    NoTelephone,
    whom_to_call,
    write_down,
)
from node.deciding import may_lift
from node.namesakes import called
from node.node import NotAllowed, NotSignedIn
from node.people import (
    DUTIES,
    OF_ALL_BOARDS,
    NoName,
    Oneself,
    TooMany,
    change_rights,
    duties,
    let_in,
    may_change,
    stop,
)
from node.pins import grouped
from node.suspending import REASONS, people, reinstate, suspend
from node.telephoning import answer, places
from node.words import say, together
from sync.account import Account, Duty
from sync.errors import Malformed

_TROUBLES = {
    NoName: say("お名前を、100文字までで書いてください。"),
    TooMany: say("担当者が多すぎます。使っていない人を止めてください。"),
    Oneself: say("自分のことは、自分では変えられません。ほかの管理人に頼んでください。"),
}
_NOT_OURS = say(
    "役場が決めたことなので、ここでは変えられません。変えたいときは、役場の人にお話しください。"
)


_NO_TELEPHONE = say("電話番号を、数字と「-」で書いてください。")
_NOT_SHOWN = say("機械の画面に出ている8けたの番号を、もう一度聞いて、書いてください。")
_NO_PLACE = say("どの公民館の機械かを、えらんでください。")


def people_pages(screen: Screen) -> Blueprint:
    """`/people`, and what is done there."""
    pages = Blueprint("people", __name__)

    @pages.before_request
    def only_who_may() -> Response | None:
        is_staffs = request.endpoint in ("people.telephone", "people.answered")
        return only_staff(screen) if is_staffs else only_keepers(screen)

    @pages.get("/people")
    def listed() -> Response:
        return _page(screen)

    @pages.post("/people")
    def add() -> Response:
        try:
            duty = Duty(request.form.get("duty", ""))
        except ValueError:
            abort(400)
        try:
            account = let_in(
                screen.node,
                request.form.get("name", ""),
                duty,
                _chosen(screen, duty),
                by=screen.keeper(),
            )
        except (NoName, TooMany) as wrong:
            return _page(screen, trouble=_TROUBLES[type(wrong)], status=422)
        except NotAllowed:
            return message_page("not_a_member", 403)
        return _code_page(screen, account)

    @pages.post("/people/call")
    def call() -> Response:
        screen.keeper()
        try:
            write_down(
                screen.node.settings.folder,
                request.form.get("who", ""),
                request.form.get("telephone", ""),
            )
        except NoTelephone:
            return _page(screen, trouble=_NO_TELEPHONE, status=422)
        return forms.see_other(url_for("people.listed", done="called"))

    @pages.get("/people/telephone")
    def telephone() -> Response:
        return _telephone_page(screen)

    @pages.post("/people/telephone")
    def answered() -> Response:
        try:
            code = answer(
                screen.node,
                request.form.get("place", ""),
                request.form.get("number", ""),
                by=screen.signed_in(),
            )
        except Malformed:
            return _telephone_page(screen, trouble=_NOT_SHOWN, status=422)
        except (NotAllowed, NotSignedIn):
            return _telephone_page(screen, trouble=_NO_PLACE, status=422)
        return _telephone_page(screen, code=grouped(code))

    @pages.post("/people/<address>/code")
    def code(address: str) -> Response:
        return _code_page(screen, screen.node.account(address) or abort(404))

    @pages.post("/people/<address>/stop")
    def end(address: str) -> Response:
        account = screen.node.known(address) or abort(404)
        answer = _do(screen, "stopped", lambda by: stop(screen.node, account, by=by))
        if answer.status_code == 303:
            screen.pins.forget(address)
            screen.passphrases.forget(address)
            screen.sessions.end_all(address)
        return answer

    @pages.post("/people/<address>/boards")
    def rights(address: str) -> Response:
        account = screen.node.account(address) or abort(404)
        boards = _chosen(screen, account.duty)
        return _do(screen, "rights", lambda by: change_rights(screen.node, account, boards, by=by))

    @pages.post("/people/<address>/suspend")
    def hold(address: str) -> Response:
        reason = request.form.get("reason", "")
        if reason not in REASONS:
            abort(400)
        answer = _do(screen, "suspended", lambda by: suspend(screen.node, address, reason, by=by))
        if answer.status_code == 303:
            screen.sessions.end_all(address)
        return answer

    @pages.post("/people/<address>/reinstate")
    def again(address: str) -> Response:
        return _do(screen, "reinstated", lambda by: reinstate(screen.node, address, by=by))

    return pages


def _telephone_page(
    screen: Screen, *, code: str = "", trouble: str = "", status: int = 200
) -> Response:
    page = render_template(
        "people_telephone.html",
        places=places(screen.node),
        picked=request.form.get("place", ""),
        typed=request.form.get("number", "")[:20],
        code=code,
        trouble=trouble,
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _do(screen: Screen, done: str, act: Callable[[Account], None]) -> Response:
    try:
        act(screen.keeper())
    except Oneself:
        return _page(screen, trouble=_TROUBLES[Oneself], status=409)
    except NotAllowed:
        return _page(screen, trouble=_NOT_OURS, status=403)
    return forms.see_other(url_for("people.listed", done=done))


def _chosen(screen: Screen, duty: Duty) -> frozenset[str] | None:
    """The boards that were ticked; None: all."""
    chosen = frozenset(request.form.getlist("board")) & screen.node.boards.keys()
    return None if duty in OF_ALL_BOARDS and not chosen else chosen


def _page(screen: Screen, *, trouble: str = "", status: int = 200) -> Response:
    kept, coded, me = screen.pins.kept(), screen.pins.coded(), screen.signed_in()
    here = {account.address for account in screen.node.accounts()}
    listed = [
        {
            **_told(screen, account),
            "waits": account.address in coded,
            "opens": account.address in kept,
            "me": me is not None and account.address == me.address,
            "here": account.address in here,
        }
        for account in sorted(people(screen.node), key=lambda each: each.address not in here)
    ]
    page = render_template(
        "people.html",
        listed=listed,
        reasons=REASONS,
        duties=[(str(duty), DUTIES[duty]) for duty in duties(screen.node)],
        trouble=trouble,
        typed=request.form.get("name", "") if trouble else "",
        call=_call_typed(screen, trouble),
        who_max=WHO_CHARACTERS_MAX,
        telephone_max=TELEPHONE_CHARACTERS_MAX,
        done=said(),
    )
    return make_response(page, status)


def _call_typed(screen: Screen, trouble: str) -> tuple[str, str]:
    """What stands in the fields about whom to call."""
    if trouble == _NO_TELEPHONE:
        return request.form.get("who", ""), request.form.get("telephone", "")
    now = whom_to_call(screen.node.settings.folder)
    return (now.who, now.telephone) if now else ("", "")


def _told(screen: Screen, account: Account) -> dict[str, object]:
    """Who that is, and whether and why that person may not act now."""
    node, name = screen.node, screen.node.ledger.trust().name
    suspended = node.suspended(account)
    return {
        "account": account,
        "called": called(node, account),
        "duty": DUTIES[account.duty],
        "place": name(account.place),
        "boards": together(
            node.boards[board].label
            for board in sorted(account.boards or ())
            if board in node.boards
        ),
        "suspended": sorted({(name(each.author), say(each.reason)) for each in suspended}),
        "may_lift": any(may_lift(node, each) for each in suspended),
        "may_change": may_change(node, account),
    }


def _code_page(screen: Screen, account: Account) -> Response:
    screen.sessions.end_all(account.address)
    screen.passphrases.forget(account.address)  # whoever gets the code may be somebody else
    code = screen.pins.make_code(account.address)
    name = called(screen.node, account)
    return make_response(render_template("code.html", called=name, code=grouped(code)))
