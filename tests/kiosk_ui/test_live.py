"""Pages hear at once what is new; streams that nobody needs, or too many, cost no page."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from kiosk_ui.streams import OF_ADDRESS_MAX, STREAMS_MAX, Streams
from node.node import Node
from tests.kiosk_ui.town import EVENT, Town
from tests.node.builders import Village
from tests.patience import PATIENCE_SECONDS, until
from tests.security.doors import NETWORK, Doors, open_doors

ASK = b"GET /live HTTP/1.1\r\nHost: 127.0.0.2\r\n\r\n"
PHONE = "127.0.9.9"


@dataclass
class Listening:
    """A page somewhere on the network that listens."""

    connection: socket.socket
    said: bytes = b""

    def hear(self, words: bytes) -> None:
        """Wait until that was said."""
        while words not in self.said:
            more = self.connection.recv(1 << 16)
            assert more, self.said
            self.said += more

    @property
    def status(self) -> int:
        self.hear(b"\r\n\r\n")
        return int(self.said.split()[1])


def told(node: Node) -> bytes:
    return f'"version":{node.version()},'.encode()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Village(tmp_path_factory.mktemp("village")).node()


@pytest.fixture(scope="module")
def doors(node: Node) -> Iterator[Doors]:
    with open_doors(node.settings.folder, address=NETWORK) as opened:
        yield opened


def listen(doors: Doors, source: str) -> Listening:
    connection = doors.reach(source)
    connection.settimeout(PATIENCE_SECONDS)
    connection.sendall(ASK)
    return Listening(connection)


def hang_up(all_: list[Listening]) -> None:
    for each in all_:
        each.connection.close()


def place(doors: Doors, source: str) -> Listening:
    """A stream, once one is free."""

    def ask() -> Listening | None:
        asking = listen(doors, source)
        if asking.status == 200:
            return asking
        hang_up([asking])
        return None

    found = until(ask)
    assert found
    return found


def test_when_all_streams_are_taken_pages_are_answered_and_all_hear_what_another_process_wrote(
    doors: Doors, node: Node
) -> None:
    held = [listen(doors, f"127.0.1.{1 + number}") for number in range(STREAMS_MAX)]
    assert {each.status for each in held} == {200}
    one_more = listen(doors, PHONE)
    assert one_more.status == 204
    hang_up([one_more])
    assert [doors.get("/boards/event", at=NETWORK, source=PHONE) for _ in range(20)] == [200] * 20
    assert doors.get("/") == 200
    node.add(node.boards["event"], EVENT)
    for each in held:
        each.hear(told(node))
    hang_up(held)
    hang_up([place(doors, PHONE)])


def test_one_address_has_few_and_its_newest_stays(doors: Doors) -> None:
    held = [place(doors, "127.0.2.1") for _ in range(OF_ADDRESS_MAX + 1)]
    held[0].hear(b"event: full")
    hang_up(held)


def test_a_machine_that_is_told_to_end_ends_its_streams(node: Node) -> None:
    with ExitStack() as over:
        with open_doors(node.settings.folder, address=NETWORK) as opened:
            held = listen(opened, PHONE)
            over.callback(held.connection.close)
            held.hear(told(node))
        while more := held.connection.recv(1 << 16):
            held.said += more
        assert held.said.endswith(b"event: full\ndata:\n\n\r\n0\r\n\r\n")


def test_what_is_told_names_the_alerts_that_stand_and_nothing_that_is_over(
    browser: FlaskClient, town: Town
) -> None:
    town.alert(title="震度速報", issued="2026-11-22T09:00:00+09:00")
    town.alert(title="土砂災害警戒情報", state="cancelled")
    drill = town.alert(title="大雨警報", operation="drill", issued="2026-11-22T09:00:00+09:00")
    news = json.loads(browser.get("/news").data)
    assert news["version"] == town.kamigo.version()
    assert [each["title"] for each in news["alerts"]] == ["震度速報", "大雨警報"]
    assert [each["marks"] for each in news["alerts"]] == [[], ["訓練"]]
    assert news["alerts"][1]["path"] == f"/records/{drill.address}"
    marks = [each["id"] for each in news["alerts"]]
    assert f'data-alerts="{" ".join(marks)}"' in browser.get("/boards/event").text


def test_who_polls_is_told_that_nothing_is_new(browser: FlaskClient, town: Town) -> None:
    for path in ("/news", "/boards/event"):
        etag = browser.get(path).headers["ETag"]
        assert browser.get(path, headers={"If-None-Match": etag}).status_code == 304
    before = browser.get("/boards/event").headers["ETag"]
    town.post("job", title="この掲示板のことではない")
    assert browser.get("/boards/event", headers={"If-None-Match": before}).status_code == 304


def test_streams_are_counted_out_whether_or_not_a_word_was_read_from_them() -> None:
    streams = Streams(streams_max=2)
    first, second = streams.open("10.0.0.1"), streams.open("10.0.0.2")
    assert first
    assert second
    assert streams.open("10.0.0.3") is None
    first.close()
    assert next(second)
    assert streams.open("10.0.0.3")
    streams.end()
    assert list(second) == [b"event: full\ndata:\n\n"]
    assert streams.open("10.0.0.4") is None
