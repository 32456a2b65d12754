"""Who may type commands at a machine: whoever has the word that was made when its disk was written.

It is told once, and kept nowhere. On the disk lies what a word is compared with, in a folder that
is root's and that no process of Kairan can read.
"""

import ctypes
from pathlib import Path

from sync.letters import letters
from sync.machine import keys

FOLDER = "console"
"""On the partition of all that is kept."""

WORD_FILE = "word"
NAME = "root"
_WORD_BYTES, _SALT_BYTES = 10, 10
_GROUP = 4
_SHA512_CRYPT = "$6$"  # crypt(5); no word of 80 bits is found by trying


def make_word() -> str:
    """Another one each time, as it is typed."""
    word = letters(keys.word_bits(_WORD_BYTES)).lower()
    return "-".join(word[at : at + _GROUP] for at in range(0, len(word), _GROUP))


def put_word(kept: Path, word: str) -> None:
    """Put there what it is compared with."""
    folder = kept / FOLDER
    folder.mkdir(mode=0o700)
    file = folder / WORD_FILE
    file.touch(mode=0o600)
    file.write_text(f"{_crypted(word, letters(keys.word_bits(_SALT_BYTES)))}\n")


def _crypted(word: str, salt: str) -> str:
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    found = crypt(word.encode(), f"{_SHA512_CRYPT}{salt}".encode())
    return bytes(found).decode()
