"""The line between who has a text and who reads it: a Unix socket in the machine's folder.

One question a connection, one line of JSON each way. The folder is the machine's own, so nobody
else can ask. This module loads next to nothing: whoever waits for years for a question has it.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_FILE = "language.socket"
MESSAGE_BYTES_MAX = 4 << 20
WAITING_MAX = 64


def listen(folder: Path) -> socket.socket:
    """The socket in that folder, where nobody listens any more."""
    (folder / SOCKET_FILE).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with short_path(folder) as path:
        listener.bind(path)
    (folder / SOCKET_FILE).chmod(0o600)
    listener.listen(WAITING_MAX)
    return listener


@contextmanager
def short_path(folder: Path, file: str = SOCKET_FILE) -> Iterator[str]:
    """The socket in that folder by a name short enough for one (unix(7): 107 bytes)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{file}"
    finally:
        os.close(descriptor)


def send(line: socket.socket, said: object) -> None:
    """One message, a line of JSON."""
    line.sendall(json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass") + b"\n")


def receive(line: socket.socket) -> object:
    """One message. Raises ValueError if it is none, or too long; OSError."""
    parts: list[bytes] = []
    size = 0
    while part := line.recv(1 << 16):
        parts.append(part)
        size += len(part)
        if part.endswith(b"\n"):
            break
        if size > MESSAGE_BYTES_MAX:
            raise ValueError("a message without end")
    return json.loads(b"".join(parts))
