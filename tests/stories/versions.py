"""Versions of Kairan beside each other: each a file of squashfs with this checkout's code, changed;
a machine that mounts and starts whichever is chosen, as systemd does; and the guardian.

What systemd does for it here two small scripts do: its mount in a namespace of its own,
`systemctl` ending a process and starting another. All else is the real thing.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import psutil
import pytest

from node.carrying.stick import visit
from node.carrying.words import in_words
from node.node import Node, open_node
from node.updating.coming import put_down
from node.updating.guardian import BASE
from node.updating.shelf import Shelf, Stage, State
from provisioning.release_file import Note, squash
from provisioning.town import NO_SECRET, Plan, Town, make_machines, open_town
from sync.machine.form import FORM, RELEASES
from sync.machine.settings import Part
from tests.patience import PATIENCE_SECONDS, until
from tests.stories.machines import TOWN, free_ports, is_well
from tests.stories.visitor import Visitor

PACKAGES = ("cli", "hub", "kiosk_ui", "node", "provisioning", "sync")
CHECKOUT = Path(__file__).resolve().parents[2]
_MARK = "KAIRAN_STORY"

_PROGRAM = """\
#!/bin/sh
PYTHONPATH=$(dirname "$(dirname "$0")")/lib PYTHONSAFEPATH=1 exec {python} -m cli.main "$@"
"""
_RUN = """\
#!/bin/sh
# In a mount namespace of its own: the version that the link names, or that of the image.
set -eu
link=$1; shift
cd /
if [ -e "{releases}/$link" ]; then
    mount -o loop,ro "$(readlink -f "{releases}/$link")" "{mounted}"
    exec "{mounted}/bin/kairan" "$@"
fi
exec "{python}" -m cli.main "$@"
"""
_ANEW = """\
#!/bin/sh
# End what serves, and start what is chosen now.
set -eu
if [ -s "{folder}/pid" ]; then
    read -r pid < "{folder}/pid"
    kill -TERM "$pid" 2>/dev/null || :
    while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status"; do sleep 0.1; done
fi
setsid unshare --mount sh "{folder}/run" chosen \\
    web --data "{data}" --port {port} >>"{folder}/web.log" 2>&1 </dev/null &
echo $! > "{folder}/pid"
"""
_TRY = 'exec unshare --mount sh "{folder}/run" on-trial try --data "{data}"\n'


def make_version(
    folder: Path,
    version: str,
    *changes: tuple[str, str, str],
    ledger: int = FORM,
    base: str = BASE,
) -> Path:
    """The file of one. `changes`: in which of our files, what, by what.

    `/healthz` says which version answers.
    """
    if shutil.which("mksquashfs") is None:
        pytest.skip("squashfs-tools are not here")
    program = folder / f"program-{version}"
    for package in PACKAGES:
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / package, program / "lib" / package, ignore=left_out)
    told = ("kiosk_ui/health.py", "ok=True,", f"ok=True, runs={version!r},")
    for name, before, after in (told, *changes):
        path = program / "lib" / name
        text = path.read_text()
        assert before in text, name
        path.write_text(text.replace(before, after, 1))
    starter = program / "bin" / "kairan"
    starter.parent.mkdir()
    starter.write_text(_PROGRAM.format(python=sys.executable))
    starter.chmod(0o755)
    out = folder / f"{version}.sqfs"
    squash(program, out, made=0, note=Note(version=version, base=base, ledger=ledger))
    shutil.rmtree(program)
    return out


@dataclass(slots=True)
class Guarded:
    """A node that is guarded, and its town."""

    folder: Path
    town: Town
    data: Path
    releases: Path
    port: int
    mark: str
    guardian: "subprocess.Popen[bytes] | None" = None
    patience: float = PATIENCE_SECONDS  # of the guardian, until a first page comes

    @property
    def visitor(self) -> Visitor:
        """Somebody at its screen."""
        return Visitor(f"http://127.0.0.1:{self.port}")

    @property
    def state(self) -> State:
        """What was decided."""
        return Shelf(self.releases).read()

    @property
    def stage(self) -> Stage | None:
        """Of what is being tried."""
        trial = self.state.trial
        return trial.stage if trial else None

    @property
    def runs(self) -> str:
        """Which version answers; "" that of the image, "?" where none does just now."""
        try:
            return str(self.health.get("runs", ""))
        except (OSError, HTTPException, ValueError):
            return "?"

    @property
    def health(self) -> Mapping[str, object]:
        """What `/healthz` says."""
        found: Mapping[str, object] = json.loads(self.visitor.ask("GET", "/healthz").content)
        return found

    @property
    def answers(self) -> bool:
        """Whether it is well."""
        return is_well(f"http://127.0.0.1:{self.port}")

    @property
    def said(self) -> str:
        """All that was printed."""
        logs = (self.folder / name for name in ("web.log", "guardian.log"))
        return "\n".join(log.read_text(errors="replace") for log in logs if log.exists())

    def switch_on(self) -> None:
        """As systemd does: settle, then start what serves, and the guardian."""
        self.run("update", *self._told, "--settle")
        subprocess.run(["sh", self.folder / "anew"], check=True, env=self._environment)
        until(lambda: self.answers, otherwise=lambda: self.said)
        self.guard()

    def guard(self) -> None:
        """Start the guardian."""
        with (self.folder / "guardian.log").open("ab") as log:
            command = [sys.executable, "-m", "cli.main", "update", *self._told]
            command += ["--port", str(self.port), "--well", "2", "--patience", str(self.patience)]
            command += ["--anew", f"sh {self.folder}/anew", "--try", f"sh {self.folder}/try"]
            self.guardian = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )

    def kill_the_guardian(self) -> None:
        """At once."""
        assert self.guardian is not None
        self.guardian.kill()
        self.guardian.wait()

    def pull_the_plug(self) -> None:
        """All of it ends at once."""
        if self.guardian is not None:
            self.guardian.kill()
            self.guardian.wait()
        until(lambda: self._nothing_left() and self._nothing_left())  # one may be beginning
        (self.folder / "pid").unlink(missing_ok=True)

    def run(self, *arguments: str | Path) -> str:
        """What a command of the image's version says."""
        command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def node(self) -> Iterator[Node]:
        """Opened here, as `kairan sync` does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(RELEASES, str(self.releases))
            node = open_node(self.data)
            try:
                yield node
            finally:
                node.database.close()

    def put_down(self) -> None:
        """What `kairan sync` does now and then."""
        with self.node() as node:
            put_down(node)

    def wait_for(self, runs: str, *, number: int) -> None:
        """Until the word of that number is followed, or refused, and that version answers."""

        def settled() -> bool:
            last = self.state.last
            return self.stage is None and last is not None and last.number == number

        until(settled, otherwise=lambda: self.said)
        until(lambda: self.runs == runs, otherwise=lambda: self.said)

    @property
    def _told(self) -> tuple[str, ...]:
        return ("--data", str(self.data), "--releases", str(self.releases))

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, _MARK: self.mark, RELEASES: str(self.releases)}

    def _nothing_left(self) -> bool:
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        return not left

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            ended = process.status() == psutil.STATUS_ZOMBIE
            return not ended and process.environ().get(_MARK) == self.mark
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            return False


@contextmanager
def guarded(
    folder: Path, *, town: Town | None = None, name: str = "上郷公民館"
) -> Iterator[Guarded]:
    """A node, of a town of its own if none is named, switched on; afterwards it is gone."""
    if os.getuid():
        pytest.skip("only root may mount")
    town = town or open_town(folder / "authority", code=TOWN, name="霧沢町")
    data, releases, mounted = (folder / name for name in ("node", "releases", "mounted"))
    make_machines(town, [Plan(folder=data, name=name, part=Part.NODE)])
    releases.mkdir()
    mounted.mkdir()
    port = free_ports(1)
    told = MappingProxyType(
        {
            "python": sys.executable,
            "folder": folder,
            "data": data,
            "releases": releases,
            "mounted": mounted,
            "port": port,
        }
    )
    for name, text in (("run", _RUN), ("anew", _ANEW), ("try", _TRY)):
        (folder / name).write_text(text.format(**told))
    machine = Guarded(folder, town, data, releases, port, uuid4().hex)
    try:
        machine.switch_on()
        yield machine
    finally:
        machine.pull_the_plug()


def decided(town: Town, *arguments: str | Path) -> str:
    """What `kairan provision update` says at the desk."""
    reading, writing = os.pipe()
    os.write(writing, f"{NO_SECRET[0]}\n".encode())
    os.close(writing)
    try:
        os.set_inheritable(reading, True)
        command = [sys.executable, "-m", "cli.main", "provision", "update", *map(str, arguments)]
        command += ["--authority", str(town.folder), "--passphrase-fd", str(reading)]
        done = subprocess.run(command, capture_output=True, text=True, pass_fds=[reading])
        assert done.returncode == 0, done.stderr
        return done.stdout
    finally:
        os.close(reading)


def carried(machine: Guarded, file: Path, *arguments: str | Path) -> str:
    """From the desk to the machine on a stick; what its screen says."""
    stick = machine.folder / "stick"
    stick.mkdir(exist_ok=True)
    decided(machine.town, file, "--stick", stick, *(arguments or ("--all",)))
    with machine.node() as node:
        said = in_words(visit(node, stick))
    return said
