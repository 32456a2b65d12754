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


def test_when_the_town_reads_it_no_more_its_pages_are_gone(
    towns: TwoTowns, browser: FlaskClient
) -> None:
    post = towns.share(title="浜の祭り")
    towns.subscribe()
    unsubscribe(towns.b_office, post.town)
    towns.exchange()
    assert browser.get(f"/records/{post.address}").status_code == 404
    assert "浜の祭り" not in words(browser.get("/boards/event"))
