import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from sync.limits import MESSAGE_BYTES_MAX
from sync.machine.doorway import read_hello
from tests.kiosk_ui.reading import elements, words
from tests.kiosk_ui.town import EVENT, JOB, Town

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{1337*1331}}"


def test_no_text_becomes_markup(browser: FlaskClient, town: Town) -> None:
    event = town.post("event", **dict.fromkeys((*EVENT, "description", "link", "phone"), HOSTILE))
    job = town.post("job", **dict.fromkeys(JOB, HOSTILE))
    alert = town.alert(title=HOSTILE, issuer=HOSTILE, text=HOSTILE, kinds=[[HOSTILE, HOSTILE]])
    town.feed("guide", [{"title": HOSTILE, "category": HOSTILE}])
    pages = ["/", "/boards/event", "/boards/job", "/boards/disaster", "/boards/guide"]
    pages += [f"/records/{post.address}" for post in (event, job, alert)]
    pages += [f"/records/{event.address}/{act}" for act in ("edit", "remove")]
    for page in pages:
        shown = browser.get(page)
        assert shown.status_code == 200
        assert "<script>" not in shown.text
        assert not elements(shown, "img")
        assert all("src" in script for script in elements(shown, "script"))
        assert str(1337 * 1331) not in words(shown)
    assert "&lt;script&gt;" in browser.get("/boards/job").text
    assert "&lt;script&gt;" in browser.get("/boards/event?past=").text
    typed_again = browser.post("/boards/event/new", data={"title": HOSTILE, "phone": HOSTILE})
    assert "<script>" not in typed_again.text
    assert "<script>" not in browser.get(f"/boards/guide?section={HOSTILE}").text


def test_nothing_inline_and_nothing_from_elsewhere(browser: FlaskClient, town: Town) -> None:
    post = town.post("event", **EVENT)
    for page in ("/", "/boards/event", f"/records/{post.address}", "/boards/event/new", "/nope"):
        shown = browser.get(page)
        policy = shown.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert " style=" not in shown.text
        assert "<style" not in shown.text
        assert " onclick" not in shown.text
        for element in (*elements(shown, "link"), *elements(shown, "script")):
            assert (element.get("href") or element["src"]).startswith("/static/")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Referrer-Policy"] == "same-origin"


def test_forms_are_not_kept_by_browsers(browser: FlaskClient) -> None:
    assert browser.get("/boards/event/new").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Referer": "http://elsewhere.example/form"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_a_form_from_elsewhere_is_refused(
    browser: FlaskClient, town: Town, headers: dict[str, str]
) -> None:
    answer = browser.post("/boards/event/new", data=EVENT, headers=headers)
    assert answer.status_code == 403
    assert "受け取りませんでした" in words(answer)
    assert not town.kamigo.posts(town.kamigo.boards["event"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Referer": "http://localhost/boards/event/new"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_forms_are_taken(browser: FlaskClient, headers: dict[str, str]) -> None:
    assert browser.post("/boards/event/new", data=EVENT, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "away", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x", ""]
)
def test_the_size_switch_leads_nowhere_else(browser: FlaskClient, away: str) -> None:
    answer = browser.get("/looks/size", query_string={"to": "large", "next": away})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "page", ["/nope", "/boards/nope", "/records/nope", "/records/nope/edit", "/static/nope"]
)
def test_what_is_not_there_is_told_in_plain_words(browser: FlaskClient, page: str) -> None:
    answer = browser.get(page)
    assert answer.status_code == 404
    assert "見つかりませんでした" in words(answer)


def test_a_wrong_method_is_told_in_plain_words(browser: FlaskClient) -> None:
    answer = browser.delete("/boards/event")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "この開き方はできません" in words(answer)


def test_a_fault_shows_no_trace(app: Flask) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    app.add_url_rule("/broken", view_func=broken)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "うまくいかないことがありました" in words(answer)
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


def test_health_is_read_from_the_ledger(browser: FlaskClient, town: Town) -> None:
    before = browser.get("/healthz").get_json()
    town.post("event", **EVENT)
    after = browser.get("/healthz").get_json()
    assert before["ok"]
    assert after["ok"]
    assert after["version"] > before["version"]


def test_health_says_so_when_the_ledger_cannot_be_read(town: Town) -> None:
    browser = create_app(town.kamigo).test_client()
    town.kamigo.database.connection.execute("ALTER TABLE counts RENAME TO gone")
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"ok": False})


def test_another_machine_is_answered_at_the_door(browser: FlaskClient, town: Town) -> None:
    hello = browser.get("/sync")
    assert hello.content_type == "application/cbor"
    assert read_hello(hello.data)[0] == town.kamigo.identity.public
    stranger = browser.post("/sync", data=b"knock", headers={"Origin": "http://elsewhere.example"})
    assert stranger.status_code == 400
    assert stranger.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded"])
def test_no_page_can_have_the_answer_to_an_offer_shown(browser: FlaskClient, type_: str) -> None:
    """It names no type, so a browser that got it might take it for a page."""
    assert browser.post("/sync", data=b"offer", content_type=type_).status_code == 415


def test_an_offer_that_is_too_large_is_refused(browser: FlaskClient) -> None:
    answer = browser.post("/sync", data=bytes(MESSAGE_BYTES_MAX + 1))
    assert (answer.status_code, answer.content_type) == (413, "text/plain; charset=utf-8")


def test_static_files_are_small_and_kept_for_good(browser: FlaskClient) -> None:
    style, of_kiosk = [
        e["href"] for e in elements(browser.get("/"), "link") if e["rel"] == "stylesheet"
    ]
    on_a_phone = browser.get("/", base_url="http://192.0.2.7").text
    assert style in on_a_phone
    assert of_kiosk not in on_a_phone
    answer = browser.get(style, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 10_000
    assert gzip.decompress(answer.data).startswith(b"@layer tokens, ")
    assert "immutable" in answer.headers["Cache-Control"]
    script = browser.get("/static/live.js", headers={"Accept-Encoding": "gzip"})
    assert len(script.data) < 2_500
    assert browser.get("/favicon.ico").content_type.startswith("image/svg+xml")
