"""`kairan language`: the process that holds the dictionary, there while it is asked.

It is started when somebody connects to the socket (systemd/kairan-language.socket, or whoever
supervises the machine) and ends once nobody has asked for a while: the socket stays with its
starter, so a question that comes just then is answered by the next one.
"""

import gc
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Event

from node.language.line import listen, receive, send
from node.language.reader import Reader
from node.language.spans import is_kana, pack
from sync.machine.starter import Starter

IDLE_SECONDS = 120.0
_QUESTION_SECONDS_MAX = 5.0
_LOOK_SECONDS = 0.5


def run(
    folder: Path,
    *,
    descriptor: int | None,
    starter: Starter,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Answer until nobody asks any more; `descriptor`: of a socket that is listened at already."""
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    listener = listen(folder) if descriptor is None else socket.socket(fileno=descriptor)
    reader = Reader()
    starter.ready()
    answer_all(listener, reader, stop=stop, idle_seconds=idle_seconds, well=starter.well)


def answer_all(
    listener: socket.socket,
    reader: Reader,
    *,
    stop: Event,
    idle_seconds: float,
    well: Callable[[], None] = lambda: None,
) -> None:
    """One question after the other; whoever asks slowly is left. `well` is called at each turn."""
    gc.freeze()
    waited = 0.0
    while not stop.is_set() and waited < idle_seconds:
        well()
        if not select.select([listener], [], [], _LOOK_SECONDS)[0]:
            waited += _LOOK_SECONDS
            continue
        waited = 0.0
        line, _ = listener.accept()
        with line:
            line.settimeout(_QUESTION_SECONDS_MAX)
            try:
                send(line, _answer(reader, receive(line)))
            except (OSError, ValueError):
                continue


def _answer(reader: Reader, asked: object) -> list[str]:
    """Raises ValueError for what is no question."""
    match asked:
        case {"texts": list(texts), "names": dict(names)}:
            if not all(isinstance(each, str) for each in (*texts, *names, *names.values())):
                raise ValueError("not text")
            known = {word: kana for word, kana in names.items() if word and is_kana(kana)}
            return [pack(spans) for spans in reader.read_all(texts, known)]
        case _:
            raise ValueError("no question")
