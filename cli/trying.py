"""`kairan try`: this version, on a copy of what a machine keeps, while another one serves.

First as it would run in the old one's place, the ledger in its old form; then once more with the
form brought forward. Each time it must show every page that people see first. Nobody outside
reaches it, and it reaches nobody: it is only ever asked by itself.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from cli.supervise import kairan
from node.refused import Refused, Subparsers
from sync.machine import clock
from sync.machine.form import HELD_BACK, RELEASES
from sync.machine.process import die_with_parent
from sync.machine.settings import Part, read_settings

FIRST_PAGE_SECONDS_MAX = 600.0
ANSWER_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2
END_SECONDS_MAX = 20.0
PAGES = ("/", "/healthz", "/status")
"""The kiosk's page, what a watchdog asks, and how the machine is; and each board."""


def add_commands(commands: Subparsers) -> None:
    """Put it beside those of other packages."""
    help_ = "この版を、機械の中身の写しでためします（更新のときに自動で動きます）。"
    command = commands.add_parser("try", help=help_, description=help_)
    command.add_argument("--data", metavar="DIR", type=Path, required=True)
    command.set_defaults(does=_try)


def _try(told: argparse.Namespace) -> None:
    from node.boards import BOARDS
    from node.updating.copying import NoRoom, copied

    if read_settings(told.data).part is Part.HUB:
        raise Refused("これはハブです。")
    asked = [*PAGES, *(f"/boards/{name}" for name in BOARDS)]
    try:
        with copied(told.data) as scratch:
            for held_back in (True, False):
                _ask(scratch, asked, held_back=held_back)
    except NoRoom as wrong:
        raise Refused(str(wrong)) from wrong


def _ask(scratch: Path, pages: list[str], *, held_back: bool) -> None:
    """Start it there, and look at each page. Raises Refused."""
    held = scratch / HELD_BACK
    if held_back:
        held.touch()
    else:
        held.unlink()
    with _serving(scratch) as (process, port):
        until = clock.running() + FIRST_PAGE_SECONDS_MAX
        while (status := _status(port, pages[0])) is None:
            if process.poll() is not None or clock.running() > until:
                raise Refused("この版は、この機械では始まりません。")
            Event().wait(LOOK_SECONDS)
        for page in pages:
            if (status := _status(port, page)) != 200:
                raise Refused(f"この版は、{page} を出せません（{status}）。")


@contextmanager
def _serving(scratch: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = _free_port()
    process = subprocess.Popen(
        kairan("web", "--data", str(scratch), "--port", str(port)),
        env={**_environment(), RELEASES: str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=die_with_parent,
        process_group=0,
    )
    try:
        yield process, port
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS_MAX)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment() -> dict[str, str]:
    """Whoever started us waits for word of us, and not of what we try."""
    ours = ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC")
    return {name: value for name, value in os.environ.items() if name not in ours}


def _status(port: int, path: str) -> int | None:
    """What comes, once all of it has; None where nothing does."""
    address = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS_MAX) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as wrong:
        return wrong.code
    except OSError:
        return None


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
