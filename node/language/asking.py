"""Who makes readings: the process that is there for it, or this one.

Nothing waits long for a reading, and nothing fails for want of one: a text goes without.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from node.language.line import SOCKET_FILE, receive, send, short_path
from node.language.spans import Span, unpack
from sync.machine import clock

if TYPE_CHECKING:
    from node.language.reader import Reader

WAIT_SECONDS_MAX = 8.0
"""The first one waits until the dictionary is there, on a slow machine, too."""

AGAIN_SECONDS = 60.0
"""So long nobody asks again who got no answer."""

_ASKED_AT_ONCE = 30_000  # characters: a moment's work, also on a slow machine

Spans = tuple[Span, ...]


class Language(Protocol):
    """Reads Japanese."""

    def can_be_asked(self) -> bool:
        """Whether there may be an answer now."""
        ...

    def read(self, texts: Sequence[str], names: Mapping[str, str]) -> Sequence[Spans]:
        """The reading of each text, all of them empty where nobody can read now.

        `names`: words that occur in them, to how they are read here.
        """
        ...


class Elsewhere:
    """`kairan language`, asked over the socket in the machine's folder."""

    def __init__(self, folder: Path) -> None:
        """Asks nothing yet."""
        self._folder = folder
        self._quiet_until = 0.0

    def can_be_asked(self) -> bool:
        """As `Language` has it."""
        return clock.running() >= self._quiet_until and (self._folder / SOCKET_FILE).exists()

    def read(self, texts: Sequence[str], names: Mapping[str, str]) -> Sequence[Spans]:
        """As `Language` has it."""
        read: list[Spans] = []
        for some in _portions(texts):
            told = self._ask(some, names)
            if told is None:
                return [*read, *((),) * (len(texts) - len(read))]
            read += [unpack(packed, text) for packed, text in zip(told, some, strict=True)]
        return read

    def _ask(self, texts: Sequence[str], names: Mapping[str, str]) -> list[object] | None:
        if not self.can_be_asked():
            return None
        try:
            with socket.socket(socket.AF_UNIX) as line, short_path(self._folder) as path:
                line.settimeout(WAIT_SECONDS_MAX)
                line.connect(path)
                send(line, {"texts": texts, "names": names})
                told = receive(line)
        except (OSError, ValueError):
            told = None
        if isinstance(told, list) and len(told) == len(texts):
            return told
        self._quiet_until = clock.running() + AGAIN_SECONDS
        return None


class Here:
    """This very process: for a command that is over soon. The dictionary is loaded at first use."""

    def __init__(self) -> None:
        """Loads nothing yet."""
        self._reader: Reader | None = None

    def can_be_asked(self) -> bool:
        """As `Language` has it."""
        return True

    def read(self, texts: Sequence[str], names: Mapping[str, str]) -> Sequence[Spans]:
        """As `Language` has it."""
        if self._reader is None:
            from node.language.reader import Reader

            self._reader = Reader()
        return [tuple(spans) for spans in self._reader.read_all(texts, names)]


def at_hand(folder: Path) -> Language:
    """For a command: the process that is there for it, where the machine runs, else this one."""
    elsewhere = Elsewhere(folder)
    return elsewhere if elsewhere.can_be_asked() else Here()


def _portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    portion: list[str] = []
    size = 0
    for text in texts:
        if portion and size + len(text) > _ASKED_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(text)
        size += len(text)
    if portion:
        yield portion
