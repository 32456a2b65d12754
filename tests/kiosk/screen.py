"""A machine's own screen, as far as software shows one: the real command, cage and Chromium, with
the image's policies, before an X server whose picture nobody sees but the test, and whose keys and
mouse are the test's.

The command runs as a user who may do nothing else here, and sees the checkout and the policies in
places of its own; of this machine's files nothing is changed.
"""

import os
import select
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PIL import Image, ImageGrab

from provisioning.root_file_system import FILES_OF_SCREENS
from sync.machine.process import die_with_parent
from tests.patience import PATIENCE_SECONDS, until

OPEN_TO_ALL = "/tmp"  # noqa: S108  # pytest's own folders are root's alone
CHECKOUT = Path(__file__).resolve().parents[2]
SIZE = (1920, 1080)
USER = 61_731  # nobody's
POLICIES = FILES_OF_SCREENS / "etc/chromium"
COMMAND_SECONDS_MAX = 60.0
PYTHON = "/usr/bin/python3"
"""Debian's own: the one that runs the tests may lie where nobody else may go."""

_PACKAGES = Path(sysconfig.get_path("purelib"))

_START = """
mount --bind "$1/chromium" /etc/chromium
mount --bind "$1/chromium.d" /etc/chromium.d
mount --bind "$2" "$1/checkout"
cd "$1/checkout"
shift 2
exec "$@"
"""
_ONLY_KEYS = 'xkbcomp -w 0 "$1" - | sed "/modifier_map/d" | xkbcomp -w 0 - "$1"'
"""What is held, the server would say beside each key; a real keyboard leaves that to cage."""

_FLAGS = 'export CHROMIUM_FLAGS="--disable-gpu --no-default-browser-check"\n'
"""There are no parts here that draw."""


def why_not() -> str:
    """Why there is no screen here; empty if there is one."""
    if os.geteuid() != 0:
        return "a user and policies of its own need root"
    for program in ("cage", "chromium", "setpriv", "unshare", "xdotool", "Xvfb"):
        if shutil.which(program) is None:
            return f"{program} is not here"
    return ""


@dataclass(slots=True)
class Screen:
    """One, with a browser that shows what answers at `port`."""

    display: str
    folder: Path
    port: int
    waits_at: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """What the command says."""
        return self.folder / "log"

    def switch_on(self) -> None:
        """Start the command, as systemd does."""
        kairan = ["-m", "cli.main", "kiosk", "--port", str(self.port)]
        kairan += ["--waits-at", str(self.waits_at), "--runtime", str(self.folder / "runtime")]
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        as_user += ["--no-new-privs", "--inh-caps=-all"]
        alone = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", _START, "sh"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*alone, str(self.folder), str(CHECKOUT), *as_user, PYTHON, *kairan],
                env={
                    "PATH": os.environ["PATH"],
                    "DISPLAY": self.display,
                    "WLR_BACKENDS": "x11",
                    "PYTHONPATH": str(_PACKAGES.relative_to(CHECKOUT)),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def fills(self) -> bool:
        """Whether the compositor's window is as large as the screen is; if not, it is made so."""
        width, height = SIZE
        with suppress(subprocess.CalledProcessError):  # it went meanwhile
            for window in self.does("search", "--name", ".*").split()[1:]:  # the first is the root
                has = self.does("getwindowgeometry", "--shell", window).split()
                if {f"WIDTH={width}", f"HEIGHT={height}"} <= {*has}:
                    return True
                self.does("windowsize", window, width, height)
        return False

    def switch_off(self) -> int:
        """As systemd does; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE_SECONDS)

    @property
    def pid(self) -> int:
        """Of the command."""
        assert self._process is not None
        return self._process.pid

    def browser(self) -> psutil.Process | None:
        """Chromium's first process, which has all others."""
        for process in psutil.process_iter(["cmdline", "uids"]):
            words = process.info["cmdline"] or []
            if (
                process.info["uids"].real == USER
                and f"--user-data-dir={self.folder}/runtime/home/profile" in words
                and "chromium" in Path(words[0]).name
                and not any(word.startswith("--type=") for word in words)
            ):
                return process
        return None

    def left(self) -> list[psutil.Process]:
        """All that runs as its user with its folder open to it."""
        mark = str(self.folder)
        return [
            process
            for process in psutil.process_iter(["cmdline", "uids"])
            if process.info["uids"].real == USER
            and any(mark in word for word in process.info["cmdline"] or [])
        ]

    def does(self, *words: str | int) -> str:
        """What hands do, in xdotool's words; what it says."""
        return subprocess.run(
            ["xdotool", *map(str, words)],
            env={"PATH": os.environ["PATH"], "DISPLAY": self.display},
            check=True,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
        ).stdout

    def press(self, *combinations: str) -> None:
        """One after another, each let go of."""
        self.does("key", "--delay", 40, *combinations)

    def touch(self, x: int, y: int, button: int = 1) -> None:
        """At that place."""
        self.does("mousemove", x, y, "click", button)

    def picture(self) -> Image.Image:
        """What can be seen."""
        return ImageGrab.grab(xdisplay=self.display).convert("RGB")

    def said(self) -> str:
        """For a test that fails."""
        return self.log.read_text(errors="replace")[-4_000:]


@contextmanager
def screen(port: int, waits_at: int) -> Iterator[Screen]:
    """One that is switched off; whatever runs of it is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="kairan-screen-", dir=OPEN_TO_ALL))
    folder.chmod(0o755)
    for name in ("checkout", "chromium.d", "runtime"):
        (folder / name).mkdir()
    os.chown(folder / "runtime", USER, USER)
    (folder / "runtime").chmod(0o700)
    shutil.copytree(POLICIES, folder / "chromium")
    for path in (folder / "chromium/policies/managed").iterdir():
        told = path.read_text().replace('127.0.0.1:80"', f'127.0.0.1:{port}"')
        path.write_text(told.replace('127.0.0.1:8709"', f'127.0.0.1:{waits_at}"'))
    (folder / "chromium.d/here").write_text(_FLAGS)
    with _x_server() as display:
        made = Screen(display, folder, port, waits_at)
        try:
            yield made
        finally:
            if made._process is not None and made._process.poll() is None:
                made._process.kill()
                made._process.wait()
            until(lambda: _none(made.left()))
            shutil.rmtree(folder)


def _none(left: list[psutil.Process]) -> bool:
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return not left


@contextmanager
def _x_server() -> Iterator[str]:
    """Its display."""
    reading, writing = os.pipe()
    width, height = SIZE
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24"),
            *("-ac", "-noreset", "-nolisten", "tcp"),
        ],
        pass_fds=(writing,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            assert select.select([told], [], [], PATIENCE_SECONDS)[0]
            display = f":{int(told.readline())}"
            subprocess.run(["sh", "-euc", _ONLY_KEYS, "sh", display], check=True)
            yield display
    finally:
        server.terminate()
        server.wait()
