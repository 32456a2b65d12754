"""Nothing that is hidden, waits or was declined comes out by any way: also by ways made later.

Every page of the application is asked for with everything that may stand in its address, by a
visitor at the kiosk, by one with a phone, and by somebody signed in who keeps nothing; so a page
that is new is tried the day it is there.
"""

import io
import re
import zlib
from argparse import Namespace
from collections.abc import Collection, Iterator
from contextlib import redirect_stdout
from itertools import product

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from node import commands
from node.carrying.file import export
from node.carrying.phone import Phones
from node.hiding import hide
from node.moderation.desk import Desk
from node.moderation.sources import KIOSK
from node.moderation.waiting import WaitingPost
from node.moderation.wishing import say
from node.people import begin, let_in
from node.pins import Pins
from node.post import Post
from sync.account import Account, Duty
from tests.kiosk_ui.test_papers import read
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, JOB, PIN, Town

HIDDEN, WAITING, DECLINED = "隠カナリア", "待カナリア", "断カナリア"
CANARY = "カナリア"
PHONE = {"REMOTE_ADDR": "192.168.7.20", "HTTP_HOST": "192.168.7.1"}
QUERIES = ("", f"?q={CANARY}", "?past=", "?section=", "?page=1", "?done=posted&from=home")


def canary(name: str) -> dict[str, str]:
    """In every text that a person may write."""
    texts = ("title", "place", "organiser", "description", "bring", "fee", "employer", "work")
    return {**EVENT, **dict.fromkeys(texts[:6], name), "starts_on": "2026-11-28"}


@pytest.fixture
def keeper(town: Town) -> Account:
    return begin(town.kamigo, "山田 花")


class Place:
    """A centre with one post of each kind that nobody may see, and one that all may."""

    def __init__(self, town: Town, keeper: Account) -> None:
        here = town.kamigo
        self.seen = town.post("event", **EVENT)
        self.hidden = [
            town.post("event", **canary(HIDDEN)),
            town.post("job", **JOB | {"title": HIDDEN, "work": HIDDEN}),
        ]
        desk = Desk(here)
        say(here, here.identity.public, waits=frozenset({"event"}), allowance=5, by=keeper)
        waiting = [self._waiting(desk, WAITING), self._waiting(desk, DECLINED)]
        desk.decline(waiting[1].id, "other", by=keeper)
        for post in self.hidden:
            code = desk.reporting.take_in(post, "other", CANARY, source=KIOSK, since=post.written)
            hide(here, post, "personal", by=keeper)
        self.club = let_in(here, "婦人会", Duty.ORGANISATION, frozenset({"event"}), by=keeper)
        Pins(here.settings.folder).choose(self.club.address, PIN)
        self.values: dict[str, list[str]] = {
            "string": [
                *(post.address for post in [self.seen, *self.hidden]),
                *(name for name in here.boards),
                *(each.code for each in waiting),
                code,
                self.club.address,
                CANARY,
                "app.css",
            ],
            "int": ["1", "2", "3"],
        }

    def _waiting(self, desk: Desk, name: str) -> WaitingPost:
        board = desk.node.boards["event"]
        taken = desk.take_in(board, canary(name), opened=False, by=None, source=KIOSK)
        assert isinstance(taken, WaitingPost)
        return taken


@pytest.fixture
def place(town: Town, keeper: Account) -> Place:
    return Place(town, keeper)


def pages(app: Flask, place: Place) -> Iterator[str]:
    """Every address that may be asked for."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "live.live":
            continue  # a stream has no end; it says what /news says
        kinds = {name: _values(converter, place) for name, converter in rule._converters.items()}
        for values in product(*kinds.values()):
            built = rule.build(dict(zip(kinds, values, strict=True)))
            assert built is not None
            yield built[1].rpartition("|")[2]


def _values(converter: BaseConverter, place: Place) -> Collection[str]:
    match converter:
        case AnyConverter():
            return set(converter.items)
        case IntegerConverter():
            return place.values["int"]
        case _:
            return place.values["string"]


def leaks(answer_bytes: bytes) -> bool:
    found = answer_bytes.decode(errors="replace")
    return any(name in found for name in (HIDDEN, WAITING, DECLINED))


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("at the kiosk", marks=pytest.mark.slow),
        "with a phone",
        pytest.param("signed in", marks=pytest.mark.slow),
    ],
)
def test_no_page_of_any_kind_says_anything_of_it(
    app: Flask, browser: FlaskClient, place: Place, who: str
) -> None:
    if who == "signed in":
        assert sign_in(browser, place.club).status_code == 303
    at = PHONE if who == "with a phone" else {}
    asked, shown, papers = 0, 0, 0
    for page in pages(app, place):
        is_paper = page.startswith("/paper")
        if is_paper and who != "at the kiosk":
            continue  # each takes seconds to draw, and is the same for everybody
        for query in QUERIES if page.count("/") < 3 and not is_paper else QUERIES[:1]:
            answer = browser.get(page + query, environ_overrides=at)
            assert answer.status_code < 500, page
            body = answer.get_data()
            if answer.content_encoding == "gzip":
                body = zlib.decompress(body, 47)
            if answer.mimetype == "application/pdf":
                body = re.sub(r"\s", "", read(answer)).encode()
                papers += 1
            assert not leaks(body), page + query
            assert not leaks(str(answer.headers).encode()), page + query
            asked, shown = asked + 1, shown + (EVENT["title"].encode() in body)
    assert asked > 100
    assert shown > 3  # what may be seen was
    assert papers > 3 or who != "at the kiosk"


def test_who_keeps_the_place_does_see_it_so_that_the_canaries_sing(
    town: Town, browser: FlaskClient, place: Place, keeper: Account
) -> None:
    Pins(town.kamigo.settings.folder).choose(keeper.address, PIN)
    sign_in(browser, keeper)
    assert HIDDEN in browser.get("/hidden").text
    assert WAITING in browser.get("/waiting").text
    assert DECLINED in browser.get("/decisions").text


@pytest.mark.parametrize("board", ["event", "job"])
def test_no_command_and_no_count_knows_of_it(town: Town, place: Place, board: str) -> None:
    for as_json in (False, True):
        said = io.StringIO()
        with redirect_stdout(said):
            folder = town.kamigo.settings.folder
            commands._board(Namespace(data=folder, name=board, json=as_json))
        assert not leaks(said.getvalue().encode())
    shown = 1 if board == "event" else 0
    declared = town.kamigo.boards[board]
    assert len(town.kamigo.posts(declared)) == shown
    assert sum(town.kamigo.sections(declared).values()) == shown


def test_none_of_it_is_in_a_file_and_what_waits_or_was_declined_on_no_other_machine(
    town: Town, place: Place
) -> None:
    file = town.kamigo.settings.folder / "all.kairan"
    export(town.kamigo, file)
    phone = Phones(town.kamigo).everything().content
    town.exchange()
    assert not any(leaks(_unpacked(each)) for each in (file.read_bytes(), phone))
    content = b""
    for node in (town.kamigo, town.office):
        for record in node.ledger.records():
            for stored in node.ledger.record(record):
                content += stored.payload or b""
    assert HIDDEN.encode() in content  # by a line a hidden one is passed on, and hidden there too
    assert WAITING.encode() not in content
    assert DECLINED.encode() not in content
    for post in place.hidden:
        there = town.office.post(post.address)
        assert isinstance(there, Post)
        assert there.fields == {}


def _unpacked(content: bytes) -> bytes:
    """With all that is packed in it."""
    for frame in content.split(zstandard.FRAME_HEADER)[1:]:
        try:
            content += zstandard.ZstdDecompressor().decompress(
                zstandard.FRAME_HEADER + frame, max_output_size=8 << 20
            )
        except zstandard.ZstdError:
            continue
    assert EVENT["title"].encode() in content, "else nothing is shown by its absence"
    return content
