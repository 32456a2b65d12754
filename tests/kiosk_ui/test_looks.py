"""How pages look is for each person to choose; how large a kiosk's letters are, for its screen."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from kiosk_ui.style_sheet import LAYERS, kiosk_sheet, style_sheet
from sync.machine.settings import NotProvisioned, read_settings
from tests.kiosk_ui.reading import elements
from tests.kiosk_ui.town import NOW, Town


def test_a_theme_stays_until_another_is_chosen(browser: FlaskClient) -> None:
    assert "theme-light " in browser.get("/").text
    chosen = browser.get("/looks/theme?to=night&next=/boards/job")
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/boards/job")
    for page in ("/", "/boards/job", "/nowhere"):
        assert "theme-night " in browser.get(page).text
    browser.get("/looks/theme?to=gloomy&next=/")
    assert "theme-night " in browser.get("/").text
    assert browser.get("/looks/nose?to=large&next=/").status_code == 404


def test_choosing_a_theme_in_a_form_loses_nothing_typed(browser: FlaskClient) -> None:
    answer = browser.post("/boards/event/new", data={"title": "もちつ", "theme": "contrast"})
    assert "theme-contrast " in answer.text
    assert any(field.get("value") == "もちつ" for field in elements(answer, "input"))


def test_the_sheet_has_every_layer_in_order_and_the_screen_last() -> None:
    sheet = style_sheet(0.25).decode()
    assert sheet.startswith(f"@layer {', '.join(LAYERS)}, device;")
    assert "--mm: 4.000px" in sheet.split("@layer device")[-1]
    assert "--mm: 4.000px" not in style_sheet(None).decode()
    both = sheet + kiosk_sheet().decode()
    assert [both.count(f"@layer {name} {{") for name in LAYERS] == [1] * len(LAYERS)


def test_a_machine_says_how_wide_a_pixel_of_its_screen_is(town: Town) -> None:
    path = town.kamigo.settings.folder / "machine.toml"
    told = path.read_text()
    path.write_text(f"pixel_millimetres = 0.248\n{told}")
    assert read_settings(path.parent).pixel_millimetres == 0.248
    for nonsense in ('"wide"', "0", "-0.2", "12"):
        path.write_text(f"pixel_millimetres = {nonsense}\n{told}")
        with pytest.raises(NotProvisioned):
            read_settings(path.parent)


def test_the_sheet_of_another_screen_has_another_address(town: Town) -> None:
    def address(app: Flask) -> str | None:
        (sheet, _) = (
            link["href"]
            for link in elements(app.test_client().get("/"), "link")
            if link["rel"] == "stylesheet"
        )
        return sheet

    small = create_app(town.kamigo, now=lambda: NOW)
    town.kamigo.settings = replace(town.kamigo.settings, pixel_millimetres=0.5)
    assert address(small) != address(create_app(town.kamigo, now=lambda: NOW))


def test_the_page_of_all_pieces_is_for_development_alone(browser: FlaskClient, town: Town) -> None:
    assert browser.get("/design").status_code == 404
    page = create_app(town.kamigo, now=lambda: NOW, development=True).test_client().get("/design")
    assert page.status_code == 200
    for board in town.kamigo.boards.values():
        for field in board.form_fields():
            for choice in field.choices if field.in_list else ():
                if choice.key != field.default:
                    assert choice.label in page.text
