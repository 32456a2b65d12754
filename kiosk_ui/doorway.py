"""Where other machines knock: `GET /sync` says who we are, `POST /sync` takes an offer,
`POST /sync/changed` hears that something changed there, and `GET /sync/release/…` gives a piece of
a version's file.

docs/spec/5-exchange.md, "The HTTP road"; docs/spec/10-discovery.md; docs/spec/13-releases.md.
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from node.lan.bell import Heard, ring
from node.lan.turns import NODE_BUDGET_BYTES
from node.node import SOFTWARE, Node
from node.updating.inbox import files_to_hand_on
from sync.announcement import ANNOUNCEMENT_BYTES_MAX, Announcement
from sync.machine.doorway import MESSAGE_BYTES_MAX, Reply, announced, exchange, hello
from sync.machine.handing_on import HandingOn

ENDPOINTS = frozenset({"doorway.greet", "doorway.answer", "doorway.hear", "doorway.hand_on"})


def doorway_pages(node: Node) -> Blueprint:
    """`/sync` and what is below it."""
    pages = Blueprint("doorway", __name__)
    settings = node.settings
    handing_on = HandingOn(node.ledger, settings.towns, files_to_hand_on(settings.folder))

    @pages.get("/sync")
    def greet() -> Response:
        return _response(hello(node.ledger, node.identity))

    @pages.post("/sync")
    def answer() -> Response:
        message = _message()
        if message is None:
            return Response("too large\n", 413, content_type="text/plain; charset=utf-8")
        reply = exchange(
            node.ledger,
            message,
            request.mimetype,
            me=node.identity,
            software=SOFTWARE,
            budget_bytes=NODE_BUDGET_BYTES,
        )
        return _response(reply)

    @pages.post("/sync/changed")
    def hear() -> Response:
        message = _message(ANNOUNCEMENT_BYTES_MAX) or b""
        told = announced(node.ledger, message, me=node.identity)
        if isinstance(told, Reply):
            return _response(told)
        heard = Heard(machine=told.sender, digest=told.digest, url=_address(told))
        # Who isn't heard comes himself.
        return Response(status=204 if ring(node.settings.folder, heard) else 503)

    @pages.get("/sync/release/<digest>")
    def hand_on(digest: str) -> Response:
        handed = handing_on.answer(digest, request.headers.get("Range", ""))
        return Response(handed.content, handed.status, handed.headers)

    return pages


def _address(told: Announcement) -> str:
    """Where the machine answers that is at the other end of this connection."""
    if told.port is None or not request.remote_addr:
        return ""
    host = request.remote_addr
    return f"http://[{host}]:{told.port}" if ":" in host else f"http://{host}:{told.port}"


def _message(bytes_max: int = MESSAGE_BYTES_MAX) -> bytes | None:
    """The body; None if it is larger than anything we accept."""
    request.max_content_length = bytes_max
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _response(reply: Reply) -> Response:
    response = Response(reply.content, reply.status, content_type=reply.content_type)
    if reply.content_type is None:
        del response.headers["Content-Type"]
    return response
