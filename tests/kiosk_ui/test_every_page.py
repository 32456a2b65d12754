"""What holds for every page there is, those made later too: none is forgotten, far away or mute."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from bench.walk import TOUCHES_MAX
from tests.kiosk_ui.browsing import ON_THE_WIFI
from tests.kiosk_ui.every_page import NO_PAGES, Where, endpoint, endpoints, every_page
from tests.kiosk_ui.lived_in import LivedIn, lived_in
from tests.kiosk_ui.reading import elements
from tests.kiosk_ui.test_mini_browser import OUT

GIVES_FILES = frozenset(
    {
        "carrying.file",
        *("papers.week", "papers.of_board", "papers.of_post", "papers.slips"),
        *("saving.of_board", "saving.of_post"),
        *("taking.calendar", "taking.contact", "taking.of_board"),
    }
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    return lived_in(tmp_path_factory.mktemp("lived-in"))


def test_no_page_is_forgotten_by_those_who_look(everything: LivedIn) -> None:
    """Of every address that the application has, one page is looked at, or it is said why not."""
    app = everything.centre
    looked_at = {endpoint(app, sight) for sight in every_page(everything).values()}
    assert endpoints(app) - looked_at == set(NO_PAGES)


@pytest.mark.parametrize("base", ["http://127.0.0.1", f"http://{ON_THE_WIFI}"])
def test_every_page_is_at_most_three_touches_from_the_first_screen(
    everything: LivedIn, base: str
) -> None:
    app, at_kiosk = everything.centre, "127" in base
    reached = within(TOUCHES_MAX, app.test_client(), app, base)
    comes_to = {
        endpoint(app, sight)
        for name, sight in every_page(everything).items()
        if not sight.who and sight.is_seen(at_kiosk=at_kiosk) and name not in BY_NO_TOUCH
        if at_kiosk or sight.where is not Where.KIOSK
    }
    assert comes_to - reached - {""} == set()


BY_NO_TOUCH = {
    "design": "for who builds the screens",
    "idle": "comes by itself",
    "away": "comes by itself",
    "closed": "named to staff who sign in elsewhere",
    "waits": "the answer to a form",
    "take-back": "from that answer",
    "taken-back": "the answer to a form",
    "declined": "the answer to a form",
    "reported": "the answer to a form",
    "erasure-asked": "the answer to a form",
    "erasure-granted": "the answer to a form",
    "erasure-unknown": "the answer to a form",
    "thanks": "the answer to a form",
}


def within(touches: int, browser: FlaskClient, app: Flask, base: str) -> set[str]:
    """The endpoints so many links away; of those that differ in what they show alone, a few."""
    reached: set[str] = set()
    opened: dict[str, int] = {}
    now = ["/"]
    for left in range(touches, -1, -1):
        following: list[str] = []
        for path in dict.fromkeys(now):
            try:
                found, _ = app.url_map.bind("").match(urlsplit(path).path, "GET")
            except HTTPException:
                continue
            kind = f"{found}?{sorted(urlsplit(path).query.split('=')[:1])}"
            opened[kind] = opened.get(kind, 0) + 1
            if opened[kind] > 5 or found in NO_PAGES:
                continue
            reached.add(found)
            if left:
                page = browser.get(path, base_url=base)
                links = [each.get("href", "") for each in elements(page, "a")]
                following += [urljoin(path, link) for link in links if not urlsplit(link).netloc]
        now = following
    return reached


def test_whatever_it_cannot_do_says_so_and_where_to_go(everything: LivedIn) -> None:
    """On every page that a phone is shown, those made later too."""
    browser = everything.centre.test_client()
    silent, counted = [], 0
    for name, sight in every_page(everything).items():
        if not sight.is_seen(at_kiosk=False):
            continue
        page = browser.get(sight.path, base_url=f"http://{ON_THE_WIFI}")
        files = [each for each in elements(page, "input") if each.get("type") == "file"]
        links = [each for each in elements(page, "a") if gives_a_file(everything.centre, each)]
        counted += bool(files or links)
        if (files or links) and not says_the_way_out(page.text):
            silent.append(name)
    assert silent == []
    assert counted > 8


def gives_a_file(app: Flask, link: dict[str, str]) -> bool:
    path, _, _ = link.get("href", "").partition("?")
    try:
        endpoint, _ = app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return "download" in link or endpoint in GIVES_FILES


def says_the_way_out(page: str) -> bool:
    """With the address of this machine near it."""
    plain = re.sub(r"<[^>]+>", "", page)
    return OUT in plain and ON_THE_WIFI in plain
