"""Whatever a browser, or what pretends to be one, asks of the screens: an answer in words.

No fault of ours, none in the log, and none that takes longer than a person would wait.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import run_wsgi_app

from kiosk_ui.app import create_app
from node.people import begin
from node.pins import Pins
from sync.machine import clock
from tests.kiosk_ui.reading import elements, typed
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town, make_town

PIN, JOBS = "280417", "job"
ANSWER_SECONDS_MAX = 300.0  # a page that takes so long on any machine hangs
LEAVING = {"signing_in.end", "idle.leave"}  # a fuzzed keeper is to stay signed in
ENDLESS = {"live.live"}

ODD = (
    *("", "0", "-1", "1", "9" * 30, "１２", "1e9", "NaN", "true", "null", "[]", "{}", "None"),
    *("2026-02-30", "0000-00-00", "9999-12-31", "25:99", "2026-11-22T09:05", "12026-01-01"),
    *(
        "\x00",
        "\r\n",
        "\u202e",
        "\ud800",
        "\ufeff",
        "é",
        "ｱ",
        "𠮷",
        "👨‍👩‍👧‍👦",
        "%",
        "%00",
        "../..",
        "\\",
    ),
    *(
        "<script>",
        "{{7*7}}",
        "{0}",
        "{wait}",
        "%s",
        "' OR 1=1 --",
        "http://[",
        "javascript:0",
        "//x",
    ),
    *("あ" * 3_000, "a" * 20_000, "tel:0", "x@y", "://", "[::1", "on", "open", "town", "yes"),
)
HEADERS = (
    *("Host", "Cookie", "Accept-Encoding", "Accept-Language", "If-None-Match", "If-Modified-Since"),
    *("Range", "Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Content-Encoding"),
    *("X-Forwarded-For", "Forwarded", "Authorization", "User-Agent", "Expect", "Last-Event-ID"),
)
TYPES = (
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"),
    *("multipart/form-data", "application/cbor", "text/plain; charset=utf-16", "", ";;=\x7f", "x"),
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "get", "PROPFIND")

text = st.one_of(st.sampled_from(ODD), st.text(max_size=40))
raw = st.one_of(text.map(lambda said: said.encode(errors="surrogatepass")), st.binary(max_size=60))


@dataclass(frozen=True)
class Screens:
    """An application, who asks it, and what there is to ask for."""

    app: Flask
    visitor: FlaskClient
    keeper: FlaskClient
    rules: tuple[Rule, ...]
    known: tuple[str, ...]  # what may stand in an address
    names: tuple[str, ...]  # of what forms ask


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = make_town(tmp_path_factory.mktemp("town"))
    yield made
    made.kamigo.database.close()
    made.office.database.close()


@pytest.fixture(scope="module", params=["kamigo", "office"])
def screens(town: Town, request: pytest.FixtureRequest) -> Screens:
    node = getattr(town, request.param)
    posts = [town.post("event", **EVENT), town.post("job", **JOB), town.alert()]
    keeper = begin(node, "山田 花")
    Pins(node.settings.folder).choose(keeper.address, PIN)
    app = create_app(node, now=lambda: NOW)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    signed_in = app.test_client()
    page = f"/sign-in/{keeper.address}?next=/"
    signed_in.post(page, data=typed(signed_in.get(page)) | {"typed": PIN, "next": "/"})
    assert _mark(signed_in)
    known = (*(post.address for post in posts), keeper.address, "first", *node.boards)
    known += ("size", "theme", "all", "new", "app.css", "kiosk.js", "1", "2", "0123456789")
    rules = tuple(
        rule for rule in app.url_map.iter_rules() if rule.endpoint not in LEAVING | ENDLESS
    )
    names = {"csrf", "token", "next", "press", "typed", "file", "done", "page", "section", "past"}
    for rule in rules:
        for path in {
            _path(rule, dict.fromkeys(rule.arguments, one)) for one in (known[0], "event")
        }:
            shown = signed_in.get(path) if "paper" not in path else None
            if shown is not None and shown.mimetype == "text/html":
                for tag in ("input", "textarea", "select", "button"):
                    names |= {found["name"] for found in elements(shown, tag) if "name" in found}
    return Screens(app, app.test_client(), signed_in, rules, known, tuple(sorted(names)))


def _path(rule: Rule, values: Mapping[str, str]) -> str:
    """An address of that kind, with anything at all where something stands for a name."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule.rule)


def _mark(client: FlaskClient) -> str:
    (found, *_) = re.findall(r'name="csrf" value="([^"]+)"', client.get("/people").text) or [""]
    return str(found)


@pytest.mark.parametrize("signed_in", [True, False], ids=["keeper", "visitor"])
def test_no_odd_name_in_an_address_is_a_fault(screens: Screens, signed_in: bool) -> None:
    client = screens.keeper if signed_in else screens.visitor
    for rule in screens.rules:
        for odd in ODD if rule.arguments and "GET" in (rule.methods or ()) else ():
            asked = _environ("GET", _path(rule, dict.fromkeys(rule.arguments, odd)))
            if signed_in:
                asked["HTTP_COOKIE"] = _cookies(client)
            assert _run(screens.app, asked, b"") < 500, (rule.rule, odd)


def ask(screens: Screens, draw: st.DataObject, *, signed_in: bool) -> tuple[str, int]:
    """One request of any kind; what was asked, and the status of the answer."""
    client = screens.keeper if signed_in else screens.visitor
    rule = draw.draw(st.sampled_from(screens.rules))
    part = st.one_of(st.sampled_from(screens.known), text)
    path = _path(rule, {name: draw.draw(part) for name in rule.arguments})
    form = {
        draw.draw(st.sampled_from(screens.names)): draw.draw(
            st.one_of(text, st.sampled_from(screens.known))
        )
        for _ in range(draw.draw(st.integers(0, 6)))
    }
    if signed_in:
        form["csrf"] = _mark(client)
    body = draw.draw(st.one_of(st.just(_encoded(form)), raw))
    method = draw.draw(st.sampled_from(METHODS))
    headers = draw.draw(st.dictionaries(st.sampled_from(HEADERS), raw, max_size=3))
    environ = _environ(method, path) | {
        "QUERY_STRING": draw.draw(st.one_of(st.just(_encoded(form)), raw)).decode("latin-1"),
        "CONTENT_TYPE": draw.draw(st.sampled_from(TYPES)),
        "CONTENT_LENGTH": str(len(body)),
    }
    environ |= {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in headers.items()
        if not (signed_in and name == "Cookie")
    }
    if signed_in and (cookie := _cookies(client)):
        environ["HTTP_COOKIE"] = cookie
    answer = _run(screens.app, environ, body)
    return f"{method} {path}", answer


def _environ(method: str, path: str) -> dict[str, str]:
    """What a server makes of a request from the machine itself."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode(errors="surrogatepass").decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
    }


def _encoded(form: Mapping[str, str]) -> bytes:
    return urlencode(form, errors="surrogatepass").encode()


def _cookies(client: FlaskClient) -> str:
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in (client._cookies or {}).values())


def _run(app: Flask, environ: Mapping[str, object], body: bytes) -> int:
    given_ = {
        **environ,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    said, status, _headers = run_wsgi_app(app, given_, buffered=True)
    b"".join(said)
    return int(status.split()[0])


def _is_sound(screens: Screens, draw: st.DataObject, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    began = clock.running()
    asked, status = ask(screens, draw, signed_in=draw.draw(st.booleans()))
    assert status < 500, asked
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING], asked
    assert clock.running() - began < ANSWER_SECONDS_MAX, asked


ANY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=ANY)
@given(draw=st.data())
def test_nothing_that_is_asked_is_a_fault(
    screens: Screens, caplog: pytest.LogCaptureFixture, draw: st.DataObject
) -> None:
    _is_sound(screens, draw, caplog)


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None, suppress_health_check=ANY)
@given(draw=st.data())
def test_nothing_that_is_asked_for_long_is_a_fault(
    screens: Screens, caplog: pytest.LogCaptureFixture, draw: st.DataObject
) -> None:
    _is_sound(screens, draw, caplog)
