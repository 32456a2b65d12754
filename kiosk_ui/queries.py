"""What stands behind the question mark is in printed ASCII, as every browser sends it.

Who sends other bytes has them written as a browser would: the framework takes them for UTF-8, and
would fail at what is none; and it writes them into the header that leads elsewhere, where a line
cannot end.
"""

from collections.abc import Iterable
from string import ascii_letters, digits, punctuation
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_PRINTED = frozenset(ascii_letters + digits + punctuation)


def write_queries_in_ascii(app: Flask) -> None:
    """Before anything of the application reads them."""
    within = app.wsgi_app

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        asked = environ.get("QUERY_STRING", "")
        if not _PRINTED.issuperset(asked):
            asked = quote(asked.encode("latin-1", errors="replace"), safe="".join(_PRINTED))
            environ = {**environ, "QUERY_STRING": asked}
        return within(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask's documentation has it
