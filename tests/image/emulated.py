"""A mini-PC, as far as software shows one: QEMU without the help of this machine's processor, with
firmware, the disk that was written, and a cable to another.

Nothing outside of it is reached: its network ends at a port of this machine's loopback.
"""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from sync.machine.process import die_with_parent
from tests.patience import until
from tests.stories.machines import free_ports
from tests.stories.visitor import Visitor

BOOT_SECONDS_MAX = 900.0  # on a busy machine; a quiet one takes a tenth
OFF_SECONDS_MAX = 30.0
ANSWER_SECONDS_MAX = 120.0
LOST_SECONDS = 2.0
MEGABYTES = 1_024
FIRMWARE = Path("/usr/share/OVMF")
QEMU = "qemu-system-x86_64"
PROMPT = b"(qemu) "
ITS_ADDRESS = "10.0.2.15"
"""What the network outside, which is QEMU's own, gives to each."""

SCREEN = ("-device", "virtio-vga", "-device", "usb-tablet")
"""That can be touched."""

KEYS = {"\n": "ret", "-": "minus", " ": "spc"}
EDGE = 32_767
"""Of a screen, as QEMU counts from its left upper corner."""


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
    megabytes: int = MEGABYTES
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
    def _line(self) -> Path:
        return self.folder / f"line-{self.number}"

    @property
    def _monitor(self) -> Path:
        return self.folder / f"monitor-{self.number}"

    @property
    def _control(self) -> Path:
        """The same for programs."""
        return self.folder / f"control-{self.number}"

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
        written = f"logfile={self.console},logappend=on"
        command = [
            *(QEMU, "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
            *("-m", str(self.megabytes), "-smp", "2", "-display", "none"),
            *("-monitor", f"unix:{self._monitor},server=on,wait=off", "-device", "qemu-xhci"),
            *("-chardev", f"socket,id=line,server=on,wait=off,path={self._line},{written}"),
            *("-serial", "chardev:line", "-device", "virtio-rng-pci"),
            *(() if self.old else self._uefi),
            *("-qmp", f"unix:{self._control},server=on,wait=off"),
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
        """The stick; another machine, or this one, may have it once this one has let go of it."""
        self._tell("device_del stick")
        until(lambda: b"stick" not in self._tell("info block"), seconds=ANSWER_SECONDS_MAX)

    def _tell(self, line: str) -> bytes:
        """To whoever stands before it. What was said, and answered."""
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
        return said

    @contextmanager
    def terminal(self) -> Iterator["Terminal"]:
        """Somebody's, at its serial line."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS_MAX)
            line.connect(str(self._line))
            line.sendall(b"\n")  # whoever is asked who they are was asked before we listened
            yield Terminal(line)

    def type_in(self, text: str) -> None:
        """At the keyboard."""
        for letter in text:
            key = {"type": "qcode", "data": KEYS.get(letter, letter)}
            self._control_it("send-key", keys=[key])

    @property
    def is_on(self) -> bool:
        """Whether it hasn't switched itself off."""
        return self._process is not None and self._process.poll() is None

    def take_picture(self, out: Path) -> None:
        """What its screen shows now, as PNG."""
        self._control_it("screendump", filename=str(out), format="png")

    def touch(self, across: float, down: float) -> None:
        """Its screen, there: 0 is left and above, 1 right and below."""
        at = [
            {"type": "abs", "data": {"axis": axis, "value": int(part * EDGE)}}
            for axis, part in (("x", across), ("y", down))
        ]
        self._control_it("input-send-event", events=at)
        for down_ in (True, False):
            pressed = {"type": "btn", "data": {"button": "left", "down": down_}}
            self._control_it("input-send-event", events=[pressed])

    def _control_it(self, command: str, **arguments: object) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(ANSWER_SECONDS_MAX)
            control.connect(str(self._control))
            with control.makefile("rw") as line:
                line.readline()  # what it can do
                for name, told in (("qmp_capabilities", {}), (command, arguments)):
                    line.write(json.dumps({"execute": name, "arguments": told}))
                    line.flush()
                    while not (answer := json.loads(line.readline())).keys() & {"return", "error"}:
                        pass  # what happened meanwhile
                    assert "return" in answer, answer

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

    def _has_network(self) -> bool:
        """Whether it takes or refuses what is asked of it.

        QEMU takes it for one that has none yet, and whoever asked waits for what was lost.
        """
        here = ("127.0.0.1", self.port)
        with (
            suppress(ConnectionRefusedError, TimeoutError),
            socket.create_connection(here, LOST_SECONDS) as line,
        ):
            with suppress(ConnectionResetError, BrokenPipeError):
                line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                line.recv(1)
            return True
        return False

    def wait_until_up(self) -> None:
        """Until its boards are shown."""
        try:
            until(self._has_network, seconds=BOOT_SECONDS_MAX)
            until(self.reads, seconds=BOOT_SECONDS_MAX)
        except AssertionError as wrong:
            said = self.console.read_text(errors="replace") if self.console.exists() else ""
            raise AssertionError(f"it never came up; it said last:\n{said[-3_000:]}") from wrong


@dataclass(slots=True)
class Terminal:
    """Where somebody types, and reads what comes."""

    line: socket.socket
    _unread: bytes = b""

    def log_in(self, name: str, word: str) -> bool:
        """Whether that is let in."""
        self._until("login: ")
        self._type(name)
        self._until("Password: ")
        self._type(word)
        return self._until("Login incorrect|# $") == "# "

    def does(self, command: str) -> str:
        """What it says."""
        self._type(f'{command}; echo ended"-$?"')
        said, _ = self._read(r"ended-\d+")  # as it was typed it is another
        return said

    def log_out(self) -> None:
        """So that the next is asked who they are."""
        self._type("exit")
        self._until("login: ")

    def _type(self, text: str) -> None:
        self.line.sendall(f"{text}\n".encode())

    def _until(self, words: str) -> str:
        return self._read(words)[1]

    def _read(self, words: str) -> tuple[str, str]:
        """All up to those words, and them."""
        while (found := re.search(words.encode(), self._unread)) is None:
            came = self.line.recv(4_096)
            assert came, self._unread
            self._unread += came
        said, self._unread = self._unread[: found.start()], self._unread[found.end() :]
        return said.decode(errors="replace"), found[0].decode()
