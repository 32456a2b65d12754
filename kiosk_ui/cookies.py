"""Cookies are read as UTF-8; what is none is left out.

Others at the same address set cookies too, and who attacks sends what they like: the framework
would fail at bytes that are no UTF-8, and the page with it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def readable(cookies: str) -> str:
    """What can be read of that header, whose bytes are letters here (PEP 3333)."""
    if cookies.isascii():
        return cookies
    sent = cookies.encode("latin-1", errors="ignore")
    return sent.decode(errors="ignore").encode().decode("latin-1")


def leave_out_unreadable_cookies(app: Flask) -> None:
    """Before anything of the application reads them."""
    within = app.wsgi_app

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not (cookies := environ.get("HTTP_COOKIE", "")).isascii():
            environ = {**environ, "HTTP_COOKIE": readable(cookies)}
        return within(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask's documentation has it
