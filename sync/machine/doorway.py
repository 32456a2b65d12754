"""The answering side of the HTTP road, for whatever web framework stands in front of it.

docs/spec/5-exchange.md, "The HTTP road".
"""

from dataclasses import dataclass

from sync import cbor, cose
from sync.announcement import Announcement, open_announcement
from sync.errors import Malformed, TooLarge, Unverified
from sync.ledger import Ledger
from sync.limits import MESSAGE_BYTES_MAX as MESSAGE_BYTES_MAX
from sync.machine.exchanging import certificates_of, respond
from sync.machine.keys import Identity

CONTENT_TYPE = "application/cbor"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP."""

    status: int
    content: bytes
    content_type: str = CONTENT_TYPE


def hello(ledger: Ledger, me: Identity) -> Reply:
    """Who we are, for a machine that only has our address."""
    return Reply(200, cbor.encode({1: 1, 2: me.public, 3: [*certificates_of(ledger, me.public)]}))


def exchange(ledger: Ledger, message: bytes, *, me: Identity, software: str) -> Reply:
    """The answer to an offer, or what is wrong with it."""
    try:
        return Reply(200, respond(ledger, message, me=me, software=software))
    except TooLarge as wrong:
        return Reply(413, f"too large: {wrong}\n".encode(), "text/plain; charset=utf-8")
    except (Malformed, Unverified) as wrong:
        return Reply(400, f"not an offer: {wrong}\n".encode(), "text/plain; charset=utf-8")


def announced(ledger: Ledger, message: bytes, *, me: Identity) -> Announcement | Reply:
    """What a certified machine told us, or what is wrong with it (docs/spec/10-discovery.md)."""
    try:
        told = open_announcement(message)
        sender = ledger.trust().key(told.sender)
        if sender is None or told.to != cose.short(me.public):
            return Reply(403, b"not for us, or from nobody we know\n", "text/plain; charset=utf-8")
        cose.verify(told.sealed, sender)
    except (Malformed, Unverified) as wrong:
        return Reply(400, f"no announcement: {wrong}\n".encode(), "text/plain; charset=utf-8")
    return told


def read_hello(content: bytes) -> tuple[bytes, list[bytes]]:
    """The key and the certificates of a machine that said hello. Raises Malformed."""
    match cbor.decode(content, bytes_max=1 << 16):
        case {1: 1, 2: bytes(key), 3: list(statements)} if len(key) == 32 and all(
            isinstance(statement, bytes) for statement in statements
        ):
            return key, [s for s in statements if isinstance(s, bytes)]
        case _:
            raise Malformed("not a Kairan machine")
