"""Posts read aloud: who sees one hears it, as its page has it, by a player that needs no script."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from kiosk_ui.allowances import Rate
from kiosk_ui.aloud import told
from kiosk_ui.app import create_app
from kiosk_ui.furigana import Furigana
from node.language.names import read_names
from node.node import edition
from node.post import Post
from node.speech.voice import LETTERS_MAX
from tests.kiosk_ui.browsing import KIOSKS, MEASURE, NOTHING_WRONG, PHONES, opened, served
from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import EVENT, NOW, Town

PHONE = {"base_url": "http://192.168.1.20", "environ_base": {"REMOTE_ADDR": "192.168.1.77"}}
BITS_A_SECOND = 32_000
UNTIL = """async () => {
  const voice = document.getElementById("voice");
  while (!(%s)) await new Promise((again) => setTimeout(again, 50));
}"""


def player(browser: FlaskClient, post: Post, pace: str = "usual") -> str:
    """Where the player of a post's page finds its sound."""
    assert f'href="/records/{post.address}/aloud"' in browser.get(f"/records/{post.address}").text
    page = browser.get(f"/records/{post.address}/aloud?pace={pace}").text
    found = re.search(r'<audio [^>]*controls[^>]* src="([^"]+)"', page)
    assert found
    return found[1]


def heard(app: Flask, post: Post, *, easy: bool = False) -> list[str]:
    """What is said of it, sentence by sentence, in kana where it has any."""
    screen = app.extensions["screen"]
    furigana = Furigana(read_names(screen.node.settings.folder))
    said = told(post, screen.draw(post), furigana, easy=easy).said
    return ["".join(kana or text for text, kana in sentence) for sentence in said]


def test_a_post_is_read_aloud_by_a_player_that_needs_no_script(
    browser: FlaskClient, town: Town
) -> None:
    post = town.post("event", **EVENT)
    usual, slow = (browser.get(player(browser, post, pace)) for pace in ("usual", "slow"))
    assert (usual.status_code, usual.content_type) == (200, "audio/mpeg")
    assert usual.headers["Cache-Control"] == "no-store"
    assert "media-src 'self'" in usual.headers["Content-Security-Policy"]
    assert 5 < 8 * len(usual.data) / BITS_A_SECOND < 60
    assert len(slow.data) > 1.2 * len(usual.data)
    page = browser.get(f"/records/{post.address}/aloud")
    assert f'class="way" href="/records/{post.address}"' in page.text, "もどる"
    assert "名古屋工業大学 MMDAgent プロジェクト（CC BY 3.0）" in words(page)


def test_a_phone_that_asks_for_two_bytes_first_is_told_how_many_there_are(
    browser: FlaskClient, town: Town
) -> None:
    source = player(browser, town.post("event", **EVENT))
    two = browser.get(source, headers={"Range": "bytes=0-1"})
    whole = browser.get(source)
    assert two.status_code == 206
    assert two.headers["Content-Range"] == f"bytes 0-1/{len(whole.data)}"
    assert two.data == whole.data[:2]


def test_names_are_said_as_author_and_town_have_them_and_dates_by_rule(
    app: Flask, town: Town
) -> None:
    (town.kamigo.settings.folder / "readings.txt").write_text("日向 ひなた\n")
    fields = EVENT | {"title": "餅搗き会", "place": "日向の広場", "starts_on": "2026-12-20"}
    post = town.post("event", **fields, title_reading="もちつきかい", fee="300円")
    said = heard(app, post)
    assert said[0] == "もちつきかい"
    assert "じゅうにがつはつか(にち)ごぜんじゅうじ" in "".join(said)
    assert "ひなたの広場" in "".join(said)
    assert "さんびゃくえん" in "".join(said)


def test_what_must_not_be_missed_is_said_first_and_that_it_is_practice_last_too(
    app: Flask, town: Town
) -> None:
    drill = heard(app, town.alert(operation="drill"))
    practice = ["これはくんれんです。", "ほんとうのはっぴょうではありません。"]
    assert drill[:2] == practice
    assert drill[-2:] == practice
    cancelled = heard(app, town.post("event", **EVENT | {"state": "cancelled"}))
    assert cancelled[0] == "ちゅうし"
    first = town.alert(key="jma", serial=1)
    town.alert(key="jma", serial=2, title="霧沢地方大雨特別警報")
    old = town.kamigo.post(first.address)
    assert old
    assert heard(app, old)[0] == "これはまえのはっぴょうです。"


def test_of_a_long_post_the_beginning_is_read_and_the_page_says_so(app: Flask, town: Town) -> None:
    long = town.post("event", **EVENT, description="いすにすわる体操です。" * 150)
    said = heard(app, long)
    assert sum(map(len, said)) < LETTERS_MAX + 60
    assert "がめんでよんでください" in said[-1]
    browser = app.test_client()
    assert "はじめのほうだけ" in words(browser.get(f"/records/{long.address}/aloud"))
    short = town.post("event", **EVENT)
    assert "はじめのほうだけ" not in words(browser.get(f"/records/{short.address}/aloud"))


def test_what_is_taken_down_is_heard_no_more_and_no_recording_of_it_is_left(
    app: Flask, town: Town
) -> None:
    browser, post = app.test_client(), town.post("event", **EVENT)
    source = player(browser, post)
    assert browser.get(source).data
    assert app.extensions["screen"].voice.held == 1
    town.kamigo.remove(post, seen=edition(post))
    assert browser.get("/boards/event").status_code == 200
    assert app.extensions["screen"].voice.held == 0
    assert browser.get(source).status_code == 404
    assert browser.get(f"/records/{post.address}/aloud").status_code == 404


def test_one_phone_has_so_much_made_and_what_is_there_is_given_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk_ui.aloud.READ_ALOUD", Rate(address=1, network=1, everybody=1))
    browser = create_app(town.kamigo, now=lambda: NOW).test_client()
    post = town.post("event", **EVENT)
    usual, slow = (f"/records/{post.address}/aloud/{pace}.mp3" for pace in ("usual", "slow"))
    asked = [browser.get(each, **PHONE).status_code for each in (usual, slow, usual)]
    assert asked == [200, 429, 200]
    assert browser.get(slow).status_code == 200, "the kiosk pays for no phone"


def test_where_no_voice_is_installed_there_is_no_button_and_no_page(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.speech.voice.LIBRARIES", ("no_such_library",))
    browser = create_app(town.kamigo, now=lambda: NOW).test_client()
    post = town.post("event", **EVENT)
    assert "読み上げる" not in words(browser.get(f"/records/{post.address}"))
    assert browser.get(f"/records/{post.address}/aloud").status_code == 404
    assert browser.get(f"/records/{post.address}/aloud/usual.mp3").status_code == 404


def test_one_touch_and_it_speaks(app: Flask, town: Town, chromium: Browser) -> None:
    post = town.post("event", **EVENT)
    with served(app) as port:
        for (width, height), script in ((KIOSKS[0], True), (KIOSKS[1], True), (PHONES[0], False)):
            page = opened(chromium, width, height, javascript=script)
            page.goto(f"http://127.0.0.1:{port}/records/{post.address}")
            page.get_by_role("link", name="読み上げる").click()
            player = page.get_by_label("声で聞く")
            player.wait_for()
            if not script:
                assert player.get_attribute("controls") is not None
                assert page.get_by_role("button", name="とめる").count() == 0, "it would do nothing"
                page.context.close()
                continue
            page.evaluate(UNTIL % "voice.currentTime > 0.3")
            page.get_by_role("button", name="とめる").click()
            page.evaluate(UNTIL % "voice.paused")
            page.get_by_role("button", name="続きを聞く").wait_for()
            assert page.get_by_role("button", name="とめる").count() == 0
            found = page.evaluate(MEASURE, [72, 24])
            assert {key: found[key] for key in NOTHING_WRONG} == NOTHING_WRONG
            page.context.close()
        page = opened(chromium, *PHONES[1], javascript=True)
        page.goto(f"http://127.0.0.1:{port}/records/{post.address}/aloud")
        seconds, loudness = page.evaluate(
            """async () => {
              const answer = await fetch(document.getElementById("voice").src);
              const decoder = new OfflineAudioContext(1, 48000, 48000);
              const sound = await decoder.decodeAudioData(await answer.arrayBuffer());
              const waves = sound.getChannelData(0);
              const power = waves.reduce((sum, at) => sum + at * at, 0) / waves.length;
              return [sound.duration, Math.sqrt(power)];
            }"""
        )
        page.context.close()
    assert 5 < seconds < 60
    assert loudness > 0.02
