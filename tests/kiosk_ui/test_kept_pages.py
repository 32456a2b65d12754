"""Pages are answered as they were drawn, to nobody in particular, and never with what is gone."""

from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from kiosk_ui.kept_pages import BYTES_MAX, PAGES_MAX, KeptPages
from node.hiding import hide
from node.node import open_node
from node.people import begin
from node.pins import Pins
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, PIN, Town

BOARD = "/boards/event"
GZIP = {"Accept-Encoding": "gzip, deflate"}


@pytest.fixture
def asked(app: Flask) -> list[str]:
    """What the application itself was asked."""
    paths: list[str] = []

    @app.before_request
    def note() -> None:
        paths.append(request.path)

    return paths


@pytest.mark.parametrize("headers", [{}, GZIP])
def test_a_kept_page_is_answered_as_the_application_does_and_without_it(
    browser: FlaskClient, town: Town, asked: list[str], headers: dict[str, str]
) -> None:
    town.post("event", **EVENT)
    drawn, kept = browser.get(BOARD, headers=headers), browser.get(BOARD, headers=headers)
    assert asked == [BOARD]
    assert kept.data == drawn.data
    assert sorted(kept.headers) == sorted(drawn.headers)
    etag = {"If-None-Match": kept.headers["ETag"]}
    known = browser.get(BOARD, headers=headers | etag)
    assert (known.status_code, known.data) == (304, b"")
    assert asked == [BOARD]


def test_what_another_process_hid_or_changed_is_in_no_page_that_is_asked_for_after(
    browser: FlaskClient, town: Town
) -> None:
    keeper = begin(town.kamigo, "山田 花")
    post = town.post("event", **EVENT)
    assert EVENT["title"] in words(browser.get(BOARD))
    assert EVENT["title"] in words(browser.get(BOARD))
    elsewhere = open_node(town.kamigo.settings.folder)
    hide(elsewhere, post, "personal", by=keeper)
    elsewhere.database.close()
    assert EVENT["title"] not in words(browser.get(BOARD))


def test_who_is_signed_in_is_given_no_kept_page_and_none_is_made_of_theirs(
    app: Flask, town: Town, asked: list[str]
) -> None:
    keeper = begin(town.kamigo, "山田 花")
    Pins(town.kamigo.settings.folder).choose(keeper.address, PIN)
    visitor, signed_in = app.test_client(), app.test_client()
    visitor.get(BOARD)
    sign_in(signed_in, keeper)
    asked.clear()
    for _ in range(2):
        theirs = signed_in.get(BOARD)
        assert "山田 花" in words(theirs)
        assert theirs.headers["Cache-Control"] == "no-store"
    assert asked == [BOARD, BOARD]
    assert "山田 花" not in words(visitor.get(BOARD))


def test_a_phone_that_calls_the_machine_as_the_kiosk_does_is_given_none_of_its_pages(
    browser: FlaskClient,
) -> None:
    assert browser.get("/attract").status_code == 200
    at_the_kiosk = browser.get(BOARD)
    phone = {"REMOTE_ADDR": "192.0.2.7"}
    assert browser.get("/attract", environ_overrides=phone).status_code == 404
    assert "kiosk.js" in at_the_kiosk.text
    assert "kiosk.js" not in browser.get(BOARD, environ_overrides=phone).text


def test_who_chose_other_letters_is_given_a_page_in_those(browser: FlaskClient) -> None:
    assert "size-normal" in browser.get(BOARD).text
    browser.get("/looks/size?to=larger&next=/")
    assert "size-larger" in browser.get(BOARD).text
    assert "size-larger" in browser.get(BOARD).text


def test_what_is_drawn_once_for_many_is_in_each_ones_language_and_no_older_than_their_question(
    app: Flask, town: Town
) -> None:
    town.post("event", **EVENT)
    said = {
        "ja": "これからのイベント",
        "en": "Events: coming up",
        "ja-easy": "<ruby>新<rp>",
        "vi": "Sự kiện: sắp tới",
    }
    visitors = {language: app.test_client() for language in said}
    for language, visitor in (*visitors.items(), *visitors.items()):
        visitor.set_cookie("language", language)
        page = visitor.get("/?from=somewhere").text
        assert [words in page for words in said.values()] == [
            each == language or (each, language) == ("ja", "ja-easy") for each in said
        ]
        assert "to=large&amp;next=/?from%3Dsomewhere" in page
    town.post("event", **EVENT | {"title": "もちつき"})
    for visitor in visitors.values():
        assert "もちつき" in words(visitor.get("/"))


@pytest.mark.parametrize("here", ["/", "/boards/event?page=2&section=a b", "/records/'<\"合唱+%"])
def test_a_way_back_is_written_as_the_framework_writes_it(app: Flask, here: str) -> None:
    link: Any = app.jinja_env.globals["url_for"]
    with app.test_request_context():
        for name in ("size", "theme"):
            told: dict[str, Any] = {"name": name, "to": "large", "next": here}
            assert link("looks.change", **told) == app.url_for("looks.change", **told)
        assert link("looks.choose", next=here) == app.url_for("looks.choose", next=here)


def test_so_many_addresses_take_no_more_memory_than_is_theirs(app: Flask) -> None:
    kept: KeptPages = app.extensions["kept"]
    client = app.test_client()
    for number in range(PAGES_MAX + 20):
        client.get(f"/news?{number}")
    assert kept.pages == PAGES_MAX
    for number in range(PAGES_MAX):
        client.get(f"{BOARD}?{number}")
    assert kept.held_bytes <= BYTES_MAX
