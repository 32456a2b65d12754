"""Whether a port can be had; said before anybody is started that would try for ever."""

import errno
import os
import socket
from threading import Event

from node.refused import Refused
from sync.machine import clock

FREE_SECONDS_MAX = 3.0  # a worker that was killed with its starter is gone by then
LOOK_SECONDS = 0.05


def check_port(address: str, port: int) -> None:
    """Refuse a port that somebody else listens at.

    Granian asks to share its port (SO_REUSEPORT), so two machines at one port would both start
    and answer by turns.
    """
    deadline = clock.running() + FREE_SECONDS_MAX
    while (wrong := _listening(address, port)) is not None:
        if wrong.errno != errno.EADDRINUSE:
            why = os.strerror(wrong.errno) if wrong.errno else str(wrong)
            raise Refused(f"{address} のポート {port} を使えません（{why}）。") from wrong
        if clock.running() > deadline:
            raise Refused(
                f"ポート {port} は、ほかで使われています。それを終えるか、"
                "--port でほかの番号にしてください。"
            ) from wrong
        Event().wait(LOOK_SECONDS)


def _listening(address: str, port: int) -> OSError | None:
    """What is in the way of listening there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as wrong:
            return wrong
    return None
