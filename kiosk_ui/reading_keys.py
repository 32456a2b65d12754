"""`/reading-keys`: with which keys letters to this place are read; for those who keep it.

A key is changed where somebody may have copied it: what was sealed to the old one stays readable.
"""

import sqlite3
from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, url_for

from kiosk_ui import forms
from kiosk_ui.done import said
from kiosk_ui.errors import message_page
from kiosk_ui.screen import Screen
from kiosk_ui.signing_in import only_keepers
from node.node import NotAllowed
from node.reading import change_keys, own_keys, readers_at, readers_at_the_office
from sync import sealing
from sync.reading_key import ReadingKey


def reading_keys_pages(screen: Screen) -> Blueprint:
    """`/reading-keys`."""
    pages = Blueprint("reading_keys", __name__)
    pages.before_request(lambda: only_keepers(screen))

    @pages.get("/reading-keys")
    def listed() -> Response:
        node = screen.node
        here = readers_at(node, node.identity.public)
        page = render_template(
            "reading_keys.html",
            readers=[_told(screen, key) for key in _all(screen, here)],
            before=sum(key.for_the_place and not key.stands for key in own_keys(node)),
            at_the_office=node.is_office,
            done=said(),
        )
        return make_response(page)

    @pages.post("/reading-keys")
    def change() -> Response:
        try:
            change_keys(screen.node)
        except NotAllowed:
            return message_page("not_a_member", 403)
        except (sqlite3.Error, OSError) as wrong:
            screen.give_up(wrong)
            return message_page("503", 503)
        return forms.see_other(url_for("reading_keys.listed", done="key_changed"))

    return pages


def _all(screen: Screen, here: Sequence[ReadingKey]) -> list[ReadingKey]:
    """Each key that somebody seals to who writes to this place."""
    office = readers_at_the_office(screen.node) if screen.node.is_office else ()
    return list({key.id: key for key in (*here, *office)}.values())


def _told(screen: Screen, key: ReadingKey) -> dict[str, object]:
    node = screen.node
    return {
        "place": node.ledger.trust().name(key.author),
        "ours": key.author == node.identity.public,
        "mark": sealing.tag(key.key).hex()[:8],
    }
