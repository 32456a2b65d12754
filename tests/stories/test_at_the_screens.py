"""People at two kiosks, in a real browser: posting, reading, mending, taking down.

With KAIRAN_SCREENS set, the pictures that the README shows are taken anew.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.everyday import one_a_day
from tests.patience import until
from tests.stories.machines import Village, free_ports, village

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
KIOSK, PHONE = (1920, 1080), (390, 844)
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
FIRST_PORT = 8700  # as in `./run`: an address that may stand in a picture

TAKE_PICTURES = bool(os.environ.get("KAIRAN_SCREENS"))
PICTURES = Path(__file__).parents[2] / "docs" / "screens"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    port = FIRST_PORT if TAKE_PICTURES else free_ports(8)
    with village(tmp_path_factory.mktemp("screens") / "village", port) as running:
        board = running.visitor("kamigo")
        until(lambda: "収穫まつり" in board.reads("/") and "経理" in board.reads("/"))
        until(lambda: "訓練" in board.reads("/"))
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def _screen(
    browser: Browser, address: str, size: tuple[int, int], *, scripts: bool = True, scale: int = 1
) -> Iterator[Page]:
    """A browser at one machine; whatever is wrong with a page fails the story."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        java_script_enabled=scripts,
        base_url=address,
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
    )
    context.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(f"{address}/") else wrong.append(asked.url),
    )
    try:
        page.goto("/")
        yield page
        assert [said for said in wrong if not _is_expected(said)] == []
    finally:
        context.close()


def _is_expected(said: str) -> bool:
    """The browser's own word about a form that was sent back, or a post that is gone."""
    return "status of 422" in said or "status of 410" in said


@pytest.mark.parametrize("scripts", one_a_day({"with scripts": True, "without scripts": False}))
def test_an_event_is_posted_mended_and_taken_down_by_touching_screens(
    town: Village, browser: Browser, scripts: bool
) -> None:
    title = "川ぞいの合唱" if scripts else "山ぎわの合唱"
    kamigo, shimogo = town.addresses["kamigo"], town.addresses["shimogo"]
    with (
        _screen(browser, kamigo, KIOSK, scripts=scripts) as here,
        _screen(browser, shimogo, KIOSK, scripts=scripts) as there,
    ):
        _post_with_a_mistake_first(here, title)
        _find(there, title)
        expect(there.get_by_role("main")).to_contain_text("上郷公民館 和室")
        expect(there.get_by_role("main")).to_contain_text("0999-00-1234")
        expect(there.get_by_role("link", name="なおす")).to_have_count(0)

        here.get_by_role("link", name="なおす").click()
        expect(here.get_by_label("行事の名前")).to_have_value(title)
        here.get_by_role("radio", name="中止").check()
        here.get_by_label("くわしい内容").fill("大雨のため。\nまたの機会に。")
        here.get_by_role("button", name="なおした内容をのせる").click()
        expect(here.get_by_role("status")).to_contain_text("なおしました。")
        _until_it_says(there, "大雨のため。")
        expect(there.get_by_role("main")).to_contain_text("中止")
        expect(there.get_by_role("main")).to_contain_text("上郷公民館 和室")

        here.get_by_role("link", name="取り下げる").click()
        here.get_by_role("button", name="はい、取り下げる").click()
        expect(here.get_by_role("status")).to_contain_text("取り下げました。")
        expect(here.get_by_role("main")).not_to_contain_text(title)
        _until_it_says(there, "取り下げ")
        expect(there.get_by_role("main")).not_to_contain_text(title)
        there.goto("/boards/event")
        expect(there.get_by_role("main")).not_to_contain_text(title)


def _post_with_a_mistake_first(page: Page, title: str) -> None:
    """A few questions on a screen, until all is read over."""
    page.get_by_role("navigation", name="掲示板").get_by_role("link", name="イベント").click()
    page.get_by_role("link", name="イベントに新しくのせる").click()
    _press(page, "次へ")
    expect(page.get_by_role("alert")).to_contain_text("か所あります")
    expect(page.get_by_label("行事の名前")).to_have_attribute("aria-invalid", "true")

    answers = {"行事の名前": title, "場所": "上郷公民館 和室"}
    while page.get_by_role("button", name="のせる", exact=True).count() == 0:
        for label, text in answers.items():
            if (box := page.get_by_label(label)).count():
                box.first.fill(text)
        if (phone := page.get_by_label("電話")).count():
            phone.fill("上郷まで")
            _press(page, "次へ")
            expect(page.locator("#f-phone-problem")).to_contain_text("電話番号を")
            expect(phone).to_have_value("上郷まで")
            phone.fill("0999-00-1234")
        if (tomorrow := page.locator("#f-starts_on").get_by_role("button", name="明日")).count():
            with page.expect_navigation():
                tomorrow.click()
        _press(page, "次へ")
    for text in (*answers.values(), "0999-00-1234"):
        expect(page.get_by_role("main")).to_contain_text(text)
    _press(page, "のせる")
    expect(page.get_by_role("status")).to_contain_text("のせました。")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def _press(page: Page, name: str) -> None:
    """A button that leads on."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def _find(page: Page, title: str) -> None:
    """Look at the board again and again until it is there, and open it."""
    page.get_by_role("navigation", name="掲示板").get_by_role("link", name="イベント").click()
    card = page.get_by_role("link").filter(has_text=title)

    def there() -> bool:
        page.reload()
        return card.count() == 1

    until(there)
    card.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def _until_it_says(page: Page, words: str) -> None:
    def says() -> bool:
        page.reload()
        return words in page.get_by_role("main").inner_text()

    until(says)


@pytest.mark.parametrize(
    ("name", "size", "scale"),
    [("home", KIOSK, 1), ("phone", PHONE, 2)],
    ids=["kiosk", "phone"],
)
def test_the_home_screen_shows_the_town_and_nothing_is_cut_off(
    town: Village, browser: Browser, tmp_path: Path, name: str, size: tuple[int, int], scale: int
) -> None:
    with _screen(browser, town.addresses["kamigo"], size, scale=scale) as page:
        main = page.get_by_role("main")
        for words in ("断水のお知らせ", "訓練", "朝の体操の会", "延期", "直売所の店番"):
            expect(main).to_contain_text(words)
        # Of the day after the town was made; it may be past midnight by now.
        expect(main).to_contain_text(re.compile("明日|今日"))
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0]
        page.evaluate("document.fonts.ready")
        folder = PICTURES if TAKE_PICTURES else tmp_path
        picture = page.screenshot(path=folder / f"readme-{name}.png", animations="disabled")
        assert len(picture) > 20_000
