"""Whom to call when something is wrong here: said on every screen of this machine.

Who keeps the place writes it down at the machine, also with the line cut. It stays there and goes
when it is written over: a number in the ledger could never be taken back from every machine.
"""

import json
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from node.form import readable
from sync.machine.files import read_bounded, write_whole

CALL_FILE = "call.json"
WHO_CHARACTERS_MAX, TELEPHONE_CHARACTERS_MAX = 40, 20
_DIGITS_MIN, _DIGITS_MAX = 3, 15
_FILE_BYTES_MAX = 2_000
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—―−ーｰ", "-"))


class NoTelephone(Exception):
    """What was typed is no number that anybody could call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who that is, in a few words, and the number."""

    who: str
    telephone: str

    @property
    def digits(self) -> str:
        """As a telephone dials it."""
        return "".join(sign for sign in self.telephone if sign.isdigit() or sign == "+")


def whom_to_call(folder: Path) -> Call | None:
    """What was written down at the machine in that folder; None: nothing, or it can't be read."""
    with suppress(OSError, ValueError, NoTelephone):
        return read_call(read_bounded(folder / CALL_FILE, _FILE_BYTES_MAX) or b"")
    return None


class WhomToCall:
    """The same for who asks with every page: the file is read when it is another."""

    def __init__(self, folder: Path) -> None:
        """Of the machine in that folder; reads nothing yet."""
        self._folder = folder
        self._known: tuple[object, Call | None] = (object(), None)

    def now(self) -> Call | None:
        """What stands there."""
        try:
            there = (self._folder / CALL_FILE).stat()
            seen: object = (there.st_ino, there.st_mtime_ns, there.st_size)
        except OSError:
            seen = None
        known, call = self._known
        if seen != known:
            call = whom_to_call(self._folder)
            self._known = (seen, call)
        return call


def read_call(content: bytes) -> Call | None:
    """The same of such a file. Raises ValueError, NoTelephone."""
    match json.loads(content):
        case {"who": str(who), "telephone": str(telephone)}:
            return _call(who, telephone)
        case _:
            return None


def write_down(folder: Path, who: str, telephone: str) -> Call | None:
    """From now on that is said; without a number nothing. Raises NoTelephone, OSError."""
    if not telephone.strip():
        (folder / CALL_FILE).unlink(missing_ok=True)
        return None
    call = _call(who, telephone)
    said = json.dumps({"who": call.who, "telephone": call.telephone}, ensure_ascii=False)
    write_whole(folder / CALL_FILE, said.encode(), mode=0o600)
    return call


def _call(who: str, telephone: str) -> Call:
    plain = " ".join(unicodedata.normalize("NFKC", telephone).translate(_HYPHENS).split())
    digits = sum(sign in "0123456789" for sign in plain)
    if (
        len(plain) > TELEPHONE_CHARACTERS_MAX
        or not _DIGITS_MIN <= digits <= _DIGITS_MAX
        or set(plain) - set("0123456789+-() ")
    ):
        raise NoTelephone
    name = " ".join(readable(who).split())[:WHO_CHARACTERS_MAX]
    return Call(who=name, telephone=plain)
