"""The screens as a browser draws them: a phone without scripts, a kiosk either way up."""

import logging
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from kiosk_ui.app import create_app
from node.notebook import Neighbour, Notebook
from node.saying import Saying
from sync.machine.settings import NOTEBOOK_FILE
from tests.kiosk_ui.town import NOW, Town, fill, make_town

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 60_000  # on a busy machine; most takes a hundredth
PHONES = [(320, 568), (390, 844)]
KIOSKS = [(1920, 1080), (1080, 1920)]

MEASURE = (Path(__file__).parent / "measure.js").read_text()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = make_town(tmp_path_factory.mktemp("town"))
    fill(made)
    return made


@pytest.fixture(scope="module")
def address(town: Town) -> Iterator[str]:
    """Where the screens are served, as granian serves them: in threads."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app: Flask = create_app(town.kamigo, now=lambda: NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(town: Town) -> dict[str, str]:
    """One page of each kind."""
    node = town.kamigo
    first = {name: node.posts(board, limit=50) for name, board in node.boards.items()}
    drill = next(p for p in first["disaster"] if p.text("operation") == "drill")
    alert = next(p for p in first["disaster"] if p.text("operation") == "live")
    Saying(town.office).look()
    town.exchange()
    Notebook(node.settings.folder / NOTEBOOK_FILE).note(
        Neighbour(
            address="http://192.0.2.1:8700",
            road="lan",
            key=town.office.identity.public.hex(),
            problem="つながりません。つながりしだい、自動で送ります。",
        )
    )
    return {
        "home": "/",
        "list": "/boards/event",
        "alerts": "/boards/disaster",
        "index": "/boards/guide",
        "long list": "/boards/guide?section=shelter&page=2",
        "event": f"/records/{first['event'][0].address}",
        "job": f"/records/{first['job'][0].address}?done=posted",
        "drill": f"/records/{drill.address}",
        "alert": f"/records/{alert.address}",
        "take": f"/records/{first['event'][0].address}/take",
        "form": "/boards/job/new",
        "status": "/status",
        "remove": f"/records/{first['job'][0].address}/remove",
        "nowhere": "/nowhere",
    }


@pytest.mark.parametrize("size", ["normal", "larger"])
@pytest.mark.parametrize(("width", "height"), PHONES + KIOSKS)
def test_every_page_fits_and_can_be_read_and_touched(
    chromium: Browser, address: str, pages: dict[str, str], width: int, height: int, size: str
) -> None:
    at_kiosk = width >= 1000
    limits = [72, 24] if at_kiosk else [48, 16]
    page = _open(chromium, width, height, javascript=at_kiosk)
    page.goto(f"{address}/looks/size?to={size}&next=/boards/event/new")
    page.get_by_label("電話").fill("でんわ")
    page.locator(".send button").click()
    found = {"form with problems": page.evaluate(MEASURE, limits)}
    for name, path in pages.items():
        page.goto(address + path)
        found[name] = page.evaluate(MEASURE, limits)
    page.context.close()
    assert all(measured.pop("read") and measured.pop("touched") for measured in found.values())
    good = {"pale": [], "small": [], "tiny": [], "wide": 0}
    assert {name: measured for name, measured in found.items() if measured != good} == {}


def test_a_resident_posts_on_an_old_phone_without_scripts(chromium: Browser, address: str) -> None:
    page = _open(chromium, 320, 568, javascript=False)
    page.goto(address)
    page.get_by_role("link", name="求人", exact=True).click()
    page.get_by_role("link", name="求人に新しくのせる").click()
    page.get_by_label("仕事の名前").fill("薪割り")
    page.get_by_role("button", name="のせる").click()
    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("仕事の名前").input_value() == "薪割り"
    for label in page.locator(".wrong > label").all_inner_texts():
        page.get_by_label(label.removesuffix("必須").strip(), exact=False).first.fill("なし")
    page.get_by_label("期間の定めなし").check()
    page.get_by_label("この内容の時点").fill("2026-11-22")
    page.get_by_role("button", name="のせる").click()
    assert "のせました。" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="はじめにもどる").click()
    assert page.get_by_role("link", name="薪割り").is_visible()
    page.context.close()


def test_nothing_is_blocked_and_nothing_is_fetched_from_elsewhere(
    chromium: Browser, address: str, pages: dict[str, str]
) -> None:
    page = _open(chromium, 1920, 1080, javascript=True)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in pages.values():
        page.goto(address + path)
    page.context.close()
    assert [text for text in said if "404" not in text] == []
    assert {url for url in asked if not url.startswith(f"{address}/")} == set()


def test_a_phone_reads_every_code_off_the_screen(
    chromium: Browser, address: str, pages: dict[str, str]
) -> None:
    page = _open(chromium, 1920, 1080, javascript=False)
    page.goto(address + pages["take"])
    read = []
    for code in page.locator(".code .qr").all():
        (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(code.screenshot())))
        read.append(found.text)
    page.context.close()
    calendar, contact, text, link = read
    assert calendar.startswith("BEGIN:VCALENDAR")
    assert contact.startswith("BEGIN:VCARD")
    assert text.endswith("の回覧より）")
    assert link.startswith(f"{address}/records/")


def test_home_keeps_itself_current(chromium: Browser, address: str, town: Town) -> None:
    page = _open(chromium, 1920, 1080, javascript=True)
    page.clock.install()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    town.alert(title="記録的短時間大雨情報", level="5")
    page.clock.run_for(60_000)
    page.get_by_text("記録的短時間大雨情報").wait_for()
    page.context.close()


def _open(chromium: Browser, width: int, height: int, *, javascript: bool) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="ja-JP"
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()
