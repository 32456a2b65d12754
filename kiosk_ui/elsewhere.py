"""What somebody who is not at the machine is told of signing in, and the town's certificate.

Over plain http there is never a form for a secret: only the way to the address that is closed, and
how a computer learns to trust it.
"""

from flask import Blueprint, Response, abort, make_response, render_template

from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen


def elsewhere_page(screen: Screen) -> Response:
    """Instead of the pages to sign in: this is the wrong door."""
    pages = screen.closed_pages
    if pages is None:
        return message_page("sign_in_elsewhere", 403)
    page = render_template("elsewhere.html", address=pages.address(), others=pages.addresses())
    return make_response(page, 403)


def town_certificate_pages(screen: Screen) -> Blueprint:
    """`/closed` says how a computer learns to trust this machine; `/closed/town.crt` is what."""
    pages = Blueprint("elsewhere", __name__)

    @pages.get("/closed")
    def closed() -> str:
        closed = screen.closed_pages or abort(404)
        return render_template(
            "closed.html",
            address=closed.address(),
            addresses=closed.addresses(),
            fingerprint=closed.fingerprint,
            thumbprint=closed.thumbprint,
        )

    @pages.get("/closed/town.crt")
    def certificate() -> Response:
        closed = screen.closed_pages or abort(404)
        response = make_response(closed.certificate)
        response.headers["Content-Type"] = "application/x-x509-ca-cert"
        response.headers["Content-Disposition"] = 'attachment; filename="town.crt"'
        return response

    return pages
