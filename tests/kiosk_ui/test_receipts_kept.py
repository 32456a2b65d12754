"""A receipt kept in one's own phone, or on paper: what its page says, and no copy stays here."""

import re
import subprocess
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from kiosk_ui.app import create_app
from kiosk_ui.press import NoPress, Press
from node.errand import Busy
from node.mail.letters import open_for_letters
from node.mail.six_words import as_letters, as_words, new_slip
from node.people import begin
from node.post import Post
from node.reading import begin_reading
from tests.kiosk_ui.browsing import ON_THE_WIFI, on_the_wifi, opened, served
from tests.kiosk_ui.reading import elements, typed, words
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town
from tests.raw import files_with

PHONE = {"base_url": "http://192.168.1.20"}
KEPT = "とっておけます"


@pytest.fixture
def job(town: Town) -> Post:
    begin(town.kamigo, "山田 花")
    begin_reading(town.kamigo)
    made = town.post("job", **JOB)
    open_for_letters(town.kamigo, made)
    return made


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    return app.test_client()


def write(visitor: FlaskClient, post: Post) -> TestResponse:
    page = f"/records/{post.address}/write"
    return visitor.post(
        page, data=typed(visitor.get(page, **PHONE)) | {"message": "何時から？"}, **PHONE
    )


def kept(visitor: FlaskClient, slip: TestResponse, **pressed: str) -> TestResponse:
    (form,) = [each for each in elements(slip, "form") if each["action"].endswith("/save")]
    sent = {name: value for name, value in typed(slip).items() if name in ("slip", "csrf")}
    if form.get("method") == "post":
        return visitor.post(form["action"], data=sent | pressed, **PHONE)
    return visitor.get(form["action"], query_string=pressed, **PHONE)


def six_words(page: str) -> list[str]:
    return re.findall(r"<li><b>(\w+)</b></li>", page)


def on_paper(pdf: bytes, folder: Path) -> tuple[str, list[str]]:
    """Its words, and what a phone reads of it printed at 150 dots an inch."""
    text: bytes = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True
    ).stdout
    command = ["pdftoppm", "-r", "150", "-singlefile", "-png", "-"]
    sheet = subprocess.run(command, input=pdf, capture_output=True, cwd=folder).stdout
    return text.decode(), [f.text for f in zxingcpp.read_barcodes(Image.open(BytesIO(sheet)))]


def test_the_six_words_are_kept_as_one_file_that_needs_no_network_and_runs_nothing(
    phone: FlaskClient, job: Post
) -> None:
    slip = write(phone, job)
    assert "ファイルや紙を見た人は、返事を読めます" in words(slip)
    file = kept(phone, slip, **{"as": "file"})
    assert file.status_code == 200
    assert six_words(file.text) == six_words(slip.text)
    assert len(six_words(file.text)) == 6
    name = file.headers["Content-Disposition"].partition("filename*=UTF-8''")[2]
    assert unquote(name) == "控え 直売所の店番.html"
    assert "11月22日（日）午前10時ごろの内容です" in words(file)
    assert "この控えを見た人は、返事を読めます" in words(file)
    assert re.findall(r"<(script|link|img|iframe|object|form)\b", file.text) == []
    assert "url(" not in file.text


def test_the_file_says_nothing_that_the_page_does_not_but_of_when_it_is(
    phone: FlaskClient, job: Post
) -> None:
    slip = write(phone, job)
    file = kept(phone, slip, **{"as": "file"})
    said = re.findall(r"<(?:p|h2|b)>([^<]+)</", file.text.partition("<main>")[2])
    assert len(said) > 10
    assert [each for each in said if each not in slip.text] == []
    assert "何時から" not in file.text, "nor what was written"


def test_no_cache_keeps_it_and_no_word_stands_in_an_address(
    phone: FlaskClient, job: Post, town: Town
) -> None:
    slip = write(phone, job)
    (form,) = [each for each in elements(slip, "form") if each["action"].endswith("/save")]
    for kind in ("file", "paper"):
        response = kept(phone, slip, **{"as": kind})
        assert response.headers["Cache-Control"] == "no-store"
    letters = typed(slip)["slip"]
    assert letters not in form["action"]
    assert files_with(town.kamigo.settings.folder, letters.encode()) == []
    assert phone.get(form["action"], **PHONE).status_code == 405


def test_the_press_keeps_no_sheet_of_it() -> None:
    press = Press()
    assert press.draw("<p>控え</p>", keep=False) is not press.draw("<p>控え</p>", keep=False)


def test_on_paper_it_has_the_words_and_a_code_that_opens_them(
    phone: FlaskClient, job: Post, tmp_path: Path
) -> None:
    slip = write(phone, job)
    sheet = kept(phone, slip, **{"as": "paper"})
    assert sheet.content_type == "application/pdf"
    text, codes = on_paper(sheet.data, tmp_path)
    assert all(word in text for word in six_words(slip.text))
    assert "この控えを見た人は" in text
    assert text.count("\f") == 1, "one sheet"
    assert codes == [f"http://192.168.1.20/receipt#{typed(slip)['slip']}"]


def test_a_number_is_kept_from_the_page_it_is_looked_up_at(
    town: Town, phone: FlaskClient, tmp_path: Path
) -> None:
    post = town.post("event", **EVENT)
    page = f"/records/{post.address}/report"
    sent = phone.post(
        page,
        data=typed(phone.get(page, **PHONE)) | {"reason": "false"},
        follow_redirects=True,
        **PHONE,
    )
    assert KEPT in words(sent)
    number = re.findall(r'class="fingerprint"><b>([\d ]+)</b>', sent.text)[0]
    assert number in words(kept(phone, sent, **{"as": "file"}))
    text, codes = on_paper(kept(phone, sent, **{"as": "paper"}).data, tmp_path)
    assert number in text
    assert codes == [f"http://192.168.1.20/receipts/{number.replace(' ', '')}"]


def test_the_kiosk_has_no_files_and_no_printer_and_offers_neither(
    browser: FlaskClient, job: Post
) -> None:
    page = f"/records/{job.address}/write"
    slip = browser.post(page, data=typed(browser.get(page)) | {"message": "何時から？"})
    assert len(six_words(slip.text)) == 6
    assert KEPT not in words(slip)
    assert "PDF" not in slip.text


@pytest.mark.parametrize("trouble", [Busy(), NoPress()], ids=["busy", "no press"])
def test_where_it_cannot_be_printed_the_words_are_still_on_the_screen(
    phone: FlaskClient, job: Post, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def draw(_press: Press, _html: str, *, keep: bool) -> bytes:
        raise trouble

    slip = write(phone, job)
    monkeypatch.setattr(Press, "draw", draw)
    page = kept(phone, slip, **{"as": "paper"})
    assert page.status_code == 503
    assert six_words(page.text) == six_words(slip.text)
    assert 'role="alert"' in page.text.partition("<main")[2]


def test_who_has_sent_all_that_may_be_sent_keeps_the_receipt_all_the_same(
    phone: FlaskClient, job: Post
) -> None:
    slip = write(phone, job)
    while phone.post("/receipt", data={"typed": "x"}, **PHONE).status_code != 429:
        pass
    assert six_words(kept(phone, slip, **{"as": "file"}).text) == six_words(slip.text)


def test_a_number_is_guessed_no_faster_by_asking_for_files(phone: FlaskClient) -> None:
    asked = [phone.get(f"/receipts/{n:010}/save", **PHONE).status_code for n in range(21)]
    assert asked == [404] * 20 + [429]


def test_whoever_makes_the_letters_larger_still_sees_the_words(
    browser: FlaskClient, job: Post
) -> None:
    page = f"/records/{job.address}/write"
    slip = browser.post(page, data=typed(browser.get(page)) | {"message": "何時から？"})
    assert "/looks/size" not in slip.text, "a link would lead away, and the words are shown once"
    larger = browser.post(
        f"{page}/save", data={"slip": typed(slip)["slip"], "size": "larger", "furigana": "on"}
    )
    assert six_words(larger.text) == six_words(slip.text)
    assert "size-larger" in larger.text
    assert "<ruby>" in larger.text, "at once, not from the next page on"


def test_letters_are_made_larger_in_the_middle_of_an_answer_without_sending_it(
    browser: FlaskClient, job: Post
) -> None:
    page = f"/records/{job.address}/write"
    slip = browser.post(page, data=typed(browser.get(page)) | {"message": "何時から？"})
    read = browser.post("/receipt", data={"slip": typed(slip)["slip"]})
    assert "/looks/size" not in read.text
    larger = browser.post("/receipt", data=typed(read) | {"message": "書きかけ", "size": "larger"})
    assert typed(larger)["message"] == "書きかけ"
    assert larger.text.count('class="letter ours"') == 1


def test_words_chosen_so_far_stay_when_letters_are_made_larger(browser: FlaskClient) -> None:
    two = list(as_words(new_slip()))[:2]
    page = browser.post("/receipt", data={"words": " ".join(two), "theme": "night"})
    assert six_words(page.text) == two
    assert "theme-night" in page.text


def test_a_phone_puts_the_file_down_and_reads_it_with_no_network(
    town: Town, job: Post, chromium: Browser, tmp_path: Path
) -> None:
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        phone = opened(chromium, 320, 568, javascript=False)
        phone.goto(f"http://{ON_THE_WIFI}:{port}/records/{job.address}/write")
        phone.get_by_label("伝えたいこと").fill("何時から？")
        phone.locator(".send .button").click()
        shown = phone.locator(".six-words b").all_inner_texts()
        with phone.expect_download() as download:
            phone.get_by_role("button", name="ファイルでとっておく").click()
        assert phone.locator(".six-words b").all_inner_texts() == shown, "the page is still there"
        file = tmp_path / "kept.html"
        download.value.save_as(file)
    phone.goto(file.as_uri())
    assert phone.locator(".six-words b").all_inner_texts() == shown
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_letters_that_are_no_receipt_make_no_file(phone: FlaskClient, job: Post) -> None:
    page = f"/records/{job.address}/write/save"
    assert phone.post(page, data={"slip": "x"}, **PHONE).status_code == 400
    known = as_letters(new_slip())
    elsewhere = phone.post(
        page, data={"slip": known}, headers={"Origin": "http://elsewhere.example"}, **PHONE
    )
    assert elsewhere.status_code == 403
