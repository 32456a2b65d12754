"""`kairan wifi`: the network that phones join, or this machine's way into the centre's.

It writes what hostapd, dnsmasq and wpa_supplicant are told, sees to the interface, keeps them
running and answers the screens. Where nothing of it is wished it is well, and ends.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event

from cli.supervise import Process, supervise, told_to_stop
from node.lan.interfaces import interfaces
from node.refused import Refused
from node.wifi import configuration, line, rules
from node.wifi.guests import Guests
from node.wifi.plan import Plan, plan
from sync.machine import clock
from sync.machine.files import write_whole
from sync.machine.settings import Settings, read_settings
from sync.machine.starter import Starter

LOOK_SECONDS = 2.0
_COMMAND_SECONDS_MAX = 30
_NAMES_AND_ADDRESSES = ("dnsmasq", "--keep-in-foreground", "--pid-file")


def run(data: Path, runtime: Path, starter: Starter) -> None:
    """Until told to stop. `data`: the folder with the settings; `runtime`: ours while we run."""
    settings = read_settings(data)
    if settings.wifi is None or settings.wifi.radio is None:
        print("この機械は、Wi-Fiを出しも、つなぎもしない設定です。")
        starter.ready()
        return
    with told_to_stop() as stop:
        planned = _once_there(settings, starter, stop)
        if planned is None:
            return
        if planned.wifi.made_here:
            _make(planned, runtime, starter, stop)
        else:
            _join(planned, runtime, starter, stop)


def _once_there(settings: Settings, starter: Starter, stop: Event) -> Plan | None:
    """A radio may be plugged in later; nobody waits for it at the machine's start."""
    starter.ready()
    while not (planned := plan(settings)):
        starter.well()
        if stop.wait(LOOK_SECONDS):
            return None
    return planned


def _make(planned: Plan, runtime: Path, starter: Starter, stop: Event) -> None:
    files = {
        "before.conf": configuration.before(planned, runtime / "leases"),
        "after.conf": configuration.after(planned),
    }
    processes = [
        Process(name, [*_NAMES_AND_ADDRESSES, f"--conf-file={runtime / name}"]) for name in files
    ]
    if planned.has_radio:
        files["hostapd.conf"] = configuration.access_point(planned)
        processes.append(Process("hostapd", ["hostapd", str(runtime / "hostapd.conf")]))
    _write(runtime, files)
    guests = Guests(planned)
    with ExitStack() as held:
        held.enter_context(_ruled(planned))
        held.enter_context(line.answered(runtime, guests))
        supervise(processes, stop, look=_Look(planned, starter).look)


def _join(planned: Plan, runtime: Path, starter: Starter, stop: Event) -> None:
    if not planned.has_radio:
        raise Refused(f"{planned.device} に電波を出す部品がないので、Wi-Fiにつなげません。")
    _write(runtime, {"joined.conf": configuration.joined(planned)})
    where = [f"-i{planned.device}", f"-c{runtime / 'joined.conf'}"]
    supervise(
        [Process("wpa_supplicant", ["wpa_supplicant", "-Dnl80211", *where])],
        stop,
        look=starter.well,
    )


def _write(runtime: Path, files: dict[str, str]) -> None:
    """For us alone: the network's password is in them."""
    for name, content in files.items():
        write_whole(runtime / name, content.encode(), mode=0o600)


@contextmanager
def _ruled(planned: Plan) -> Iterator[None]:
    """The kernel's rules, gone with us."""
    try:
        rules.tell(rules.rules(planned))
    except rules.NotTaken as wrong:
        raise Refused(f"Wi-Fiの決まりを、OSが受けつけません（{wrong}）。") from wrong
    try:
        yield
    finally:
        with suppress(rules.NotTaken):
            rules.tell(rules.no_rules())


class _Look:
    """Over the interface: who pulls a radio out and plugs it in again finds it as it was."""

    def __init__(self, planned: Plan, starter: Starter) -> None:
        self._plan, self._starter = planned, starter
        self._due = 0.0

    def look(self) -> None:
        """Give it its address where it has none. May be called often."""
        self._starter.well()
        if clock.running() < self._due:
            return
        self._due = clock.running() + LOOK_SECONDS
        if not interfaces(only=str(self._plan.own)):
            device = ["dev", self._plan.device]
            wanted = ["address", "replace", str(self._plan.wifi.address), "brd", "+", *device]
            for command in (wanted, ["link", "set", *device, "up"]):
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(["ip", *command], timeout=_COMMAND_SECONDS_MAX)
