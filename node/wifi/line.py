"""The line between the screens and who tends the network: a Unix socket, one question a connection.

The screens have no rights over the network and need none: they ask whether a phone has begun, or
say that it does. Where nobody tends a network, or not now, nothing is known of any phone.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from node.language.line import receive, send, short_path
from node.wifi.guests import Guests
from node.wifi.rules import NotTaken

SOCKET_FILE = "wifi.socket"
RUNTIME = Path("/run/kairan-wifi")
"""Where systemd starts it the socket is here: who tends the network sees no machine's folder."""
_ANSWER_SECONDS_MAX = 3.0
_ASK_SECONDS_MAX = 1.0
_WAITING_MAX = 64
_log = logging.getLogger(__name__)


@contextmanager
def answered(folder: Path, guests: Guests) -> Iterator[None]:
    """Whoever asks at the socket in that folder; it is its owner's and their group's."""
    (folder / SOCKET_FILE).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        with short_path(folder, SOCKET_FILE) as path:
            listener.bind(path)
        (folder / SOCKET_FILE).chmod(0o660)
        listener.listen(_WAITING_MAX)
        answering = threading.Thread(target=_answer, args=(listener, guests), daemon=True)
        answering.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # which ends the waiting for who asks next
            answering.join()
            (folder / SOCKET_FILE).unlink(missing_ok=True)


def _answer(listener: socket.socket, guests: Guests) -> None:
    """One question after another."""
    while True:
        try:
            asker, _ = listener.accept()
        except OSError:
            return
        with asker, suppress(OSError, ValueError, TypeError):
            asker.settimeout(_ASK_SECONDS_MAX)
            match receive(asker):
                case {"begin": str(address)}:
                    send(asker, _begun(guests, address))
                case {"ask": str(address)}:
                    send(asker, guests.seconds(address))


def seconds_begun(machine: Path, address: str) -> int | None:
    """For how long that phone has begun; 0 if it hasn't; None where nothing is known of it.

    `machine`: its folder.
    """
    return _asked(machine, {"ask": address})


def begin(machine: Path, address: str) -> int | None:
    """The same, after it has."""
    return _asked(machine, {"begin": address})


def is_answered(machine: Path) -> bool:
    """Whether somebody tends the network."""
    try:
        _ask(machine, {"ask": ""})
    except (OSError, ValueError):
        return False
    return True


def _begun(guests: Guests, address: str) -> int | None:
    try:
        return guests.begin(address)
    except NotTaken as wrong:
        _log.warning("a phone could not begin: %s", wrong)
        return None


def _asked(machine: Path, question: dict[str, str]) -> int | None:
    try:
        said = _ask(machine, question)
    except (OSError, ValueError):
        return None
    return said if isinstance(said, int) else None


def _ask(machine: Path, question: dict[str, str]) -> object:
    folder = machine if (machine / SOCKET_FILE).exists() else RUNTIME
    with socket.socket(socket.AF_UNIX) as line, short_path(folder, SOCKET_FILE) as path:
        line.settimeout(_ANSWER_SECONDS_MAX)
        line.connect(path)
        send(line, question)
        return receive(line)
