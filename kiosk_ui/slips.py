"""What pages with a receipt, or with what it opens, have in common: nothing of them stays.

There are digits, which say how something stands and open nothing, and six words, which open
letters. Both are shown by one page, which says the same of them in the same place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, make_response, render_template

from kiosk_ui.kiosk import at_the_kiosk

SLIP = "slip"
"""The form field in which a receipt goes from page to page; it stands in no address."""

IDLE_SECONDS = 180


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
    back: str = "/"
    is_new: bool = False  # just now made: what was typed for it may be forgotten


def receipt_page(receipt: Receipt, status: int = 200) -> Response:
    """The one page for all of them."""
    return leaves(make_response(render_template("receipt.html", receipt=receipt), status))


def leaves(response: Response) -> Response:
    """No cache keeps it, and at the kiosk it goes when nobody is there."""
    response.headers["Cache-Control"] = "no-store"
    if at_the_kiosk():
        response.headers["Refresh"] = f"{IDLE_SECONDS}; url=/"
    return response
