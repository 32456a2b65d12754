"""The first page that a phone opens has its style sheet in it; those after it have it already."""

import base64
import gzip
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from tests.kiosk_ui.browsing import ON_THE_WIFI, on_the_wifi, opened, served
from tests.kiosk_ui.town import EVENT, NOW, Town

BOARD = "/boards/event"
GZIP = {"Accept-Encoding": "gzip, deflate"}
PHONE = {"base_url": f"http://{ON_THE_WIFI}", "environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n')
SHEET = re.compile(r"<style>(.*)</style>\n", re.DOTALL)
FETCHED_LATER = re.compile(r'<link rel="prefetch" href="([^"]+)" as="style">\n')


@pytest.fixture
def phones(town: Town) -> Flask:
    return create_app(on_the_wifi(town.kamigo), now=lambda: NOW)


@pytest.fixture
def phone(phones: Flask) -> FlaskClient:
    return phones.test_client()


def asked(phone: FlaskClient, path: str = BOARD, **headers: str) -> TestResponse:
    return phone.get(path, headers=GZIP | headers, **PHONE)


def unpacked(answer: TestResponse) -> str:
    return gzip.decompress(answer.data).decode()


def styles(answer: TestResponse) -> str:
    (found,) = re.findall(r"style-src ([^;]+)", answer.headers["Content-Security-Policy"])
    return str(found)


@pytest.mark.parametrize("path", ["/", BOARD])
def test_who_comes_from_elsewhere_is_given_the_same_page_with_its_sheet_in_it(
    phone: FlaskClient, town: Town, path: str
) -> None:
    town.post("event", **EVENT)
    first = asked(phone, path, Referer="http://elsewhere.example/")
    after = asked(phone, path, Referer=f"http://{ON_THE_WIFI}/links")
    address = LINK.findall(unpacked(after))
    (sheet,) = SHEET.findall(unpacked(first))
    assert sheet == phone.get(address[0]).text
    assert FETCHED_LATER.findall(unpacked(first)) == address
    without = FETCHED_LATER.sub("", SHEET.sub("", unpacked(first)))
    assert without == LINK.sub("", unpacked(after))
    digest = base64.b64encode(sha256(sheet.encode()).digest()).decode()
    assert styles(first) == f"'self' 'sha256-{digest}'"
    assert styles(after) == "'self'"
    assert len(first.data) < 16_000


def test_it_is_the_first_one_that_is_drawn_or_the_second_that_is_kept(
    phone: FlaskClient, phones: Flask
) -> None:
    drawn: list[str] = []
    phones.before_request(lambda: drawn.append(request.path))
    for _ in range(2):
        assert SHEET.search(unpacked(asked(phone)))
        assert LINK.search(unpacked(asked(phone, Referer=f"http://{ON_THE_WIFI}/")))
    assert drawn == [BOARD]


def test_who_has_the_page_in_either_form_has_it(phone: FlaskClient) -> None:
    first, after = asked(phone), asked(phone, Referer=f"http://{ON_THE_WIFI}/")
    assert first.headers["ETag"] == after.headers["ETag"]
    for told in ({}, {"Referer": f"http://{ON_THE_WIFI}/"}):
        known = asked(phone, **{"If-None-Match": first.headers["ETag"]}, **told)
        assert (known.status_code, known.data) == (304, b"")
        # What the browser has keeps the policy it came with.
        assert "Content-Security-Policy" not in known.headers


@pytest.mark.parametrize("kept", [False, True], ids=["drawn", "kept"])
def test_who_unpacks_nothing_and_who_stands_at_the_kiosk_are_given_the_address(
    phone: FlaskClient, browser: FlaskClient, *, kept: bool
) -> None:
    if kept:
        phone.get(BOARD, **PHONE), browser.get(BOARD, headers=GZIP)
    plain = phone.get(BOARD, **PHONE)
    assert len(LINK.findall(plain.text)) == 1
    assert styles(plain) == "'self'"
    at_the_kiosk = browser.get(BOARD, headers=GZIP)
    assert len(LINK.findall(unpacked(at_the_kiosk))) == 2
    assert styles(at_the_kiosk) == "'self'"


@pytest.fixture
def asked_for(phones: Flask) -> list[str]:
    """Sheets."""
    found: list[str] = []

    @phones.before_request
    def note() -> None:
        if request.path.endswith(".css"):
            found.append(request.path)

    return found


@pytest.fixture
def address(phones: Flask) -> Iterator[str]:
    with served(phones) as port:
        yield f"http://{ON_THE_WIFI}:{port}"


def test_a_browser_shows_it_as_it_shows_the_next_and_fetches_the_sheet_once(
    chromium: Browser, address: str, asked_for: list[str]
) -> None:
    page = opened(chromium, 390, 844, javascript=False)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text))
    looks = "getComputedStyle(document.querySelector('header.top')).backgroundColor"
    page.goto(f"{address}{BOARD}")
    page.wait_for_load_state("networkidle")
    assert page.locator("style").count() == 1
    at_first = page.evaluate(looks)
    for path, sheets in (("/", 0), (BOARD, 1)):  # the latter is what it has kept
        with page.expect_navigation():
            page.locator(f'a[href="{path}"]:visible').first.click()
        assert page.locator("style").count() == sheets
        assert page.evaluate(looks) == at_first != "rgba(0, 0, 0, 0)"
    page.reload()
    assert page.evaluate(looks) == at_first
    page.context.close()
    assert wrong == []
    assert asked_for == ["/static/app.css"]
