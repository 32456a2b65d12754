"""A town and its screens, seen through a browser that keeps to the rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright

from kiosk_ui.app import create_app
from node.people import begin
from node.pins import Pins
from sync.account import Account
from tests.kiosk_ui.browsing import ARGUMENTS, CHROMIUM
from tests.kiosk_ui.town import NOW, PIN, Town, make_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = make_town(tmp_path)
    yield made
    made.kamigo.database.close()
    made.office.database.close()


@pytest.fixture
def app(town: Town) -> Flask:
    return create_app(town.kamigo, now=lambda: NOW)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """The centre's kiosk."""
    return app.test_client()


@pytest.fixture
def desk(town: Town) -> FlaskClient:
    """The office's screen."""
    return create_app(town.office, now=lambda: NOW).test_client()


@pytest.fixture
def keeper(town: Town) -> Account:
    """Who keeps the centre, and has a PIN there."""
    made = begin(town.kamigo, "山田 花")
    Pins(town.kamigo.settings.folder).choose(made.address, PIN)
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()
