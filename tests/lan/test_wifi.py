"""A phone joins the network that a real machine makes: the radio alone is a cable here."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.wifi.line import SOCKET_FILE
from provisioning.town import Plan, make_machines, open_town
from sync.machine.process import die_with_parent
from sync.machine.settings import Part
from sync.machine.wifi import ADDRESS
from tests.lan.machines import END_SECONDS_MAX, KAIRAN, TOWN, TOWN_NAME
from tests.lan.network import DEVICE, Host, Lan, lan
from tests.lan.phones import Phone
from tests.patience import until
from tests.stories.visitor import Visitor

OWN = str(ADDRESS.ip)
NO_SUCH_NAME = 3
NO_NAME_HERE = "www.example.com"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # in a network of its own
PROBES = {
    "Android": "http://connectivitycheck.gstatic.com/generate_204",
    "iOS": "http://captive.apple.com/hotspot-detect.html",
    "Windows": "http://www.msftconnecttest.com/connecttest.txt",
    "Firefox": "http://detectportal.firefox.com/canonical.html",
}
ELSEWHERE = "9.9.9.9"  # whom a phone may ask for names whatever it was told


@dataclass(frozen=True)
class Place:
    """A machine, and phones near it."""

    lan: Lan
    machine: Host
    folder: Path
    log: Path

    def phone(self, name: str) -> Phone:
        """One more."""
        return Phone(self.lan.host(), self.folder.with_name(name))

    @contextmanager
    def runs(self, *command: str) -> Iterator[None]:
        """Our command, at the machine."""
        with self.log.open("ab") as said:
            process = subprocess.Popen(
                self.machine.command(str(KAIRAN), *command),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=die_with_parent,
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_SECONDS_MAX) == 0, self.log.read_text()

    @contextmanager
    def tends_the_network(self) -> Iterator[None]:
        """`kairan wifi` does, for as long."""
        folder = str(self.folder)
        with self.runs("wifi", "--data", folder, "--runtime", folder):
            until((self.folder / SOCKET_FILE).exists)
            until(self.has_its_address)
            yield

    def has_its_address(self) -> bool:
        """Whether the machine is where phones will ask it."""
        shown = subprocess.run(
            self.machine.command("ip", "-brief", "address", "show", "dev", DEVICE),
            capture_output=True,
            text=True,
            check=True,
        )
        return OWN in shown.stdout

    def answers(self) -> bool:
        """Whether its screens are up."""
        with self.machine.inside(), suppress(OSError):
            return Visitor("http://127.0.0.1").ask("GET", "/healthz").status == 200
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for program in ("dnsmasq", "nft", "busybox"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here")
    folder = tmp_path_factory.mktemp("wifi")
    town = open_town(folder / "authority", code=TOWN, name=TOWN_NAME)
    make_machines(town, [Plan(folder=folder / "m", name="上郷公民館", part=Part.NODE)])
    with (folder / "m" / "machine.toml").open("a") as settings:
        settings.write(f'\n[wifi]\nname = "kairan"\nradio = "makes"\ndevice = "{DEVICE}"\n')
    with lan() as made:
        machine = made.host()
        machine.do("address", "flush", "dev", DEVICE, "scope", "global")
        place = Place(made, machine, folder / "m", folder / "log")
        web = ("web", "--data", str(folder / "m"), "--port", "80", "--address", EVERYWHERE)
        with place.runs(*web):
            until(place.answers)
            yield place


def test_a_phone_is_shown_the_board_once_and_then_only_the_machine_has_a_name(
    place: Place,
) -> None:
    with place.tends_the_network():
        phone, other = place.phone("phone"), place.phone("other")
        phone.join()
        other.join()
        assert phone.address != other.address
        assert (phone.told["router"], phone.told["dns"]) == (OWN, OWN)
        assert phone.portal == f"http://{OWN}/captive"
        assert phone.state() == {"captive": True, "user-portal-url": f"http://{OWN}/begin"}

        for probe in PROBES.values():
            led = phone.get(probe)
            assert (led.status, led.location) == (302, f"http://{OWN}/begin"), probe
        assert phone.asks_for(NO_NAME_HERE).addresses == (OWN,)
        assert phone.asks_for(NO_NAME_HERE, of=ELSEWHERE).addresses == (OWN,)
        nothing = phone.has_another_family(NO_NAME_HERE)
        assert (nothing.code, nothing.addresses) == (0, ()), "it has that name, and no IPv6"

        page = phone.get(led.location)
        assert page.status == 200
        assert "使いはじめる" in page.text
        assert phone.send(led.location).status == 303

        assert phone.state()["captive"] is False
        for asked in (OWN, ELSEWHERE):
            assert phone.asks_for(NO_NAME_HERE, of=asked).code == NO_SUCH_NAME
            assert phone.asks_for("captive.apple.com", of=asked).code == NO_SUCH_NAME
            assert phone.asks_for("kairan.home", of=asked).addresses == (OWN,)
        assert phone.has_another_family("kairan.home").code == 0
        assert phone.get("http://kairan.home/").status == 200

        assert other.state()["captive"] is True, "each begins for itself"
        assert other.asks_for(NO_NAME_HERE).addresses == (OWN,)


def test_what_is_known_of_phones_is_gone_after_a_restart(
    place: Place,
) -> None:
    phone = place.phone("again")
    with place.tends_the_network():
        phone.join()
        assert phone.send(f"http://{OWN}/begin").status == 303
        assert phone.asks_for(NO_NAME_HERE).code == NO_SUCH_NAME
    with place.tends_the_network():
        until(lambda: phone.asks_for(NO_NAME_HERE).addresses == (OWN,))
        assert phone.state()["captive"] is True


def test_who_takes_addresses_without_end_is_stopped_and_others_have_theirs(place: Place) -> None:
    with place.tends_the_network():
        flood, phone = place.phone("flood"), place.phone("calm")
        flood.join()
        for at in range(100):
            flood.claims(f"10.20.29.{at + 1}", f"02:00:00:01:00:{at:02x}")
        phone.join()
        assert phone.asks_for(NO_NAME_HERE).addresses == (OWN,)
        leases = (place.folder / "leases").read_text()
        assert 1 <= leases.count(" 02:00:00:01:00:") <= 30, "some were taken, then it was stopped"


def test_nothing_is_handed_on_to_another_network(place: Place) -> None:
    """Even where somebody told the machine to."""
    behind, phone = place.lan.host(), place.phone("curious")
    behind.pull_out()
    there = ("peer", "name", DEVICE, "netns", behind.namespace)
    place.machine.do("link", "add", "back", "type", "veth", *there)
    place.machine.do("address", "add", "10.99.0.1/24", "dev", "back")
    place.machine.do("link", "set", "back", "up")
    behind.do("address", "add", "10.99.0.2/24", "dev", DEVICE)
    behind.do("link", "set", DEVICE, "up")
    behind.do("route", "add", "default", "via", "10.99.0.1")
    forwards = "echo 1 > /proc/sys/net/ipv4/ip_forward"
    subprocess.run(place.machine.command("sh", "-c", forwards), check=True)
    with behind.inside(), socket.create_server(("10.99.0.2", 80)):
        with place.tends_the_network():
            phone.join()
            assert not reaches(phone, "10.99.0.2")
        until(lambda: reaches(phone, "10.99.0.2"))  # the phone would have, and the way is there


def reaches(phone: Phone, address: str) -> bool:
    """Whether anybody answers there; a moment is enough on one machine."""
    with phone.host.inside(), suppress(OSError):
        socket.create_connection((address, 80), timeout=2.0).close()
        return True
    return False
