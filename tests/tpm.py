"""A TPM of the test's own: swtpm, a program that is one, with what it keeps in a folder.

systemd's own program asks it by tpm2-tss, as it asks a machine's. Or it is put into a machine that
is emulated (tests/image/emulated.py).
"""

import ctypes.util
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync.machine.process import die_with_parent
from tests.patience import until

_LIBRARIES = ("tss2-esys", "tss2-rc", "tss2-mu", "tss2-tcti-swtpm")
_OFF_SECONDS_MAX = 30.0


def why_not() -> str:
    """Why there can be none here; empty if there can."""
    for program in ("swtpm", "systemd-creds"):
        if shutil.which(program) is None:
            return f"{program} is not here"
    missing = [name for name in _LIBRARIES if ctypes.util.find_library(name) is None]
    return f"lib{missing[0]} is not here" if missing else ""


@dataclass(slots=True)
class SoftwareTpm:
    """One, switched off at first. The path of its folder has to be short, for sockets are there."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def device(self) -> str:
        """As tpm2-tss names it."""
        return f"swtpm:path={self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "tpm"

    @property
    def control(self) -> Path:
        """Where QEMU, too, asks for it."""
        return self.folder / "tpm.ctrl"

    @property
    def _kept(self) -> Path:
        return self.folder / "kept"

    def switch_on(self) -> None:
        """For programs of this machine."""
        self._start(
            *("--server", f"type=unixio,path={self._socket}"),
            *("--flags", "not-need-init,startup-clear"),
        )
        until(lambda: self._socket.exists() and self.control.exists())

    def put_into_a_machine(self) -> None:
        """That is switched on then, and has it until its power goes."""
        self._start("--terminate")
        until(self.control.exists)

    def _start(self, *how: str) -> None:
        self.switch_off()
        self._kept.mkdir(parents=True, exist_ok=True)
        for path in (self._socket, self.control):
            path.unlink(missing_ok=True)
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._kept}"]
        self._process = subprocess.Popen(
            [*command, "--ctrl", f"type=unixio,path={self.control}", *how],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )

    def switch_off(self) -> None:
        """It keeps what it keeps. To a TPM that is the same as its power gone."""
        self.pull_the_plug()

    def pull_the_plug(self) -> None:
        """At once, and without a word to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_OFF_SECONDS_MAX)
            self._process = None

    def clear(self) -> None:
        """As firmware does that is told to: it is another one from then on."""
        self.switch_off()
        shutil.rmtree(self._kept)


def needs_a_tpm() -> None:
    """Skip the test where there can be none."""
    if reason := why_not():
        pytest.skip(reason)
