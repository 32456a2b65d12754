"""What a phone keeps as a file: it opens with no network, and says of when it is."""

import re
from urllib.parse import unquote

from flask.testing import FlaskClient

from node.node import edition
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, JOB, Town

PHONE = {"base_url": "http://192.168.1.20"}


def test_a_post_is_kept_with_all_that_it_says(browser: FlaskClient, town: Town) -> None:
    post = town.post("job", **JOB | {"phone": "0999-00-1001"})
    kept = browser.get(f"/records/{post.address}/save", **PHONE)
    assert kept.status_code == 200
    for text in ("直売所の店番", "道の駅きりさわ", "時給1,100円", "労災", "0999-00-1001"):
        assert text in words(kept)
    assert "11月22日（日）午前10時ごろの内容です" in words(kept)
    assert f"http://192.168.1.20/records/{post.address}" in words(kept)
    name = kept.headers["Content-Disposition"].partition("filename*=UTF-8''")[2]
    assert unquote(name) == "直売所の店番.html"


def test_the_whole_guide_is_one_file_with_a_table_of_contents(
    browser: FlaskClient, town: Town
) -> None:
    town.feed(
        "guide",
        [
            {"title": f"{name}{number}", "category": category, "address": "霧沢町1"}
            for category, name in (("shelter", "避難場所"), ("medical", "診療所"))
            for number in range(60)
        ],
    )
    kept = browser.get("/boards/guide/save", **PHONE)
    assert kept.text.count("<article>") == 120
    assert "避難場所（60件）" in words(kept)
    inside = set(re.findall(r'href="(#[^"]+)"', kept.text))
    assert {f"#{id_}" for id_ in re.findall(r' id="([^"]+)"', kept.text)} == inside


def test_nothing_in_it_needs_a_network_or_runs(browser: FlaskClient, town: Town) -> None:
    town.post("job", **JOB | {"title": "<script src=http://x.example/a.js></script>"})
    kept = browser.get("/boards/job/save", **PHONE)
    assert re.findall(r"<(script|link|img|iframe|object)\b", kept.text) == []
    assert re.findall(r'\b(?:src|href)="(?!#|tel:)', kept.text) == []
    assert "url(" not in kept.text
    assert "@import" not in kept.text


def test_what_is_removed_or_over_is_in_no_file(browser: FlaskClient, town: Town) -> None:
    gone = town.post("event", **EVENT | {"title": "なくなった会"})
    town.kamigo.remove(gone, seen=edition(gone))
    town.post("event", **EVENT | {"title": "終わった会", "starts_on": "2026-11-01"})
    town.post("event", **EVENT | {"title": "中止の会", "state": "cancelled"})
    kept = words(browser.get("/boards/event/save", **PHONE))
    assert "なくなった会" not in kept
    assert "終わった会" not in kept
    assert "中止 中止の会" in kept or "中止中止の会" in kept
    assert browser.get(f"/records/{gone.address}/save", **PHONE).status_code == 404


def test_a_drill_is_marked_in_a_file_too(browser: FlaskClient, town: Town) -> None:
    post = town.alert(operation="drill")
    assert "これは訓練です" in words(browser.get(f"/records/{post.address}/save", **PHONE))
