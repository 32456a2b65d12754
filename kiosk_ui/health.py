"""Whether this machine is well: asked by supervisors and by people who tend it."""

import sqlite3

from flask import Blueprint, Response, jsonify

from kiosk_ui.screen import Screen
from node.calling import WhomToCall
from node.updating.shelf import State, read_state
from sync.machine.form import releases_folder


def health_page(screen: Screen) -> Blueprint:
    """`/healthz`: 200 once the ledger could be read, else 503.

    `call`: whom to call, as every page says; null where nobody wrote it down.
    `screen` is how many seconds ago the kiosk's page was last heard of; null where it never was.
    `rests`: whether it showed what is on, to nobody. `stands`: the version that came to stay, empty
    where it is the image's; `tries`: one that may go again, empty where there is none.
    """
    pages = Blueprint("health", __name__)
    whom_to_call = WhomToCall(screen.node.settings.folder)

    @pages.get("/healthz")
    def healthz() -> tuple[Response, int]:
        try:
            seconds = screen.heartbeat.seconds()
            heard = None if seconds is None else int(seconds)
            versions, call = _versions(), whom_to_call.now()
            return jsonify(
                ok=True,
                version=screen.node.version(),
                screen=heard,
                rests=screen.heartbeat.rests,
                call={"who": call.who, "telephone": call.telephone} if call else None,
                stands=versions.standing.version if versions.standing else "",
                tries=versions.trial.version.version if versions.trial else "",
            ), 200
        except sqlite3.Error as wrong:
            screen.give_up(wrong)
            return jsonify(ok=False), 503

    return pages


def _versions() -> State:
    """How it stands with this machine's."""
    folder = releases_folder()
    return (folder and read_state(folder)) or State()
