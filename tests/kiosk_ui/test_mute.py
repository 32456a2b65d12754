"""A machine whose key lies closed: pages are shown or refused in plain words, no form writes."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.closing import close_keys
from node.node import Node, open_node
from sync.machine.seal import SEAL_BYTES, SEAL_FILE, SEALS, place_of
from tests.kiosk_ui.every_page import every_page
from tests.kiosk_ui.lived_in import KEEPER, LivedIn, lived_in
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import NOW
from tests.stories.visitor import _Reader

OUT = frozenset({"/sign-out", "/leave"})
"""Where one is signed out: the next page would be asked for by nobody."""

ONLY_READ = "いまは見ることだけ"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    return lived_in(tmp_path_factory.mktemp("lived-in"))


@pytest.fixture(scope="module")
def mute(made: LivedIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The centre's machine, with its seal gone."""
    opened = made.town.kamigo
    folder, in_memory = opened.settings.folder, tmp_path_factory.mktemp("seal")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(SEALS, str(in_memory))
        (folder / SEAL_FILE).write_bytes(b"what a TPM closed")
        place_of(b"what a TPM closed").write_bytes(os.urandom(SEAL_BYTES))
        opened.database.close()
        close_keys(folder)
        shutil.rmtree(in_memory)
        node = open_node(folder)
        assert node.identity.is_closed
        yield node


@pytest.fixture(scope="module")
def app(mute: Node) -> Flask:
    return create_app(mute, now=lambda: NOW, development=True)


@pytest.fixture(scope="module")
def keeper(mute: Node, app: Flask, made: LivedIn) -> FlaskClient:
    """Whoever keeps the place: still let in, by the PIN that lies here."""
    browser = app.test_client()
    (who,) = [each for each in mute.accounts() if each.address == made.account]
    assert sign_in(browser, who).status_code == 303
    return browser


def asked(browser: FlaskClient, method: str, path: str, typed: dict[str, str]) -> str:
    """What comes; never a fault."""
    answer = browser.open(path, method=method, data=typed or None)
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500 or ONLY_READ in text, (method, path, answer.status_code)
    return text


def test_every_page_is_shown_and_no_form_writes(
    made: LivedIn, mute: Node, app: Flask, keeper: FlaskClient
) -> None:
    before, sent = mute.ledger.lanes(), set()
    for sight in every_page(made).values():
        if sight.who not in ("", KEEPER):
            continue
        browser = keeper if sight.who else app.test_client()
        path = quote(sight.path, safe="/?=&%")
        page = asked(browser, "GET", path, {})
        reader = _Reader(path)
        reader.feed(page)
        for form in reader.forms:
            action = urlsplit(form.action).path
            if form.method == "post" and (sight.who, action) not in sent and action not in OUT:
                sent.add((sight.who, action))
                asked(browser, "POST", form.action, {**form.values, **typed(form.names)})
    assert len(sent) > 20
    assert mute.ledger.lanes() == before


def typed(names: set[str]) -> dict[str, str]:
    """Into each box that takes words, so that no form ends for want of them."""
    words = {"title": "合唱の会", "starts_on": "2030-05-05", "place": "広間", "words": "こんにちは"}
    return {name: words[name] for name in names & words.keys()}


def test_the_first_screen_and_the_status_say_what_is_wrong(app: Flask) -> None:
    for path in ("/", "/status"):
        assert "この機械の鍵が開かない" in asked(app.test_client(), "GET", path, {})
