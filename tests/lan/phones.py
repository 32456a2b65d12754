"""A phone on a LAN of the test's: it asks for an address as any does, and names, and pages."""

import http.client
import json
import re
import socket
import struct
import subprocess
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.lan.network import DEVICE, Host
from tests.patience import until

ANSWER_SECONDS_MAX = 60.0
_NAME_SECONDS_MAX = 2.0
"""Then it asks again, as all do: a question that nobody was there to hear gets no answer."""

_JOIN_SECONDS_MAX = 240
_PORTAL = 114  # RFC 8910
_A, _AAAA = 1, 28
_RECURSION_DESIRED = 0x0100
_COOKIE = bytes((99, 130, 83, 99))  # RFC 2131, 3

_SCRIPT = f"""#!/bin/sh
case "$1" in bound|renew)
    ip address flush dev {DEVICE} scope global
    ip address add "$ip/$mask" dev {DEVICE}
    ip route replace default via "$router" dev {DEVICE}
    env > "$TOLD";;
esac
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a question for a name."""

    code: int  # RFC 1035: 0 for none wrong, 3 for no such name
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    status: int
    location: str
    kind: str
    text: str


@dataclass(slots=True)
class Phone:
    """At its place, without an address at first."""

    host: Host
    folder: Path
    told: Mapping[str, str] = field(default_factory=dict)

    def join(self) -> None:
        """Have an address, where to ask for names, and what else there is to be told."""
        self.folder.mkdir(exist_ok=True)
        script, told = self.folder / "script", self.folder / "told"
        script.write_text(_SCRIPT)
        script.chmod(0o755)
        self.host.do("address", "flush", "dev", DEVICE, "scope", "global")
        asks = ["busybox", "udhcpc", "-i", DEVICE, "-s", str(script), "-O", f"0x{_PORTAL:x}"]
        command = self.host.command("env", f"TOLD={told}", *asks, "-f", "-q", "-n", "-t", "20")
        done = subprocess.run(command, capture_output=True, text=True, timeout=_JOIN_SECONDS_MAX)
        assert done.returncode == 0, done.stdout + done.stderr
        self.told = dict(
            line.split("=", 1) for line in told.read_text().splitlines() if "=" in line
        )

    def claims(self, address: str, hardware: str) -> None:
        """That this is somebody's address, who isn't there (RFC 2131, 4.3.2: after a restart)."""
        head = struct.pack("!4BI2H", 1, 1, 6, 0, int(IPv4Address(address)), 0, 1 << 15)
        head += bytes(16) + bytes.fromhex(hardware.replace(":", "")).ljust(16, b"\0") + bytes(192)
        options = bytes([53, 1, 3, 50, 4]) + IPv4Address(address).packed + bytes([255])
        with self.host.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            line.bind(("", 68))
            line.sendto(head + _COOKIE + options, ("255.255.255.255", 67))

    @property
    def address(self) -> str:
        """Its own."""
        return self.told["ip"]

    @property
    def portal(self) -> str:
        """What option 114 says."""
        return bytes.fromhex(self.told[f"opt{_PORTAL}"]).decode()

    def asks_for(self, name: str, *, of: str = "", kind: int = _A) -> Said:
        """Whoever answers for names; `of`: somebody it was told of elsewhere."""
        labels = b"".join(
            bytes([len(label)]) + label for label in name.encode().split(b".") if label
        )
        asked = struct.pack("!6H", 7, _RECURSION_DESIRED, 1, 0, 0, 0)
        asked += labels + b"\0" + struct.pack("!2H", kind, 1)
        with self.host.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect((of or self.told["dns"].split()[0], 53))
            said = _answered(line, asked)
        _, flags, _, answers = struct.unpack_from("!4H", said)
        # Each of our answers is a pointer to what was asked, type, class, time, length and address.
        found = re.findall(rb"\xc0\x0c\0\x01\0\x01.{4}\0\x04(.{4})", said[len(asked) :], re.DOTALL)
        assert len(found) == (answers if kind == _A else 0), said
        return Said(flags & 0xF, tuple(str(IPv4Address(each)) for each in found))

    def has_another_family(self, name: str) -> Said:
        """The same for IPv6."""
        return self.asks_for(name, kind=_AAAA)

    def get(self, url: str) -> Page:
        """A page, from wherever its name leads; redirections are not followed."""
        return self._ask("GET", url)

    def send(self, url: str, **typed: str) -> Page:
        """A form."""
        return self._ask("POST", url, urlencode(typed))

    def state(self) -> Mapping[str, object]:
        """What is said there where option 114 leads (RFC 8908)."""
        said = json.loads(self.get(self.portal).text)
        assert isinstance(said, dict)
        return said

    def _ask(self, method: str, url: str, body: str | None = None) -> Page:
        parts = urlsplit(url)
        host = parts.hostname or ""
        number = host if re.fullmatch(r"[\d.]+", host) else self.asks_for(host).addresses[0]
        headers = {"Host": parts.netloc, "Origin": f"{parts.scheme}://{parts.netloc}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with (
            self.host.inside(),
            closing(http.client.HTTPConnection(number, 80, timeout=ANSWER_SECONDS_MAX)) as line,
        ):
            line.request(method, parts.path or "/", body, headers)
            answer = line.getresponse()
            return Page(
                status=answer.status,
                location=answer.headers.get("Location", ""),
                kind=answer.headers.get("Content-Type", ""),
                text=answer.read().decode(),
            )


def _answered(line: socket.socket, asked: bytes) -> bytes:
    """What comes back for a question that is asked until something does."""
    line.settimeout(_NAME_SECONDS_MAX)

    def answer() -> bytes:
        with suppress(OSError):  # refused: whoever answers isn't there yet
            line.send(asked)
            return line.recv(4_096)
        return b""

    return until(answer)
