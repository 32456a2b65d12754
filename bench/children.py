"""The processes that a bench starts, and ends when it is done."""

import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[1]
_READY_SECONDS_MAX = 30.0
_END_SECONDS_MAX = 15.0


class Child:
    """A process of ours."""

    def __init__(self, *command: str, talks: bool = False) -> None:
        """`command`: what follows `python`; `talks`: by lines on its standard input and output."""
        pipe = subprocess.PIPE if talks else None
        self._process = subprocess.Popen(
            [sys.executable, *command], cwd=_ROOT, stdin=pipe, stdout=pipe, text=True
        )

    @property
    def id(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it does still."""
        return self._process.poll() is None

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def ask(self, do: str, **told: object) -> dict[str, Any]:
        """Have it do something, and wait until that is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **told}) + "\n")
        self._process.stdin.flush()
        answered: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answered


def node_process(folder: Path) -> Child:
    """A node that does what it is asked."""
    return Child("bench/node_process.py", str(folder), talks=True)


def serving(part: str, folder: Path, port: int) -> Child:
    """`kairan hub` or `kairan web`, answering already."""
    child = Child("-m", "cli.main", part, "--data", str(folder), "--port", str(port))
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while not _answers(port):
        if not child.runs or time.monotonic() > deadline:
            with child:
                sys.exit(f"kairan {part} does not answer")
        time.sleep(0.05)
    return child


def free_port() -> int:
    """One that nobody listens at, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
