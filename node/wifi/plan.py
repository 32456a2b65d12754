"""What the network is that a machine makes, or joins: worked out of its settings, nothing done yet.

In the network that it makes a phone is told one address, one server of names and one road out, all
of them this machine, which hands nothing on. Names lead here, whatever they are, until somebody at
that phone has touched 「使いはじめる」; from then on only the machine's own does, so that the phone
sees that this isn't the internet and keeps its own line for that.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sync.machine.settings import Settings
from sync.machine.wifi import Wifi

OWN_NAME = "kairan.home"
"""What phones may call the machine, where the settings give it no name."""

BEGIN = "/begin"
STATE = "/captive"
"""Where the screens have the page to begin at, and what RFC 8908 asks for."""

NAMES_PORT, OWN_NAME_PORT = 53, 1053
"""Where names are asked for; and where those who have begun are answered."""

BEGUN_SECONDS = 12 * 3_600
LEASE_SECONDS = 3_600
LEASES_MAX = 900
DEVICES = Path("/sys/class/net")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One network, at one interface of this machine."""

    wifi: Wifi
    device: str
    own_name: str
    has_radio: bool  # else whatever access point is plugged in there has one

    @property
    def own(self) -> IPv4Address:
        """This machine's address there."""
        return self.wifi.address.ip

    @property
    def network(self) -> IPv4Network:
        """Its addresses."""
        return self.wifi.address.network

    @property
    def root(self) -> str:
        """The machine as a phone asks it, before it knows any name."""
        return root(self.wifi)


def root(wifi: Wifi) -> str:
    """Where the machine's pages begin in the network that it makes."""
    return f"http://{wifi.address.ip}"


def own_name(settings: Settings) -> str:
    """The name that leads to the machine there."""
    told = urlsplit(settings.called or "").hostname or ""
    return told if told and not _is_number(told) else OWN_NAME


def plan(settings: Settings, devices: Path = DEVICES) -> Plan | None:
    """What the settings wish, as soon as the interface for it is there; None until then."""
    wifi = settings.wifi
    assert wifi is not None
    device = wifi.device or _only_radio(devices)
    if device is None or not (devices / device).exists():
        return None
    return Plan(
        wifi=wifi,
        device=device,
        own_name=own_name(settings),
        has_radio=_is_radio(devices / device),
    )


def _only_radio(devices: Path) -> str | None:
    """The first, where there are more."""
    return next((each.name for each in sorted(devices.iterdir()) if _is_radio(each)), None)


def _is_radio(device: Path) -> bool:
    return (device / "phy80211").exists() or (device / "wireless").exists()


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
