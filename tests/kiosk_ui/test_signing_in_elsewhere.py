"""From an office's computer: over TLS and with a passphrase alone, and for as long as one may."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from kiosk_ui.sessions import IDLE_SECONDS
from node import pins
from node.namesakes import called, named
from node.namesakes import number as number_of
from node.node import Node, open_node
from node.people import begin, let_in, stop
from node.pins import FREE_TRIES, PASSPHRASES_FILE, Pins
from node.suspending import suspend
from provisioning.page_certificates import give_pages_certificate
from provisioning.town import open_town
from sync.account import Account, Duty
from sync.machine.settings import SETTINGS_FILE
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, NOW, PIN, Town

PASSPHRASE = "mizuumi tanuki kazaguruma enpitsu"
HERE, OFFICE_PC = "192.168.1.10", "192.168.1.77"
CLOSED, OPEN = f"https://{HERE}:8443", f"http://{HERE}:8700"


@pytest.fixture
def node(town: Town, tmp_path: Path) -> Node:
    """The centre's machine, with the town's certificate for its pages."""
    folder = town.kamigo.settings.folder
    daily = open_town(tmp_path / "authority", code="990019", name="霧沢町").authority
    give_pages_certificate(folder, names=[HERE], daily=daily, town="霧沢町")
    settings = folder / SETTINGS_FILE
    settings.write_text("https = 8443\n" + settings.read_text())
    return open_node(folder)


@pytest.fixture
def keeper(node: Node) -> Account:
    made = begin(node, "山田 花")
    Pins(node.settings.folder).choose(made.address, PIN)
    Pins(node.settings.folder, file=PASSPHRASES_FILE).choose(made.address, PASSPHRASE)
    return made


@pytest.fixture
def app(node: Node) -> Flask:
    return create_app(node, now=lambda: NOW, closed=True)


class Elsewhere:
    """A browser at another address, over TLS."""

    def __init__(self, app: Flask, base: str = CLOSED) -> None:
        self.browser: FlaskClient = app.test_client()
        self._base = base

    def get(self, path: str) -> TestResponse:
        return self.browser.get(path, **self.origin)

    def send(self, path: str, page: str | None = None, **form: str) -> TestResponse:
        """What that page's form would send, and this."""
        data = typed(self.get(page or path)) | form
        return self.browser.post(path, data=data, **self.origin)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.browser.post(path, data=form, **self.origin)

    def sign_in(
        self, name: str = "山田 花", passphrase: str = PASSPHRASE, to: str = "/"
    ) -> TestResponse:
        return self.post("/sign-in-elsewhere", name=name, passphrase=passphrase, next=to)

    def is_in(self) -> bool:
        return self.get("/people").status_code == 200

    @property
    def origin(self) -> dict[str, Any]:
        return {"base_url": self._base, "environ_overrides": {"REMOTE_ADDR": OFFICE_PC}}


def test_with_a_passphrase_of_ones_own_one_looks_at_waiting_posts_from_elsewhere(
    node: Node, app: Flask
) -> None:
    who = begin(node, "山田 花")
    Pins(node.settings.folder).choose(who.address, PIN)
    kiosk = create_app(node, now=lambda: NOW).test_client()
    sign_in(kiosk, who)
    form = typed(kiosk.get("/passphrase"))
    twice = {"passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert kiosk.post("/passphrase", data=form | twice).status_code == 303

    elsewhere = Elsewhere(app)
    sent_to = elsewhere.get("/waiting").headers["Location"]
    assert sent_to.startswith("/sign-in-elsewhere?next=")
    assert elsewhere.sign_in(to="/waiting").headers["Location"] == "/waiting"
    assert elsewhere.get("/waiting").status_code == 200
    assert "入っているところ" in words(elsewhere.get("/people"))


def test_over_plain_http_from_elsewhere_there_is_the_way_and_no_form(
    node: Node, keeper: Account
) -> None:
    elsewhere = Elsewhere(create_app(node, now=lambda: NOW), OPEN)
    for page in (
        "/sign-in",
        f"/sign-in/{keeper.address}",
        "/sign-in-elsewhere",
        "/people",
        "/passphrase",
    ):
        answer = elsewhere.get(page)
        assert answer.status_code == 403
        assert f'href="{CLOSED}/sign-in-elsewhere"' in answer.text
        assert "password" not in answer.text
        assert 'name="passphrase"' not in answer.text
        assert keeper.name not in answer.text
    answer = elsewhere.sign_in()
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("name", "passphrase"),
    [
        ("山田 花", PIN),
        ("山田 花", ""),
        ("山田 花", PASSPHRASE + "!"),
        ("だれか", PASSPHRASE),
        ("", PASSPHRASE),
    ],
)
def test_nothing_else_opens_it_and_whether_a_name_is_known_is_not_told(
    app: Flask, keeper: Account, name: str, passphrase: str
) -> None:
    answer = Elsewhere(app).sign_in(name, passphrase)
    assert answer.status_code == 403
    assert "お名前か合言葉が違います" in words(answer)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "weak", ["", "280417", "abcdefghijk", "aaaaaaaaaaaaaaaa", "みずうみ たぬき かざぐるま えんぴつ"]
)
def test_no_short_or_monotonous_passphrase_is_taken(node: Node, keeper: Account, weak: str) -> None:
    kiosk = create_app(node, now=lambda: NOW).test_client()
    sign_in(kiosk, keeper)
    form = typed(kiosk.get("/passphrase")) | {"passphrase": weak, "again": weak}
    assert kiosk.post("/passphrase", data=form).status_code == 422
    assert Elsewhere(create_app(node, closed=True)).sign_in().status_code == 303


def test_the_cookie_is_new_for_this_browser_and_goes_over_tls_alone(
    app: Flask, node: Node, keeper: Account
) -> None:
    elsewhere = Elsewhere(app)
    cookie = elsewhere.sign_in().headers["Set-Cookie"]
    name, value = cookie.split(";")[0].split("=", 1)
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))

    # Laid out for somebody, it isn't taken; brought again, it is replaced.
    other = Elsewhere(app)
    other.browser.set_cookie(name, "laid-out", domain=HERE, secure=True)
    fresh = other.sign_in().headers["Set-Cookie"]
    assert "laid-out" not in fresh
    again = other.send("/sign-in-elsewhere", name=keeper.name, passphrase=PASSPHRASE)
    assert value not in again.headers["Set-Cookie"]
    assert fresh.split(";")[0] not in again.headers["Set-Cookie"]

    # It opens nothing without TLS, nor at the kiosk, nor the kiosk's here.
    kiosk = create_app(node, now=lambda: NOW)
    for base in (OPEN, "http://127.0.0.1:8700"):
        brought = kiosk.test_client()
        brought.set_cookie(name, value, domain=HERE)
        assert brought.get("/people", base_url=base).status_code in (303, 403)


def test_a_form_without_the_mark_changes_nothing(app: Flask, keeper: Account) -> None:
    elsewhere = Elsewhere(app)
    elsewhere.sign_in()
    assert elsewhere.post("/people", name="だれか", duty="keeper").status_code == 403
    assert elsewhere.post("/sessions", session="x").status_code == 403
    assert elsewhere.post("/sign-out").status_code == 403
    assert elsewhere.is_in()


@pytest.mark.parametrize("away", ["https://elsewhere.example/", "//elsewhere.example", "/\\x", ""])
def test_signing_in_leads_nowhere_else(app: Flask, keeper: Account, away: str) -> None:
    assert Elsewhere(app).sign_in(to=away).headers["Location"] == "/"


def test_a_form_from_another_site_signs_nobody_in(app: Flask, keeper: Account) -> None:
    answer = app.test_client().post(
        "/sign-in-elsewhere",
        data={"name": keeper.name, "passphrase": PASSPHRASE},
        base_url=CLOSED,
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_whoever_tries_names_that_nobody_has_learns_nothing_by_waiting(
    node: Node, app: Flask, keeper: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[tuple[int, int]] = []
    real = pins._hash

    def noted(typed: str, secret: pins.Secret) -> bytes:
        hashed.append((secret.passes, secret.memory_kib))
        return real(typed, secret)

    monkeypatch.setattr(pins, "_hash", noted)
    answers = {}
    for name in (keeper.name, "だれか"):
        elsewhere = Elsewhere(app)
        tries = [elsewhere.sign_in(name, "chigau aikotoba desu") for _ in range(FREE_TRIES + 1)]
        answers[name] = ([each.status_code for each in tries], hashed[:])
        hashed.clear()
    assert answers[keeper.name] == answers["だれか"]
    assert answers["だれか"][0] == [403] * FREE_TRIES + [429]
    assert len(answers["だれか"][1]) == FREE_TRIES
    assert app.extensions["screen"].passphrases.kept() == {keeper.address}


def test_two_of_one_name_both_sign_in_by_name_and_number(node: Node, app: Flask) -> None:
    first, second = (begin(node, name) for name in ("山田 花", "山田　花"))
    passphrases = {first: PASSPHRASE, second: PASSPHRASE + " futatsu"}
    opens = Pins(node.settings.folder, file=PASSPHRASES_FILE)
    kiosk = create_app(node, now=lambda: NOW).test_client()
    for account in (first, second):
        Pins(node.settings.folder).choose(account.address, PIN)
    told = {account: called(node, account) for account in (first, second)}
    assert told[first] != told[second]
    shown = words(kiosk.get("/sign-in"))
    assert all(name in shown for name in told.values())
    for account, passphrase in passphrases.items():
        opens.choose(account.address, passphrase)
        sign_in(kiosk, account)
        assert told[account] in words(kiosk.get("/passphrase"))
        assert told[account] in words(kiosk.get("/people"))
    for account, passphrase in passphrases.items():
        answer = Elsewhere(app).sign_in(passphrase=passphrase)
        assert (answer.status_code, "番号も書いてください" in words(answer)) == (403, True)
        for way in (told[account].replace(" ", ""), f"{account.name} {number_of(account)}"):
            assert Elsewhere(app).sign_in(way, passphrase).status_code == 303
            assert signed_in(app) == account.address
        others = next(name for name in told.values() if name != told[account])
        assert Elsewhere(app).sign_in(others, passphrase).status_code == 403
    # Who is alone with a name again needs no number, and may go on writing it.
    assert called(node, first) == told[first]
    stop(node, second, by=first)
    assert called(node, first) == "山田 花"
    for name in ("山田 花", told[first]):
        assert Elsewhere(app).sign_in(name).status_code == 303


def signed_in(app: Flask) -> str:
    """Whose session is the newest."""
    *_, newest = app.extensions["screen"].sessions._held.values()
    return str(newest.account)


def test_a_bare_name_of_two_is_as_much_work_as_one_of_nobody(
    node: Node, app: Flask, keeper: Account
) -> None:
    other = begin(node, keeper.name)
    Pins(node.settings.folder, file=PASSPHRASES_FILE).choose(other.address, PASSPHRASE)
    for name in (keeper.name, "だれか"):
        elsewhere = Elsewhere(app)
        tries = [elsewhere.sign_in(name).status_code for _ in range(FREE_TRIES + 1)]
        assert tries == [403] * FREE_TRIES + [429]
    assert Elsewhere(app).sign_in(called(node, keeper)).status_code == 303


def test_numbers_tell_apart_however_many_have_one_name(node: Node) -> None:
    accounts = [begin(node, "当番") for _ in range(60)]
    told = {called(node, each) for each in accounts}
    assert len(told) == len(accounts)
    for account in accounts:
        assert named(accounts, called(node, account)) == account
    assert named(accounts, "当番") is None
    assert named(accounts, "当番 12") is None


def test_who_chooses_another_at_the_machine_waits_no_longer(
    node: Node, app: Flask, keeper: Account
) -> None:
    for _ in range(FREE_TRIES):
        Elsewhere(app).sign_in(passphrase="chigau aikotoba desu")
    assert Elsewhere(app).sign_in().status_code == 429
    _another(node, keeper)
    assert Elsewhere(app).sign_in(passphrase=PASSPHRASE + " futatsu").status_code == 303


def test_a_name_that_the_certificate_has_leads_here(node: Node, tmp_path: Path) -> None:
    daily = open_town(tmp_path / "authority", code="990019", name="霧沢町").authority
    give_pages_certificate(
        node.settings.folder, names=["yakuba.lan", HERE], daily=daily, town="霧沢町"
    )
    app = create_app(node, now=lambda: NOW, closed=True)
    answers = [
        app.test_client().get("/sign-in-elsewhere", base_url=f"https://{name}:8443").status_code
        for name in ("yakuba.lan", HERE, "other.lan")
    ]
    assert answers == [200, 200, 421]


def _another(node: Node, keeper: Account) -> None:
    Pins(node.settings.folder, file=PASSPHRASES_FILE).choose(
        keeper.address, PASSPHRASE + " futatsu"
    )


def _none(node: Node, keeper: Account) -> None:
    Pins(node.settings.folder, file=PASSPHRASES_FILE).forget(keeper.address)


def _suspended(node: Node, keeper: Account) -> None:
    other = let_in(node, "川上", Duty.KEEPER, None, by=keeper)
    suspend(node, keeper.address, "checking", by=other)


def _given_a_code(node: Node, keeper: Account) -> None:
    """As for whoever takes over the account of a duty."""
    other = let_in(node, "川上", Duty.KEEPER, None, by=keeper)
    Pins(node.settings.folder).choose(other.address, PIN)
    kiosk = create_app(node, now=lambda: NOW).test_client()
    sign_in(kiosk, other)
    form = typed(kiosk.get("/people"))
    assert kiosk.post(f"/people/{keeper.address}/code", data=form).status_code == 200


@pytest.mark.parametrize("happens", [_another, _none, _suspended, _given_a_code])
def test_who_may_not_any_more_is_out_at_once(
    node: Node, app: Flask, keeper: Account, happens: Callable[[Node, Account], None]
) -> None:
    elsewhere = Elsewhere(app)
    elsewhere.sign_in()
    assert elsewhere.is_in()
    happens(node, keeper)
    assert not elsewhere.is_in()
    assert elsewhere.sign_in().status_code == 403


def test_one_sees_where_one_is_signed_in_and_ends_it(app: Flask, keeper: Account) -> None:
    here, forgotten = Elsewhere(app), Elsewhere(app)
    forgotten.sign_in()
    here.sign_in()
    page = here.get("/sessions")
    assert OFFICE_PC in words(page)
    assert here.send("/sessions").status_code == 303
    assert not forgotten.is_in()
    assert here.is_in()
    assert here.send("/sign-out", "/people").status_code in (303, 403)


def test_it_ends_when_nobody_uses_it(app: Flask, keeper: Account) -> None:
    hours = [0.0]
    app.extensions["screen"].sessions.running = lambda: hours[0]
    elsewhere = Elsewhere(app)
    elsewhere.sign_in()
    hours[0] = IDLE_SECONDS - 1
    assert elsewhere.is_in()
    hours[0] += IDLE_SECONDS + 1
    assert not elsewhere.is_in()


def test_who_guesses_waits_and_a_restart_gives_no_try_for_nothing(
    node: Node, app: Flask, keeper: Account
) -> None:
    for _ in range(FREE_TRIES):
        assert Elsewhere(app).sign_in(passphrase="ちがう合言葉です").status_code == 403
    assert Elsewhere(app).sign_in().status_code == 429
    assert Elsewhere(create_app(node, closed=True)).sign_in().status_code == 429


def test_nobody_types_a_second_persons_pin_elsewhere(
    app: Flask, node: Node, keeper: Account
) -> None:
    other = let_in(node, "川上", Duty.KEEPER, None, by=keeper)
    Pins(node.settings.folder).choose(other.address, PIN)
    for number in range(23):
        node.add(node.boards["event"], EVENT | {"title": f"{number}回目の会"})
    elsewhere = Elsewhere(app)
    elsewhere.sign_in()
    page = "/boards/event/choose"
    made = [post.address for post in node.posts(node.boards["event"])]
    form = typed(elsewhere.get(page)) | {"reason": "duplicate", "second": other.address}
    few = elsewhere.browser.post(page, data=form | {"post": made[:2]}, **elsewhere.origin)
    assert few.status_code == 303
    many = elsewhere.browser.post(
        page, data=form | {"post": made[2:], "typed": PIN}, **elsewhere.origin
    )
    assert many.status_code == 403
    assert "機械の画面で行ってください" in words(many)


def test_the_towns_certificate_is_given_out_and_told_by_its_fingerprint(app: Flask) -> None:
    page = Elsewhere(app).get("/closed")
    assert "信頼されたルート証明機関" in words(page)
    given = Elsewhere(app).get("/closed/town.crt")
    assert given.data.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in given.data
