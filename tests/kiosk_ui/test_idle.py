"""When a visitor has gone, nothing of theirs stays; at night the screen is off until it matters."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from kiosk_ui.dates import JAPAN
from kiosk_ui.idle import is_dark, off_since
from kiosk_ui.screen import Screen
from sync.machine.settings import NotProvisioned, read_settings
from tests.kiosk_ui.reading import typed, words
from tests.kiosk_ui.town import EVENT, NOW, Town

NIGHT = (time(22), time(5, 30))
MIDNIGHT = datetime(2026, 11, 23, 0, 30, tzinfo=JAPAN)


def test_nothing_of_a_visitor_stays(browser: FlaskClient) -> None:
    browser.get("/looks/size?to=larger&next=/")
    browser.get("/looks/theme?to=night&next=/")
    browser.post("/boards/event/steps", data={"step": "0", "go": "home", "title": "もちつき"})
    assert "もちつき" in browser.get("/boards/event/steps").text
    left = browser.post("/leave")
    assert (left.status_code, left.headers["Location"]) == (303, "/")
    assert "size-normal theme-light" in browser.get("/").text
    assert typed(browser.get("/boards/event/steps"))["title"] == ""


def test_no_other_site_makes_a_visitor_leave(browser: FlaskClient) -> None:
    browser.get("/looks/size?to=larger&next=/")
    assert browser.post("/leave", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "size-larger" in browser.get("/").text


def test_the_idle_screen_shows_alerts_drills_and_what_is_on_today(
    browser: FlaskClient, town: Town
) -> None:
    town.post("event", **EVENT | {"title": "朝市", "starts_on": "2026-11-22"})
    town.post("event", **EVENT | {"title": "また来週", "starts_on": "2026-11-29"})
    town.alert(title="大雨警報")
    town.alert(title="避難の練習", operation="drill")
    said = words(browser.get("/attract"))
    assert "大雨警報" in said
    assert "これは訓練です" in said
    assert "朝市" in said
    assert "また来週" not in said
    assert "画面にさわってください" in said


def test_the_idle_screen_is_of_the_kiosk_alone(browser: FlaskClient) -> None:
    for page in ("/attract", "/kiosk"):
        assert browser.get(page, base_url="http://192.0.2.7").status_code == 404


def test_who_tends_the_machine_can_tell_that_the_screen_lives(browser: FlaskClient) -> None:
    assert browser.get("/healthz").get_json()["screen"] is None
    assert browser.get("/kiosk").get_json()["dark"] is False
    assert browser.get("/healthz").get_json()["screen"] >= 0


@pytest.mark.parametrize(
    ("clock", "hours", "since"),
    [
        ("22T21:59", NIGHT, None),
        ("22T22:00", NIGHT, "22T22:00"),
        ("23T00:30", NIGHT, "22T22:00"),
        ("23T05:30", NIGHT, None),
        ("22T13:10", (time(13), time(14)), "22T13:00"),
        ("22T14:00", (time(13), time(14)), None),
    ],
)
def test_dark_hours_may_go_over_midnight(
    clock: str, hours: tuple[time, time], since: str | None
) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=JAPAN)

    assert off_since(at(clock), *hours) == (at(since) if since else None)


@pytest.fixture
def screen(town: Town) -> Iterator[Screen]:
    """That of a centre whose screen is off at night, half an hour past midnight."""
    town.kamigo.settings = replace(town.kamigo.settings, screen_off=NIGHT)
    app = create_app(town.kamigo, now=lambda: MIDNIGHT)
    with app.test_request_context("/kiosk"):
        yield app.extensions["screen"]


def test_at_night_the_screen_is_off_if_the_clock_is_sure(screen: Screen) -> None:
    assert is_dark(screen, sure=True)
    assert not is_dark(screen, sure=False)


def test_it_stays_off_for_what_is_old_and_for_drills(screen: Screen, town: Town) -> None:
    town.alert(title="夕方の雷", level="", issued="2026-11-22T18:00:00+09:00")
    town.alert(title="訓練", operation="drill", issued="2026-11-23T00:20:00+09:00")
    assert is_dark(screen, sure=True)


@pytest.mark.parametrize(
    ("level", "issued"), [("", "2026-11-23T00:20:00+09:00"), ("4", "2026-11-22T18:00:00+09:00")]
)
def test_it_comes_on_for_what_is_new_and_for_what_presses(
    screen: Screen, town: Town, level: str, issued: str
) -> None:
    town.alert(level=level, issued=issued)
    assert not is_dark(screen, sure=True)
    town.alert(title="翌朝", level="", issued=(NOW - timedelta(days=1)).isoformat())
    assert not is_dark(screen, sure=True)


def test_the_hours_are_a_setting_of_the_machine(town: Town) -> None:
    path = town.kamigo.settings.folder / "machine.toml"
    told = path.read_text()
    path.write_text(f'screen_off = "22:00-05:30"\n{told}')
    assert read_settings(path.parent).screen_off == NIGHT
    for nonsense in ('"late"', "7", '"22:00-22:00"', '"25:00-05:00"', '"22:00"'):
        path.write_text(f"screen_off = {nonsense}\n{told}")
        with pytest.raises(NotProvisioned):
            read_settings(path.parent)
