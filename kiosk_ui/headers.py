"""What every answer says to the browser: nothing from elsewhere, nothing to elsewhere.

The referrer goes to this machine alone, and not nowhere: without one browsers send `Origin: null`
with a form, and over plain http there would be nothing left to tell our forms from a stranger's.
"""

from collections.abc import Collection

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


GUARDING = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_headers(app: Flask, *, but: Collection[str]) -> None:
    """To every answer of the application, but for endpoints that no browser asks."""

    @app.after_request
    def guard(response: Response) -> Response:
        if request.endpoint in but:
            return response
        response.headers.update(GUARDING)
        response.headers.setdefault("Cache-Control", "no-store")
        return response
