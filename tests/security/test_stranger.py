"""Somebody on the network with a program of their own, at the address of a real node."""

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kiosk_ui.app import create_app
from node.node import Node
from sync.machine.settings import FEED_KEY_FILE, KEY_FILE, LEDGER_FILE, NOTEBOOK_FILE, SETTINGS_FILE
from tests.node.builders import Village, post_event
from tests.node.serving import served

FILES = (KEY_FILE, FEED_KEY_FILE, LEDGER_FILE, NOTEBOOK_FILE, SETTINGS_FILE)
WAYS = ("/{}", "/static/{}", "/static/../{}", "/static/..%2f{}", "/static/%2e%2e/{}", "/records/{}",
        "/records/..%2f{}", "/boards/{}", "/boards/../../{}", "//{}", "/static//{}", "/{}%00.css",
        "/static/....//{}", "/..\\{}", "/static?v={}", "/sync/{}")  # fmt: skip


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Village(tmp_path).office("office")


def get(address: str, path: str) -> bytes:
    """What is answered to exactly that path: nothing on the way puts it right."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.endheaders()
        return connection.getresponse().read()
    finally:
        connection.close()


def test_no_address_leads_to_a_file_of_the_machine(node: Node) -> None:
    post_event(node)
    folder = node.settings.folder
    held = {path: path.read_bytes() for name in FILES if (path := folder / name).exists()}
    assert len(held) >= 4
    with served(create_app(node)) as address:
        for path in held:
            for way in WAYS:
                for named in (path.name, str(path), str(path)[1:]):
                    said = get(address, way.format(named))
                    assert b"PRIVATE KEY" not in said
                    assert not said.startswith(b"SQLite format")
                    assert held[path][:64] not in said


def test_the_hello_of_a_machine_holds_no_more_than_its_name(node: Node) -> None:
    post = post_event(node)
    with served(create_app(node)) as address:
        said = get(address, "/sync")
    assert node.identity.public in said
    assert post.id.lane not in said
    assert "合唱".encode() not in said
    assert len(said) < 1_024
