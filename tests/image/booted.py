"""A node as its village has it: the root file system, started by its own systemd in a container.

What it writes is beside the root file system, in a folder of its own, and is there again when it
is switched on again. Its network is a place on a LAN of the test's; nothing else of this machine's
is shown to it. Needs root, overlayfs and systemd-nspawn; all is gone with the process that started.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sync.machine.process import die_with_parent
from tests.lan.machines import until
from tests.lan.network import Host
from tests.stories.visitor import Page, Visitor

STATE = Path("var/lib/kairan")
UNITS = ("kairan-web.service", "kairan-sync.service", "kairan-language.socket")
COMMAND_SECONDS_MAX = 60
BOOT_SECONDS_MAX = 120.0
OFF_SECONDS_MAX = 60.0
_IN_ALL_NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd")


def why_not() -> str:
    """Why nothing can be booted here; empty if it can."""
    if os.geteuid() != 0:
        return "booting a container needs root"
    for program in ("systemd-nspawn", "mmdebstrap", "unshare", "nsenter"):
        if shutil.which(program) is None:
            return f"{program} is not here"
    return ""


@dataclass(slots=True)
class Node:
    """One of them, switched off at first."""

    root: Path  # nobody writes there
    folder: Path
    host: Host
    cpu_until_home: float = 0.0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def written(self) -> Path:
        """What it has that the root file system hasn't."""
        return self.folder / "written"

    @property
    def state(self) -> Path:
        """The machine's folder."""
        return self.written / STATE

    def give(self, machine: Path) -> None:
        """Put a machine's folder in, as whoever writes its disk does."""
        for name in ("written", "work", "whole"):
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(machine, self.state)

    def add(self, name: str, content: str) -> None:
        """A file of an administrator's."""
        path = self.written / name
        path.parent.mkdir(parents=True)
        path.write_text(content)

    def switch_on(self) -> None:
        """Start its systemd."""
        layers = f"lowerdir={self.root},upperdir={self.written},workdir={self.folder / 'work'}"
        whole = self.folder / "whole"
        container = [
            *("systemd-nspawn", "--quiet", f"--directory={whole}", "--boot"),
            *("--register=no", "--keep-unit", "--link-journal=no", "--console=passive"),
            *("--resolv-conf=off", "--timezone=off", f"--machine=kairan{self.host.number}"),
            "--capability=CAP_NET_ADMIN",  # as a machine has it: its networkd sees to its network
            f"--network-namespace-path=/run/netns/{self.host.namespace}",
        ]
        script = 'mount -t overlay overlay -o "$1" "$2" && shift 2 && exec "$@"'
        alone = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh"]
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*alone, layers, str(whole), *container],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def switch_off(self) -> None:
        """In order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(OFF_SECONDS_MAX)
            self._process = None

    def pull_the_plug(self) -> None:
        """At once."""
        if self._process is not None:
            with suppress(psutil.NoSuchProcess):
                self.systemd.kill()
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(OFF_SECONDS_MAX)
            self._process = None

    @property
    def systemd(self) -> psutil.Process:
        """The first process inside."""
        assert self._process is not None
        (first,) = psutil.Process(self._process.pid).children()
        return first

    def do(self, *command: str) -> str:
        """What a command says inside; its exit code is the test's to read, if it wants it."""
        entered = ["nsenter", f"--target={self.systemd.pid}", *_IN_ALL_NAMESPACES, *command]
        done = subprocess.run(entered, capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX)
        return (done.stdout + done.stderr).strip()

    def shows(self, unit: str, *properties: str) -> Sequence[str]:
        """What systemd says of a unit."""
        wanted = [f"--property={name}" for name in properties]
        lines = self.do("systemctl", "show", unit, *wanted).splitlines()
        told = dict(line.split("=", 1) for line in lines)
        return [told[name] for name in properties]

    def ask(self, path: str, address: str = "127.0.0.1") -> Page | None:
        """A page, by somebody on the machine; None where none comes."""
        with self.host.inside(), suppress(OSError):
            return Visitor(f"http://{address}").ask("GET", path)
        return None

    def answers(self) -> bool:
        """Whether its screens are up."""
        page = self.ask("/")
        return page is not None and page.status == 200

    def is_up(self) -> bool:
        """Whether systemd, if it is there by now, has started all that it was to start."""
        assert self._process is not None
        return bool(psutil.Process(self._process.pid).children()) and (
            self.do("systemctl", "is-system-running") == "running"
        )

    def wait_until_up(self) -> None:
        """Until then."""
        until(self.answers, seconds=BOOT_SECONDS_MAX)
        until(self.is_up, seconds=BOOT_SECONDS_MAX)

    def post(self, title: str) -> str:
        """At its screen; the post's address."""
        with self.host.inside():
            return Visitor("http://127.0.0.1").post(
                "event", title=title, starts_on="2030-05-05", place="公民館"
            )

    def reads(self, path: str) -> str:
        """What a page says, as one line; nothing where none comes."""
        page = self.ask(path)
        return "" if page is None else page.text

    def can_write(self, unit: str, *folders: str) -> bool:
        """Whether a process of that unit, were it root's, could write into any of them."""
        (process,) = self.shows(unit, "MainPID")
        seen = ["nsenter", f"--target={process}", "--mount", "--"]
        return any(
            self.do(*seen, "sh", "-c", f"echo > {folder}/new 2>&1 && rm {folder}/new && echo yes")
            == "yes"
            for folder in folders
        )
