"""Avahi, another implementation of RFC 6762 and 6763, on one machine of a test's LAN.

It runs with a D-Bus of its own, in a mount namespace of its own, so that nothing of this machine
is touched.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.machine.process import die_with_parent
from tests.lan.network import Host

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=/run/avahi-daemon/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""
_DAEMON = """[server]
host-name=browser
use-ipv4=yes
use-ipv6=no
disallow-other-stacks=no
[publish]
disable-publishing=yes
"""
_SCRIPT = """
set -eu
mkdir -p /run/avahi-daemon
mount -t tmpfs tmpfs /run/avahi-daemon
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/avahi-daemon/bus
dbus-daemon --config-file="$1/bus.conf" --nofork --nopidfile &
while ! [ -S /run/avahi-daemon/bus ]; do sleep 0.05; done
avahi-daemon --file="$1/avahi.conf" --no-drop-root --no-chroot --no-rlimits &
until avahi-daemon --check; do sleep 0.05; done
while read -r _; do
    timeout 20 avahi-browse --resolve --terminate --parsable _kairan._tcp
    echo end
done
"""


class Browser:
    """`avahi-browse -rt _kairan._tcp`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Beside a daemon that runs."""
        self._process = process

    def services(self) -> dict[str, tuple[str, int, dict[str, str]]]:
        """By instance: address, port and TXT."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found = {}
        while (line := self._process.stdout.readline().rstrip("\n")) != "end":
            assert line, "avahi has ended"
            parts = line.split(";", 9)
            if parts[0] == "=":
                texts = dict(text.split("=", 1) for text in parts[9].strip('"').split('" "'))
                found[parts[3]] = (parts[7], int(parts[8]), texts)
        return found


@contextmanager
def avahi(host: Host, folder: Path) -> Iterator[Browser]:
    """Avahi's browser at this place of the LAN."""
    folder.mkdir(exist_ok=True)
    (folder / "bus.conf").write_text(_BUS)
    (folder / "avahi.conf").write_text(_DAEMON)
    command = host.command(
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *("sh", "-c", _SCRIPT, "sh", str(folder)),
    )
    with (folder / "avahi.log").open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            preexec_fn=die_with_parent,
        )
    try:
        yield Browser(process)
    finally:
        process.kill()
        process.communicate()
