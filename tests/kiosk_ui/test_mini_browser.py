"""In the small browser that a phone opens when it joins a network: no script, no files either way.

It forgets its cookies when it is closed; here they are gone after every page, which is more. What
it can't do, the page says, with the address for the browser that can.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from node.erasure_requests import requests
from node.mail.letters import open_for_letters
from node.people import begin
from node.reading import begin_reading
from tests.kiosk_ui.browsing import ON_THE_WIFI, PATIENCE_MS, on_the_wifi, served
from tests.kiosk_ui.town import JOB, NOW, Town, fill, make_town

OUT = "ふだんお使いのブラウザー（ChromeやSafari）で開いてください"


class MiniBrowser:
    """One that can't do what those can't."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self.context = chromium.new_context(
            viewport={"width": 320, "height": 568},
            java_script_enabled=False,
            accept_downloads=False,
            has_touch=True,
            locale="ja-JP",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.goto(address)

    def press(self, name: str, *, exactly: bool = False) -> None:
        """A link or a button, by what stands on it."""
        page = self.page
        link = page.get_by_role("link", name=name, exact=exactly)
        button = page.get_by_role("button", name=name, exact=exactly)
        with page.expect_navigation():
            link.or_(button).first.tap()
        self.context.clear_cookies()

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=False).first.fill(text)

    def ask_for_a_file(self, name: str) -> None:
        """It comes, and is refused."""
        with self.page.expect_download():
            self.page.get_by_role("button", name=name).tap()

    def says(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = make_town(tmp_path_factory.mktemp("town"))
    fill(made)
    begin(made.office, "佐藤 茂")
    begin_reading(made.office)
    made.exchange()
    return made


@pytest.fixture(scope="module")
def address(town: Town) -> Iterator[str]:
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        yield f"http://{ON_THE_WIFI}:{port}"


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[MiniBrowser]:
    opened = MiniBrowser(chromium, address)
    yield opened
    opened.context.close()


def test_the_alert_is_read_and_a_word_is_found(phone: MiniBrowser) -> None:
    phone.press("洪水注意報")
    assert "低い土地の浸水" in phone.says()
    phone.press("はじめにもどる")
    phone.press("さがす")
    phone.write("さがす言葉", "体操")
    phone.press("さがす", exactly=True)
    phone.press("朝の体操の会")
    assert "上郷公民館 前庭" in phone.says()


def test_an_event_is_posted_mended_and_found_under_its_own_address(phone: MiniBrowser) -> None:
    phone.press("イベント", exactly=True)
    phone.press("イベントに新しくのせる")
    assert OUT in phone.says(), "who can't choose a picture here learns where they can"
    phone.write("行事の名前", "落ち葉たき")
    phone.press("のせる", exactly=True)
    assert "直していただくところ" in phone.says()
    assert phone.page.get_by_label("行事の名前").first.input_value() == "落ち葉たき"
    phone.write("日にち", "2026-11-23")
    phone.write("場所", "上郷公民館")
    phone.press("のせる", exactly=True)
    assert "のせました。" in phone.says()
    phone.press("はじめにもどる")
    phone.press("落ち葉たき")
    phone.press("なおす")
    phone.write("持ち物", "軍手")
    phone.press("なおした内容をのせる")
    assert "軍手" in phone.says()


def test_a_file_that_it_refuses_ends_nothing_and_the_words_can_be_copied(
    phone: MiniBrowser,
) -> None:
    phone.press("朝の体操の会")
    phone.press("予定表・連絡先に入れる")
    there = phone.page.url
    phone.page.get_by_role("link", name="予定表に入れる").tap()
    assert phone.page.url == there
    assert OUT in phone.says()
    assert urlsplit(there).path.removesuffix("/take") in phone.says()
    assert "朝の体操の会" in phone.page.locator(".text-to-copy").inner_text()
    phone.press("もどる", exactly=True)
    assert phone.page.locator("h1").inner_text() == "朝の体操の会"


def test_what_is_asked_of_the_office_is_answered_under_a_number_that_no_cookie_keeps(
    phone: MiniBrowser, town: Town
) -> None:
    phone.press("朝の体操の会")
    phone.press("この内容を消してほしい")
    phone.press("役場に送る")
    assert "一つずつえらんで" in phone.says()
    phone.page.locator(".choice").first.tap()
    phone.page.locator("fieldset").nth(1).locator(".choice").first.tap()
    phone.press("役場に送る")
    number = phone.page.locator("p.fingerprint b").inner_text()
    town.exchange()
    assert [each.code for each in requests(town.office)] == [number.replace(" ", "")]
    phone.ask_for_a_file("ファイルでとっておく")
    assert OUT in phone.says()
    assert f"/erasure/{number.replace(' ', '')}" in phone.says()
    phone.press("はじめにもどる")
    phone.press("イベント", exactly=True)
    phone.press("控えで調べる")
    phone.write("受付番号", number)
    phone.press("調べる", exactly=True)
    assert "役場の返事を待っています" in phone.says()


def test_a_receipt_that_it_cannot_keep_stays_on_the_screen_and_the_page_says_what_to_do(
    phone: MiniBrowser, town: Town, address: str
) -> None:
    job = town.office.add(town.office.boards["job"], JOB)
    open_for_letters(town.office, job)
    town.exchange()
    phone.page.goto(f"{address}/records/{job.address}/write")
    phone.write("伝えたいこと", "週に三日、働けますか。")
    phone.press("送る", exactly=True)
    shown = phone.page.locator(".six-words b").all_inner_texts()
    assert len(shown) == 6
    for way in ("ファイルでとっておく", "紙に印刷する"):
        phone.ask_for_a_file(way)
        assert phone.page.locator(".six-words b").all_inner_texts() == shown
    assert "ボタンが動かないときは、ことばを紙に書きうつす" in phone.says()
    phone.press("控えをとりました")
    assert phone.page.locator("h1").inner_text() == "直売所の店番"
