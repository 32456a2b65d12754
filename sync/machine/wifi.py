"""The network that visitors join, as `[wifi]` in a machine's settings says it.

What stands there ends in the configuration of programs with rights of their own, so whatever could
be read there as more than a name, a password or a number is refused here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Interface

ADDRESS = IPv4Interface("10.20.30.1/22")
"""Of a machine in the network that it makes: short enough to be typed, and no router's habit."""

CHANNEL = 6
"""Where nothing is said: between 1 and 13, every phone hears it."""

COUNTRY = "JP"

_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NETWORK_BITS = range(20, 29)
"""From 4,094 phones to 14: fewer would be no village, more no network of one radio's."""


class Radio(StrEnum):
    """What a machine does about the network, where it is not a router's alone."""

    MAKES = "makes"  # phones join the machine
    JOINS = "joins"  # the machine joins the centre's network


@dataclass(frozen=True, slots=True, kw_only=True)
class Wifi:
    """The network that visitors may join; its password is for whoever stands at the kiosk."""

    name: str
    password: str = ""
    radio: Radio | None = None
    device: str | None = None  # the machine's interface; else its only radio
    channel: int = CHANNEL
    country: str = COUNTRY
    address: IPv4Interface = ADDRESS

    @property
    def made_here(self) -> bool:
        """Whether phones join this very machine."""
        return self.radio is Radio.MAKES


def read_wifi(told: Mapping[str, object]) -> Wifi:
    """IEEE 802.11 has names of 1 to 32 bytes, WPA passphrases of 8 to 63. Raises ValueError."""
    wifi = Wifi(
        name=str(told["name"]),
        password=str(told.get("password", "")),
        radio=Radio(str(told["radio"])) if "radio" in told else None,
        device=str(told["device"]) if "device" in told else None,
        channel=int(str(told.get("channel", CHANNEL))),
        country=str(told.get("country", COUNTRY)),
        address=IPv4Interface(str(told["address"])) if "address" in told else ADDRESS,
    )
    if not 1 <= len(wifi.name.encode()) <= 32 or not wifi.name.isprintable():
        raise ValueError("wifi.name is no network's name")
    if wifi.password and not 8 <= len(wifi.password.encode()) <= 63:
        raise ValueError("wifi.password has 8 to 63 characters")
    if not wifi.password.isprintable():
        raise ValueError("wifi.password can't be typed")
    if wifi.radio is not None and not wifi.password.isascii():
        raise ValueError("wifi.password has letters that not every phone can type")
    if wifi.device is not None and not _DEVICE.fullmatch(wifi.device):
        raise ValueError("wifi.device is no interface's name")
    if not 1 <= wifi.channel <= 13:
        raise ValueError("wifi.channel is 1 to 13")
    if not _COUNTRY.fullmatch(wifi.country):
        raise ValueError("wifi.country is two letters, JP")
    network = wifi.address.network
    ends = (network.network_address, network.broadcast_address)
    if (
        network.prefixlen not in _NETWORK_BITS
        or not wifi.address.is_private
        or wifi.address.is_loopback
        or wifi.address.ip in ends
    ):
        raise ValueError("wifi.address is no machine's in a small private network, 10.20.30.1/22")
    return wifi
