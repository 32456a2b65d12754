"""The answering side of the HTTP road, for whatever web framework stands in front of it.

docs/spec/5-exchange.md, "The HTTP road".
"""

from dataclasses import dataclass

from sync import cbor, cose
from sync.announcement import Announcement, open_announcement
from sync.errors import Malformed, TooLarge, Unverified
from sync.lacking import certificates_of
from sync.ledger import Ledger
from sync.limits import MESSAGE_BYTES_MAX as MESSAGE_BYTES_MAX
from sync.machine.keys import Identity
from sync.machine.pace import BUDGET_BYTES
from sync.machine.responding import respond

_TEXT = "text/plain; charset=utf-8"
_OF_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""What a page of another site can have a browser send, and show the answer to."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over HTTP; an answer says nothing of its type, for each byte counts."""

    status: int
    content: bytes
    content_type: str | None = None


def hello(ledger: Ledger, me: Identity) -> Reply:
    """Who we are, for a machine that only has our address."""
    content = cbor.encode({1: 1, 2: me.public, 3: [*certificates_of(ledger, me.public)]})
    return Reply(200, content, "application/cbor")


def exchange(
    ledger: Ledger,
    message: bytes,
    content_type: str,
    *,
    me: Identity,
    software: str,
    budget_bytes: int = BUDGET_BYTES,
) -> Reply:
    """The answer to an offer, or what is wrong with it. `content_type`: the request's media type.

    An answer without a type might be shown as a page. No page can bring that about.
    """
    if content_type in _OF_FORMS:
        return Reply(415, b"an offer is no form\n", _TEXT)
    if me.is_closed:
        return Reply(503, b"this machine's key can't be opened\n", _TEXT)
    try:
        answer = respond(ledger, message, me=me, software=software, budget_bytes=budget_bytes)
        return Reply(200, answer)
    except TooLarge as wrong:
        return Reply(413, f"too large: {wrong}\n".encode(), _TEXT)
    except (Malformed, Unverified) as wrong:
        return Reply(400, f"not an offer: {wrong}\n".encode(), _TEXT)


def announced(ledger: Ledger, message: bytes, *, me: Identity) -> Announcement | Reply:
    """What a certified machine told us, or what is wrong with it (docs/spec/10-discovery.md)."""
    try:
        told = open_announcement(message)
        sender = ledger.trust().key(told.sender)
        if sender is None or told.to != cose.short(me.public):
            return Reply(403, b"not for us, or from nobody we know\n", _TEXT)
        cose.verify(told.sealed, sender)
    except (Malformed, Unverified) as wrong:
        return Reply(400, f"no announcement: {wrong}\n".encode(), _TEXT)
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
