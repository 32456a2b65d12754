"""Chromium in cage, a compositor that shows one window and nothing else.

Its keyboard has no keys that lead anywhere (`kiosk_keys/`), its folder is new each time it begins,
and it asks nothing of anybody but this machine.
"""

import ctypes
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from cli.supervise import Process
from sync.machine import clock

COMPOSITOR = "cage"
KEYS = Path(__file__).parent / "kiosk_keys"
ENVIRONMENT = {
    "LANGUAGE": "ja",
    "XKB_CONFIG_EXTRA_PATH": str(KEYS),
    "XKB_DEFAULT_RULES": "kairan",
    "WLR_RENDERER": "pixman",  # boards hardly move, and Mesa crashes where no part draws
    "WLR_XWAYLAND": "/bin/false",  # programs for X are none, and cage won't start without
}
_ONLY_THIS_MACHINE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_FLAGS = (
    "--kiosk",
    "--ozone-platform=wayland",
    "--no-first-run",
    "--noerrdialogs",
    "--password-store=basic",
    "--hide-crash-restore-bubble",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--log-level=3",
    "--no-proxy-server",
    f"--host-resolver-rules={_ONLY_THIS_MACHINE}",
    "--disk-cache-size=16000000",
)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


class Browser(Process):
    """One that runs, and is begun anew when it ends."""

    def __init__(self, name: str, address: str, runtime: Path) -> None:
        """Not begun. `address`: of its first page; `runtime`: a folder in memory, of ours alone."""
        self._home = runtime / "home"
        flags = (*_FLAGS, f"--user-data-dir={self._home / 'profile'}")
        command = [COMPOSITOR, "-d", "--", "chromium", *flags, address]
        super().__init__(name, ["env", *_said(runtime, self._home), *command])
        self.begun = clock.running()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def start(self) -> None:
        """Begin with nothing of whoever was there before."""
        self.end_all()
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(mode=0o700)
        self.begun = clock.running()
        Process.start(self)

    def end_all(self) -> None:
        """Kill all that came of it, hung or stopped or left by its parent, and wait for each.

        What a process leaves behind becomes a child of this one, so in the end all are.
        """
        while children := _children():
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(-1, 0)

    def close(self) -> None:
        """Leave nothing."""
        self.end_all()
        shutil.rmtree(self._home, ignore_errors=True)


def _said(runtime: Path, home: Path) -> list[str]:
    """What its environment has more than ours."""
    told = ENVIRONMENT | {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(home)}
    return [f"{name}={value}" for name, value in told.items()]


def _children() -> list[int]:
    """Of this process, whichever thread began them."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it ended meanwhile, as those that answer the waiting page do
            found += [int(word) for word in (thread / "children").read_text().split()]
    return found
