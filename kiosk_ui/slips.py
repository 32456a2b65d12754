"""What pages with a receipt, or with what it opens, have in common: nothing of them stays.

There are digits, which say how something stands and open nothing, and six words, which open
letters. Both are shown by one page, which says the same of them in the same place. From a phone
that page can be kept, as a file or on paper: what is on it, and of when it is. No copy stays here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Response, make_response, render_template, request

from kiosk_ui import current
from kiosk_ui.errors import WORDS
from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.looks import pressed_look, remember_looks
from kiosk_ui.press import NoPress
from kiosk_ui.saving import as_file
from kiosk_ui.screen import Screen
from node.errand import Busy
from node.words import say

SLIP = "slip"
"""The form field in which a receipt goes from page to page; it stands in no address."""

AS = "as"
"""What says how it is to be kept: as a file, or on paper."""

PAPER = "paper"
IDLE_SECONDS = 180

_NOT_PRINTED = {Busy: WORDS["printing_others"], NoPress: WORDS["no_press"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How something stands, and by what one learns how it goes on."""

    heading: str
    state: str  # "waiting", "done", "declined"
    about: str = ""
    told: Sequence[str] = ()
    post: str = ""  # the address of what may be looked at now
    take_back: str = ""  # where that may be asked for
    code: str = ""  # digits in groups
    words: Sequence[str] = ()
    link: str = ""  # what the QR leads to; without one there is nothing to take home
    good: str = ""  # where it is good, and for what
    kept_at: str = ""  # where one asks for it as a file or on paper
    slip: str = ""  # what is sent there to say which; digits stand in the address
    trouble: Sequence[str] = ()  # why it could not be had on paper, and what to do
    back: str = "/"
    is_new: bool = False  # just now made: what was typed for it may be forgotten


def receipt_page(receipt: Receipt, status: int = 200) -> Response:
    """The one page for all of them."""
    page = render_template("receipt.html", receipt=receipt, looks_in_form=bool(receipt.slip))
    return leaves(make_response(page, status))


def kept_receipt(screen: Screen, receipt: Receipt, *, wanted: str) -> Response:
    """The same as a file or on paper; else its page, in other looks or with what is the matter."""
    if pressed := pressed_look():
        return remember_looks(receipt_page(receipt), pressed)
    title = say("控え（{about}）", about=receipt.about)
    on_paper = wanted == PAPER
    html = render_template(
        "receipt_kept.html",
        receipt=receipt,
        title=title,
        as_of=current.hour_in_words(screen),
        on_paper=on_paper,
    )
    if not on_paper:
        return as_file(html, title)
    try:
        sheet = screen.press.draw(html, keep=False)
    except (Busy, NoPress) as wrong:
        return receipt_page(replace(receipt, trouble=_NOT_PRINTED[type(wrong)]), 503)
    return as_file(sheet, title, kind="pdf")


def wanted() -> str:
    """As what whoever asks wants it."""
    return request.values.get(AS, "")


def leaves(response: Response) -> Response:
    """No cache keeps it, and at the kiosk it goes when nobody is there."""
    response.headers["Cache-Control"] = "no-store"
    if at_the_kiosk():
        response.headers["Refresh"] = f"{IDLE_SECONDS}; url=/"
    return response
