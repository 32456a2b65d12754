"""Who else keeps the place and has just shown it by a PIN: what concerns many takes two people."""

from collections.abc import Sequence

from flask import Response, make_response, render_template, request

from kiosk_ui.errors import message_page
from kiosk_ui.kiosk import at_this_machine
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import BUSY, WRONG, keypad, typed_digits, wait
from node.namesakes import called
from node.people import DUTIES
from node.pins import Busy, Wait, Wrong
from node.words import say
from sync.account import Account


def second_person(
    screen: Screen, count: int, carried: Sequence[tuple[str, str]]
) -> Account | Response:
    """Whoever that is; else what to show to find it out. `carried`: what all pages send along."""
    if not at_this_machine():  # a PIN is for the keys of the machine's own screen
        return message_page("second_at_the_machine", 403)
    me, kept = screen.keeper(), screen.pins.kept()
    others = [
        account
        for account in screen.node.accounts()
        if account.id != me.id
        and account.tends_people
        and account.address in kept
        and screen.node.account(account.address)
    ]
    address = request.form.get("second", "")
    other = next((each for each in others if each.address == address), None)
    if other is None:
        page = render_template(
            "second.html",
            others=[(each, called(screen.node, each), DUTIES[each.duty]) for each in others],
            carried=carried,
            count=count,
        )
        return make_response(page)
    digits, trouble, status = typed_digits(), "", 200
    if "press" not in request.form and digits:
        try:
            if screen.pins.try_(address, digits):
                return other
            trouble, status = WRONG, 403  # a code opens an account, and agrees to nothing
        except Wrong:
            trouble, status = WRONG, 403
        except Wait as long:
            trouble, status = wait(long.seconds), 429
        except Busy:
            trouble, status = BUSY, 503
        digits = ""
    return keypad(
        heading=say("{name}さんの暗証番号", name=called(screen.node, other)),
        advice=say(
            "{count}件をいちどに行うので、もう1人の方が確かめて、暗証番号を押してください。",
            count=count,
        ),
        typed=digits,
        trouble=trouble,
        status=status,
        back="/",
        carried=[*carried, ("second", address)],
    )
