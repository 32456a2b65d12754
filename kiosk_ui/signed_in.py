"""What being signed in changes on every page: who it is, and what forms must know."""

import hmac

from flask import Flask, Response, abort, g, request
from markupsafe import Markup

from kiosk_ui.kiosk import at_this_machine, over_tls
from kiosk_ui.screen import Screen
from kiosk_ui.sessions import IDLE_SECONDS
from kiosk_ui.to_look_at import to_look_at

CSRF = "csrf"
_TYPING = frozenset(
    {"posting", "steps", "changing", "towns", "writing", "reporting", "waiting.mend"}
)


def add_sessions(app: Flask, screen: Screen, *, but: frozenset[str]) -> None:
    """Refuse a form that doesn't know what its page knew; `but` are endpoints without a person."""

    @app.before_request
    def check() -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint in but:
            return
        screen.signed_in()  # ends what an account no longer stands behind
        session = screen.sessions.of_this_request()
        if session is not None and not hmac.compare_digest(
            request.form.get(CSRF, "").encode(errors="replace"), session.csrf.encode()
        ):
            abort(403)

    @app.context_processor
    def of_this_request() -> dict[str, object]:
        person = screen.signed_in()
        session = screen.sessions.of_this_request()
        hidden = Markup('<input type="hidden" name="{}" value="{}">')
        return {
            "csrf": hidden.format(CSRF, session.csrf) if session else "",
            "person": person,
            "may_enter_elsewhere": screen.closed_pages is not None and at_this_machine(),
            "is_elsewhere": over_tls(),
            "tends_office": screen.tends_office(),
            "to_look_at": to_look_at(screen),
        }

    @app.after_request
    def leave(response: Response) -> Response:
        """What a person saw stays nowhere, and not on the screen either when nobody is there."""
        if g.get("session") is not None and response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"
            if request.method == "GET" and not _TYPING & {request.blueprint, request.endpoint}:
                response.headers["Refresh"] = f"{IDLE_SECONDS + 1}; url=/"
        return response
