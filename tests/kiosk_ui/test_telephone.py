"""Who is let in by a call to the town hall, where nobody there knows a PIN any more."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from node.people import begin
from node.pins import FREE_TRIES, Pins
from provisioning.town import open_town
from sync.account import Account, Duty
from sync.ingest import ingest_statement
from sync.revocation import revoke
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import NOW, OTHER_PIN, PIN, Town

PHONE = {"REMOTE_ADDR": "192.168.7.20", "HTTP_HOST": "192.168.7.1"}


@pytest.fixture
def staff(town: Town, desk: FlaskClient) -> Account:
    """Somebody at the office, signed in at its screen."""
    made = begin(town.office, "佐藤")
    Pins(town.office.settings.folder).choose(made.address, PIN)
    sign_in(desk, made)
    return made


def shown(browser: FlaskClient) -> tuple[str, str]:
    """The number that the machine shows, and where the answer is typed."""
    page = browser.get("/sign-in-telephone").text
    number = re.search(r"<b>(\d{4} \d{4})</b>", page)
    to = re.search(r'href="(/sign-in/telephone-[^"?]+)', page)
    assert number is not None, page
    assert to is not None
    return number[1], to[1]


def read_out(desk: FlaskClient, town: Town, number: str) -> str:
    """What the staff is told to say for the machine of the centre."""
    page = desk.get("/people/telephone")
    place = town.kamigo.identity.public.hex()
    answer = desk.post("/people/telephone", data=typed(page) | {"place": place, "number": number})
    code = re.search(r"<b>(\d{4} \d{3} \d{3})</b>", answer.text)
    assert code is not None, words(answer)
    return code[1].replace(" ", "")


def type_in(browser: FlaskClient, to: str, code: str) -> TestResponse:
    return browser.post(to, data=typed(browser.get(to)) | {"typed": code})


def begin_anew(browser: FlaskClient, answer: TestResponse, name: str = "新しい館長") -> None:
    page = answer.headers["Location"]
    answer = browser.post(page, data=typed(browser.get(page)) | {"name": name})
    page = answer.headers["Location"]
    for _ in range(2):
        answer = browser.post(page, data=typed(browser.get(page)) | {"typed": OTHER_PIN})
    assert answer.status_code == 303, words(answer)


def test_the_only_keeper_forgot_the_pin_and_is_let_in_by_a_call_with_the_line_cut(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account, staff: Account
) -> None:
    assert "役場に電話して入る" in words(browser.get("/sign-in"))
    number, to = shown(browser)
    answer = type_in(browser, to, read_out(desk, town, number))
    assert answer.status_code == 303, words(answer)
    begin_anew(browser, answer)
    assert "新しい館長さん" in words(browser.get("/people"))
    (new,) = [each for each in town.kamigo.accounts() if each.id != keeper.id]
    assert (new.name, new.duty, new.stands) == ("新しい館長", Duty.KEEPER, True)
    # who had gone is ended by whoever came, and both are known in town once there is a line
    form = typed(browser.get("/people"))
    browser.post(f"/people/{keeper.address}/stop", data=form)
    assert town.kamigo.known(keeper.address) is None
    town.exchange()
    at = town.office.views.accounts.at("990019", town.kamigo.identity.public)
    assert {each.name: each.stands for each in at} == {"山田 花": False, "新しい館長": True}


def test_what_was_read_out_opens_once(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    number, to = shown(browser)
    code = read_out(desk, town, number)
    begin_anew(browser, type_in(browser, to, code))
    browser.post("/sign-out", data=typed(browser.get("/people")))
    assert type_in(browser, to, code).status_code == 403
    another, to = shown(browser)
    assert another != number
    assert type_in(browser, to, code).status_code == 403


def test_who_looks_again_is_shown_the_same_number(browser: FlaskClient, app: Flask) -> None:
    number, _ = shown(browser)
    assert shown(browser)[0] == number
    assert shown(app.test_client())[0] == number


def test_a_number_that_was_misheard_opens_nothing(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    number, to = shown(browser)
    misheard = f"{(int(number[0]) + 1) % 10}{number[1:]}"
    assert type_in(browser, to, read_out(desk, town, misheard)).status_code == 403
    assert town.kamigo.accounts() == []
    assert type_in(browser, to, read_out(desk, town, number)).status_code == 303


def test_who_guesses_waits_also_after_a_restart(town: Town, browser: FlaskClient) -> None:
    _, to = shown(browser)
    said = [type_in(browser, to, "0000000000").status_code for _ in range(FREE_TRIES + 1)]
    assert said == [403] * FREE_TRIES + [429]
    again = create_app(town.kamigo, now=lambda: NOW).test_client()
    _, to = shown(again)
    assert type_in(again, to, "0000000000").status_code == 429


def test_nobody_is_let_in_so_from_a_phone(browser: FlaskClient) -> None:
    _, to = shown(browser)
    for path in ("/sign-in-telephone", to):
        answer = browser.get(path, environ_overrides=PHONE)
        assert answer.status_code == 403
        assert not re.search(r"\d{4} \d{4}", answer.text)


def test_only_the_offices_staff_is_told_what_to_say(
    town: Town, browser: FlaskClient, desk: FlaskClient, keeper: Account
) -> None:
    assert desk.get("/people/telephone").status_code == 303
    sign_in(browser, keeper)
    assert browser.get("/people/telephone").status_code == 403
    form = {"place": town.kamigo.identity.public.hex(), "number": "12345678"}
    form |= typed(browser.get("/people"))
    assert browser.post("/people/telephone", data=form).status_code == 403
    assert "電話で入れる" not in words(browser.get("/people"))


def test_what_was_left_out_or_is_no_number_is_said(desk: FlaskClient, staff: Account) -> None:
    form = typed(desk.get("/people/telephone"))
    answer = desk.post("/people/telephone", data=form | {"number": "1234 5678"})
    assert answer.status_code == 422
    assert "えらんでください" in words(answer)
    assert not re.search(r"<b>\d{4} \d{3} \d{3}</b>", answer.text)


def test_an_office_that_was_revoked_lets_nobody_in(
    town: Town, browser: FlaskClient, desk: FlaskClient, staff: Account
) -> None:
    number, to = shown(browser)
    code = read_out(desk, town, number)
    folder = town.kamigo.settings.folder.parent / "authority"
    authority = open_town(folder, code="990019", name="霧沢町").authority
    said = revoke(town.office.identity.public, 1, {}, authority.private)
    ingest_statement(town.kamigo.ledger, said)
    assert "まだ知りません" in words(browser.get("/sign-in-telephone"))
    assert type_in(browser, to, code).status_code in (403, 404)
    assert town.kamigo.accounts() == []
