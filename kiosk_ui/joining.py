"""What a machine shows that nobody certified yet: who it is, for the desk to sign."""

from flask import Blueprint, abort, render_template

from kiosk_ui.screen import Screen
from node.membership import Membership
from sync.joining import ask_to_join
from sync.letters import fingerprint


def joining_page(screen: Screen) -> Blueprint:
    """`/joining`."""
    pages = Blueprint("joining", __name__)

    @pages.get("/joining")
    def joining() -> str:
        node = screen.node
        if node.membership is not Membership.STRANGER:
            abort(404)
        return render_template(
            "joining.html",
            request_text=ask_to_join(node.settings.name, node.settings.town, node.identity.private),
            fingerprint=fingerprint(node.identity.public),
        )

    return pages
