"""The keeper's screen: with whom, when, by which road, what waits, and what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk_ui.app import create_app
from node.carrying.stick import visit
from node.node import SOFTWARE, open_node
from node.notebook import Neighbour, Notebook
from node.saying import Saying
from node.status import in_words, status
from node.updating.shelf import Shelf, Stage, State, Trial, Version
from provisioning.town import Plan, make_machines, open_town
from sync.entry import Quality
from sync.letters import fingerprint
from sync.machine import clock
from sync.machine.clock import Moment
from sync.machine.form import RELEASES
from sync.machine.settings import NOTEBOOK_FILE, Part
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, NOW, Town

BEFORE = (NOW - timedelta(hours=2)).isoformat()


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: Moment(NOW, Quality.TRUSTED))


def note(town: Town, **said: str) -> None:
    """What `kairan sync` wrote down of the office."""
    known = {
        "address": "http://192.0.2.1:8700",
        "road": "lan",
        "name": "霧沢町役場",
        "key": town.office.identity.public.hex(),
    }
    Notebook(town.kamigo.settings.folder / NOTEBOOK_FILE).note(Neighbour(**{**known, **said}))


def met(town: Town, **said: str) -> None:
    """The same, after all went well two hours ago."""
    held = sum(item.held.number for item in town.kamigo.ledger.lanes())
    times = {"tried": BEFORE, "reached": BEFORE, "synced": BEFORE}
    clocks = {"clock": "trusted", "synced_clock": "trusted"}
    note(town, **{**times, **clocks, "held": str(held), **said})


def page(browser: FlaskClient) -> str:
    response = browser.get("/status")
    assert response.status_code == 200
    return response.text


def test_whoever_stands_before_a_machine_can_read_out_its_fingerprint(
    town: Town, browser: FlaskClient
) -> None:
    own = fingerprint(town.kamigo.identity.public)
    assert f"この機械の指紋：{own}" in words(browser.get("/status"))
    assert f"この機械の指紋: {own}" in in_words(
        status(town.kamigo), dict.fromkeys(town.kamigo.boards, "")
    )


def test_which_version_stands_and_which_may_go_again_is_seen_from_outside(
    town: Town, browser: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stands_and_tries() -> tuple[str, str]:
        told = browser.get("/healthz").get_json()
        return told["stands"], told["tries"]

    assert stands_and_tries() == ("", "")
    monkeypatch.setenv(RELEASES, str(tmp_path))
    assert stands_and_tries() == ("", "")
    assert f"この機械の版：{SOFTWARE}" in words(browser.get("/status"))
    old, new = (
        Version(number=number, version=f"0.{number}.0", digest="", ledger=1) for number in (2, 3)
    )
    trial = Trial(version=new, counter=3, stage=Stage.IN_PLACE, starts=1)
    Shelf(tmp_path).write(State(standing=old, trial=trial))
    assert stands_and_tries() == ("0.2.0", "0.3.0")
    town.post("event", **EVENT)  # what was drawn is drawn anew
    said = words(browser.get("/status"))
    assert "この機械の版：0.2.0" in said
    assert "新しい版（0.3.0）をためしています。" in said


def test_it_is_reached_from_the_first_screen(browser: FlaskClient) -> None:
    home = browser.get("/")
    assert 'href="/status"' in home.text
    assert "つながりのようす" in words(home)


def test_before_anything_happened_it_says_so_and_what_will(browser: FlaskClient) -> None:
    said = page(browser)
    assert "ほかの機械とは、まだやりとりがありません。" in said
    assert "回線がつながるか、USBメモリーが差されると、ここに出ます。" in said
    assert "そろっています" not in said


def test_who_signed_for_all_that_is_here_is_equal(town: Town, browser: FlaskClient) -> None:
    town.post("event", **EVENT)
    met(town)
    said = page(browser)
    assert "ほかの機械と、そろっています。" in said
    assert "11月22日午前8時30分（2時間前）に、同じ内容になりました。" in said
    assert "近くの回線（LAN）" in said
    assert "なさることは、ありません。" in said


def test_what_was_posted_since_waits_for_a_sign_that_it_arrived(
    town: Town, browser: FlaskClient
) -> None:
    met(town)
    town.post("event", **EVENT)
    said = page(browser)
    assert "そのあとの1件は、相手に届いたしるしがまだありません。" in said
    assert "そろっています" not in said


def test_what_is_wrong_is_told_with_what_to_do(town: Town, browser: FlaskClient) -> None:
    met(town, problem="つながりません。つながりしだい、自動で送ります。")
    said = page(browser)
    assert "確かめてほしいことが、1つあります。" in said
    assert "つながりしだい、自動で送ります。" in said
    assert "そろっています" not in said


def test_a_time_by_a_clock_that_nobody_set_is_no_time(
    town: Town, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    met(town, synced="1970-01-01T00:07:00+00:00", synced_clock="unknown")
    monkeypatch.setattr(clock, "now", lambda: Moment(NOW, Quality.UNKNOWN))
    said = page(browser)
    assert "同じ内容になりました（日時未確認）。" in said
    assert "この画面の時点：日時未確認" in said
    assert "1970" not in said
    assert "前）" not in said


def test_how_another_machine_is_is_told_with_age_and_road(
    town: Town, browser: FlaskClient, desk: FlaskClient, tmp_path: Path
) -> None:
    authority = open_town(tmp_path / "authority", code="990019", name="霧沢町")
    make_machines(authority, [Plan(folder=tmp_path / "far", name="奥郷公民館", part=Part.NODE)])
    far = open_node(tmp_path / "far")
    stick = tmp_path / "stick"
    stick.mkdir()
    Saying(far).look(Moment(datetime(2026, 11, 17, tzinfo=UTC), Quality.TRUSTED))
    visit(far, stick)
    visit(town.office, stick)
    said = page(desk)
    assert "奥郷公民館" in said
    assert "11月17日午前9時0分（5日前）の知らせが、USBメモリーで届きました。" in said
    assert "5日のあいだ知らせが来ていないので、電源が入っているか見てもらい" in said


@pytest.mark.parametrize("said", [{"key": "xyz", "tried": ""}, {"clock": "好い"}, {"held": "²"}])
def test_a_notebook_that_was_mended_badly_breaks_nothing(
    town: Town, browser: FlaskClient, said: dict[str, str]
) -> None:
    met(town, **{"synced": "昨日", "held": "たくさん", **said})
    assert ("日時未確認" in page(browser)) or "key" in said


def test_it_says_the_same_on_a_phone(town: Town) -> None:
    met(town)
    client = create_app(town.kamigo, now=lambda: NOW).test_client()
    assert "同じ内容になりました" in client.get("/status", base_url="http://192.168.1.20").text
