"""A LAN on this machine: network namespaces of our own, joined by a bridge in another.

Nothing leaves it: none has a way to this machine's own network. Needs root and iproute2; whatever
becomes of a test, the next one sweeps away what it left (namespaces name the process that made
them).
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

NETWORK = "10.83.0"
PREFIX = 24
DEVICE = "eth0"

_MARK = "kairan-"
_NAMESPACES = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_serial = count(1)


def why_not() -> str:
    """Why there can be no such LAN here; empty if there can."""
    if os.geteuid() != 0:
        return "making network namespaces needs root"
    if shutil.which("ip") is None:
        return "iproute2 is not here"
    return ""


def ip(*arguments: str) -> None:
    """Do it, or fail with what was said."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"


class Host:
    """One machine's place on the LAN."""

    def __init__(self, lan: "Lan", number: int) -> None:
        """With a loopback of its own, and not plugged in yet."""
        self.lan = lan
        self.number = number
        self.address = f"{NETWORK}.{number}"
        self.namespace = f"{lan.name}-{number}"
        self.port = f"port{number}"  # at the bridge
        ip("netns", "add", self.namespace)
        self.do("link", "set", "lo", "up")

    def do(self, *arguments: str) -> None:
        """`ip` inside."""
        ip("-netns", self.namespace, *arguments)

    def plug_in(self) -> None:
        """Give it an interface with its address, at the bridge."""
        peer = ("peer", "name", self.port, "netns", self.lan.bridge)
        self.do("link", "add", DEVICE, "type", "veth", *peer)
        ip("-netns", self.lan.bridge, "link", "set", self.port, "master", "br0", "up")
        self.do("address", "add", f"{self.address}/{PREFIX}", "dev", DEVICE)
        self.do("link", "set", DEVICE, "up")

    def pull_out(self) -> None:
        """The interface is gone; plugged in again, it is another one."""
        self.do("link", "delete", DEVICE)

    def cable(self, *, whole: bool) -> None:
        """Cut or mend the cable, at the bridge's end."""
        state = "up" if whole else "down"
        ip("-netns", self.lan.bridge, "link", "set", self.port, state)

    def move_to(self, number: int) -> None:
        """Another address for the same interface."""
        self.do("address", "flush", "dev", DEVICE, "scope", "global")
        self.address = f"{NETWORK}.{number}"
        self.do("address", "add", f"{self.address}/{PREFIX}", "dev", DEVICE)

    def hardware(self) -> str:
        """The address of its interface there."""
        shown = subprocess.run(
            self.command("cat", f"/sys/class/net/{DEVICE}/address"),
            capture_output=True,
            text=True,
            check=True,
        )
        return shown.stdout.strip()

    def silence_multicast(self) -> None:
        """None comes here any more, as with some access points; the rest goes on."""
        self._bridge("mcast_flood", "off")

    def _bridge(self, *arguments: str) -> None:
        command = ["bridge", "-netns", self.lan.bridge, "link", "set", "dev", self.port]
        subprocess.run([*command, *arguments], check=True, timeout=60)

    def command(self, *command: str) -> list[str]:
        """The same command, inside."""
        return ["ip", "netns", "exec", self.namespace, *command]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile are this machine's (setns(2))."""
        with Path("/proc/thread-self/ns/net").open() as before:
            with (_NAMESPACES / self.namespace).open() as there:
                _enter(there.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())


class Lan:
    """A bridge, and who is at it."""

    def __init__(self) -> None:
        """Nobody yet."""
        self.hosts: list[Host] = []
        self.name = f"{_MARK}{os.getpid()}-{next(_serial)}"
        self.bridge = f"{self.name}-bridge"
        ip("netns", "add", self.bridge)
        ip("-netns", self.bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        ip("-netns", self.bridge, "link", "set", "br0", "up")

    def host(self) -> Host:
        """One more, plugged in."""
        host = Host(self, len(self.hosts) + 1)
        self.hosts.append(host)
        host.plug_in()
        return host


@contextmanager
def lan() -> Iterator[Lan]:
    """A LAN that is gone afterwards."""
    for name, process in _namespaces():
        if not Path("/proc", process).exists():
            ip("netns", "delete", name)
    made = Lan()
    try:
        yield made
    finally:
        for name, _ in _namespaces():
            if name.startswith(f"{made.name}-"):
                ip("netns", "delete", name)


def _namespaces() -> list[tuple[str, str]]:
    """Ours, each with the process that made it."""
    names = [path.name for path in _NAMESPACES.glob(f"{_MARK}*-*-*")]
    return [(name, name.removeprefix(_MARK).split("-")[0]) for name in names]


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
