"""While a keeper writes やさしい日本語, hard words are marked; nobody else is told anything."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from sync.account import Account
from tests.kiosk_ui.browsing import opened, served
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import EVENT, PIN

NEW, STEPS = "/boards/event/new", "/boards/event/steps"
TEXT = "9時から断水します。\n避難しなければなりません。"


def asks(page_text: str) -> bool:
    return "むずかしいことばを調べる" in page_text


def test_the_button_stands_where_the_easy_words_are_written(
    browser: FlaskClient, keeper: Account
) -> None:
    assert not asks(browser.get(NEW).text), "nobody is signed in"
    sign_in(browser, keeper)
    assert browser.get(NEW).text.count("むずかしいことばを調べる") == 1
    assert not asks(browser.get("/boards/guide").text)


def test_what_is_hard_is_marked_and_nothing_is_sent_or_lost(
    browser: FlaskClient, keeper: Account
) -> None:
    sign_in(browser, keeper)
    form = typed(browser.get(NEW)) | EVENT | {"easy": TEXT, "easier": "easy"}
    page = browser.post(NEW, data=form)
    assert page.status_code == 200
    assert "やさしくできそうなところが、3つあります" in words(page)
    assert "<mark>断水</mark>" in page.text
    assert "「断水」→「水が 出ません」" in words(page)
    assert "「なければなりません」は、打ち消しが二つあります" in words(page)
    assert typed(page)["title"] == EVENT["title"]
    assert typed(page)["easy"] == TEXT


def test_at_the_step_by_step_form_too(browser: FlaskClient, keeper: Account) -> None:
    sign_in(browser, keeper)
    page = browser.get(STEPS)
    for _ in range(40):
        if asks(page.text):
            break
        form = typed(page) | {name: EVENT.get(name, "") for name in EVENT} | {"go": "next"}
        page = browser.post(STEPS, data=form)
    page = browser.post(STEPS, data=typed(page) | {"easy": TEXT, "easier": "easy"})
    assert "<mark>断水</mark>" in page.text
    assert typed(page)["easy"] == TEXT


@pytest.mark.parametrize("text", ["", " \n", "<b>断水</b>", "あ" * 9_000, "断水" * 3_000, "\x00"])
def test_whatever_was_written_is_shown_as_text(
    browser: FlaskClient, keeper: Account, text: str
) -> None:
    sign_in(browser, keeper)
    form = typed(browser.get(NEW)) | {"easy": text, "easier": "easy"}
    page = browser.post(NEW, data=form)
    assert page.status_code == 200
    assert "<b><mark>断水" not in page.text


def test_only_who_is_signed_in_may_ask(browser: FlaskClient, keeper: Account) -> None:
    assert browser.post("/easier", data={"text": TEXT}).status_code == 403
    sign_in(browser, keeper)
    assert browser.post("/easier", data={"text": TEXT}).status_code == 403, "not our page's mark"
    mark = typed(browser.get(NEW))["csrf"]
    answer = browser.post("/easier", data={"text": TEXT, "csrf": mark})
    assert "<mark>断水</mark>" in answer.text
    assert "<html" not in answer.text


def test_where_there_is_a_script_it_asks_by_itself(
    chromium: Browser, app: Flask, keeper: Account
) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}/sign-in/{keeper.address}?next={NEW}")
        page.locator("#typed").fill(PIN)
        page.get_by_role("button", name="決める").click()
        page.locator("#f-easy").fill("9時から断水します。")
        page.locator(".easier mark").wait_for()
        assert "「断水」→「水が 出ません」" in page.locator(".easier").inner_text()
        page.locator("#f-easy").fill("9時から 水が 出ません。")
        page.locator(".easier").get_by_text("ありませんでした").wait_for()
        page.context.close()


def test_the_script_is_small(browser: FlaskClient, keeper: Account) -> None:
    sign_in(browser, keeper)
    scripts = [each.get("src", "") for each in elements(browser.get(NEW), "script")]
    (ours,) = [each for each in scripts if "easier.js" in each]
    answer = browser.get(ours, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) < 1_000
