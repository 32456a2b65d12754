"""Forms are taken from our own pages only.

Browsers say where a form came from: by Sec-Fetch-Site where they trust the address, by Origin
wherever they post, by Referer if they are old. What says nothing at all is no browser.
"""

from urllib.parse import urlsplit

from flask import Flask, abort, request


def refuse_strangers(app: Flask, *, but: frozenset[str]) -> None:
    """Answer 403 to a POST from another site; `but` are endpoints for machines."""

    @app.before_request
    def check() -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint in but:
            return
        if not _is_ours():
            abort(403)


def _is_ours() -> bool:
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site in ("same-origin", "none")
    for header in ("Origin", "Referer"):
        if (address := request.headers.get(header)) is not None:
            return _host(address) == request.host.lower()
    return True


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""
