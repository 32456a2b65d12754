"""Whom a post names to ask, as an entry of an address book (vCard 3.0, RFC 2426).

Version 3 is what cameras of phones read from a QR code.
"""

from node.boards.declaration import Board
from node.post import Post

CHARACTERS_MAX = 200  # of each value; a QR code holds no novel


def has_contact(board: Board, post: Post) -> bool:
    """Whether the post names somebody and a number."""
    told = board.contact
    return told is not None and bool(post.text(told.name) and post.text(told.phone))


def contact_card(board: Board, post: Post) -> str:
    """The card. Raises ValueError where `has_contact` is false."""
    told = board.contact
    if told is None or not has_contact(board, post):
        raise ValueError("nobody is named")
    name = _value(post.text(told.name))
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{name};;;;", f"FN:{name}"]
    lines.append(f"TEL:{_value(post.text(told.phone))}")
    if address := _value(post.text(told.address)):
        lines.append(f"ADR:;;{address};;;;")
    return "\r\n".join([*lines, "END:VCARD", ""])


def _value(text: str) -> str:
    """One value, so that nothing in it ends it (RFC 2426 §2.4.2, §4)."""
    plain = " ".join(text.split())[:CHARACTERS_MAX]
    return plain.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
