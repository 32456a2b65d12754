"""Asking for passphrases: at the keyboard, unseen, or from a file that is open already.

Never from the command line, where other users of the machine and the shell's history see it.
"""

import os
from collections.abc import Iterator
from getpass import getpass

from node.commands import Refused

LETTERS_MIN = 10


class Passphrases:
    """One after the other."""

    def __init__(self, descriptor: int | None = None) -> None:
        """`descriptor`: of an open file with one a line; else people are asked."""
        self._lines = None if descriptor is None else _lines(descriptor)

    def ask(self, what: str) -> str:
        """One that was chosen before. Raises Refused."""
        try:
            return getpass(f"{what}の合言葉: ") if self._lines is None else next(self._lines)
        except (EOFError, StopIteration) as wrong:
            raise Refused(f"{what}の合言葉が足りません（1行に1つです）。") from wrong

    def choose(self, what: str) -> str:
        """A new one. Raises Refused."""
        chosen = self.ask(f"{what}の新しい")
        if len(chosen) < LETTERS_MIN:
            raise Refused(f"合言葉は{LETTERS_MIN}文字以上にしてください。")
        if self._lines is None and getpass("もう一度: ") != chosen:
            raise Refused("2回の合言葉が違います。はじめからやり直してください。")
        return chosen


def _lines(descriptor: int) -> Iterator[str]:
    try:
        with os.fdopen(descriptor) as file:
            for line in file:
                yield line.rstrip("\r\n")
    except OSError as wrong:
        raise Refused(f"合言葉を読めません: {wrong.strerror}") from wrong
