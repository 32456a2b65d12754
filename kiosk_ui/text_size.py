"""How large people want their letters: a cookie with one word, asked for by plain links.

A page with a form has buttons instead, which send what was typed along; nothing typed is lost.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from kiosk_ui.kiosk import at_the_kiosk

SIZES = {"normal": "標準", "large": "大", "larger": "特大"}
_COOKIE = "size"
_YEAR_SECONDS = 365 * 86_400


def chosen_size() -> str:
    """The key of one of SIZES."""
    chosen = request.cookies.get(_COOKIE, "")
    return chosen if chosen in SIZES else "normal"


def remember_size(response: Response, size: str) -> Response:
    """For a year on one's own phone; at the kiosk until the browser is closed."""
    if size in SIZES:
        response.set_cookie(
            _COOKIE,
            size,
            max_age=None if at_the_kiosk() else _YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
        )
    return response


def text_size_page() -> Blueprint:
    """`/size?to=large&next=/boards/event`."""
    pages = Blueprint("text_size", __name__)

    @pages.get("/size")
    def size() -> Response:
        to = safe_path(request.args.get("next", ""))
        response = Response(status=303, headers={"Location": to})
        return remember_size(response, request.args.get("to", ""))

    return pages


def safe_path(address: str) -> str:
    """A path of this machine; `/` for anything that could lead elsewhere."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    leads_elsewhere = (
        parts.scheme
        or parts.netloc
        or not address.startswith("/")
        or address.startswith("//")
        or "\\" in address
        or not address.isprintable()
    )
    return "/" if leads_elsewhere else address
