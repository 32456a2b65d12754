"""What another town opened, as people here see it."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.boards.job import JOB
from node.subscribing import unsubscribe
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import NOW
from tests.node.builders import JOB_FIELDS, OTHER_TOWN_NAME, post_event
from tests.node.test_subscribing import TwoTowns


@pytest.fixture
def towns(tmp_path: Path) -> TwoTowns:
    return TwoTowns(tmp_path)


@pytest.fixture
def browser(towns: TwoTowns) -> FlaskClient:
    return create_app(towns.b_node, now=lambda: NOW).test_client()


def test_what_is_from_another_town_says_so_wherever_it_stands(
    towns: TwoTowns, browser: FlaskClient
) -> None:
    post = towns.share(title="浜の祭り")
    towns.a_node.add(JOB, {**JOB_FIELDS, "title": "在宅の仕事"}, opened=True)
    own = post_event(towns.b_node, title="上郷の祭り")
    towns.subscribe()
    mark = f"{OTHER_TOWN_NAME}から"
    for page in ("/", "/boards/event", "/boards/job", f"/records/{post.address}"):
        assert mark in words(browser.get(page)), page
    assert f"のせたところ：{OTHER_TOWN_NAME}の浜公民館" in words(
        browser.get(f"/records/{post.address}")
    )
    assert mark not in words(browser.get(f"/records/{own.address}"))


def test_it_can_be_changed_nowhere_here(towns: TwoTowns, browser: FlaskClient) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    page = f"/records/{post.address}"
    assert "取り下げる" not in words(browser.get(page))
    assert browser.get(f"{page}/edit").status_code == 403
    assert browser.post(f"{page}/remove").status_code == 403


def test_who_would_write_to_its_poster_is_told_how_and_that_it_is_not_done_here(
    towns: TwoTowns, browser: FlaskClient
) -> None:
    shared = towns.share(title="浜の祭り", phone="0900-00-0000")
    work = towns.a_node.add(JOB, {**JOB_FIELDS, "title": "在宅の仕事"}, opened=True)
    own = post_event(towns.b_node, title="上郷の祭り")
    towns.subscribe()
    told = f"{OTHER_TOWN_NAME}の役場に電話で聞いてください"
    for post in (shared, work):
        page = f"/records/{post.address}"
        said = browser.get(page)
        assert "ここから手紙は送れません" in words(said)
        assert told in words(said)
        assert "/write" not in said.text
        for refused in (browser.get(f"{page}/write"), browser.post(f"{page}/write")):
            assert refused.status_code == 403
            assert told in words(refused)
        report = words(browser.get(f"{page}/report"))
        assert f"{OTHER_TOWN_NAME}には届きません" in report
        assert "のせたところ、役場" not in report
    assert "ここから手紙は送れません" not in words(browser.get(f"/records/{own.address}"))


def test_when_the_town_reads_it_no_more_its_pages_are_gone(
    towns: TwoTowns, browser: FlaskClient
) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    unsubscribe(towns.b_office, post.town)
    towns.exchange()
    assert browser.get(f"/records/{post.address}").status_code == 404
    assert "浜の祭り" not in words(browser.get("/boards/event"))
