"""What a letter says, as bytes to be sealed; and a conversation, which is all letters to a receipt.

Clocks order nothing: each letter counts the ones before it that its writer could see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.form import readable
from sync import cbor, sealing
from sync.about import About
from sync.errors import Malformed
from sync.limits import SEALED_PLAIN_BYTES_MAX
from sync.sealed_record import SealedRecord
from sync.sealing import KEY_BYTES

NAME_CHARACTERS_MAX = 60
CONTACT_CHARACTERS_MAX = 120
MESSAGE_CHARACTERS_MAX = 2_000
_TURNS_MAX = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One of them, opened."""

    receipt: bytes  # the key that opens the answers
    turn: int  # one more than the largest of those before it
    message: str
    name: str = ""
    contact: str = ""  # how to reach whoever wrote it

    @property
    def encoded(self) -> bytes:
        """As it is sealed."""
        said = {"receipt": self.receipt, "turn": self.turn, "message": self.message}
        named = {"name": self.name, "contact": self.contact}
        return cbor.encode({**said, **{key: text for key, text in named.items() if text}})


def read_letter(plain: bytes) -> Letter:
    """The letter that these bytes are. Raises Malformed."""
    match cbor.decode(plain, bytes_max=SEALED_PLAIN_BYTES_MAX):
        case {"receipt": bytes(receipt), "turn": int(turn), "message": str(message), **others}:
            pass
        case _:
            raise Malformed("not a letter")
    name, contact = others.get("name", ""), others.get("contact", "")
    if (
        len(receipt) != KEY_BYTES
        or not cbor.are_integers(turn)
        or not 1 <= turn < _TURNS_MAX
        or not isinstance(name, str)
        or not isinstance(contact, str)
    ):
        raise Malformed("a letter with a wrong field")
    return Letter(
        receipt=receipt,
        turn=turn,
        message=readable(message)[:MESSAGE_CHARACTERS_MAX],
        name=readable(name)[:NAME_CHARACTERS_MAX],
        contact=readable(contact)[:CONTACT_CHARACTERS_MAX],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A letter where it stands."""

    record: SealedRecord
    letter: Letter
    answers: bool  # it is of whoever is behind the post


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All letters that one receipt opens."""

    receipt: bytes
    about: About | None
    letters: Sequence[Received]  # never empty, in their order

    @property
    def name(self) -> str:
        """In addresses: it says nothing to who hasn't the key."""
        return sealing.tag(self.receipt).hex()

    @property
    def waits(self) -> bool:
        """Whether whoever is behind the post has the next word."""
        return not self.letters[-1].answers

    @property
    def next_turn(self) -> int:
        """Of a letter that is written now."""
        return self.letters[-1].letter.turn + 1


def conversation(received: Sequence[Received]) -> Conversation:
    """Of letters with one receipt."""
    in_order = sorted(received, key=lambda each: (each.letter.turn, each.record.id))
    return Conversation(
        receipt=in_order[0].letter.receipt, about=in_order[0].record.about, letters=in_order
    )
