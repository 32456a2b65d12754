"""A mini-PC, as far as software shows one: QEMU without the help of this machine's processor, with
firmware, the disk that was written, and a cable to another.

Nothing outside of it is reached: its network ends at a port of this machine's loopback.
"""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from sync.machine.process import die_with_parent
from tests.patience import until
from tests.stories.machines import free_ports
from tests.stories.visitor import Visitor

BOOT_SECONDS_MAX = 900.0  # on a busy machine; a quiet one takes a tenth
OFF_SECONDS_MAX = 30.0
MEGABYTES = 1_024
FIRMWARE = Path("/usr/share/OVMF")
QEMU = "qemu-system-x86_64"
PROMPT = b"(qemu) "


def why_not() -> str:
    """Why no machine can be emulated here; empty if one can."""
    if os.uname().machine != "x86_64":
        return "the image is for x86_64"
    if shutil.which(QEMU) is None or not FIRMWARE.is_dir():
        return "./test --release installs QEMU and its firmware"
    return ""


@dataclass(slots=True)
class Machine:
    """One, switched off at first."""

    disk: Path
    folder: Path
    cable: Path  # a socket that leads to the other one
    number: int  # who has number 1 is at the cable's beginning, and is switched on first
    old: bool = False  # its firmware is a BIOS, else UEFI's
    more: tuple[str, ...] = ()  # of parts, as QEMU calls them
    port: int = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.port = free_ports(1)
        shutil.copy(FIRMWARE / "OVMF_VARS_4M.fd", self._variables)

    @property
    def console(self) -> Path:
        """What it says at its serial line."""
        return self.folder / f"console-{self.number}"

    @property
    def _monitor(self) -> Path:
        return self.folder / f"monitor-{self.number}"

    @property
    def _variables(self) -> Path:
        return self.folder / f"variables-{self.number}.fd"

    @property
    def _uefi(self) -> tuple[str, ...]:
        flash = "if=pflash,format=raw"
        code = f"{flash},readonly=on,file={FIRMWARE / 'OVMF_CODE_4M.fd'}"
        return ("-drive", code, "-drive", f"{flash},file={self._variables}")

    def switch_on(self) -> None:
        """Press the button."""
        server = "on" if self.number == 1 else "off"
        command = [
            *(QEMU, "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
            *("-m", str(MEGABYTES), "-smp", "2", "-display", "none"),
            *("-monitor", f"unix:{self._monitor},server=on,wait=off", "-device", "qemu-xhci"),
            *("-serial", f"file:{self.console}", "-device", "virtio-rng-pci"),
            *(() if self.old else self._uefi),
            *("-drive", f"if=none,id=disk,format=raw,file={self.disk}"),
            *("-device", "ahci,id=sata", "-device", "ide-hd,drive=disk,bus=sata.0"),
            *("-netdev", f"user,id=out,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:80"),
            *("-device", "virtio-net-pci,netdev=out"),
            *("-netdev", f"stream,id=cable,server={server},addr.type=unix,addr.path={self.cable}"),
            *("-device", f"e1000e,netdev=cable,mac=52:54:00:00:00:0{self.number}"),
            *self.more,
        ]
        with (self.folder / f"qemu-{self.number}").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def plug_in(self, stick: Path) -> None:
        """A USB stick: a file with a file system in it."""
        self._tell(f"drive_add 0 if=none,id=stick,format=raw,file={stick}")
        self._tell("device_add usb-storage,id=stick,drive=stick,removable=on")

    def pull_out(self) -> None:
        """The stick."""
        self._tell("device_del stick")

    def _tell(self, line: str) -> None:
        """To whoever stands before it."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(OFF_SECONDS_MAX)
            monitor.connect(str(self._monitor))
            said, sent = b"", False
            while not (sent and said.endswith(PROMPT)):
                said += monitor.recv(4_096)
                if not sent and said.endswith(PROMPT):
                    said, sent = b"", True
                    monitor.sendall(f"{line}\n".encode())
        assert b"rror" not in said, said

    def pull_the_plug(self) -> None:
        """At once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(OFF_SECONDS_MAX)
            self._process = None

    @property
    def visitor(self) -> Visitor:
        """Somebody with a phone on its network."""
        return Visitor(f"http://127.0.0.1:{self.port}")

    def reads(self, path: str = "/") -> str:
        """What a page says, as one line; nothing where none comes."""
        with suppress(OSError, HTTPException):
            page = self.visitor.ask("GET", path)
            return page.text if page.status == 200 else ""
        return ""

    def wait_until_up(self) -> None:
        """Until its boards are shown."""
        try:
            until(self.reads, seconds=BOOT_SECONDS_MAX)
        except AssertionError as wrong:
            said = self.console.read_text(errors="replace") if self.console.exists() else ""
            raise AssertionError(f"it never came up; it said last:\n{said[-3_000:]}") from wrong
