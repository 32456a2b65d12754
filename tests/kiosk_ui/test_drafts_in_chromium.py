"""What somebody typed on their phone is there again after a reload and a lost connection."""

import pytest
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from node.mail.letters import open_for_letters
from node.people import begin
from node.reading import begin_reading
from tests.kiosk_ui.browsing import MEASURE, NOTHING_WRONG, ON_THE_WIFI, on_the_wifi, opened, served
from tests.kiosk_ui.town import EVENT, JOB, NOW, Town

FORM = "/boards/event/new"
NAME = "行事の名前"


def title(page: Page) -> str:
    return page.get_by_label(NAME).input_value()


def test_a_phone_keeps_what_was_typed_until_it_was_taken_in_once(
    town: Town, chromium: Browser
) -> None:
    app = create_app(on_the_wifi(town.kamigo), now=lambda: NOW)
    page = opened(chromium, 390, 844, javascript=True)
    with served(app) as port:
        there = f"http://{ON_THE_WIFI}:{port}{FORM}"
        page.goto(there)
        page.get_by_label(NAME).fill("雪見の会")
        page.get_by_label("日にち").fill("2026-12-20")
        page.set_input_files(
            "#picture-1", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"a"}
        )
        page.reload()
        assert title(page) == "雪見の会"
        page.get_by_text("先ほどの書きかけ").wait_for()
        measured = page.evaluate(MEASURE, [48, 16])
        assert {name: measured[name] for name in NOTHING_WRONG} == NOTHING_WRONG
        page.get_by_label("場所").first.fill("見晴峠")
    page.locator(".send .button").click()  # the machine is gone
    page.wait_for_url("chrome-error://**")
    with served(app, port):
        page.goto(there)
        assert title(page) == "雪見の会"
        page.locator(".send .button").click()
        page.get_by_text("のせました。").wait_for()
        page.goto(there)
        assert title(page) == ""
        assert not page.get_by_text("先ほどの書きかけ").is_visible()
    page.context.close()
    posts = town.kamigo.posts(town.kamigo.boards["event"])
    assert [post.text("title") for post in posts] == ["雪見の会"]


def test_the_kiosk_keeps_nothing_in_its_browser(town: Town, chromium: Browser) -> None:
    page = opened(chromium, 1920, 1080, javascript=True)
    with served(create_app(town.kamigo, now=lambda: NOW)) as port:
        page.goto(f"http://127.0.0.1:{port}{FORM}")
        page.get_by_label(NAME).fill("雪見の会")
        page.reload()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert title(page) == ""
    page.context.close()


HELD = """([place, text]) => Object.values(place === "tab" ? sessionStorage : localStorage)
    .filter((each) => each.includes(text)).length"""


def test_what_few_may_read_stays_in_its_tab_and_goes_when_it_was_sent(
    town: Town, chromium: Browser
) -> None:
    """Sent once more after the line broke it has the same receipt, which opens the answer."""
    begin(town.kamigo, "山田 花")
    job = town.post("job", **JOB)
    open_for_letters(town.kamigo, job)
    app = create_app(on_the_wifi(town.kamigo), now=lambda: NOW)
    page = opened(chromium, 390, 844, javascript=True)
    with served(app) as port:
        there = f"http://{ON_THE_WIFI}:{port}/records/{job.address}/write"
        page.goto(there)
        page.get_by_label("伝えたいこと").fill("週に三日働けますか。")
        slip = page.locator("input[name=slip]").input_value()
        page.reload()
        page.get_by_text("先ほどの書きかけ").wait_for()
        assert page.get_by_label("伝えたいこと").input_value() == "週に三日働けますか。"
        assert page.locator("input[name=slip]").input_value() == slip
        assert page.evaluate(HELD, ["tab", "週に三日"]) == 1
        assert page.evaluate(HELD, ["phone", "週に三日"]) == 0
        elsewhere = page.context.new_page()
        elsewhere.goto(there)
        assert elsewhere.get_by_label("伝えたいこと").input_value() == ""
        elsewhere.close()
        page.locator(".send .button").click()
        page.get_by_role("heading", name="送りました").wait_for()
        first = page.locator(".six-words").inner_text()
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
        page.reload()
        assert page.locator(".six-words").inner_text() == first
    page.context.close()


@pytest.mark.parametrize("form", ["report", "erasure"])
def test_a_report_and_a_wish_to_erase_stay_through_a_reload_in_their_tab_alone(
    town: Town, chromium: Browser, form: str
) -> None:
    begin(town.office, "佐藤")
    begin_reading(town.office)
    town.exchange()
    post = town.post("event", **EVENT)
    page = opened(chromium, 390, 844, javascript=True)
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        page.goto(f"http://{ON_THE_WIFI}:{port}/records/{post.address}/{form}")
        page.get_by_label("くわしいこと").fill("電話番号がちがいます")
        page.reload()
        page.get_by_text("先ほどの書きかけ").wait_for()
        assert page.get_by_label("くわしいこと").input_value() == "電話番号がちがいます"
        assert page.evaluate(HELD, ["tab", "電話番号"]) == 1
        assert page.evaluate(HELD, ["phone", "電話番号"]) == 0
        for group in page.locator("fieldset").all():
            group.get_by_role("radio").first.check()
        page.locator("#post-form .button.primary").click()
        page.wait_for_url(lambda url: not url.endswith(form))
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    page.context.close()
