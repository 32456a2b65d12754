"""Whether a visitor stands at the machine itself, or asks from a phone."""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request


def at_the_kiosk() -> bool:
    """Whether this machine's own browser asks: it has no use for the world outside."""
    if over_tls():  # what this machine's own browser never asks by
        return False
    return is_loopback(request.remote_addr or "") and _is_called_loopback(request.host)


def at_this_machine() -> bool:
    """The same, for what must not go over a network: nothing in between hands it on, either."""
    handed_on = "Forwarded" in request.headers or "X-Forwarded-For" in request.headers
    return at_the_kiosk() and not handed_on


def over_tls() -> bool:
    """Whether nobody on the way reads or changes what is asked; by the server's word alone."""
    return request.scheme == "https"


@lru_cache(100)
def _is_called_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)


@lru_cache(1_000)
def is_loopback(address: str) -> bool:
    """Whether that is this machine itself."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
