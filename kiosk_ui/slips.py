"""What pages with a receipt, or with what it opens, have in common: nothing of them stays."""

from flask import Response

from kiosk_ui.kiosk import at_the_kiosk

SLIP = "slip"
"""The form field in which a receipt goes from page to page; it stands in no address."""

IDLE_SECONDS = 180


def leaves(response: Response) -> Response:
    """No cache keeps it, and at the kiosk it goes when nobody is there."""
    response.headers["Cache-Control"] = "no-store"
    if at_the_kiosk():
        response.headers["Refresh"] = f"{IDLE_SECONDS}; url=/"
    return response
