"""Which names lead here: a page is given, and a form taken, under those alone.

A name of a stranger's may be made to lead to this machine (DNS rebinding); to a browser their page
and ours would then be one site. A number can't be made to: it is where the browser went.
"""

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request

from kiosk_ui.errors import message_page

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

NO_NAME = "other-name.invalid"
_HOST_LETTERS_MAX = 255
_PORT_MAX = (1 << 16) - 1


def refuse_other_names(app: Flask, ours: Iterable[str], *, but: frozenset[str]) -> None:
    """Answer 421 to a request for another name; `but` are endpoints that no browser asks.

    What was called by is put aside before anything else reads it, for it may be no name at all.
    """
    names = own_names() | {name.lower() for name in ours if name}
    within = app.wsgi_app

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not leads_here(environ.get("HTTP_HOST", ""), names):
            environ = {**environ, "HTTP_HOST": NO_NAME}
        return within(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]  # as Flask's documentation has it

    @app.before_request
    def check() -> Response | None:
        if request.endpoint in but or request.environ["HTTP_HOST"] != NO_NAME:
            return None
        return message_page("other_name", 421)


def own_names() -> frozenset[str]:
    """What this machine is called where somebody asked it alone."""
    name = socket.gethostname().lower().rstrip(".")
    first = name.partition(".")[0]
    return frozenset({"localhost", name, first, f"{first}.local"} - {""})


def name_in(url: str | None) -> str:
    """The name in an address; "" where there is none."""
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""


def leads_here(host: str, names: frozenset[str]) -> bool:
    """Whether that, as a browser says it, is one of these names or a number."""
    return len(host) <= _HOST_LETTERS_MAX and _leads_here(host, names)


@lru_cache(1_000)
def _leads_here(host: str, names: frozenset[str]) -> bool:
    name, told_port = _parted(host)
    if not name or (told_port is not None and not _is_port(told_port)):
        return False
    return name in names or _is_number(name)


def _parted(host: str) -> tuple[str, str | None]:
    """A name in small letters and what stands where a port would."""
    host = host.lower()
    if not host.isascii():
        return "", None
    if host.startswith("["):
        name, closed, rest = host[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            return "", None
        return (name if ":" in name else ""), rest[1:] if rest else None
    name, colon, port = host.partition(":")
    return name.removesuffix("."), port if colon else None


def _is_port(text: str) -> bool:
    return text.isdigit() and len(text) <= 5 and int(text) <= _PORT_MAX


def _is_number(name: str) -> bool:
    if "%" in name:  # a number with a network of the asker's: no browser says it
        return False
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
