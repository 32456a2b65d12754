import pytest
from flask.testing import FlaskClient

from tests.kiosk_ui.reading import words
from tests.kiosk_ui.town import Town

NOTHING = "この機械に届いている情報の中には、いま出ている警報などはありません。"


def test_silence_is_never_taken_for_safety(browser: FlaskClient) -> None:
    home = words(browser.get("/"))
    assert NOTHING in home
    assert "まだひとつも届いていません" in home
    assert "届いていないだけのこともあります" in home


def test_what_stands_is_shown_with_issuer_time_and_age(browser: FlaskClient, town: Town) -> None:
    post = town.alert()
    for page in ("/", "/boards/disaster", f"/records/{post.address}"):
        said = words(browser.get(page))
        assert "霧沢地方気象台" in said
        assert "11月22日（日）午前7時（3時間前）" in said
        assert "警戒レベル 3" in said
    assert NOTHING not in words(browser.get("/"))
    assert "最後に届いた情報の時刻：11月22日（日）午前7時（3時間前）" in words(browser.get("/"))


def test_official_words_are_left_as_they_came(browser: FlaskClient, town: Town) -> None:
    page = browser.get(f"/records/{town.alert().address}").text
    assert "昼前から夕方にかけて、\n激しい雨が降る見込みです。" in page
    assert "レベル３大雨警報（発表）\n雷注意報（継続）" in page


@pytest.mark.parametrize(("operation", "word"), [("drill", "訓練"), ("test", "試験")])
def test_a_drill_cannot_be_taken_for_the_real_thing(
    browser: FlaskClient, town: Town, operation: str, word: str
) -> None:
    post = town.alert(operation=operation)
    band = f"これは{word}です。本当の発表ではありません。"
    pages = [browser.get(page) for page in ("/", "/boards/disaster", f"/records/{post.address}")]
    for page in pages:
        assert band in words(page)
        assert f"<strong>{word}</strong>" in page.text
        assert "card alert" not in page.text
        assert "level-3" not in page.text
    assert f"【{word}】" in pages[2].text.partition("</title>")[0]
    assert NOTHING in words(pages[0])


@pytest.mark.parametrize(("state", "word"), [("lifted", "解除"), ("cancelled", "取消")])
def test_what_is_over_is_not_shown_as_standing(
    browser: FlaskClient, town: Town, state: str, word: str
) -> None:
    post = town.alert(state=state)
    assert NOTHING in words(browser.get("/"))
    assert "大雨警報" not in words(browser.get("/"))
    for page in ("/boards/disaster", f"/records/{post.address}"):
        shown = browser.get(page)
        assert word in words(shown)
        assert "card alert" not in shown.text
        assert "level-3" not in shown.text


def test_what_presses_most_stands_first(browser: FlaskClient, town: Town) -> None:
    for number in range(7):
        town.alert(title=f"注意報{number}号", level="2", issued=f"2026-11-22T09:0{number}:00+09:00")
    town.alert(title="避難指示", level="4", issued="2026-11-15T09:00:00+09:00")
    home = words(browser.get("/"))
    assert home.index("避難指示") < home.index("注意報6号")
    assert "ほかに2件あります" in home


def test_what_is_old_is_pointed_to_and_not_denied(browser: FlaskClient, town: Town) -> None:
    town.alert(title="地震情報", level="", issued="2026-11-10T09:00:00+09:00")
    home = words(browser.get("/"))
    assert "3日より前に出た情報が1件あります" in home
    assert NOTHING not in home


def test_a_superseded_alert_leads_to_the_newer_one(browser: FlaskClient, town: Town) -> None:
    old = town.alert(key="jma/1", serial=1, title="大雨警報（第一報）")
    new = town.alert(key="jma/1", serial=2, title="大雨警報（第二報）")
    page = browser.get(f"/records/{old.address}")
    assert page.status_code == 200
    assert "これは前の発表です" in words(page)
    assert f'href="/records/{new.address}"' in page.text
    assert "第一報" not in words(browser.get("/"))


def test_another_offset_is_told_in_japanese_time_and_as_it_was_issued(
    browser: FlaskClient, town: Town
) -> None:
    post = town.alert(issued="2026-11-21T22:00:00Z")
    said = words(browser.get(f"/records/{post.address}"))
    assert "11月22日（日）午前7時（元の表記は 2026-11-21T22:00:00Z）" in said


def test_a_moment_ahead_of_our_clock_is_not_called_new(browser: FlaskClient, town: Town) -> None:
    town.alert(issued="2026-11-22T12:00:00+09:00")
    assert "この機械の時計より先の時刻" in words(browser.get("/"))


@pytest.mark.parametrize("path", ["/", "/boards/disaster", "/attract", "/boards/disaster/save"])
def test_what_is_in_force_stands_above_a_newer_drill(
    browser: FlaskClient, town: Town, path: str
) -> None:
    town.alert(title="洪水注意報", level="2", issued="2026-11-22T06:00:00+09:00")
    town.alert(title="避難指示", level="4", issued="2026-11-22T05:00:00+09:00")
    town.alert(title="避難の練習", operation="drill", issued="2026-11-22T09:00:00+09:00")
    said = browser.get(path).text
    places = [said.index(title) for title in ("避難指示", "洪水注意報", "避難の練習")]
    assert places == sorted(places)


def test_what_is_over_stands_below_all_that_is_in_force(browser: FlaskClient, town: Town) -> None:
    town.alert(title="地震情報", level="", issued="2026-10-22T09:00:00+09:00")
    town.alert(title="避難の練習", operation="drill", issued="2026-11-22T06:00:00+09:00")
    town.alert(title="暴風警報", state="lifted", issued="2026-11-22T09:00:00+09:00")
    said = words(browser.get("/boards/disaster"))
    places = [said.index(title) for title in ("地震情報", "避難の練習", "暴風警報")]
    assert places == sorted(places)
