"""Where other machines knock: `GET /sync` says who we are, `POST /sync` takes an offer.

docs/spec/5-exchange.md, "The HTTP road".
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from node.node import SOFTWARE, Node
from sync.machine.doorway import MESSAGE_BYTES_MAX, Reply, exchange, hello

ENDPOINTS = frozenset({"doorway.greet", "doorway.answer"})


def doorway_pages(node: Node) -> Blueprint:
    """`/sync`."""
    pages = Blueprint("doorway", __name__)

    @pages.get("/sync")
    def greet() -> Response:
        return _response(hello(node.ledger, node.identity))

    @pages.post("/sync")
    def answer() -> Response:
        message = _message()
        if message is None:
            return Response("too large\n", 413, content_type="text/plain; charset=utf-8")
        return _response(exchange(node.ledger, message, me=node.identity, software=SOFTWARE))

    return pages


def _message() -> bytes | None:
    """The body; None if it is larger than anything we accept."""
    request.max_content_length = MESSAGE_BYTES_MAX
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _response(reply: Reply) -> Response:
    return Response(reply.content, reply.status, content_type=reply.content_type)
