"""A node as its village has it: the root file system, started by its own systemd in a container.

What it writes is beside the root file system, in a folder of its own, and is there again when it
is switched on again. Its network is a place on a LAN of the test's; nothing else of this machine's
is shown to it. Needs root, overlayfs and systemd-nspawn; all is gone with the process that started.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from sync.machine.process import die_with_parent
from tests.lan.network import Host
from tests.patience import until
from tests.stories.visitor import Page, Visitor

STATE = Path("var/lib/kairan")
UNITS = ("kairan-web.service", "kairan-sync.service", "kairan-language.socket")
COMMAND_SECONDS_MAX = 240
BOOT_SECONDS_MAX = 600.0  # on a busy machine; a quiet one takes five
OFF_SECONDS_MAX = 240.0
_CGROUPS = [Path("/sys/fs/cgroup", name) for name in ("systemd", "unified", "")]
"""Where systemd may keep its processes: cgroups of version 1, both, version 2."""

_START = f"""
for all in {" ".join(map(str, _CGROUPS))}; do
    [ -e "$all/cgroup.procs" ] || continue
    mkdir -p "$all/$1"
    echo $$ > "$all/$1/cgroup.procs"
done
mount -t overlay overlay -o "$2" "$3"
shift 3
exec "$@"
"""
"""In a cgroup of its own: the systemds of two containers that share one stop each other's units."""

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

    @property
    def name(self) -> str:
        """No other container's on this machine."""
        return self.host.namespace

    def switch_on(self) -> None:
        """Start its systemd."""
        layers = f"lowerdir={self.root},upperdir={self.written},workdir={self.folder / 'work'}"
        whole = self.folder / "whole"
        container = [
            *("systemd-nspawn", "--quiet", f"--directory={whole}", "--boot"),
            *("--register=no", "--keep-unit", "--link-journal=no", "--console=passive"),
            *("--resolv-conf=off", "--timezone=off", f"--machine={self.name}"),
            "--capability=CAP_NET_ADMIN",  # as a machine has it: its networkd sees to its network
            f"--network-namespace-path=/run/netns/{self.host.namespace}",
        ]
        alone = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", _START, "sh"]
        with self.console.open("ab") as console:
            self._process = subprocess.Popen(
                [*alone, self.name, layers, str(whole), *container],
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
            self._is_off()

    def pull_the_plug(self) -> None:
        """At once."""
        if self._process is not None:
            inside = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for process in inside:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait(OFF_SECONDS_MAX)
            self._is_off()

    def _is_off(self) -> None:
        """Wait until nothing inside is left that could still answer, or hold a file."""
        self._process = None
        for root in _CGROUPS:
            until(partial(_gone, root / self.name), seconds=OFF_SECONDS_MAX)

    @property
    def console(self) -> Path:
        """What is said there."""
        return self.folder / "console"

    @property
    def systemd(self) -> psutil.Process:
        """The first process inside."""
        found = self._first()
        assert found is not None, self.console.read_text()
        return found

    def _first(self) -> psutil.Process | None:
        """The same, if it is there by now; while it is being started others are there."""
        assert self._process is not None
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children():
                if child.name() == "systemd":
                    return child
        return None

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
        return self._first() is not None and self.do("systemctl", "is-system-running") == "running"

    def wait_until_it_answers(self) -> None:
        """Until its screens are up."""
        until(self.answers, seconds=BOOT_SECONDS_MAX, otherwise=self._said)

    def wait_until_up(self) -> None:
        """Until all is."""
        self.wait_until_it_answers()
        until(self.is_up, seconds=BOOT_SECONDS_MAX, otherwise=self._said)

    def _said(self) -> str:
        """What tells why it isn't up."""
        inside = ""
        if self._first() is not None:
            inside = self.do("systemctl", "--failed", "--plain") + self.do(
                "journalctl", "--boot", "--no-pager", "--lines=60"
            )
        return self.console.read_text(errors="replace")[-4_000:] + inside

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


def _gone(cgroup: Path) -> bool:
    """Whether that is no more, taken away from the innermost on; false while somebody is in it."""
    try:
        for folder, _, _ in os.walk(cgroup, topdown=False):
            Path(folder).rmdir()
    except OSError:
        return False
    return True
