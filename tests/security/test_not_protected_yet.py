"""What docs/SECURITY.md calls not protected, as it is now: when one of these fails, mend the page.

None of this is a promise. A town that can't live with it keeps the doors in that page's last part.
"""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.node import Node
from tests.kiosk_ui.reading import typed
from tests.node.builders import Village, post_event, titles


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Village(tmp_path).node()


def visitor(node: Node) -> FlaskClient:
    return create_app(node).test_client()


def take_down(anyone: FlaskClient, address: str) -> int:
    form = typed(anyone.get(f"/records/{address}/remove"))
    return anyone.post(f"/records/{address}/remove", data=form).status_code


def test_whoever_stands_at_a_kiosk_may_take_down_what_was_posted_there(node: Node) -> None:
    post = post_event(node)
    assert take_down(visitor(node), post.address) == 303
    assert titles(node) == []


def test_whoever_reaches_the_screens_of_the_office_is_the_office(tmp_path: Path) -> None:
    office = Village(tmp_path).office()
    form = {"title": "断水", "issuer": "だれか", "issued": "2026-11-22T09:05"}
    blank = typed(visitor(office).get("/boards/disaster/new"))
    assert visitor(office).post("/boards/disaster/new", data=blank | form).status_code == 303
    assert titles(office, "disaster") == ["断水"]


def test_who_has_the_disk_has_the_key_and_reads_all(tmp_path: Path) -> None:
    node = Village(tmp_path).node()
    post_event(node)
    node.database.close()
    files = [path.read_bytes() for path in node.settings.folder.iterdir()]
    assert any(b"-----BEGIN PRIVATE KEY-----" in content for content in files)
    assert any("合唱の会".encode() in content for content in files)
