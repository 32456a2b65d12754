"""The unit that tends the Wi-Fi, in a machine as its village has it: what it needs, and no more."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sync.machine.settings import KEY_FILE, SETTINGS_FILE
from sync.machine.wifi import ADDRESS
from tests.image.booted import Node
from tests.image.conftest import BUILD_SECONDS_MAX
from tests.image.test_image import nodes
from tests.lan.network import DEVICE
from tests.lan.phones import Phone
from tests.patience import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * BUILD_SECONDS_MAX)]

UNIT = "kairan-wifi.service"
OWN = str(ADDRESS.ip)
NO_SUCH_NAME = 3
RIGHTS = (1 << 10) | (1 << 12) | (1 << 13)  # linux/capability.h: ports below 1024, network, packets
EXPOSURE_MAX = 2.0


@dataclass(frozen=True)
class Place:
    """A machine that makes a network, by an access point at its cable, and a phone there."""

    node: Node
    phone: Phone


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("wifi")
    with nodes(root, folder, 1) as (node,):
        with (node.state / SETTINGS_FILE).open("a") as settings:
            settings.write(f'\n[wifi]\nname = "kairan"\nradio = "makes"\ndevice = "{DEVICE}"\n')
        unmanaged = f"[Match]\nName={DEVICE}\n[Link]\nUnmanaged=yes\n"
        node.add("etc/systemd/network/40-phones.network", unmanaged)
        node.switch_on()
        node.wait_until_up()
        yield Place(node, Phone(node.host.lan.host(), folder / "phone"))


def test_a_phone_joins_begins_and_hears_of_no_internet(place: Place) -> None:
    phone = place.phone
    phone.join()
    until(lambda: phone.asks_for("captive.apple.com").addresses == (OWN,))
    led = phone.get("http://captive.apple.com/hotspot-detect.html")
    assert (led.status, led.location) == (302, f"http://{OWN}/begin")
    assert phone.state()["captive"] is True
    assert phone.send(led.location).status == 303
    assert phone.state()["captive"] is False
    assert phone.asks_for("captive.apple.com").code == NO_SUCH_NAME
    assert phone.asks_for("kairan.home").addresses == (OWN,)


def test_it_has_rights_over_the_network_and_over_nothing_else(place: Place) -> None:
    node = place.node
    assert node.do("systemctl", "is-active", UNIT) == "active"
    said = node.do("systemd-analyze", "security", "--no-pager", UNIT)
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert float(exposure) <= EXPOSURE_MAX, said
    (first,) = node.shows(UNIT, "MainPID")
    user = node.do("id", "--user", "kairan-wifi")
    found = [each for each in node.systemd.children(recursive=True) if is_of(each, user)]
    assert {each.name() for each in found} >= {"dnsmasq"}
    for each in found:
        status = Path(f"/proc/{each.pid}/status").read_text()
        (held,) = re.findall(r"^CapEff:\t(\w+)$", status, re.MULTILINE)
        assert int(held, 16) & ~RIGHTS == 0, each
        assert "Seccomp:\t2" in status
    inside = ["nsenter", f"--target={first}", "--mount", "--"]
    look = ["ls", "--almost-all", "/var/lib/kairan"]
    assert KEY_FILE in node.do(*look).split()
    assert node.do(*inside, *look) == "", "even root sees nothing there, where this unit is"
    assert not node.can_write(UNIT, "/etc", "/usr", "/opt/kairan", "/home", "/var/lib")


def test_nothing_is_said_of_whose_phone_it_was(place: Place) -> None:
    hardware = place.phone.host.hardware()
    said = place.node.do("journalctl", "--boot", "--no-pager")
    assert hardware not in said
    assert place.node.do("grep", "--recursive", "--files-with-matches", hardware, "/var") == ""


def is_of(process: psutil.Process, user: str) -> bool:
    """Whether that is a process of this user's."""
    return process.uids().effective == int(user)
