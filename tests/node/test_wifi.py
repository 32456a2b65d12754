"""What is said to those who make the network, and who is remembered to have begun."""

import shutil
import subprocess
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from node.wifi import configuration
from node.wifi.guests import LONGER_SECONDS, Guests
from node.wifi.plan import BEGUN_SECONDS, OWN_NAME, Plan, own_name, plan
from provisioning.town import Plan as Machine
from provisioning.town import make_machines, open_town
from sync.machine.settings import NotProvisioned, Part, Settings, read_settings
from sync.machine.wifi import Radio, Wifi

NAME = '回覧 "上郷"\\n\'x=y'
PASSWORD = 'himitsu "12\\'
PLAN = Plan(
    wifi=Wifi(name=NAME, password=PASSWORD, radio=Radio.MAKES),
    device="wlan0",
    own_name=OWN_NAME,
    has_radio=True,
)
PHONE, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
NEIGHBOURS = """\
IP address       HW type     Flags       HW address            Mask     Device
10.20.28.7       0x1         0x2         02:00:00:00:00:01     *        wlan0
10.20.28.8       0x1         0x2         02:00:00:00:00:02     *        wlan0
10.20.28.9       0x1         0x0         00:00:00:00:00:00     *        wlan0
10.20.28.10      0x1         0x2         02:00:00:00:00:03     *        eth0
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    town = open_town(folder / "authority", code="990019", name="霧沢町")
    make_machines(town, [Machine(folder=folder / "m", name="上郷公民館", part=Part.NODE)])
    return folder / "m"


def told(made: Path, wifi: str, before: str = "") -> Settings:
    """The settings of a machine with this besides."""
    folder = made.with_name("told")
    folder.mkdir(exist_ok=True)
    text = (made / "machine.toml").read_text()
    (folder / "machine.toml").write_text(f"{before}{text}\n[wifi]\n{wifi}")
    return read_settings(folder)


def said_by(*command: str) -> str:
    """What a program says of what it is told; it is not let near any interface of this machine."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    done = subprocess.run(
        ["timeout", "--signal=KILL", "5", *command], capture_output=True, text=True, timeout=60
    )
    return done.stdout + done.stderr


def test_a_network_that_a_router_makes_is_left_to_it(made: Path) -> None:
    wifi = told(made, 'name = "kairan"\npassword = "もちつき大会"\n').wifi
    assert wifi is not None
    assert (wifi.radio, wifi.made_here) == (None, False)


def test_what_a_machine_is_to_do_stands_in_its_settings(made: Path) -> None:
    wished = (
        'name = "kairan"\npassword = "himitsu-12"\nradio = "makes"\ndevice = "wlp2s0"\n'
        'channel = 11\ncountry = "JP"\naddress = "192.168.77.1/24"\n'
    )
    wifi = told(made, wished).wifi
    assert wifi == Wifi(
        name="kairan",
        password="himitsu-12",
        radio=Radio.MAKES,
        device="wlp2s0",
        channel=11,
        address=IPv4Interface("192.168.77.1/24"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        'radio = "sings"',
        'radio = "makes"\npassword = "もちつき大会"',
        'radio = "makes"\npassword = "himitsu\\n12"',
        'radio = "makes"\ndevice = "wlan0\\nctrl_interface=/tmp"',
        'radio = "makes"\ndevice = "../../tmp"',
        "channel = 14",
        'country = "jp"',
        'country = "J\\n"',
        'address = "8.8.8.8/24"',
        'address = "10.20.30.0/24"',
        'address = "10.20.30.1/8"',
        'address = "127.0.0.1/24"',
        'address = "10.20.30.1"',
        'address = "fd00::1/64"',
    ],
)
def test_what_no_network_can_be_is_refused(made: Path, wrong: str) -> None:
    with pytest.raises(NotProvisioned, match="内容が正しくありません"):
        told(made, f'name = "kairan"\n{wrong}\n')


def test_a_name_of_two_lines_is_no_name(made: Path) -> None:
    with pytest.raises(NotProvisioned):
        told(made, 'name = "kairan\\nwpa=0"\n')


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("", OWN_NAME),
        ('called = "http://kamigo.example"\n', "kamigo.example"),
        ('called = "http://192.168.1.10"\n', OWN_NAME),
    ],
)
def test_the_machine_has_a_name_in_its_network(made: Path, called: str, name: str) -> None:
    assert own_name(told(made, 'name = "kairan"\nradio = "makes"\n', called)) == name


def test_its_only_radio_is_found_and_waited_for(made: Path, tmp_path: Path) -> None:
    settings = told(made, 'name = "kairan"\nradio = "makes"\n')
    (tmp_path / "eth0").mkdir()
    assert plan(settings, tmp_path) is None
    (tmp_path / "wlp2s0" / "phy80211").mkdir(parents=True)
    found = plan(settings, tmp_path)
    assert found is not None
    assert (found.device, found.has_radio) == ("wlp2s0", True)


def test_an_access_point_that_is_plugged_in_needs_no_radio_here(made: Path, tmp_path: Path) -> None:
    settings = told(made, 'name = "kairan"\nradio = "makes"\ndevice = "eth1"\n')
    assert plan(settings, tmp_path) is None
    (tmp_path / "eth1").mkdir()
    found = plan(settings, tmp_path)
    assert found is not None
    assert not found.has_radio


@pytest.mark.parametrize("password", [PASSWORD, ""])
def test_hostapd_reads_all_that_it_is_told(tmp_path: Path, password: str) -> None:
    """The only thing in its way is that there is no such radio."""
    wished = replace(PLAN, wifi=replace(PLAN.wifi, password=password))
    there = tmp_path / "hostapd.conf"
    there.write_text(configuration.access_point(wished))
    said = said_by("hostapd", str(there))
    assert "nl80211" in said, said
    for complaint in ("Line ", "errors found", "Invalid", "unknown"):
        assert complaint not in said, said
    there.write_text(there.read_text() + "no_such_line=1\n")
    assert "unknown configuration item 'no_such_line'" in said_by("hostapd", str(there))


@pytest.mark.parametrize("password", [PASSWORD, ""])
def test_wpa_supplicant_reads_all_that_it_is_told(tmp_path: Path, password: str) -> None:
    wished = replace(PLAN, wifi=replace(PLAN.wifi, password=password, radio=Radio.JOINS))
    there = tmp_path / "joined.conf"
    there.write_text(configuration.joined(wished))
    command = ("wpa_supplicant", "-Dnl80211", "-ikairan-none", f"-c{there}")
    assert "Line " not in said_by(*command)
    there.write_text(there.read_text() + "no_such_line=1\n")
    assert "Line " in said_by(*command)


def test_dnsmasq_reads_all_that_it_is_told(tmp_path: Path) -> None:
    there = tmp_path / "dnsmasq.conf"
    for told_it in (configuration.before(PLAN, tmp_path / "leases"), configuration.after(PLAN)):
        there.write_text(told_it)
        assert "syntax check OK" in said_by("dnsmasq", "--test", f"--conf-file={there}")


def test_names_and_passwords_are_written_as_digits_that_say_no_more() -> None:
    for said in (configuration.access_point(PLAN), configuration.joined(PLAN)):
        assert NAME not in said
        assert PASSWORD not in said
        assert NAME.encode().hex() in said


def test_the_key_is_what_the_standard_makes_of_name_and_password() -> None:
    """IEEE 802.11, J.4.2, its first example."""
    theirs = replace(PLAN, wifi=Wifi(name="IEEE", password="password", radio=Radio.MAKES))
    key = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert f"wpa_psk={key}" in configuration.access_point(theirs)
    assert f"psk={key}" in configuration.joined(theirs)


class Moment:
    """A clock that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def heard() -> list[str]:
    """What the kernel is told."""
    return []


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def guests(tmp_path: Path, heard: list[str], moment: Moment) -> Guests:
    (tmp_path / "arp").write_text(NEIGHBOURS)
    return Guests(
        PLAN, tell=heard.append, running=moment, neighbours=tmp_path / "arp", phones_max=1
    )


def test_a_phone_has_begun_for_half_a_day_and_then_begins_again(
    guests: Guests, heard: list[str], moment: Moment
) -> None:
    assert guests.seconds("10.20.28.7") == 0
    assert guests.begin("10.20.28.7") == BEGUN_SECONDS
    moment.now += 3_600
    assert guests.begin("10.20.28.7") == BEGUN_SECONDS - 3_600
    assert len(heard) == 1, "the kernel is told once"
    assert f"{PHONE} timeout {BEGUN_SECONDS}s" in heard[0]
    moment.now += BEGUN_SECONDS - 3_600 + LONGER_SECONDS
    assert guests.seconds("10.20.28.7") == 0


def test_who_is_none_of_the_network_never_begins(guests: Guests, heard: list[str]) -> None:
    for address in ("10.20.28.9", "10.20.28.10", "10.20.28.99", "127.0.0.1", "", "x"):
        assert guests.begin(address) is None
        assert guests.seconds(address) is None
    assert heard == []


def test_when_too_many_have_begun_the_first_is_forgotten(guests: Guests, heard: list[str]) -> None:
    guests.begin("10.20.28.7")
    guests.begin("10.20.28.8")
    assert (guests.seconds("10.20.28.7"), guests.seconds("10.20.28.8")) == (0, BEGUN_SECONDS)
    assert [words.split()[0] for words in heard] == ["add", "delete", "add"]
    assert PHONE in heard[1]
    assert OTHER in heard[2]
