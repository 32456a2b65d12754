"""Whom to call: on every screen, changed at the machine by whoever keeps it, and nowhere else."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from node.backup.local import Local, gather, put_back
from node.calling import CALL_FILE, NoTelephone, whom_to_call, write_down
from node.node import open_node
from sync.account import Account
from tests.kiosk_ui.browsing import opened, served
from tests.kiosk_ui.every_page import every_page
from tests.kiosk_ui.lived_in import KEEPER, lived_in
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.test_idle_in_chromium import WORKER_STANDS
from tests.kiosk_ui.test_signing_in import sign_in
from tests.kiosk_ui.town import NOW, Town
from tests.patience import until
from tests.raw import files_with

PHONE = {"REMOTE_ADDR": "192.168.7.20", "HTTP_HOST": "192.168.7.1"}
WHO, NUMBER = "館長の山田", "0265-12-3456"


def say(browser: FlaskClient, who: str = WHO, telephone: str = NUMBER) -> str:
    """As the keeper types it at the machine; what the page says then."""
    form = typed(browser.get("/people")) | {"who": who, "telephone": telephone}
    answer = browser.post("/people/call", data=form)
    return words(browser.get(answer.headers["Location"]) if answer.location else answer)


def test_what_the_keeper_wrote_is_on_every_page_that_there_is(tmp_path: Path) -> None:
    made = lived_in(tmp_path)
    for node in (made.centre.extensions["screen"].node, made.office.extensions["screen"].node):
        write_down(node.settings.folder, WHO, NUMBER)
    seen = 0
    for name, sight in every_page(made).items():
        if sight.who and sight.who != KEEPER:
            continue
        browser = made.centre.test_client()
        for key, value in made.cookies.get(sight.who, {}).items():
            browser.set_cookie(key, value)
        for at_kiosk in (True, False):
            if not sight.is_seen(at_kiosk=at_kiosk) or name in ("idle", "design"):
                continue  # a screen that nobody touches, and one for those who build them
            answer = browser.get(sight.path, environ_overrides={} if at_kiosk else PHONE)
            if answer.status_code == 303:
                continue
            assert NUMBER in words(answer), (name, at_kiosk)
            assert WHO in words(answer), (name, at_kiosk)
            seen += 1
    assert seen > 100


def test_the_yearly_change_is_written_over_at_the_machine_and_nothing_of_it_stays(
    town: Town, browser: FlaskClient, keeper: Account
) -> None:
    sign_in(browser, keeper)
    assert "どの画面にも" in say(browser)
    assert NUMBER in words(browser.get("/"))
    assert f"{WHO}" in words(browser.get("/"))
    said = say(browser, "新しい館長", "０２６５ー９９ー０００１")
    assert "新しい館長" in said
    assert "0265-99-0001" in said
    assert files_with(town.kamigo.settings.folder, WHO, NUMBER) == []
    say(browser, "", "")
    assert "困ったときの電話" not in words(browser.get("/"))
    assert not (town.kamigo.settings.folder / CALL_FILE).exists()


def test_it_outlives_the_process_and_travels_nowhere(town: Town) -> None:
    write_down(town.kamigo.settings.folder, WHO, NUMBER)
    town.exchange()
    assert files_with(town.office.settings.folder, WHO, NUMBER) == []
    again = open_node(town.kamigo.settings.folder)
    later = create_app(again, now=lambda: NOW + timedelta(minutes=1)).test_client()
    assert NUMBER in words(later.get("/"))
    assert f'href="tel:{NUMBER.replace("-", "")}"' in later.get("/", environ_overrides=PHONE).text
    again.database.close()


def test_a_page_that_was_kept_says_it_within_a_minute(town: Town) -> None:
    now = NOW
    visitor = create_app(town.kamigo, now=lambda: now).test_client()
    visitor.get("/")
    write_down(town.kamigo.settings.folder, WHO, NUMBER)
    now += timedelta(minutes=1)
    assert NUMBER in words(visitor.get("/"))


def test_nobody_else_writes_it(town: Town, browser: FlaskClient, keeper: Account) -> None:
    form = {"who": WHO, "telephone": NUMBER}
    assert browser.post("/people/call", data=form).status_code == 303
    assert browser.post("/people/call", data=form, environ_overrides=PHONE).status_code == 403
    sign_in(browser, keeper)
    assert browser.post("/people/call", data=form).status_code == 403  # without the page's mark
    assert whom_to_call(town.kamigo.settings.folder) is None


@pytest.mark.parametrize("number", ["12", "電話", "0265-12-3456 内線3", "1" * 16, "<b>110</b>"])
def test_what_nobody_could_call_is_refused_and_what_was_typed_stays(
    town: Town, browser: FlaskClient, keeper: Account, number: str
) -> None:
    sign_in(browser, keeper)
    write_down(town.kamigo.settings.folder, WHO, NUMBER)
    assert "数字と「-」で" in say(browser, "だれか", number)
    told = whom_to_call(town.kamigo.settings.folder)
    assert told is not None
    assert told.telephone == NUMBER


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"who": 1}', b"\xff" * 9, b"1" * 5_000])
def test_a_damaged_file_says_nothing_and_stops_nothing(
    town: Town, browser: FlaskClient, content: bytes
) -> None:
    (town.kamigo.settings.folder / CALL_FILE).write_bytes(content)
    assert browser.get("/").status_code == 200
    assert whom_to_call(town.kamigo.settings.folder) is None


def test_a_machine_that_takes_anothers_place_says_it_too(town: Town) -> None:
    write_down(town.kamigo.settings.folder, WHO, NUMBER)
    local = gather(town.kamigo)
    assert "困ったときの電話" in put_back(town.office, local)
    told = whom_to_call(town.office.settings.folder)
    assert told is not None
    assert (told.who, told.telephone) == (WHO, NUMBER)
    write_down(town.office.settings.folder, "役場の総務係", "0265-00-0000")
    put_back(town.office, Local(call=local.call))  # what was said later stays
    told = whom_to_call(town.office.settings.folder)
    assert told is not None
    assert told.who == "役場の総務係"


def test_no_number_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(NoTelephone):
        write_down(tmp_path, WHO, "a")
    assert write_down(tmp_path, WHO, " ") is None


KEPT = """async (words) => (await (await caches.match("/away")).text()).includes(words)"""


def goes_away(page: Page) -> str:
    """What the kiosk shows, once its machine is gone and somebody touches it."""
    page.get_by_role("link", name="はじめにもどる").click()
    page.get_by_text("この機械の用意をしています").wait_for()
    return page.inner_text("body")


def test_while_the_machine_does_not_answer_its_screen_says_whom_to_call_as_it_was_said_last(
    town: Town, keeper: Account, chromium: Browser
) -> None:
    """The keeper changes it at the machine, which stops right afterwards; nobody's name stays."""
    app = create_app(town.kamigo, now=lambda: NOW)
    write_down(town.kamigo.settings.folder, "前の館長", "0265-99-0001")
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(app) as port:
        browser = app.test_client()
        sign_in(browser, keeper)
        cookie = browser.get_cookie(app.extensions["screen"].sessions.cookie)
        assert cookie is not None
        address = f"http://127.0.0.1:{port}"
        page.goto(f"{address}/status")
        page.evaluate(WORKER_STANDS)
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page.goto(f"{address}/people")
        page.locator("input[name=who]").fill(WHO)
        page.locator("input[name=telephone]").fill(NUMBER)
        with page.expect_navigation():
            page.locator("form[action$='/people/call'] button").click()
        page.get_by_text("どの画面にも、これが出ます").wait_for()
        until(partial(page.evaluate, KEPT, NUMBER))
    told = goes_away(page)
    assert f"お電話ください：{WHO} {NUMBER}" in told
    assert told.count(NUMBER) == 2, "at the top of the screen too"
    assert "0265-99-0001" not in told
    assert "山田 花" not in told, "whoever is signed in is nobody to who comes next"
    page.context.close()


def test_a_screen_that_nobody_touches_hears_of_it_too(town: Town, chromium: Browser) -> None:
    app = create_app(town.kamigo, now=lambda: NOW)
    page = opened(chromium, 1920, 1080, javascript=True)
    page.clock.install()
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}/attract")
        page.evaluate(WORKER_STANDS)
        assert not page.evaluate(KEPT, NUMBER)
        write_down(town.kamigo.settings.folder, WHO, NUMBER)  # from the town hall, say
        page.clock.run_for(11 * 60 * 1_000)
        until(partial(page.evaluate, KEPT, NUMBER))
    page.context.close()


def test_where_nobody_wrote_it_down_the_screen_says_to_tell_the_centre(
    town: Town, chromium: Browser
) -> None:
    app = create_app(town.kamigo, now=lambda: NOW)
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(app) as port:
        page.goto(f"http://127.0.0.1:{port}/boards/event")
        page.evaluate(WORKER_STANDS)
    told = goes_away(page)
    assert "公民館の人にお知らせください" in told
    assert "お電話ください" not in told
    page.context.close()
