"""Pages over TLS as they are served: to a browser with the town's certificate, and to a flood."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Error, Page, sync_playwright

from node.boards.job import JOB
from node.mail.letters import open_for_letters, received_here, write_letter
from node.mail.looking import LETTER_REASONS, note_letters
from node.node import Node
from node.people import begin
from node.pins import PASSPHRASES_FILE, Pins
from node.reading import begin_reading
from provisioning.page_certificates import OutsideName, give_pages_certificate, town_certificate
from sync import sealing
from sync.account import Account
from sync.machine.keys import make_identity
from sync.machine.pin import TOWN_CERTIFICATE_FILE
from sync.machine.settings import SETTINGS_FILE
from tests.kiosk_ui.browsing import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.node.builders import JOB_FIELDS, Village
from tests.patience import until
from tests.security.doors import HERE, NETWORK, Doors, free_port, open_doors

KEEPER, PASSPHRASE = "山田 花", "mizuumi tanuki kazaguruma enpitsu"
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


@dataclass(frozen=True)
class Served:
    """A machine whose pages are served over TLS too, with somebody who may sign in there."""

    doors: Doors
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"https://{NETWORK}:{self.port}"


@contextmanager
def served(tmp_path: Path) -> Iterator[Served]:
    village = Village(tmp_path)
    node = village.node()
    folder, port = node.settings.folder, free_port()
    give_pages_certificate(folder, names=[NETWORK], daily=village.town.authority, town="霧沢町")
    settings = folder / SETTINGS_FILE
    settings.write_text(f"https = {port}\n" + settings.read_text())
    keeper = begin(node, KEEPER)
    Pins(folder, file=PASSPHRASES_FILE).choose(keeper.address, PASSPHRASE)
    somebody_opened_a_letter(node, keeper)
    node.database.close()
    with open_doors(folder, address=NETWORK) as doors:
        until(Closed(folder, port).answers)
        yield Served(doors, folder, port)


def somebody_opened_a_letter(node: Node, keeper: Account) -> None:
    begin_reading(node)
    post = node.add(JOB, JOB_FIELDS)
    open_for_letters(node, post)
    receipt = sealing.public(os.urandom(32))
    write_letter(node, post, "働きたいです。", receipt=receipt, name="", contact="")
    (told,) = received_here(node, keeper)
    note_letters(node, told, LETTER_REASONS["answer"], by=keeper)


def printed(page: Page) -> str:
    """What stands on the paper when that page is printed."""
    as_text = ["pdftotext", "-raw", "-", "-"]
    return subprocess.run(
        as_text, input=page.pdf(format="A4"), capture_output=True, check=True
    ).stdout.decode()


def home_that_trusts(home: Path, certificate: Path | None) -> Path:
    """A person's folder with the store of certificates that Chromium reads; it trusts that one."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True, mode=0o700)
    certutil = ["certutil", "-d", f"sql:{store}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    if certificate is not None:
        told = ["-A", "-n", "town", "-t", "C,,", "-i", str(certificate)]
        subprocess.run([*certutil, *told], check=True)
    return home


@contextmanager
def chromium(home: Path) -> Iterator[Page]:
    """A browser of whoever has that folder, told nothing of certificates."""
    environment = {name: told for name, told in os.environ.items() if not name.startswith("XDG_")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=ARGUMENTS,
            env={**environment, "HOME": str(home)},
        )
        try:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            yield page
        finally:
            browser.close()


def test_a_browser_that_was_given_the_towns_certificate_opens_the_pages_and_no_other_does(
    tmp_path: Path,
) -> None:
    if not CHROMIUM.exists() or shutil.which("certutil") is None:
        pytest.skip("Chromium or certutil is not installed")
    other = tmp_path / "other-town.crt"
    _, certificate = town_certificate(make_identity(), town="波音町")
    other.write_bytes(certificate.public_bytes(Encoding.PEM))
    with served(tmp_path / "village") as machine:
        given = machine.folder / TOWN_CERTIFICATE_FILE
        for name, trusted in (("nothing", None), ("another", other)):
            home = home_that_trusts(tmp_path / name, trusted)
            refused = pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID")
            with chromium(home) as page, refused:
                page.goto(machine.address)
        with chromium(home_that_trusts(tmp_path / "ours", given)) as page:
            page.goto(f"{machine.address}/people")
            page.get_by_label("お名前").fill(KEEPER)
            page.get_by_label("合言葉").fill(PASSPHRASE)
            page.get_by_role("button", name="入る").click()
            page.get_by_text("入っているところ").wait_for()
            assert page.url == f"{machine.address}/people"
            assert page.evaluate("isSecureContext")
            # Who opened what may be printed there, with nothing around it.
            page.goto(f"{machine.address}/looked")
            paper = printed(page)
            for said in (KEEPER, JOB_FIELDS["title"], LETTER_REASONS["answer"]):
                assert "".join(said.split()) in "".join(paper.split())
            assert "もどる" not in paper


def test_a_flood_of_sign_ins_over_tls_fills_no_memory_and_keeps_nobody_from_the_kiosk(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as machine:
        doors, closed = machine.doors, Closed(machine.folder, machine.port)
        form = urlencode({"name": KEEPER, "passphrase": PASSPHRASE, "next": "/"})
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
                socket.create_connection((NETWORK, machine.port)), server_hostname=NETWORK
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
