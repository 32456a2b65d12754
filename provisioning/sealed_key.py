"""An authority key under a passphrase, as letters: the same in its file, on paper and in its QR.

Seven lines, each with a check of its own, so that whoever types them off a paper is told which
line is wrong. Without the passphrase they say nothing but town and place.

    sealed = 1 (1 byte) ‖ place (1) ‖ cost (1) ‖ town (3, as a number) ‖ salt (16) ‖ box (48)
    box    = AES-256-GCM, nonce of 12 zero bytes, of the 32 bytes of the private key; with
             all that stands before it as additional data
    key    = Argon2id(passphrase in NFKC and UTF-8, salt, 3 passes, 1 lane, 2^cost KiB), 32 bytes
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from sync.errors import Malformed
from sync.lane import is_town
from sync.letters import as_meant, grouped, letters, read_letters
from sync.machine import passphrase as closing
from sync.machine.keys import Identity, identity_of, key_salt, secret
from sync.machine.passphrase import COST as COST
from sync.machine.passphrase import COST_MAX, SALT_BYTES
from sync.machine.passphrase import COST_MIN as COST_MIN
from sync.machine.passphrase import WrongPassphrase as WrongPassphrase

_VERSION = 1
_HEAD_BYTES, _BOX_BYTES = 6, 48
LINES = 7
_LINE_LETTERS, _CHECK_LETTERS = 16, 3
_MARK = "KAIRAN KEY"
_LINE = re.compile(r"\s*(\d{1,2})\s*[:：]\s*(.*?)\s*", re.DOTALL)


class Place(IntEnum):
    """Which of a town's keys it is; the later outranks."""

    DAILY = 0
    RESERVE = 1


class MistypedLine(Exception):
    """A line is missing, or isn't what was printed."""

    def __init__(self, number: int) -> None:
        """`number` counts from 1."""
        super().__init__(f"line {number}")
        self.number = number


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key that takes a passphrase to open."""

    sealed: bytes

    @property
    def place(self) -> Place:
        """Which of the town's keys."""
        return Place(self.sealed[1])

    @property
    def cost(self) -> int:
        """What guessing takes: 2 to the power of this, in KiB."""
        return self.sealed[2]

    @property
    def town(self) -> str:
        """LG code."""
        return f"{int.from_bytes(self.sealed[3:6], 'big'):06}"

    def open(self, passphrase: str) -> Identity:
        """The key. Raises WrongPassphrase."""
        before, box = self.sealed[:-_BOX_BYTES], self.sealed[-_BOX_BYTES:]
        salt = before[_HEAD_BYTES:]
        opened = closing.open_(box, passphrase, salt=salt, cost=self.cost, bound_to=before)
        return identity_of(opened)

    def lines(self) -> list[str]:
        """As printed, numbered, each with its check."""
        text = letters(self.sealed)
        parts = [text[at : at + _LINE_LETTERS] for at in range(0, len(text), _LINE_LETTERS)]
        return [
            f"{number}: {grouped(part)}  {_check(number, part)}"
            for number, part in enumerate(parts, 1)
        ]

    def text(self) -> str:
        """As in a file."""
        return "\n".join([_MARK, *self.lines(), ""])

    def for_qr(self) -> str:
        """In the letters that a QR holds most of."""
        return "/".join([_MARK, *(line.replace(" ", "") for line in self.lines())])


def seal(
    identity: Identity, passphrase: str, *, town: str, place: Place, cost: int = COST
) -> SealedKey:
    """Close a key."""
    head = bytes([_VERSION, place, cost]) + int(town).to_bytes(3, "big")
    salt = key_salt(SALT_BYTES)
    before = head + salt
    box = closing.close(secret(identity), passphrase, salt=salt, cost=cost, bound_to=before)
    return SealedKey(before + box)


def read_sealed(text: str) -> SealedKey:
    """What a file, a paper or a QR says. Raises MistypedLine, or Malformed for no key of ours."""
    parts: dict[int, str] = {}
    for line in text.upper().replace("/", "\n").splitlines():
        if found := _LINE.fullmatch(line):
            number = int(found[1])
            try:
                parts[number] = read_line(number, found[2])
            except Malformed as wrong:
                raise MistypedLine(number) from wrong
    if not parts:
        raise Malformed("no line of a key")
    for number in range(1, LINES + 1):
        if number not in parts:
            raise MistypedLine(number)
    sealed = read_letters("".join(parts[number] for number in range(1, LINES + 1)))
    if (
        sealed[0] != _VERSION
        or sealed[1] not in set(Place)
        or not COST_MIN <= sealed[2] <= COST_MAX
        or not is_town(SealedKey(sealed).town)
    ):
        raise Malformed("a key of another kind than ours")
    return SealedKey(sealed)


def read_line(number: int, typed: str) -> str:
    """A line's letters without its check. Raises Malformed if they don't fit each other."""
    meant = as_meant(re.sub(r"[\s-]", "", typed))
    if not 1 <= number <= LINES or len(meant) != _LINE_LETTERS + _CHECK_LETTERS:
        raise Malformed("not a line of a key")
    part, check = meant[:_LINE_LETTERS], meant[_LINE_LETTERS:]
    if check != _check(number, part):
        raise Malformed("a line whose check is another")
    return part


def _check(number: int, part: str) -> str:
    return letters(sha256(f"kairan key line {number} {part}".encode()).digest())[:_CHECK_LETTERS]
