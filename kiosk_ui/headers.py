"""What every answer says to the browser: nothing from elsewhere, nothing to elsewhere.

The referrer goes to this machine alone, and not nowhere: without one browsers send `Origin: null`
with a form, and over plain http there would be nothing left to tell our forms from a stranger's.
"""

from collections.abc import Collection, Mapping

from flask import Flask, Response, request


def guarding(style: str = "") -> Mapping[str, str]:
    """The headers. `style`: the digest of a sheet that is in the page (CSP level 3, 6.7.3)."""
    policy = (
        "default-src 'none'",
        f"style-src 'self' {style}".rstrip(),
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


GUARDING = guarding()
_NOT_MODIFIED = 304  # what they have keeps its own headers (RFC 9110, 15.4.5)


def add_headers(app: Flask, *, but: Collection[str]) -> None:
    """To every answer of the application, but for endpoints that no browser asks."""

    @app.after_request
    def guard(response: Response) -> Response:
        if request.endpoint in but or response.status_code == _NOT_MODIFIED:
            return response
        for name, value in GUARDING.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
