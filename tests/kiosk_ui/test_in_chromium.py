"""The screens as a browser draws them: a phone without scripts, a kiosk either way up."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from kiosk_ui.app import create_app
from node.notebook import Neighbour, Notebook
from node.saying import Saying
from sync.machine.settings import NOTEBOOK_FILE
from tests.everyday import one_a_day
from tests.kiosk_ui.browsing import (
    KIOSKS,
    MEASURE,
    NOTHING_WRONG,
    ON_THE_WIFI,
    PHONES,
    on_the_wifi,
    opened,
    served,
)
from tests.kiosk_ui.snapshots import noisy
from tests.kiosk_ui.town import NOW, Town, fill, make_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    made = make_town(tmp_path_factory.mktemp("town"))
    fill(made)
    return made


@pytest.fixture(scope="module")
def address(town: Town) -> Iterator[str]:
    """Where the kiosk finds its screens."""
    with served(create_app(on_the_wifi(town.kamigo), now=lambda: NOW)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def on_a_phone(address: str) -> str:
    """Where phones find them."""
    return address.replace("127.0.0.1", ON_THE_WIFI)


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


@pytest.mark.parametrize("size", one_a_day(["normal", "larger"]))
@pytest.mark.parametrize(("width", "height"), one_a_day(PHONES) + one_a_day(KIOSKS))
def test_every_page_fits_and_can_be_read_and_touched(
    chromium: Browser,
    address: str,
    on_a_phone: str,
    pages: dict[str, str],
    width: int,
    height: int,
    size: str,
) -> None:
    at_kiosk = width >= 1000
    address = address if at_kiosk else on_a_phone
    limits = [72, 24] if at_kiosk else [48, 16]
    page = opened(chromium, width, height, javascript=at_kiosk)
    page.goto(f"{address}/looks/size?to={size}&next=/boards/event/new")
    page.get_by_label("電話").fill("でんわ")
    page.locator(".send button").click()
    found = {"form with problems": page.evaluate(MEASURE, limits)}
    for name, path in pages.items():
        page.goto(address + path)
        found[name] = page.evaluate(MEASURE, limits)
    page.context.close()
    assert all(measured.pop("read") and measured.pop("touched") for measured in found.values())
    assert {name: measured for name, measured in found.items() if measured != NOTHING_WRONG} == {}


def test_a_resident_posts_on_an_old_phone_without_scripts(
    chromium: Browser, on_a_phone: str
) -> None:
    page = opened(chromium, 320, 568, javascript=False)
    page.goto(on_a_phone)
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
    page = opened(chromium, 1920, 1080, javascript=True)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in pages.values():
        page.goto(address + path)
    page.context.close()
    assert [text for text in said if "404" not in text] == []
    assert {url for url in asked if not url.startswith(f"{address}/")} == set()


def test_a_phone_makes_a_picture_small_before_it_sends_it(
    chromium: Browser, on_a_phone: str
) -> None:
    page = opened(chromium, *PHONES[1], javascript=True)
    page.goto(f"{on_a_phone}/boards/event/new")
    sent = noisy(2_400, 1_800)
    page.set_input_files("#picture-1", {"name": "a.png", "mimeType": "image/png", "buffer": sent})
    page.fill("[name=title]", "雪まつり")
    page.fill("[name=starts_on]", "2026-11-28")
    page.fill("[name=place]", "上郷")
    page.click(".send button")  # while it is made small
    page.wait_for_url("**/records/**")
    shown = page.locator("figure img")
    shown.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('figure img').naturalWidth > 0")
    assert len(sent) > 8 << 20, "as it was chosen, it would have been too large"
    page.context.close()


def test_a_phone_reads_every_code_off_the_screen(
    chromium: Browser, address: str, pages: dict[str, str]
) -> None:
    page = opened(chromium, 1920, 1080, javascript=False)
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
    assert link.startswith(f"http://{ON_THE_WIFI}/records/")
