"""Somebody walks from one centre to the next with a phone: there is no other link between them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from kiosk_ui.app import create_app
from node.carrying.watching import Sticks
from node.node import Node, open_node
from provisioning.town import Plan, make_machines, open_town
from sync.machine.settings import Part
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
from tests.kiosk_ui.town import NOW, Town, fill, make_town


@dataclass(frozen=True, slots=True)
class Centres:
    town: Town
    far: Node
    here: str  # addresses, on each centre's Wi-Fi
    there: str


@pytest.fixture
def centres(tmp_path: Path) -> Iterator[Centres]:
    town = make_town(tmp_path)
    fill(town)
    authority = open_town(tmp_path / "authority", code="990019", name="霧沢町")
    make_machines(authority, [Plan(folder=tmp_path / "far", name="奥郷公民館", part=Part.NODE)])
    far = open_node(tmp_path / "far")
    with served(_screens(town.kamigo)) as here, served(_screens(far)) as there:
        yield Centres(town, far, f"http://{ON_THE_WIFI}:{here}", f"http://{ON_THE_WIFI}:{there}")


@pytest.mark.parametrize(("width", "height"), one_a_day(PHONES))
def test_a_phone_without_scripts_carries_the_news_there_and_the_receipt_back(
    chromium: Browser, centres: Centres, tmp_path: Path, width: int, height: int
) -> None:
    page = opened(chromium, width, height, javascript=False)
    page.goto(centres.here)
    page.get_by_role("link", name="お知らせを運ぶ").click()
    looks(page)
    news = downloaded(page, "お知らせを全部入れる", tmp_path)

    page.goto(f"{centres.there}/carry")
    page.get_by_role("button", name="この公民館に渡す").click()
    assert "えらんでください" in page.get_by_role("alert").inner_text()
    looks(page)
    handed_over(page, news)
    assert "件受け取りました" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="日曜朝市").wait_for()
    looks(page)
    reply = downloaded(page, "お知らせを入れる", tmp_path)
    page.reload()
    assert "件受け取りました" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="はじめにもどる").click()
    page.get_by_role("link", name="日曜朝市").first.wait_for()

    page.goto(f"{centres.here}/carry")
    handed_over(page, reply)
    page.get_by_text("「奥郷公民館」には、ここのお知らせが全部届いています。").wait_for()
    page.context.close()


@pytest.mark.parametrize("size", one_a_day(["normal", "larger"]))
@pytest.mark.parametrize(("width", "height"), one_a_day(PHONES) + one_a_day(KIOSKS))
def test_the_page_of_those_who_carry_fits_and_can_be_read_and_touched(
    chromium: Browser, centres: Centres, width: int, height: int, size: str
) -> None:
    page = opened(chromium, width, height, javascript=False)
    at_kiosk = width >= 1000
    address = centres.here.replace(ON_THE_WIFI, "127.0.0.1") if at_kiosk else centres.here
    page.goto(f"{address}/looks/size?to={size}&next=/carry")
    looks(page, [72, 24] if at_kiosk else [48, 16])
    page.context.close()


def _screens(node: Node) -> Flask:
    return create_app(on_the_wifi(node), now=lambda: NOW)


def downloaded(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    file = folder / "phone" / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".kairan"
    return file


def handed_over(page: Page, file: Path) -> None:
    page.get_by_label("運んできたファイル").set_input_files(file)
    page.get_by_role("button", name="この公民館に渡す").click()


def looks(page: Page, limits: list[int] | None = None) -> None:
    measured = page.evaluate(MEASURE, limits or [48, 16])
    assert measured.pop("read")
    assert measured.pop("touched")
    assert measured == NOTHING_WRONG


@pytest.mark.parametrize(("width", "height"), one_a_day(KIOSKS))
def test_the_kiosk_says_on_whatever_page_that_a_stick_may_be_pulled_out(
    chromium: Browser, centres: Centres, tmp_path: Path, width: int, height: int
) -> None:
    (tmp_path / "stick").mkdir()
    node = centres.town.kamigo
    node.settings = replace(node.settings, sticks=tmp_path)
    plugged_in = [f"7 1 8:1 / {tmp_path / 'stick'} rw - vfat /dev/sdb1 rw"]
    sticks = Sticks(node, lambda: "\n".join(plugged_in))
    page = opened(chromium, width, height, javascript=True)
    page.goto(centres.here.replace(ON_THE_WIFI, "127.0.0.1") + "/boards/event/new")
    page.get_by_label("行事の名前").fill("書きかけの会")
    sticks.look()
    page.get_by_text("取り外してよいです").wait_for(timeout=60_000)
    looks(page, [72, 24])
    assert page.get_by_label("行事の名前").input_value() == "書きかけの会"
    plugged_in.clear()
    sticks.look()
    page.get_by_text("取り外してよいです").wait_for(state="detached", timeout=60_000)
    page.context.close()
