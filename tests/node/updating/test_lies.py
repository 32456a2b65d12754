"""Whoever gives another file than was signed, or other bytes than were asked for, gets nothing by
it and is left alone for a while.
"""

import logging
import re

import pytest

from hub.app import create_app as hub_app
from hub.hub import Hub
from kiosk_ui.app import create_app
from node.node import Node
from node.updating.coming import half_of
from node.updating.fetching import ALONE_SECONDS_MAX, Fetching
from sync.limits import PIECE_BYTES_MAX
from sync.machine import clock
from sync.release import Release
from tests.node.builders import Village
from tests.node.serving import End, saying, served
from tests.node.updating.by_line import (
    CONTENT,
    OTHER_CONTENT,
    SIZE,
    decide,
    fetch_all,
    put,
    source,
    waiting,
)


def a_liar_at_the_hub_and_an_honest_node(
    village: Village, hub: Hub, node: Node
) -> tuple[Release, Node]:
    """What `node` waits for, and who has it; the hub has something else of that name."""
    release = decide(village, hub, node)
    put(hub).write_bytes(OTHER_CONTENT)
    good = village.node("下郷")
    decide(village, good)
    put(good)
    return release, good


def test_a_file_that_is_not_what_was_signed_is_thrown_away_and_its_giver_asked_no_more(
    village: Village, hub: Hub, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    release, good = a_liar_at_the_hub_and_an_honest_node(village, hub, node)
    fetching = Fetching(node)
    with served(hub_app(hub)) as address, source(address, "liar") as liar:
        with caplog.at_level(logging.WARNING):
            while fetching.piece(liar) == 0:
                pass
        assert "not the file that was signed" in caplog.text
        assert not half_of(waiting(node, release)).exists()
        assert (fetching.piece(liar) or 0) > 600
        with served(create_app(good)) as other, source(other, "good") as one:
            fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT


def test_where_several_gave_of_a_wrong_file_one_who_is_honest_gets_its_turn_alone(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, good = a_liar_at_the_hub_and_an_honest_node(village, hub, node)
    now = clock.running()
    monkeypatch.setattr(clock, "running", lambda: now)
    with (
        served(hub_app(hub)) as address,
        source(address, "liar") as liar,
        served(create_app(good)) as other,
        source(other, "good") as one,
    ):
        half = half_of(waiting(node, release))
        fetching = Fetching(node)
        assert fetching.piece(liar) == 0
        now += 60
        while fetching.piece(one) == 0 and half.exists():
            pass
        assert not half.exists(), "nobody knows whose fault it was"
        now += 60
        assert fetching.piece(liar) == 0
        now += 60
        assert fetching.piece(one), "this one is to be of the other alone"
        while fetching.piece(liar) == 0:
            pass
        assert not half.exists()
        assert (fetching.piece(liar) or 0) > 600, "now it is known"
        fetch_all(fetching, one)
    assert waiting(node, release).read_bytes() == CONTENT


def test_one_who_never_comes_to_an_end_does_not_keep_the_others_away_for_good(
    village: Village, hub: Hub, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, hub, node)
    put(hub)
    now = clock.running()
    monkeypatch.setattr(clock, "running", lambda: now)
    fetching = Fetching(node)
    fetching._of_one_alone = True
    with (
        served(hub_app(hub)) as address,
        source(address, "one") as one,
        source(address, "another") as another,
    ):
        assert fetching.piece(one) == 0
        now += 60
        assert fetching.piece(another)
        now += ALONE_SECONDS_MAX
        fetch_all(fetching, another)
    assert waiting(node, release).read_bytes() == CONTENT


def reply(content: bytes, given: str, status: str = "206 Partial Content") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nContent-Range: {given}\r\n\r\n"
    return head.encode() + content


LIES = {
    "another place": reply(CONTENT[10:20], f"bytes 10-19/{SIZE}"),
    "another size": reply(CONTENT[:10], f"bytes 0-9/{SIZE + 1}"),
    "more than was asked": reply(CONTENT, f"bytes 0-{SIZE - 1}/{SIZE}"),
    "beyond its end": reply(CONTENT[:10], f"bytes 0-{SIZE}/{SIZE}"),
    "backwards": reply(CONTENT[:10], f"bytes 0--1/{SIZE}"),
    "no range": reply(CONTENT[:10], "lines 0-9"),
    "all of it": reply(CONTENT, f"bytes 0-9/{SIZE}", "200 OK"),
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("said", LIES.values(), ids=LIES.keys())
def test_who_gives_other_bytes_than_were_asked_for_is_asked_no_more_for_a_while(
    village: Village, node: Node, said: bytes
) -> None:
    release = decide(village, node)
    fetching = Fetching(node)
    with saying(said) as address, source(address) as one:
        assert (fetching.piece(one) or 0) > 600
        assert (fetching.piece(one) or 0) > 600
    assert not half_of(waiting(node, release)).exists()


def test_of_an_answer_without_end_no_more_is_read_than_was_asked_for(
    village: Village, node: Node
) -> None:
    release = decide(village, node)
    endless = reply(CONTENT[:PIECE_BYTES_MAX], f"bytes 0-{PIECE_BYTES_MAX - 1}/{SIZE}")
    endless = re.sub(rb"Content-Length: \d+\r\n", b"", endless) + bytes(1 << 20)
    with saying(endless) as address, source(address) as one:
        assert Fetching(node).piece(one) == 0
    half = half_of(waiting(node, release))
    assert half.read_bytes() == CONTENT[:PIECE_BYTES_MAX]


def test_who_sends_a_byte_at_a_time_is_left_and_what_came_is_kept(
    village: Village, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = decide(village, node)
    monkeypatch.setattr("node.road.PIECE_SECONDS_MAX", 2.0)
    begun = reply(CONTENT[:PIECE_BYTES_MAX], f"bytes 0-{PIECE_BYTES_MAX - 1}/{SIZE}")[:9_000]
    with saying(begun, b"", then=End.KEPT) as address, source(address) as one:
        assert (Fetching(node).piece(one) or 0) > 0
    assert 0 < half_of(waiting(node, release)).stat().st_size < 9_000
