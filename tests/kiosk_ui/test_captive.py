"""A phone in the network that the machine makes: shown the board once, and never told a lie."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.allowances import FORMS
from kiosk_ui.app import create_app
from kiosk_ui.reach import Reach
from node.lan.interfaces import Interface
from node.wifi.guests import Guests
from node.wifi.line import answered
from node.wifi.plan import BEGUN_SECONDS, OWN_NAME, Plan
from sync.machine.wifi import ADDRESS, Radio, Wifi
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import NOW, Town

PHONE, ANOTHER = "10.20.28.7", "10.20.29.8"
BEGIN = f"http://{ADDRESS.ip}/begin"
PROBES = (
    *("connectivitycheck.gstatic.com/generate_204", "www.google.com/gen_204"),
    *("captive.apple.com/hotspot-detect.html", "captive.apple.com/"),
    *("www.msftconnecttest.com/connecttest.txt", "www.msftconnecttest.com/redirect"),
    *("www.msftncsi.com/ncsi.txt", "detectportal.firefox.com/canonical.html"),
    *("detectportal.firefox.com/success.txt?ipv4", "nmcheck.gnome.org/check_network_status.txt"),
)
"""What phones and computers ask, to see whether they are on the internet."""


@dataclass(frozen=True)
class Phone:
    """Somebody's, at that address."""

    client: FlaskClient
    address: str = PHONE

    def get(self, url: str, method: str = "GET") -> TestResponse:
        host, _, path = url.partition("/")
        return self._ask(method, host, f"/{path}")

    def touch(self, path: str, **headers: str) -> TestResponse:
        """Press the button there."""
        own = f"http://{ADDRESS.ip}"
        return self._ask("POST", str(ADDRESS.ip), path, **({"Origin": own} | headers))

    def state(self) -> dict[str, object]:
        """What it is told where it asks as RFC 8908 has it."""
        answer = self.get(f"{ADDRESS.ip}/captive")
        assert answer.content_type == "application/captive+json"
        assert answer.headers["Cache-Control"] == "private, no-store"
        said = json.loads(answer.text)
        assert isinstance(said, dict)
        return said

    def _ask(self, method: str, host: str, path: str, **headers: str) -> TestResponse:
        return self.client.open(
            path,
            method=method,
            headers={"Host": host, **headers},
            environ_overrides={"REMOTE_ADDR": self.address},
        )


@pytest.fixture
def client(town: Town) -> FlaskClient:
    """The screens of a machine that makes a network."""
    node = town.kamigo
    wifi = Wifi(name="kairan", radio=Radio.MAKES)
    node.settings = replace(node.settings, wifi=wifi)
    return create_app(node, now=lambda: NOW).test_client()


@pytest.fixture
def tended(town: Town, tmp_path: Path) -> Iterator[None]:
    """Somebody tends the network; the phones in it are these two."""
    neighbours = tmp_path / "arp"
    rows = [
        f"{address} 0x1 0x2 02:00:00:00:00:0{at} * wlan0\n"
        for at, address in enumerate((PHONE, ANOTHER))
    ]
    neighbours.write_text("IP address ...\n" + "".join(rows))
    plan = Plan(
        wifi=Wifi(name="kairan", radio=Radio.MAKES),
        device="wlan0",
        own_name=OWN_NAME,
        has_radio=True,
    )
    told: list[str] = []
    guests = Guests(plan, tell=told.append, neighbours=neighbours)
    with answered(town.kamigo.settings.folder, guests):
        yield


@pytest.mark.usefixtures("tended")
def test_whatever_a_system_asks_leads_to_the_page_to_begin_at(client: FlaskClient) -> None:
    phone = Phone(client)
    for probe in PROBES:
        for method in ("GET", "HEAD"):
            answer = phone.get(probe, method)
            assert (answer.status_code, answer.headers["Location"]) == (302, BEGIN), probe
            assert answer.headers["Cache-Control"] == "no-store"
    assert "使いはじめる" in words(phone.get(f"{ADDRESS.ip}/begin"))


@pytest.mark.usefixtures("tended")
def test_one_touch_and_the_phone_has_begun(client: FlaskClient) -> None:
    phone, other = Phone(client), Phone(client, ANOTHER)
    assert phone.state() == {"captive": True, "user-portal-url": BEGIN}
    pressed = phone.touch("/begin")
    assert (pressed.status_code, pressed.headers["Location"]) == (303, "/begin")
    said = words(phone.get(f"{ADDRESS.ip}/begin"))
    assert "使えるようになりました" in said
    assert f"http://{OWN_NAME}" in said
    assert f"http://{ADDRESS.ip}" in said
    state = phone.state()
    seconds = state.pop("seconds-remaining")
    assert state == {"captive": False, "user-portal-url": BEGIN}
    assert isinstance(seconds, int)
    assert 0 < seconds <= BEGUN_SECONDS
    assert other.state()["captive"] is True, "each phone begins for itself"


@pytest.mark.usefixtures("tended")
def test_a_phone_that_has_begun_is_never_told_that_this_is_the_internet(
    client: FlaskClient,
) -> None:
    phone = Phone(client)
    phone.touch("/begin")
    for probe in PROBES:
        answer = phone.get(probe)
        assert answer.status_code == 421, probe
        assert "Success" not in answer.text


@pytest.mark.usefixtures("tended")
def test_who_types_the_number_or_the_name_is_asked_for_nothing(client: FlaskClient) -> None:
    for host in (str(ADDRESS.ip), OWN_NAME, OWN_NAME.upper()):
        answer = Phone(client).get(f"{host}/")
        assert answer.status_code == 200, host
        assert "掲示板" in words(answer)


@pytest.mark.usefixtures("tended")
def test_a_form_for_another_name_is_not_taken(client: FlaskClient) -> None:
    answer = Phone(client)._ask("POST", "captive.apple.com", "/begin")
    assert answer.status_code == 421


@pytest.mark.usefixtures("tended")
def test_no_page_elsewhere_begins_for_somebody(client: FlaskClient) -> None:
    phone = Phone(client)
    assert phone.touch("/begin", Origin="http://evil.example").status_code == 403
    assert phone.state()["captive"] is True


@pytest.mark.usefixtures("tended")
def test_who_begins_without_end_has_to_wait(client: FlaskClient) -> None:
    phone = Phone(client)
    said = [phone.touch("/begin").status_code for _ in range(FORMS.address + 1)]
    assert said == [303] * FORMS.address + [429]


@pytest.mark.usefixtures("tended")
def test_who_is_not_in_that_network_is_neither_led_nor_told_anything(client: FlaskClient) -> None:
    for address in ("192.168.1.50", "127.0.0.1", "fe80::1", "10.20.32.1"):
        elsewhere = Phone(client, address)
        assert elsewhere.get("captive.apple.com/hotspot-detect.html").status_code == 421
        assert elsewhere.get(f"{ADDRESS.ip}/captive").status_code == 404
        assert elsewhere.get(f"{ADDRESS.ip}/begin").status_code == 404
        assert elsewhere.touch("/begin").status_code == 404


@pytest.mark.usefixtures("tended")
def test_a_stranger_in_the_network_whom_the_kernel_does_not_know_is_shown_the_board(
    client: FlaskClient,
) -> None:
    stranger = Phone(client, "10.20.28.99")
    assert stranger.get("captive.apple.com/").headers["Location"] == BEGIN
    assert stranger.touch("/begin").headers["Location"] == "/"
    assert stranger.state() == {"captive": False, "user-portal-url": BEGIN}


def test_where_nobody_tends_the_network_the_board_is_there_all_the_same(
    client: FlaskClient,
) -> None:
    phone = Phone(client)
    assert phone.get("captive.apple.com/").headers["Location"] == BEGIN
    assert phone.touch("/begin").headers["Location"] == "/"
    assert phone.get(f"{ADDRESS.ip}/").status_code == 200


def test_a_machine_that_makes_no_network_knows_nothing_of_it(town: Town) -> None:
    client = create_app(town.kamigo, now=lambda: NOW).test_client()
    phone = Phone(client)
    assert phone.get("captive.apple.com/").status_code == 421
    assert phone.get(f"{OWN_NAME}/").status_code == 421
    assert phone.get(f"{ADDRESS.ip}/captive").status_code == 404


def test_phones_are_sent_to_the_network_they_are_in_and_not_to_the_cable() -> None:
    cable, made = Interface(2, "192.168.1.10", 24), Interface(3, str(ADDRESS.ip), 22)
    everywhere = "0.0.0.0"  # noqa: S104
    reach = Reach(listens=everywhere, made_here=ADDRESS.ip, look=lambda: frozenset({cable, made}))
    assert reach.addresses() == (f"http://{ADDRESS.ip}", "http://192.168.1.10")
