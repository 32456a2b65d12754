"""`/handling`: what is done with what concerns people, on one page that an official can print."""

from flask import Blueprint, Response, make_response, render_template, request, url_for

from kiosk_ui import dates, forms
from kiosk_ui.done import said
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import only_staff
from node.handling import NOTE_CHARACTERS_MAX, NOTES, handled, notes, write_notes
from node.switching import switches, why_letters_are_off


def handling_pages(screen: Screen) -> Blueprint:
    """For the office's staff, signed in."""
    pages = Blueprint("handling", __name__)
    pages.before_request(lambda: only_staff(screen))

    @pages.get("/handling")
    def shown() -> Response:
        written = notes(screen.node.settings.folder)
        page = render_template(
            "handling.html",
            handled=list(handled(screen.node.boards)),
            switches=[
                (what, board, why_letters_are_off(screen.node, board))
                for what, board in switches(screen.node).items()
            ],
            notes=[(name, label, written.get(name, "")) for name, label in NOTES.items()],
            letters_max=NOTE_CHARACTERS_MAX,
            printed=dates.moment_in_words(screen.now(), screen.now()),
            back=url_for("keeping.listed"),
            done=said(),
        )
        return make_response(page)

    @pages.post("/handling")
    def write() -> Response:
        write_notes(screen.node.settings.folder, request.form)
        return forms.see_other(url_for("handling.shown", done="handled"))

    return pages
