"""Pages over TLS as they are served: to a browser with the town's certificate, and to a flood."""

import http.client
import socket
import ssl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from node.people import begin
from node.pins import PASSPHRASES_FILE, Pins
from provisioning.page_certificates import OutsideName, give_pages_certificate, town_certificate
from sync.machine.pin import TOWN_CERTIFICATE_FILE
from sync.machine.settings import SETTINGS_FILE
from tests.node.builders import Village
from tests.node.serving import until
from tests.security.doors import HERE, NETWORK, free_port, open_doors

PASSPHRASE = "mizuumi tanuki kazaguruma enpitsu"
AT_ONCE = 200
MEMORY_BYTES_MAX = 450 << 20  # of all processes of the screens' over TLS


class Closed:
    """A browser that was given the town's certificate."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._trusts = ssl.create_default_context(cafile=folder / TOWN_CERTIFICATE_FILE)

    def ask(self, method: str, path: str, body: str = "", source: str = HERE) -> int:
        connection = http.client.HTTPSConnection(
            NETWORK, self.port, timeout=60, context=self._trusts, source_address=(source, 0)
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            connection.request(method, path, body or None, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz") == 200
        except OSError:
            return False


def test_a_flood_of_sign_ins_over_tls_fills_no_memory_and_keeps_nobody_from_the_kiosk(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path)
    node = village.node()
    folder, port = node.settings.folder, free_port()
    give_pages_certificate(folder, names=[NETWORK], daily=village.town.authority, town="霧沢町")
    settings = folder / SETTINGS_FILE
    settings.write_text(f"https = {port}\n" + settings.read_text())
    keeper = begin(node, "山田 花")
    Pins(folder, file=PASSPHRASES_FILE).choose(keeper.address, PASSPHRASE)
    node.database.close()
    with open_doors(folder, address=NETWORK) as doors:
        closed = Closed(folder, port)
        until(closed.answers)
        form = urlencode({"name": keeper.name, "passphrase": PASSPHRASE, "next": "/"})
        serving = [
            process
            for process in psutil.Process(doors.process.pid).children(recursive=True)
            if "--closed" in process.cmdline()
        ]
        most, seen = 0, []
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            asked = [
                crowd.submit(closed.ask, "POST", "/sign-in-elsewhere", form, f"127.{at}.0.1")
                for at in range(1, AT_ONCE + 1)
            ]
            while not all(one.done() for one in asked):
                seen.append(doors.get("/"))
                most = max(most, sum(process.memory_info().rss for process in serving))
        answers = Counter(one.result() for one in asked)
        assert set(answers) <= {303, 429, 503}, answers
        assert answers[303] > 0
        assert answers[429] + answers[503] > 0
        assert set(seen) == {200}
        assert serving
        assert most < MEMORY_BYTES_MAX
        # Without the town's certificate a browser goes no further.
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(
                socket.create_connection((NETWORK, port)), server_hostname=NETWORK
            )


def test_the_towns_certificate_vouches_for_nothing_outside(tmp_path: Path) -> None:
    village = Village(tmp_path)
    for name in ("8.8.8.8", "www.example.com", "local.example.com", "", "*", "2001:db8::1"):
        with pytest.raises(OutsideName):
            give_pages_certificate(
                tmp_path, names=[name], daily=village.town.authority, town="霧沢町"
            )


def test_whoever_has_the_daily_key_makes_the_same_authority_again(tmp_path: Path) -> None:
    daily = Village(tmp_path).town.authority
    made = [town_certificate(daily, town="霧沢町") for _ in range(2)]
    assert made[0][0].private_numbers() == made[1][0].private_numbers()
    assert made[0][1] == made[1][1]  # so people find one fingerprint at all machines
