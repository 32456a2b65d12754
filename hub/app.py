"""What the hub answers over HTTP: exchanges, files of versions, whether it is well, and that it has
no boards.
"""

import sqlite3
from collections.abc import Callable

from flask import Flask, Response, jsonify, request

from hub.hub import SOFTWARE, Hub
from sync.machine import doorway
from sync.machine.handing_on import HandingOn
from sync.machine.version_files import FOR_OTHERS


def create_app(hub: Hub, *, start_anew: Callable[[], None] = lambda: None) -> Flask:
    """The hub's WSGI application. `start_anew`: called when its ledger was given up."""
    app = Flask("hub", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = doorway.MESSAGE_BYTES_MAX
    hub.packing.look()
    handing_on = HandingOn(hub.ledger, hub.settings.towns, [hub.settings.folder / FOR_OTHERS])

    @app.get("/sync")
    def hello() -> Response:
        return _response(doorway.hello(hub.ledger, hub.identity))

    @app.post("/sync")
    def exchange() -> Response:
        message = request.get_data(cache=False)
        reply = doorway.exchange(
            hub.ledger, message, request.mimetype, me=hub.identity, software=SOFTWARE
        )
        hub.tidy()
        hub.packing.look()
        return _response(reply)

    @app.get("/sync/release/<digest>")
    def hand_on(digest: str) -> Response:
        handed = handing_on.answer(digest, request.headers.get("Range", ""))
        return Response(handed.content, handed.status, handed.headers)

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(ok=True, version=hub.ledger.version())

    @app.get("/")
    @app.get("/boards/<path:_name>")
    def no_boards(_name: str = "") -> Response:
        return Response(
            "これはハブです。掲示板はありません。町の公民館か役場の機械をご覧ください。\n",
            status=200 if not _name else 404,
            content_type="text/plain; charset=utf-8",
        )

    @app.errorhandler(sqlite3.Error)
    @app.errorhandler(OSError)
    def cannot_keep(wrong: sqlite3.Error | OSError) -> Response:
        if hub.database.give_up(wrong):
            start_anew()
        text = "この機械の記憶装置に、いま読み書きできません。\n"
        return Response(text, status=503, content_type="text/plain; charset=utf-8")

    return app


def _response(reply: doorway.Reply) -> Response:
    response = Response(reply.content, reply.status, content_type=reply.content_type)
    if reply.content_type is None:
        del response.headers["Content-Type"]
    return response
