"""What the kiosk says of a stick that is plugged in: not yet, or that it may be pulled out."""

from flask import Blueprint, Response, abort, render_template

from kiosk_ui.kiosk import at_the_kiosk
from kiosk_ui.screen import Screen
from node.carrying.watching import read_shown


def stick_page(screen: Screen) -> Blueprint:
    """`/stick`: a piece of a page, for the kiosk alone; 204 while there is nothing to say."""
    pages = Blueprint("stick", __name__)

    @pages.get("/stick")
    def stick() -> Response:
        if not at_the_kiosk():
            abort(404)
        shown = read_shown(screen.node.settings.folder)
        if shown is None:
            return Response(status=204)
        return Response(render_template("stick.html", stick=shown))

    return pages
